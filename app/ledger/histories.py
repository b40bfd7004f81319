"""Histories: what is on record of many series at once, as lean as it can be read.

Deliveries are checked against these while the one writer waits, so only the columns that a check
needs are read, without joins; a figure's newest revision is picked here and not in SQL.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from app.domain.figure import Amount, ObservationStatus
from app.domain.period import Period
from app.domain.plausibility.series import Point
from app.ledger.narrowing import narrowed
from app.ledger.tables import revision

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from decimal import Decimal
    from fractions import Fraction

    from sqlalchemy import Connection, Row, Select

    from app.domain.period import Frequency, Span
    from app.ledger.catalogue import StoredCatalogue

SeriesKey = tuple[str, str]
"""KPI code and department code."""

_COLUMNS = (
    revision.c.kpi_id,
    revision.c.department_id,
    revision.c.period,
    revision.c.revision,
    revision.c.value,
    revision.c.numerator,
    revision.c.denominator,
    revision.c.observation_status,
)


def histories(
    connection: Connection,
    stored: StoredCatalogue,
    wanted: Collection[SeriesKey],
    spans: Mapping[Frequency, Span],
) -> dict[SeriesKey, list[Point]]:
    """Return the figures with a value of the series wanted, in order of time.

    spans: the periods of each frequency that are read; a KPI of another frequency has none.
    """
    found: dict[SeriesKey, list[Point]] = {}
    for frequency, span in spans.items():
        keys = [key for key in wanted if stored.catalogue.kpis[key[0]].frequency is frequency]
        numbers = {(stored.kpi_ids[key[0]], stored.department_ids[key[1]]): key for key in keys}
        if numbers:
            factors = {stored.kpi_ids[code]: stored.catalogue.kpis[code].factor for code, _ in keys}
            for number, rows in _newest(connection, numbers, span).items():
                found[numbers[number]] = _points(rows, factors[number[0]])
    return found


def _newest(
    connection: Connection, numbers: Mapping[tuple[int, int], SeriesKey], span: Span
) -> dict[tuple[int, int], dict[str, Row[Any]]]:
    """Return, per series wanted and period, the newest revision."""
    in_span = revision.c.period.between(str(span.first), str(span.last))
    query: Select[Any] = select(*_COLUMNS).where(in_span)
    for place, column in enumerate((revision.c.kpi_id, revision.c.department_id)):
        query = narrowed(query, column, {number[place] for number in numbers})
    found: dict[tuple[int, int], dict[str, Row[Any]]] = {number: {} for number in numbers}
    for row in connection.execute(query):
        rows = found.get((row.kpi_id, row.department_id))
        if rows is not None:
            known = rows.get(row.period)
            if known is None or known.revision < row.revision:
                rows[row.period] = row
    return found


def _points(rows: Mapping[str, Row[Any]], factor: Decimal) -> list[Point]:
    points = []
    for text, row in sorted(rows.items()):
        figure = exact(Amount(row.value, row.numerator, row.denominator), factor)
        if figure is not None:
            breaks = row.observation_status == ObservationStatus.BREAK
            points.append(Point(_period(text), figure, None, breaks))
    return points


def exact(amount: Amount, factor: Decimal) -> Decimal | Fraction | None:
    """Return an amount's figure: the decimal as posted, or else the quotient."""
    return amount.value if amount.numerator is None else amount.number(factor)


# There are few periods, and each of them comes again and again.
_period = lru_cache(maxsize=4096)(Period.parse)
