"""The usual row: a value and nothing odd about it, checked by what is remembered of its cells.

A million rows name a few thousand pairs of KPI and department, and of KPI and period, so nearly
all that `validation` asks of a row was answered for an earlier one. What is not plain at first
sight is no entry here, and is left to `validation`, which says what is wrong: this form never
refuses anything, and gives the same entry wherever it gives one.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from app.domain.figure import Amount, ObservationStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from app.domain.kpi import Kpi
    from app.domain.period import Period
    from app.intake.table import Table
    from app.intake.validation import Entry

    Series = tuple[Kpi, str, Decimal | None, Decimal | None]
    """KPI, department code, and the least and the greatest figure that are let pass."""

NUMBER: Final = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,6})?", re.ASCII)
_ZERO: Final = Decimal(0)
ELSEWHERE: Final = (
    "numerator",
    "denominator",
    "observation_status",
    "note",
    "reason",
    "definition_version",
)
"""Columns that a plain row leaves empty."""


class PlainRows:
    """The plain rows of one delivery.

    series: tells what two cells stand for, KPI and department; period: what a KPI and a cell do.
    Both are asked once for what they are asked with, and return None where there is anything to
    be said.
    """

    def __init__(
        self,
        make: Callable[..., Entry],
        series: Callable[[str, str], Series | None],
        period: Callable[[Kpi, str], Period | None],
    ) -> None:
        """Begin with nothing remembered."""
        self._make = make
        self._ask_series, self._ask_period = series, period
        self._series: dict[tuple[str, str], Series | None] = {}
        self._periods: dict[tuple[str, str], Period | None] = {}

    def entries(self, table: Table) -> Iterator[Entry | None]:
        """Yield each row as an entry, or None if it is not plain."""
        columns = [_column(table, name) for name in ("kpi", "department", "period", "value")]
        rest = [column for name in ELSEWHERE if (column := table.columns.get(name)) is not None]
        # Joined, they are empty where each of them is.
        others: Iterable[str] = map("".join, zip(*rest, strict=True)) if rest else [""] * len(table)
        rows = zip(table.numbers, *columns, others, strict=True)
        for row, kpi, department, period, value, more in rows:
            yield None if more else self._entry(row, kpi, department, period, value)

    def _entry(self, row: int, kpi: str, department: str, period: str, value: str) -> Entry | None:
        try:
            series = self._series[kpi, department]
        except KeyError:
            series = self._series[kpi, department] = self._ask_series(kpi, department)
        if series is None or NUMBER.fullmatch(value) is None:
            return None
        known, code, least, greatest = series
        try:
            at = self._periods[kpi, period]
        except KeyError:
            at = self._periods[kpi, period] = self._ask_period(known, period)
        if at is None:
            return None
        number = Decimal(value) or _ZERO
        if (least is not None and number < least) or (greatest is not None and number > greatest):
            return None
        amount = Amount(number)
        return self._make(row, known.code, code, at, amount, ObservationStatus.NORMAL, None, None)


def _column(table: Table, name: str) -> Sequence[str]:
    column = table.columns.get(name)
    return [""] * len(table) if column is None else column
