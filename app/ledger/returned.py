"""What the record says about figures that came back and are not answered yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exists, select

from app.domain.lifecycle import Action
from app.domain.period import Period
from app.ledger.tables import department, journal, kpi, review, revision

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection

    from sqlalchemy import Connection

    from app.ledger.revisions import FigureKey


def unanswered(
    connection: Connection, upto: int, kpis: Collection[str] | None = None
) -> dict[FigureKey, dt.datetime]:
    """Return, for every figure whose newest revision came back, when it came back last.

    upto: a position of the journal as of which it is asked. kpis: of these alone; None for all.
    """
    later, answer = review.alias("later"), revision.alias("answer")
    spoken_again = exists().where(
        later.c.kpi_id == review.c.kpi_id,
        later.c.department_id == review.c.department_id,
        later.c.period == review.c.period,
        later.c.entry_id > review.c.entry_id,
        later.c.entry_id <= upto,
    )
    answered = exists().where(
        answer.c.kpi_id == review.c.kpi_id,
        answer.c.department_id == review.c.department_id,
        answer.c.period == review.c.period,
        answer.c.revision > review.c.revision,
        answer.c.submission_id <= upto,
    )
    query = (
        select(
            kpi.c.code.label("kpi"),
            department.c.code.label("department"),
            review.c.period,
            journal.c.recorded_at,
        )
        .join(kpi, kpi.c.id == review.c.kpi_id)
        .join(department, department.c.id == review.c.department_id)
        .join(journal, journal.c.id == review.c.entry_id)
        .where(
            review.c.action == Action.RETURN,
            review.c.entry_id <= upto,
            ~spoken_again,
            ~answered,
        )
    )
    if kpis is not None:
        query = query.where(kpi.c.code.in_(sorted(kpis)))
    return {
        (row.kpi, row.department, Period.parse(row.period)): row.recorded_at
        for row in connection.execute(query)
    }
