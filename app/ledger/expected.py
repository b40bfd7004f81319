"""What the record says about expected figures: when each was posted for the first time."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, bindparam, select

from app.domain.period import Period
from app.ledger.places import given_places, is_placed, numbered
from app.ledger.tables import department, journal, kpi, revision

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection

    from sqlalchemy import Connection, Select

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
    query = _first().where(
        revision.c.submission_id <= upto,
        revision.c.period.in_(sorted(map(str, periods))),
    )
    return _read(connection, query, {})


def first_recorded_of(
    connection: Connection, stored: StoredCatalogue, keys: Collection[FigureKey], upto: int
) -> dict[FigureKey, dt.datetime]:
    """Return the same of a few figures, each looked up by itself."""
    dialect = connection.dialect.name
    given = {**given_places(dialect, numbered(stored, keys)), "upto": upto}
    return _read(connection, _first_at_places(dialect), given)


@cache
def _first_at_places(dialect: str) -> Select[Any]:
    upto = bindparam("upto", type_=BigInteger)
    return _first().where(revision.c.submission_id <= upto, is_placed(revision, dialect))


def _first() -> Select[Any]:
    return (
        select(
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


def _read(
    connection: Connection, query: Select[Any], given: dict[str, Any]
) -> dict[FigureKey, dt.datetime]:
    return {
        (row.kpi, row.department, Period.parse(row.period)): row.recorded_at
        for row in connection.execute(query, given)
    }
