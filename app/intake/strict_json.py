"""JSON, read strictly: numbers stay text, and nothing doubtful is let through.

The stock reader turns numbers into binary floats, takes NaN, keeps the last of two fields of the
same name without a word, and passes on lone surrogates that no store can hold.
"""

from __future__ import annotations

import codecs
import json
import re
from collections import Counter, deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from app.domain.finding import Finding
from app.errors import Refused
from app.intake.limits import BAD_CHARACTER, bad_character, gather, is_clean, quotable

if TYPE_CHECKING:
    from collections.abc import Iterator

_NOT_FINITE = frozenset({"NaN", "Infinity", "-Infinity"})
_SUSPECT = re.compile(
    BAD_CHARACTER.pattern
    + r"|\\u(?:00[0189][0-9A-Fa-f]|007[Ff]|[Dd][89A-Fa-f][0-9A-Fa-f]{2}|[Ff]{3}[EeFf])"
)
"""A bad character as it is or escaped. A pair of surrogates is looked at too, and then let go."""


@dataclass(frozen=True, slots=True)
class JsonNumber:
    """A number exactly as the body wrote it."""

    text: str


class _Place(NamedTuple):
    """A value and where it stands, as findings name it."""

    value: object
    row: int | None
    column: str | None


@dataclass(slots=True)
class _Hooks:
    """What the stock reader hands over while it reads."""

    not_finite: bool = False
    repeated: dict[int, tuple[dict[str, object], list[str]]] = field(default_factory=dict)
    """By identity, each object with a field given twice. Kept alive, so no identity is reused."""

    def constant(self, text: str) -> JsonNumber:
        self.not_finite = True
        return JsonNumber(text)

    def pairs(self, pairs: list[tuple[str, object]]) -> dict[str, object]:
        made = dict(pairs)
        if len(made) < len(pairs):
            counts = Counter(name for name, _ in pairs)
            self.repeated[id(made)] = (made, [name for name, n in counts.items() if n > 1])
        return made


class _DoubtfulError(Exception):
    """There is something about a document that has to be told."""


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise _DoubtfulError
    return made


def _never(_text: str) -> JsonNumber:
    raise _DoubtfulError


# Made once: to make a reader takes longer than to read what most bodies hold.
_PLAIN: Final = json.JSONDecoder(
    parse_float=JsonNumber,
    parse_int=JsonNumber,
    parse_constant=_never,
    object_pairs_hook=_once,
)
"""Reads documents of which nothing is to be told."""


def decode(body: bytes) -> object:
    """Read a JSON document as `read` does; raises Refused for whatever is wrong with it."""
    document, findings = read(body)
    if found := gather(findings):
        raise Refused("The body holds what cannot be taken over.", found)
    return document


def read(body: bytes, rows: str | None = None) -> tuple[object, Iterator[Finding]]:
    """Read a JSON document: dicts, lists, str, bool, None and `JsonNumber`.

    With it comes what cannot be taken over of it: fields given twice (of which the document has
    the last), NaN and infinities, and characters that cannot be kept.
    rows: the field whose list holds the delivery's rows; a finding inside one names its place in
    that list, from 1. A finding's column is the field, with a dot between nested ones.
    Raises Refused, and nothing else, whatever the bytes are: for text that is not UTF-8 (a byte
    order mark is let pass), not JSON or nested too deeply.
    """
    try:
        text = body.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError:
        raise _unreadable("it is not UTF-8") from None
    # Nothing is escaped in most bodies, and to see that is faster than the pattern.
    if ("\\" not in text and is_clean(text)) or not _SUSPECT.search(text):
        with suppress(_DoubtfulError, json.JSONDecodeError, RecursionError):
            document, end = _PLAIN.raw_decode(text)
            if end == len(text):
                return document, iter(())
    hooks = _Hooks()
    document = _parsed(text, hooks)
    if hooks.not_finite or hooks.repeated or _SUSPECT.search(text):
        return document, _faults(document, rows, hooks)
    return document, iter(())


def _parsed(text: str, hooks: _Hooks) -> object:
    try:
        document: object = json.loads(
            text,
            parse_float=JsonNumber,
            parse_int=JsonNumber,
            parse_constant=hooks.constant,
            object_pairs_hook=hooks.pairs,
        )
    except json.JSONDecodeError as error:
        place = {"line": str(error.lineno), "column": str(error.colno)}
        finding = Finding("malformed_json", values=place)
        raise Refused("The body is not JSON.", [finding]) from None
    except RecursionError:
        raise _unreadable("it is nested too deeply") from None
    return document


def _unreadable(problem: str) -> Refused:
    finding = Finding("unreadable_json", values={"problem": problem})
    return Refused(f"The body cannot be read as JSON: {problem}.", [finding])


def _faults(document: object, rows: str | None, hooks: _Hooks) -> Iterator[Finding]:
    """Go through everything, nearest the top first; without recursion, however deep it is."""
    waiting = deque([_Place(document, None, None)])
    while waiting:
        place = waiting.popleft()
        match place.value:
            case dict() as members:
                _, repeated = hooks.repeated.get(id(members), (None, ()))
                for name in repeated:
                    values = {"name": quotable(name)}
                    yield Finding("duplicate_json_key", place.row, _below(place, name), values)
                for name, value in members.items():
                    yield from _bad(place._replace(value=name, column=_below(place, name)))
                    if name == rows and place.value is document and isinstance(value, list):
                        waiting.extend(_Place(item, row, None) for row, item in enumerate(value, 1))
                    else:
                        waiting.append(_Place(value, place.row, _below(place, name)))
            case list() as items:
                waiting.extend(place._replace(value=item) for item in items)
            case _:
                yield from _bad(place)


def _below(place: _Place, name: str) -> str:
    return quotable(name if place.column is None else f"{place.column}.{name}")


def _bad(place: _Place) -> Iterator[Finding]:
    match place.value:
        case str() as text if (character := bad_character(text)) is not None:
            yield Finding("bad_character", place.row, place.column, {"character": character})
        case JsonNumber(text) if text in _NOT_FINITE:
            yield Finding("not_a_number", place.row, place.column, {"text": text})
        case _:
            return
