"""Histories: what is on record of many series at once, as lean as it can be read.

Deliveries are checked against these while the one writer waits, so only the columns that a check
needs are read, without joins; a figure's newest revision is picked here and not in SQL.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Integer, bindparam, select

from app.domain.figure import Amount, ObservationStatus
from app.domain.period import Period
from app.domain.plausibility.series import Point
from app.ledger.driver import Prepared
from app.ledger.listed import Listed
from app.ledger.narrowing import narrowed
from app.ledger.places import MOST_PLACES
from app.ledger.tables import revision

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from decimal import Decimal
    from fractions import Fraction

    from sqlalchemy import Connection, Row, Select

    from app.domain.period import Frequency, Span
    from app.ledger.catalogue import StoredCatalogue
    from app.ledger.revisions import FigureKey

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


class Histories:
    """Histories that are read when first asked for, and kept up with what is about to be added.

    So deliveries that are taken in together are each held against the ones before.
    """

    def __init__(self, connection: Connection, stored: StoredCatalogue) -> None:
        """Begin with nothing read."""
        self._connection = connection
        self._stored = stored
        self._spans: dict[SeriesKey, Span] = {}
        self._points: dict[SeriesKey, list[Point]] = {}
        self._added: dict[SeriesKey, dict[Period, Point | None]] = {}

    def load(self, wanted: Iterable[SeriesKey], spans: Mapping[Frequency, Span]) -> None:
        """Read the series of `wanted` that were not read yet, or not as far."""
        kpis = self._stored.catalogue.kpis
        missing = {}
        for key in wanted:
            span, known = spans.get(kpis[key[0]].frequency), self._spans.get(key)
            if span is not None and (known is None or not _covers(known, span)):
                missing[key] = span
        if not missing:
            return
        found = histories(self._connection, self._stored, missing, spans)
        for key, span in missing.items():
            self._spans[key] = span
            self._points[key] = _with(found.get(key, []), self._added.get(key, {}))

    def within(self, key: SeriesKey, span: Span | None) -> list[Point]:
        """Return a series' figures with a value in a span, in order of time."""
        points = self._points.get(key)
        if not points or span is None:
            return []
        if self._spans[key] == span and key not in self._added:
            return points
        return [point for point in points if point.period in span]

    def add(self, key: FigureKey, amount: Amount, status: ObservationStatus) -> None:
        """Take up a figure that is about to be recorded."""
        code, department, period = key
        value = exact(amount, self._stored.catalogue.kpis[code].factor)
        breaks = status is ObservationStatus.BREAK
        point = None if value is None else Point(period, value, None, breaks)
        series = (code, department)
        self._added.setdefault(series, {})[period] = point
        if series in self._points:
            self._points[series] = _with(self._points[series], {period: point})


def _covers(known: Span, span: Span) -> bool:
    return known.first.ordinal <= span.first.ordinal and span.last.ordinal <= known.last.ordinal


def _with(points: list[Point], added: Mapping[Period, Point | None]) -> list[Point]:
    """Return figures with others in place of, or between them."""
    if not added:
        return points
    kept = [point for point in points if point.period not in added]
    kept.extend(point for point in added.values() if point is not None)
    return sorted(kept, key=lambda point: point.period.ordinal)


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
    found: dict[tuple[int, int], dict[str, Row[Any]]] = {number: {} for number in numbers}
    for row in _rows(connection, numbers, {"first": str(span.first), "last": str(span.last)}):
        rows = found.get((row.kpi_id, row.department_id))
        if rows is not None:
            known = rows.get(row.period)
            if known is None or known.revision < row.revision:
                rows[row.period] = row
    return found


def _rows(
    connection: Connection, numbers: Collection[tuple[int, int]], span: Mapping[str, str]
) -> Iterable[Row[Any]]:
    """Read all revisions of the series wanted, and perhaps of more."""
    if len(numbers) <= MOST_PLACES:
        given = {**_SERIES.parameters(connection.dialect.name, numbers), **span}
        return _SERIES_ROWS.rows(connection, given)
    query = select(*_COLUMNS).where(_IN_SPAN)
    for place, column in enumerate((revision.c.kpi_id, revision.c.department_id)):
        query = narrowed(query, column, {number[place] for number in numbers})
    return connection.execute(query, span)


_IN_SPAN: Final = revision.c.period.between(bindparam("first"), bindparam("last"))
_SERIES: Final = Listed("series", {"kpi_id": Integer(), "department_id": Integer()})


def _of_series(dialect: str) -> Select[Any]:
    series = _SERIES.table(dialect)
    return select(*_COLUMNS).where(
        revision.c.kpi_id == series.c.kpi_id,
        revision.c.department_id == series.c.department_id,
        _IN_SPAN,
    )


_SERIES_ROWS: Final = Prepared(_of_series)


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
