"""Which format and encoding a request asks for.

As the client library does it, and further: quality values count, and a header that makes no sense
gets the text format instead of an error.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT: Final = "text/plain; version=0.0.4; charset=utf-8"
TEXT_1: Final = "text/plain; version=1.0.0; charset=utf-8"
OPENMETRICS: Final = "application/openmetrics-text; version=1.0.0; charset=utf-8"


class Format(StrEnum):
    """What Prometheus reads."""

    TEXT = "text"
    OPENMETRICS = "openmetrics"


_NO_CHANGE: Final = frozenset({"allow-utf-8", "underscores", "values"})
"""Escaping schemes under which our names, all of letters and underscores, stay as they are."""
_QUALITY = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")


@dataclass(frozen=True, slots=True)
class _Offer:
    """One element of an Accept or Accept-Encoding header."""

    name: str
    quality: float
    parameters: dict[str, str]


@lru_cache(maxsize=32)
def choose_format(accept: str) -> tuple[Format, str]:
    """Return the format and Content-Type for an Accept header; text 0.0.4 unless it says better.

    Text 1.0.0 is text 0.0.4 whose names may hold any character; ours do not, so the bytes are the
    same. Of equal qualities the first named wins.
    """
    best, found = 0.0, (Format.TEXT, TEXT)
    for offer in _offers(accept):
        answer = _answer(offer)
        if answer is not None and offer.quality > best:
            best, found = offer.quality, answer
    return found


def _answer(offer: _Offer) -> tuple[Format, str] | None:
    """Return what we have for an offer; None where we speak neither the type nor the version."""
    version = offer.parameters.get("version")
    asked = offer.parameters.get("escaping", "")
    escaping = f"; escaping={asked if asked in _NO_CHANGE else 'underscores'}"
    match offer.name, version:
        case "application/openmetrics-text", None:
            return Format.OPENMETRICS, OPENMETRICS
        case "application/openmetrics-text", "1.0.0":
            return Format.OPENMETRICS, OPENMETRICS + escaping
        case "text/plain", "1.0.0":
            return Format.TEXT, TEXT_1 + escaping
        case ("text/plain", None | "0.0.4") | ("text/*" | "*/*", _):
            return Format.TEXT, TEXT
        case _:
            return None


@lru_cache(maxsize=32)
def wants_gzip(accept_encoding: str) -> bool:
    """Tell whether gzip is acceptable, and not less welcome than the plain bytes."""
    qualities = {offer.name: offer.quality for offer in _offers(accept_encoding)}
    named = [qualities[name] for name in ("gzip", "x-gzip") if name in qualities]
    gzip = max(named) if named else qualities.get("*", 0.0)
    return gzip > 0 and gzip >= qualities.get("identity", 0.0)


def _offers(header: str) -> Iterator[_Offer]:
    for part in header.split(","):
        name, *rest = (piece.strip() for piece in part.split(";"))
        parameters = {}
        for piece in rest:
            key, _, value = piece.partition("=")
            parameters[key.strip().lower()] = value.strip().strip('"')
        quality = parameters.pop("q", "1")
        if name and _QUALITY.fullmatch(quality):
            yield _Offer(name.lower(), float(quality), parameters)
