"""Histories: what is on record of many series at once, as lean as it can be read.

Deliveries are checked against these while the one writer waits, so only the columns that a check
needs are read, without joins; a figure's newest revision is picked here and not in SQL.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

import orjson
from sqlalchemy import Integer, Text, bindparam, cast, func, select

from app.domain.figure import Amount, ObservationStatus
from app.domain.number import MAX_FRACTION_DIGITS
from app.domain.period import Period
from app.domain.plausibility.series import Point
from app.ledger.driver import Prepared
from app.ledger.listed import Listed
from app.ledger.narrowing import narrowed
from app.ledger.places import MOST_PLACES
from app.ledger.tables import revision
from app.ledger.types import ExactDecimal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from fractions import Fraction

    from sqlalchemy import Column, ColumnElement, Connection, Select

    from app.domain.period import Frequency, Span
    from app.ledger.catalogue import StoredCatalogue
    from app.ledger.revisions import FigureKey

SeriesKey = tuple[str, str]
"""KPI code and department code."""

_FIGURE = (
    revision.c.period,
    revision.c.revision,
    revision.c.value,
    revision.c.numerator,
    revision.c.denominator,
    revision.c.observation_status,
)
_Row = Sequence[Any]
"""A revision of a series: values of `_FIGURE`, its numbers as they were read."""


class Histories:
    """Histories that are read when first asked for, and kept up with what is about to be added.

    So deliveries that are taken in together are each held against the ones before.
    """

    def __init__(self, connection: Connection, stored: StoredCatalogue) -> None:
        """Begin with nothing read."""
        self._connection = connection
        self._stored = stored
        self._spans: dict[SeriesKey, Span] = {}
        self._read: dict[SeriesKey, _Read] = {}
        self._points: dict[SeriesKey, list[Point]] = {}
        """Of the series that somebody asked for, with what was added."""
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
        found = _read(self._connection, self._stored, missing, spans)
        for key, span in missing.items():
            self._spans[key] = span
            self._read[key] = found.get(key, _NOTHING)
            self._points.pop(key, None)

    def may_have(self, key: FigureKey) -> bool:
        """Tell whether a figure may be on record; False where its series was read, and has none."""
        code, department, period = key
        read = self._read.get((code, department))
        if read is None or period not in self._spans[code, department]:
            return True
        spelled = str(period)
        return any(row[0] == spelled for row in read.rows)

    def within(self, key: SeriesKey, span: Span | None) -> list[Point]:
        """Return a series' figures with a value in a span, in order of time."""
        read = self._read.get(key)
        if read is None or span is None:
            return []
        points = self._points.get(key)
        if points is None:
            points = self._points[key] = _with(read.points(), self._added.get(key, {}))
        if self._spans[key] == span and key not in self._added:
            return points
        return [point for point in points if point.period in span]

    def values(self, key: SeriesKey, span: Span | None, without: Period) -> list[float] | None:
        """Return a series' figures in a span as binary numbers, all but that of one period.

        None where they are not told at first sight: the series was not read or is added to, breaks,
        or has quotients.
        """
        read = self._read.get(key)
        if read is None or span is None or key in self._added:
            return None
        return read.values(str(span.first), str(span.last), str(without))

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
    read = _read(connection, stored, wanted, spans)
    return {key: one.points() for key, one in read.items()}


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read of one series: its newest revisions in order of time, unpacked when asked for.

    numbers: what makes the exact figure of a number that was read, and what the nearest binary one.
    factor: the KPI's.
    """

    rows: Sequence[_Row]
    numbers: _Numbers
    factor: Decimal

    def points(self) -> list[Point]:
        """Return the figures with a value."""
        points, (decimal, _) = [], self.numbers
        for period, _, *numbers, status in self.rows:
            amount = Amount(*(None if one is None else decimal(one) for one in numbers))
            figure = exact(amount, self.factor)
            if figure is not None:
                breaks = status == ObservationStatus.BREAK
                points.append(Point(Period.parse(period), figure, None, breaks))
        return points

    def values(self, first: str, last: str, without: str) -> list[float] | None:
        """See `Histories.values`; periods by their spellings."""
        if any(row[3] is not None or row[5] == _BREAK for row in self.rows):
            return None
        _, binary = self.numbers
        return [
            binary(row[2])
            for row in self.rows
            if row[2] is not None and first <= row[0] <= last and row[0] != without
        ]


_BREAK: Final = ObservationStatus.BREAK.value
_MILLION: Final = 10**MAX_FRACTION_DIGITS
_Numbers = tuple[Callable[[Any], Decimal], Callable[[Any], float]]
_AS_IT_IS: Final[_Numbers] = (lambda value: value, float)
_IN_LISTS: Final[Mapping[str, _Numbers]] = {
    "sqlite": (
        lambda value: Decimal(value).scaleb(-MAX_FRACTION_DIGITS),
        lambda value: float(value / _MILLION),
    ),
    "postgresql": (Decimal, float),
}
"""Per engine, what makes figures of numbers as they stand in a list."""
_NOTHING: Final = _Read((), _AS_IT_IS, Decimal(1))


def _read(
    connection: Connection,
    stored: StoredCatalogue,
    wanted: Collection[SeriesKey],
    spans: Mapping[Frequency, Span],
) -> dict[SeriesKey, _Read]:
    """Return the series wanted; those without any figure may be missing."""
    found: dict[SeriesKey, _Read] = {}
    for frequency, span in spans.items():
        keys = [key for key in wanted if stored.catalogue.kpis[key[0]].frequency is frequency]
        numbers = {(stored.kpi_ids[key[0]], stored.department_ids[key[1]]): key for key in keys}
        if not numbers:
            continue
        given = {"first": str(span.first), "last": str(span.last)}
        few = len(numbers) <= MOST_PLACES
        read = _few(connection, numbers, given) if few else _many(connection, numbers, given)
        made = _IN_LISTS[connection.dialect.name] if few else _AS_IT_IS
        for number, rows in read:
            if (key := numbers.get(number)) is not None:
                found[key] = _Read(_newest(rows), made, stored.catalogue.kpis[key[0]].factor)
    return found


_Number = tuple[int, int]
"""Of a KPI and of a department."""


def _few(
    connection: Connection, numbers: Collection[_Number], span: Mapping[str, str]
) -> Iterator[tuple[_Number, list[_Row]]]:
    """Read all revisions of the series wanted, each series as one row with a list in it.

    A row for each revision would take the driver several times as long.
    """
    given = {**_SERIES.parameters(connection.dialect.name, numbers), **span}
    for kpi_id, department_id, listed in _SERIES_ROWS.rows(connection, given):
        yield (kpi_id, department_id), orjson.loads(listed)


def _many(
    connection: Connection, numbers: Collection[_Number], span: Mapping[str, str]
) -> Iterable[tuple[_Number, list[_Row]]]:
    """Read all revisions of the series wanted, and perhaps of more."""
    query = select(revision.c.kpi_id, revision.c.department_id, *_FIGURE).where(_IN_SPAN)
    for place, column in enumerate((revision.c.kpi_id, revision.c.department_id)):
        query = narrowed(query, column, {number[place] for number in numbers})
    found: dict[_Number, list[_Row]] = {number: [] for number in numbers}
    for kpi_id, department_id, *row in connection.execute(query, span):
        rows = found.get((kpi_id, department_id))
        if rows is not None:
            rows.append(row)
    return found.items()


def _newest(rows: list[_Row]) -> list[_Row]:
    """Return the newest revision of each period, in order of time."""
    # Of a period and a revision there is one; and mostly they come in this order.
    rows.sort(key=_PLACE)
    # Of a series that has no figure yet there is no row, and none comes after it.
    if not rows:
        return rows
    return [row for row, after in zip(rows, [*rows[1:], ("",)], strict=True) if row[0] != after[0]]


_PLACE: Final = itemgetter(0, 1)
_IN_SPAN: Final = revision.c.period.between(bindparam("first"), bindparam("last"))
_SERIES: Final = Listed("series", {"kpi_id": Integer(), "department_id": Integer()})


def _of_series(dialect: str) -> Select[Any]:
    series = _SERIES.table(dialect)
    listed = {
        "sqlite": func.json_group_array(func.json_array(*_FIGURE)),
        # Numbers as text: in JSON one would be read as a binary one.
        "postgresql": cast(func.json_agg(func.json_build_array(*map(_as_text, _FIGURE))), Text),
    }
    return (
        select(revision.c.kpi_id, revision.c.department_id, listed[dialect].label("listed"))
        .where(
            revision.c.kpi_id == series.c.kpi_id,
            revision.c.department_id == series.c.department_id,
            _IN_SPAN,
        )
        .group_by(revision.c.kpi_id, revision.c.department_id)
    )


def _as_text(column: Column[Any]) -> ColumnElement[Any]:
    return cast(column, Text) if isinstance(column.type, ExactDecimal) else column


_SERIES_ROWS: Final = Prepared(_of_series)


def exact(amount: Amount, factor: Decimal) -> Decimal | Fraction | None:
    """Return an amount's figure: the decimal as posted, or else the quotient."""
    return amount.value if amount.numerator is None else amount.number(factor)
