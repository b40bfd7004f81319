"""What the record says about expected figures: when each was posted for the first time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from app.domain.period import Period
from app.ledger.tables import department, journal, kpi, revision

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection

    from sqlalchemy import Connection

    from app.ledger.revisions import FigureKey


def first_recorded(
    connection: Connection, periods: Collection[Period], upto: int
) -> dict[FigureKey, dt.datetime]:
    """Return, for every figure of the periods, when its first revision was recorded.

    upto: a position of the journal; figures posted later are not there yet.
    """
    if not periods:
        return {}
    query = (
        select(
            kpi.c.code.label("kpi"),
            department.c.code.label("department"),
            revision.c.period,
            journal.c.recorded_at,
        )
        .join(kpi, kpi.c.id == revision.c.kpi_id)
        .join(department, department.c.id == revision.c.department_id)
        .join(journal, journal.c.id == revision.c.submission_id)
        .where(
            revision.c.revision == 1,
            revision.c.submission_id <= upto,
            revision.c.period.in_(sorted(map(str, periods))),
        )
    )
    return {
        (row.kpi, row.department, Period.parse(row.period)): row.recorded_at
        for row in connection.execute(query)
    }
