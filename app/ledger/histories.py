"""Histories: what is on record of many series at once, as lean as it can be read.

Deliveries are checked against these while the one writer waits, so only the columns that a check
needs are read, without joins; a figure's newest revision is picked here and not in SQL.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from app.domain.figure import Amount, ObservationStatus
from app.domain.period import Period
from app.ledger.tables import revision

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from sqlalchemy import Connection

    from app.domain.period import Frequency, Span
    from app.ledger.catalogue import StoredCatalogue

SeriesKey = tuple[str, str]
"""KPI code and department code."""

_MOST_IN_LIST = 500


@dataclass(frozen=True, slots=True)
class Recorded:
    """A figure as it stands on record."""

    period: Period
    amount: Amount
    observation_status: ObservationStatus


def histories(
    connection: Connection,
    stored: StoredCatalogue,
    wanted: Collection[SeriesKey],
    spans: Mapping[Frequency, Span],
) -> dict[SeriesKey, list[Recorded]]:
    """Return the figures of the series wanted, in order of time; one query a frequency.

    spans: the periods of each frequency that are read; a KPI of another frequency has none.
    """
    found: dict[SeriesKey, list[Recorded]] = {}
    for frequency, span in spans.items():
        keys = [key for key in wanted if stored.catalogue.kpis[key[0]].frequency is frequency]
        numbers = {(stored.kpi_ids[key[0]], stored.department_ids[key[1]]): key for key in keys}
        if numbers:
            found.update(_read(connection, numbers, span))
    return found


def _read(
    connection: Connection, numbers: Mapping[tuple[int, int], SeriesKey], span: Span
) -> dict[SeriesKey, list[Recorded]]:
    query = select(
        revision.c.kpi_id,
        revision.c.department_id,
        revision.c.period,
        revision.c.revision,
        revision.c.value,
        revision.c.numerator,
        revision.c.denominator,
        revision.c.observation_status,
    ).where(revision.c.period.between(str(span.first), str(span.last)))
    for place, column in enumerate((revision.c.kpi_id, revision.c.department_id)):
        listed = {key[place] for key in numbers}
        # A long list is read whole and sorted out here: cheaper than a list in SQL.
        if len(listed) <= _MOST_IN_LIST:
            query = query.where(column.in_(sorted(listed)))
    periods: dict[str, Period] = {}
    newest: dict[tuple[int, int], dict[str, tuple[int, Recorded]]] = {}
    for kpi, department, text, number, *amount, status in connection.execute(query):
        if (kpi, department) not in numbers:
            continue
        series = newest.setdefault((kpi, department), {})
        if text not in series or series[text][0] < number:
            if (period := periods.get(text)) is None:
                period = periods[text] = Period.parse(text)
            series[text] = (number, Recorded(period, Amount(*amount), ObservationStatus(status)))
    return {numbers[key]: _in_order(series.values()) for key, series in newest.items()}


def _in_order(series: Iterable[tuple[int, Recorded]]) -> list[Recorded]:
    return sorted((one for _, one in series), key=lambda one: one.period.ordinal)
