"""What the record says about figures that came back and are not answered yet."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, bindparam, exists, select

from app.domain.lifecycle import Action
from app.domain.period import Period
from app.ledger.tables import department, journal, kpi, review, revision

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection

    from sqlalchemy import Connection, Select

    from app.ledger.revisions import FigureKey


def unanswered(
    connection: Connection, upto: int, kpis: Collection[str] | None = None
) -> dict[FigureKey, dt.datetime]:
    """Return, for every figure whose newest revision came back, when it came back last.

    upto: a position of the journal as of which it is asked. kpis: of these alone; None for all.
    """
    named = None if kpis is None else sorted(kpis)
    given = {"upto": upto} if named is None else {"upto": upto, "kpis": named}
    rows = connection.execute(_unanswered(only_some=named is not None), given)
    return {(row.kpi, row.department, Period.parse(row.period)): row.recorded_at for row in rows}


@cache
def _unanswered(*, only_some: bool) -> Select[Any]:
    upto = bindparam("upto", type_=BigInteger)
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
    return query.where(kpi.c.code.in_(bindparam("kpis", expanding=True))) if only_some else query
