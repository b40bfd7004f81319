"""Figures of many places, each within a stretch of time of its own: what verdicts may count.

An office with decades on record judges a plan of one year by a year's figures, so only those are
read; each place is looked up by the key of the table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from sqlalchemy import BigInteger, Integer, String, and_, bindparam, select

from app.ledger.driver import Prepared
from app.ledger.listed import Listed
from app.ledger.places import MOST_PLACES
from app.ledger.posted import COLUMNS, gathered
from app.ledger.tables import journal, revision

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Column, Connection, Select

    from app.domain.period import Period
    from app.ledger.catalogue import StoredCatalogue
    from app.ledger.posted import Place, Posted

Stretch: TypeAlias = "tuple[Period, Period]"
"""First and last period, of the KPI's frequency."""

_STRETCHES: Final = Listed(
    "stretch",
    {"kpi_id": Integer(), "department_id": Integer(), "first": String(), "last": String()},
)


def posted_within(
    connection: Connection, stored: StoredCatalogue, places: Mapping[Place, Stretch], upto: int
) -> Posted:
    """Return the figures of places, each within its stretch, as of a position of the journal."""
    # In the table's order from lot to lot, too.
    numbers = sorted(
        (stored.kpi_ids[kpi], stored.department_ids[department], str(first), str(last))
        for (kpi, department), (first, last) in places.items()
    )
    dialect = connection.dialect.name
    rows = (
        row
        for some in (
            numbers[start : start + MOST_PLACES] for start in range(0, len(numbers), MOST_PLACES)
        )
        for row in _ROWS.rows(connection, {**_STRETCHES.parameters(dialect, some), "upto": upto})
    )
    return gathered(stored, rows)


def statement(dialect: str) -> Select[Any]:
    """Return the query of all revisions within stretches, in the table's order."""
    stretch = _STRETCHES.table(dialect)
    own = and_(
        revision.c.kpi_id == stretch.c.kpi_id,
        revision.c.department_id == stretch.c.department_id,
        revision.c.period.between(stretch.c.first, stretch.c.last),
    )
    columns: Sequence[Column[Any]] = COLUMNS
    return (
        select(*columns)
        .join(stretch, own)
        .join(journal, journal.c.id == revision.c.submission_id)
        .where(revision.c.submission_id <= bindparam("upto", type_=BigInteger))
        .order_by(
            revision.c.kpi_id, revision.c.department_id, revision.c.period, revision.c.revision
        )
    )


_ROWS: Final = Prepared(statement)
