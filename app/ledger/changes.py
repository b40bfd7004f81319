"""What came after a position of the journal: which figures are not what they were."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, and_, bindparam, select

from app.domain.period import Period
from app.ledger.tables import (
    department,
    department_version,
    kpi,
    kpi_version,
    plan_version,
    review,
    revision,
    target_version,
)

if TYPE_CHECKING:
    from sqlalchemy import Column, ColumnElement, Connection, Select, Table

    from app.ledger.revisions import FigureKey


def revised(connection: Connection, after: int, upto: int) -> set[FigureKey]:
    """Return the figures that got a revision after one position, up to another."""
    return _read(connection, REVISED, after, upto)


def reviewed(connection: Connection, after: int, upto: int) -> set[FigureKey]:
    """Return the figures that an approver did something with after one position, up to another."""
    return _read(connection, REVIEWED, after, upto)


def retargeted(connection: Connection, after: int, upto: int) -> set[int] | None:
    """Return the numbers of the targets that got a version after one position, up to another.

    None where anything else of the catalogue did: who reports what, and when, may be another.
    """
    given = {"after": after, "upto": upto}
    if any(connection.execute(query.limit(1), given).first() for query in _OF_OTHERS):
        return None
    return set(connection.execute(_RETARGETED, given).scalars())


def _between(place: Column[int]) -> ColumnElement[bool]:
    return and_(
        place > bindparam("after", type_=BigInteger), place <= bindparam("upto", type_=BigInteger)
    )


_OF_OTHERS = [
    select(table.c.entry_id).where(_between(table.c.entry_id))
    for table in (plan_version, department_version, kpi_version)
]
_RETARGETED = select(target_version.c.target_id).where(_between(target_version.c.entry_id))


def _named(table: Table, place: Column[int]) -> Select[Any]:
    """Return the query of the figures that a table's rows between two positions are about."""
    return (
        select(kpi.c.code, department.c.code, table.c.period)
        .distinct()
        .join(kpi, kpi.c.id == table.c.kpi_id)
        .join(department, department.c.id == table.c.department_id)
        .where(_between(place))
    )


REVISED = _named(revision, revision.c.submission_id)
REVIEWED = _named(review, review.c.entry_id)


def _read(connection: Connection, query: Select[Any], after: int, upto: int) -> set[FigureKey]:
    rows = connection.execute(query, {"after": after, "upto": upto})
    return {(code, at, Period.parse(period)) for code, at, period in rows}
