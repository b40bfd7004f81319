"""Reviews: what approvers did with figures, added for ever, and their reads as of a position."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, func, select

from app.domain.lifecycle import Action, Review
from app.domain.period import Period
from app.ledger.narrowing import by_codes
from app.ledger.places import MOST_PLACES, Lookup
from app.ledger.tables import department, journal, kpi, review, revision
from app.ledger.writing import add

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection

    from sqlalchemy import ColumnElement, Connection, Row, Select

    from app.ledger.catalogue import StoredCatalogue
    from app.ledger.revisions import FigureKey


@dataclass(frozen=True, slots=True)
class NewReview:
    """What is done with figures, all in one entry of the journal."""

    action: Action
    figures: tuple[tuple[FigureKey, int], ...]
    """Each with the revision that was looked at."""
    reason: str | None = None
    submission: int | None = None
    """Where the figures came from; None for a reopening, which names the figure itself."""


@dataclass(frozen=True, slots=True)
class Passed:
    """What an approver did with figures of one submission, and with how many of them."""

    action: Action
    by: str
    at: dt.datetime
    reason: str | None
    figures: int


def append(connection: Connection, stored: StoredCatalogue, entry: int, new: NewReview) -> None:
    """Add reviews under a journal entry; only within `Database.write`."""
    rows = [
        {
            "entry_id": entry,
            "ordinal": ordinal,
            "kpi_id": stored.kpi_ids[kpi_code],
            "department_id": stored.department_ids[department_code],
            "period": str(period),
            "revision": number,
            "action": new.action,
            "submission_id": new.submission,
            "reason": new.reason,
        }
        for ordinal, ((kpi_code, department_code, period), number) in enumerate(new.figures, 1)
    ]
    add(connection, review, rows)


def last(
    connection: Connection,
    stored: StoredCatalogue,
    keys: Collection[FigureKey],
    upto: int | None = None,
) -> dict[FigureKey, Review]:
    """Return the last review of each of `keys` that has one (and perhaps of more).

    upto: a position of the journal as of which they are; None for now.
    """
    if len(keys) > MOST_PLACES:
        return _last_around(connection, stored, keys, upto)
    rows = _LOOKUP.rows(connection, stored, keys, upto)
    return {key: _review(row) for key, row in rows}


def _last_around(
    connection: Connection, stored: StoredCatalogue, keys: Collection[FigureKey], upto: int | None
) -> dict[FigureKey, Review]:
    """Read all that lies between very many keys, which is then cheaper than to look up each."""
    periods = [str(period) for _, _, period in keys]
    query = _latest(upto).where(review.c.period.between(min(periods), max(periods)))
    kpis, departments = {key[0] for key in keys}, {key[1] for key in keys}
    columns = (review.c.kpi_id, review.c.department_id)
    query = by_codes(query, columns, stored, kpis, departments)
    return {
        (row.kpi_code, row.department_code, Period.parse(row.period)): _review(row)
        for row in connection.execute(query)
    }


def _latest(upto: int | ColumnElement[int] | None) -> Select[Any]:
    newer = review.alias("newer")
    newest = select(func.max(newer.c.entry_id)).where(
        newer.c.kpi_id == review.c.kpi_id,
        newer.c.department_id == review.c.department_id,
        newer.c.period == review.c.period,
    )
    if upto is not None:
        newest = newest.where(newer.c.entry_id <= upto)
    return (
        select(
            review,
            kpi.c.code.label("kpi_code"),
            department.c.code.label("department_code"),
            journal.c.recorded_at,
            journal.c.actor,
        )
        .join(kpi, kpi.c.id == review.c.kpi_id)
        .join(department, department.c.id == review.c.department_id)
        .join(journal, journal.c.id == review.c.entry_id)
        .where(review.c.entry_id == newest.scalar_subquery())
    )


_LOOKUP: Final = Lookup(review, _latest)


def _review(row: Row[Any]) -> Review:
    return Review(
        action=Action(row.action),
        revision=row.revision,
        by=row.actor,
        at=row.recorded_at,
        reason=row.reason,
    )


def of_submission(connection: Connection, number: int, upto: int | None = None) -> list[Passed]:
    """Return what was done with the figures of a submission, in order; reopenings included.

    upto: a position of the journal as of which it is; None for now.
    """
    query = (
        select(
            review.c.action,
            review.c.reason,
            journal.c.actor,
            journal.c.recorded_at,
            func.count().label("figures"),
        )
        .join(
            revision,
            and_(
                revision.c.kpi_id == review.c.kpi_id,
                revision.c.department_id == review.c.department_id,
                revision.c.period == review.c.period,
                revision.c.revision == review.c.revision,
            ),
        )
        .join(journal, journal.c.id == review.c.entry_id)
        .where(revision.c.submission_id == number)
        .group_by(
            review.c.entry_id,
            review.c.action,
            review.c.reason,
            journal.c.actor,
            journal.c.recorded_at,
        )
        .order_by(review.c.entry_id)
    )
    if upto is not None:
        query = query.where(review.c.entry_id <= upto)
    return [
        Passed(Action(row.action), row.actor, row.recorded_at, row.reason, row.figures)
        for row in connection.execute(query)
    ]


def figures_of(connection: Connection, number: int) -> list[tuple[FigureKey, int]]:
    """Return the figures that came from a submission, each with the revision it made of it."""
    query = (
        select(
            kpi.c.code.label("kpi_code"),
            department.c.code.label("department_code"),
            revision.c.period,
            revision.c.revision,
        )
        .join(kpi, kpi.c.id == revision.c.kpi_id)
        .join(department, department.c.id == revision.c.department_id)
        .where(revision.c.submission_id == number)
        .order_by(kpi.c.code, department.c.code, revision.c.period)
    )
    return [
        ((row.kpi_code, row.department_code, Period.parse(row.period)), row.revision)
        for row in connection.execute(query)
    ]
