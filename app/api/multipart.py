"""`multipart/form-data`, taken apart in memory: a body has been capped before it comes here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from app.domain.finding import Finding
from app.errors import Refused

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MULTIPART: Final = "multipart/form-data"
_MOST_PARTS: Final = 10
"""Parts that are told apart; nobody sends more by mistake."""
_PROBLEM: Final = "the multipart body cannot be taken apart"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a form; `filename` is None where it is not a file."""

    name: str
    filename: str | None
    content_type: str
    content: bytes


@dataclass(slots=True)
class _Raw:
    """A part as it is being read."""

    headers: dict[str, str] = field(default_factory=dict)
    content: bytearray = field(default_factory=bytearray)
    is_whole: bool = False


def parts_of(header: str, body: bytes) -> list[Part]:
    """Take a body apart by its Content-Type; raises Refused for one that cannot be."""
    boundary = options_of(header)[1].get("boundary", "")
    reading = _Reading()
    try:
        parser = MultipartParser(boundary.encode("latin-1"), reading.callbacks())
        parser.write(body)
        parser.finalize()
    except (FormParserError, UnicodeEncodeError) as error:
        raise _broken() from error
    if not all(raw.is_whole for raw in reading.raws):
        raise _broken()
    return [_part(raw) for raw in reading.raws]


class _Reading:
    """What the parser calls while it reads."""

    def __init__(self) -> None:
        self.raws: list[_Raw] = []
        self._name = bytearray()
        self._value = bytearray()

    def callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._name.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
            "on_header_end": self._header,
            "on_part_data": lambda data, start, end: self._last.content.extend(data[start:end]),
            "on_part_end": self._end,
        }

    @property
    def _last(self) -> _Raw:
        return self.raws[-1]

    def _begin(self) -> None:
        if len(self.raws) == _MOST_PARTS:
            raise _broken()
        self.raws.append(_Raw())

    def _header(self) -> None:
        self._last.headers[_text(self._name).lower()] = _text(self._value)
        self._name.clear()
        self._value.clear()

    def _end(self) -> None:
        self._last.is_whole = True


def _part(raw: _Raw) -> Part:
    disposition, options = options_of(raw.headers.get("content-disposition", ""))
    if disposition.lower() != "form-data" or "name" not in options:
        raise _broken()
    content_type = raw.headers.get("content-type", "")
    return Part(options["name"], options.get("filename"), content_type, bytes(raw.content))


def options_of(header: str) -> tuple[str, dict[str, str]]:
    """Take a header such as Content-Type apart: its value, and its parameters."""
    value, options = parse_options_header(header.encode("utf-8", "replace"))
    return _text(value), {_text(name).lower(): _text(option) for name, option in options.items()}


def _text(raw: bytes | bytearray) -> str:
    # Browsers write names as UTF-8.
    return raw.decode("utf-8", "replace")


def _broken() -> Refused:
    return Refused(_PROBLEM, [Finding("invalid", values={"problem": _PROBLEM})])
