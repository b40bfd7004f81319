"""Figures read in bulk: those of some KPIs, each once, as lean as it can be.

What many verdicts are computed from is read here, in the table's own order and without the codes
that the catalogue knows already; a figure's newest revision is picked here and not in SQL.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, String, bindparam, select

from app.domain.figure import Amount, Figure, ObservationStatus
from app.domain.period import Period
from app.ledger.narrowing import numbers_of
from app.ledger.tables import journal, revision

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterable, Sequence

    from sqlalchemy import Connection, Select

    from app.ledger.catalogue import StoredCatalogue
    from app.ledger.revisions import FigureKey

Place = tuple[str, str]
"""KPI and department code."""

_MOST_DEPARTMENTS = 500
"""Up to how many are listed in SQL; more are read with all others."""
COLUMNS = (
    revision.c.kpi_id,
    revision.c.department_id,
    revision.c.period,
    revision.c.revision,
    revision.c.value,
    revision.c.numerator,
    revision.c.denominator,
    revision.c.observation_status,
    revision.c.submission_id,
    journal.c.recorded_at,
)


@dataclass(frozen=True)
class Posted:
    """Figures as of a position: per place in order of time, and when each was first recorded.

    They come without their notes, which no verdict reads.
    """

    figures: dict[Place, list[Figure]] = field(default_factory=dict)
    first: dict[FigureKey, dt.datetime] = field(default_factory=dict)
    """Of the corrected ones; any other's is its own."""

    def at(self, place: Place) -> Sequence[Figure]:
        """Return a place's figures."""
        return self.figures.get(place, ())

    def first_recorded(self, keys: Iterable[FigureKey]) -> dict[FigureKey, dt.datetime]:
        """Return, for those of some figures that are in, when the first revision was recorded."""
        found = {}
        for kpi, department, period in keys:
            for figure in reversed(self.at((kpi, department))):
                if figure.period == period:
                    key = (kpi, department, period)
                    found[key] = self.first.get(key, figure.recorded_at)
                    break
        return found


def posted(  # noqa: PLR0913, PLR0917 - where it is read, as of when, and which
    connection: Connection,
    stored: StoredCatalogue,
    kpis: Collection[str],
    departments: Collection[str] | None,
    upto: int,
    since: str = "",
) -> Posted:
    """Return the figures of KPIs by departments (None for all; perhaps of more of either).

    since: the first period, as text; none that is greater is left out.
    """
    some = (
        departments if departments is not None and len(departments) <= _MOST_DEPARTMENTS else None
    )
    query = statement(only_some=some is not None)
    given: dict[str, Any] = {
        "kpis": numbers_of(kpis, stored.kpi_ids),
        "since": since,
        "upto": upto,
    }
    if some is not None:
        given["departments"] = numbers_of(some, stored.department_ids)
    return gathered(stored, connection.execute(query, given))


def gathered(stored: StoredCatalogue, rows: Iterable[Sequence[Any]]) -> Posted:
    """Put rows of `COLUMNS` together, which come in the table's order."""
    codes = {number: code for code, number in stored.kpi_ids.items()}
    names = {number: code for code, number in stored.department_ids.items()}
    found = Posted()
    earlier: tuple[int, int, str] | None = None
    for row in rows:
        kpi_id, department_id, period, number, *amount, status, submission, recorded_at = row
        kpi, department = codes[kpi_id], names[department_id]
        figure = Figure(
            department,
            _period(period),
            Amount(*amount),
            _STATUSES[status],
            number,
            submission,
            recorded_at,
        )
        listed = found.figures.setdefault((kpi, department), [])
        # In the table's order a figure's revisions follow each other, the newest last.
        if earlier == (kpi_id, department_id, period):
            before = listed.pop()
            found.first.setdefault((kpi, department, figure.period), before.recorded_at)
        listed.append(figure)
        earlier = (kpi_id, department_id, period)
    return found


@cache
def statement(*, only_some: bool) -> Select[Any]:
    """Return the query of all revisions up to a position of the journal, in the table's order.

    Of some KPIs from a period on, and of some departments where these are few enough to be listed.
    """
    query = (
        select(*COLUMNS)
        .join(journal, journal.c.id == revision.c.submission_id)
        .where(
            revision.c.kpi_id.in_(bindparam("kpis", expanding=True)),
            revision.c.period >= bindparam("since", type_=String),
            revision.c.submission_id <= bindparam("upto", type_=BigInteger),
        )
        .order_by(
            revision.c.kpi_id, revision.c.department_id, revision.c.period, revision.c.revision
        )
    )
    some = revision.c.department_id.in_(bindparam("departments", expanding=True))
    return query.where(some) if only_some else query


_STATUSES = {str(status): status for status in ObservationStatus}
# There are few periods, and each of them comes again and again.
_period = lru_cache(maxsize=4096)(Period.parse)
