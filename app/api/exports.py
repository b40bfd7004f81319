"""Figures as files: the columns of the intake, or SDMX-CSV 1.0.

Text that a spreadsheet would take for a formula is written with an apostrophe before it
(`spelling.write_text`); the intake takes it off again, so a file can be posted as it is.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from starlette.exceptions import HTTPException

from app.domain.number import shown, write_number
from app.intake.spelling import write_text
from app.intake.table import FIELDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from decimal import Decimal

    from app.domain.catalogue import Catalogue
    from app.domain.figure import Figure
    from app.domain.kpi import Kpi

JSON: Final = "json"
SDMX_COLUMNS: Final = (
    "DATAFLOW",
    "FREQ",
    "KPI",
    "DEPARTMENT",
    "TIME_PERIOD",
    "OBS_VALUE",
    "OBS_STATUS",
    "NUMERATOR",
    "DENOMINATOR",
    "COMMENT_OBS",
)
DATAFLOW: Final = "DABIAO:ACTUALS(1.0)"


@dataclass(frozen=True, slots=True)
class Export:
    """One format of file."""

    media_type: str
    filename: str
    columns: Sequence[str]
    cells: Callable[[Kpi, Figure], Sequence[str]]

    def header(self) -> bytes:
        """Return the first line."""
        return _lines([self.columns])

    def rows(self, catalogue: Catalogue, figures: Iterable[tuple[str, Figure]]) -> bytes:
        """Return the lines of figures, each with its KPI's code."""
        return _lines(self.cells(catalogue.kpis[code], figure) for code, figure in figures)


def _lines(rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


def _intake_cells(kpi: Kpi, figure: Figure) -> list[str]:
    amount = figure.amount
    cells = {
        "kpi": kpi.code,
        "department": figure.department,
        "period": str(figure.period),
        "value": _number(amount.value),
        "numerator": _number(amount.numerator),
        "denominator": _number(amount.denominator),
        "observation_status": str(figure.observation_status),
        "note": write_text(figure.note or ""),
        # Empty: with an old reason in it, a changed figure would be taken for a reasoned one.
        "reason": "",
    }
    return [cells[name] for name in FIELDS]


def _sdmx_cells(kpi: Kpi, figure: Figure) -> list[str]:
    amount = figure.amount
    return [
        DATAFLOW,
        str(kpi.frequency),
        kpi.code,
        figure.department,
        str(figure.period),
        _number(shown(amount.number(kpi.factor))),
        str(figure.observation_status),
        _number(amount.numerator),
        _number(amount.denominator),
        write_text(figure.note or ""),
    ]


def _number(value: Decimal | None) -> str:
    return "" if value is None else write_number(value)


FORMATS: Final[Mapping[str, Export]] = {
    "csv": Export("text/csv; charset=utf-8", "actuals.csv", FIELDS, _intake_cells),
    "sdmx-csv": Export(
        "application/vnd.sdmx.data+csv; version=1.0.0; charset=utf-8",
        "actuals.sdmx.csv",
        SDMX_COLUMNS,
        _sdmx_cells,
    ),
}

_BY_MEDIA_TYPE: Final[Mapping[str, str]] = {
    "application/json": JSON,
    "text/csv": "csv",
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
