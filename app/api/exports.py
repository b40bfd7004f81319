"""Which format of figures a request asks for: by `format=`, else by its Accept headers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.exceptions import HTTPException

from app.exports.formats import FORMATS, JSON
from app.intake.submission import XLSX

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_BY_MEDIA_TYPE: Final[Mapping[str, str]] = {
    "application/json": JSON,
    "text/csv": "csv",
    XLSX: "xlsx",
    "application/vnd.sdmx.data+csv": "sdmx-csv",
}
_NOT_ACCEPTABLE: Final = 406


def choose_format(asked: str | None, accept: Sequence[str]) -> str:
    """Return the format by `format=`, else by Accept headers; JSON where neither says anything.

    Of equal qualities the first named wins. Raises HTTPException 406 for what is not given.
    """
    if asked is not None:
        if asked != JSON and asked not in FORMATS:
            raise HTTPException(_NOT_ACCEPTABLE)
        return asked
    offers = [part for header in accept for part in header.split(",") if part.strip()]
    if not offers:
        return JSON
    qualities = _qualities(offers)
    best = max(qualities, key=lambda form: qualities[form])
    if qualities[best] == 0:
        raise HTTPException(_NOT_ACCEPTABLE)
    return best


def _qualities(offers: Iterable[str]) -> dict[str, float]:
    """Return how welcome each format is, the first named first; the closest range decides."""
    ranges: dict[str, float] = {}
    for offer in offers:
        name, *parameters = (part.strip().lower() for part in offer.split(";"))
        given = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        ranges[name] = float(given) if _is_quality(given) else 0.0
    order = list(ranges)

    def place(media_type: str) -> int:
        return order.index(media_type) if media_type in ranges else len(order)

    def quality(media_type: str) -> float:
        kind = media_type.split("/", maxsplit=1)[0]
        closest = next((n for n in (media_type, f"{kind}/*", "*/*") if n in ranges), None)
        return 0.0 if closest is None else ranges[closest]

    return {_BY_MEDIA_TYPE[name]: quality(name) for name in sorted(_BY_MEDIA_TYPE, key=place)}


def _is_quality(text: str) -> bool:
    plain = text.replace(".", "", 1)
    return plain.isascii() and plain.isdigit() and float(text) <= 1
