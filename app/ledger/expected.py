"""What the record says about expected figures: when each was posted for the first time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from app.domain.period import Period
from app.ledger.places import Lookup
from app.ledger.tables import department, journal, kpi, revision

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection

    from sqlalchemy import ColumnElement, Connection, Select

    from app.ledger.catalogue import StoredCatalogue
    from app.ledger.revisions import FigureKey


def first_recorded(
    connection: Connection, periods: Collection[Period], upto: int
) -> dict[FigureKey, dt.datetime]:
    """Return, for every figure of the periods, when its first revision was recorded.

    upto: a position of the journal; figures posted later are not there yet.
    """
    if not periods:
        return {}
    query = first_revisions(upto).where(revision.c.period.in_(sorted(map(str, periods))))
    return {
        (row.kpi, row.department, Period.parse(row.period)): row.recorded_at
        for row in connection.execute(query)
    }


def first_recorded_of(
    connection: Connection, stored: StoredCatalogue, keys: Collection[FigureKey], upto: int
) -> dict[FigureKey, dt.datetime]:
    """Return the same of a few figures, each looked up by itself."""
    return {key: row.recorded_at for key, row in _LOOKUP.rows(connection, stored, keys, upto)}


def first_revisions(upto: int | ColumnElement[int] | None) -> Select[Any]:
    """Return the query of all first revisions as of a position; None: of now."""
    query = (
        select(
            revision.c.kpi_id,
            revision.c.department_id,
            kpi.c.code.label("kpi"),
            department.c.code.label("department"),
            revision.c.period,
            journal.c.recorded_at,
        )
        .join(kpi, kpi.c.id == revision.c.kpi_id)
        .join(department, department.c.id == revision.c.department_id)
        .join(journal, journal.c.id == revision.c.submission_id)
        .where(revision.c.revision == 1)
    )
    return query if upto is None else query.where(revision.c.submission_id <= upto)


_LOOKUP: Final = Lookup(revision, first_revisions)
