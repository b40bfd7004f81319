"""Figures as files: the columns of the intake, or SDMX-CSV 1.0.

Text that a spreadsheet would take for a formula is written with an apostrophe before it
(`spelling.write_text`); the intake takes it off again, so a file can be posted as it is.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from app.domain.finding import Finding
from app.domain.number import shown, write_number
from app.errors import Refused
from app.intake.spelling import write_text
from app.intake.submission import XLSX
from app.intake.table import FIELDS
from app.intake.workbook_out import MOST_ROWS, write_workbook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from decimal import Decimal

    from app.domain.catalogue import Catalogue
    from app.domain.figure import Figure
    from app.domain.kpi import Kpi

Listed = tuple[str, "Figure"]
"""A KPI's code, and a figure of it."""

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
    "DEFINITION_VERSION",
)
DATAFLOW: Final = "DABIAO:ACTUALS(1.0)"
_NUMERIC: Final = ("value", "numerator", "denominator", "definition_version")


class Export(Protocol):
    """One format of file."""

    @property
    def media_type(self) -> str:
        """What the file is."""

    @property
    def filename(self) -> str:
        """What the file is called."""

    def parts(self, catalogue: Catalogue, figures: Iterable[Sequence[Listed]]) -> Iterator[bytes]:
        """Go through the file's bytes. figures: some at a time, in order."""


@dataclass(frozen=True, slots=True)
class Text:
    """A file of lines: a part with the header, then one for each lot of figures."""

    media_type: str
    filename: str
    columns: Sequence[str]
    cells: Callable[[Kpi, Figure], Sequence[str]]

    def parts(self, catalogue: Catalogue, figures: Iterable[Sequence[Listed]]) -> Iterator[bytes]:
        """Go through the file's bytes. figures: some at a time, in order."""
        yield _lines([self.columns])
        for some in figures:
            yield _lines(self.cells(catalogue.kpis[code], figure) for code, figure in some)


@dataclass(frozen=True, slots=True)
class Workbook:
    """A workbook with one sheet, which is whole only at its end."""

    media_type: str = XLSX
    filename: str = "actuals.xlsx"

    def parts(self, catalogue: Catalogue, figures: Iterable[Sequence[Listed]]) -> Iterator[bytes]:
        """Go through the file's bytes; raises Refused for more figures than a sheet holds."""
        rows = (
            _intake_cells(catalogue.kpis[code], figure) for some in figures for code, figure in some
        )
        yield write_workbook(FIELDS, _counted(rows), numeric=_NUMERIC)


def _counted(rows: Iterable[Sequence[str]]) -> Iterator[Sequence[str]]:
    for number, row in enumerate(rows, 1):
        if number > MOST_ROWS:
            found = Finding("too_many_figures", values={"limit": str(MOST_ROWS)})
            raise Refused("more figures than a sheet holds", [found])
        yield row


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
        "definition_version": _definition(kpi, figure),
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
        _definition(kpi, figure),
    ]


def _definition(kpi: Kpi, figure: Figure) -> str:
    """Return the version of the definition that a figure belongs to; a new one is a break."""
    return str(kpi.definition_at(figure.period).version)


def _number(value: Decimal | None) -> str:
    return "" if value is None else write_number(value)


FORMATS: Final[Mapping[str, Export]] = {
    "csv": Text("text/csv; charset=utf-8", "actuals.csv", FIELDS, _intake_cells),
    "xlsx": Workbook(),
    "sdmx-csv": Text(
        "application/vnd.sdmx.data+csv; version=1.0.0; charset=utf-8",
        "actuals.sdmx.csv",
        SDMX_COLUMNS,
        _sdmx_cells,
    ),
}
"""The formats of files, each by its name."""
