"""What a submission brought: every figure that it created or revised, beside what was there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, select

from app.domain.figure import Amount
from app.domain.period import Period
from app.ledger.tables import department, kpi, revision

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Brought:
    """One figure of a submission; `before` is None for one that was not on record."""

    row: int
    kpi: str
    department: str
    period: Period
    amount: Amount
    before: Amount | None
    status: str
    note: str | None
    reason: str | None


def of_submission(connection: Connection, number: int) -> list[Brought]:
    """Return the figures of a submission, in the order of its rows."""
    older = revision.alias("older")
    query = (
        select(
            revision,
            kpi.c.code.label("kpi_code"),
            department.c.code.label("department_code"),
            older.c.value.label("older_value"),
            older.c.numerator.label("older_numerator"),
            older.c.denominator.label("older_denominator"),
        )
        .join(kpi, kpi.c.id == revision.c.kpi_id)
        .join(department, department.c.id == revision.c.department_id)
        .outerjoin(
            older,
            and_(
                older.c.kpi_id == revision.c.kpi_id,
                older.c.department_id == revision.c.department_id,
                older.c.period == revision.c.period,
                older.c.revision == revision.c.revision - 1,
            ),
        )
        .where(revision.c.submission_id == number)
        .order_by(revision.c.row_number)
    )
    return [
        Brought(
            row=row.row_number,
            kpi=row.kpi_code,
            department=row.department_code,
            period=Period.parse(row.period),
            amount=Amount(row.value, row.numerator, row.denominator),
            before=None
            if row.revision == 1
            else Amount(row.older_value, row.older_numerator, row.older_denominator),
            status=row.observation_status,
            note=row.note,
            reason=row.reason,
        )
        for row in connection.execute(query)
    ]
