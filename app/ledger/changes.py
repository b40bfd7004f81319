"""What came after a position of the journal: which figures are not what they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from app.domain.period import Period
from app.ledger.tables import department, kpi, review, revision

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from app.ledger.revisions import FigureKey


def revised(connection: Connection, after: int, upto: int) -> set[FigureKey]:
    """Return the figures that got a revision after one position, up to another."""
    query = (
        select(kpi.c.code.label("kpi"), department.c.code.label("department"), revision.c.period)
        .distinct()
        .join(kpi, kpi.c.id == revision.c.kpi_id)
        .join(department, department.c.id == revision.c.department_id)
        .where(revision.c.submission_id > after, revision.c.submission_id <= upto)
    )
    return {
        (row.kpi, row.department, Period.parse(row.period)) for row in connection.execute(query)
    }


def reviewed(connection: Connection, after: int, upto: int) -> set[FigureKey]:
    """Return the figures that an approver did something with after one position, up to another."""
    query = (
        select(kpi.c.code.label("kpi"), department.c.code.label("department"), review.c.period)
        .distinct()
        .join(kpi, kpi.c.id == review.c.kpi_id)
        .join(department, department.c.id == review.c.department_id)
        .where(review.c.entry_id > after, review.c.entry_id <= upto)
    )
    return {
        (row.kpi, row.department, Period.parse(row.period)) for row in connection.execute(query)
    }
