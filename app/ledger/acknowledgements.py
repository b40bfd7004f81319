"""Acknowledgements: what reporters said to the warnings of a submission, added for ever."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, select

from app.ledger.tables import acknowledgement, department, finding, journal, revision
from app.ledger.writing import add

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What somebody said to a warning.

    ordinal: the warning's place among the submission's findings, from 1; code and row are its.
    """

    ordinal: int
    code: str
    row: int | None
    note: str
    by: str
    at: dt.datetime


def append(connection: Connection, entry: int, number: int, notes: Mapping[int, str]) -> None:
    """Add notes under a journal entry, by the ordinals of a submission's findings.

    Only within `Database.write`.
    """
    rows = [
        {"submission_id": number, "ordinal": ordinal, "entry_id": entry, "note": note}
        for ordinal, note in sorted(notes.items())
    ]
    add(connection, acknowledgement, rows)


def of_submission(
    connection: Connection, number: int, upto: int | None = None
) -> list[Acknowledgement]:
    """Return all that was said to a submission's warnings, the oldest first.

    upto: a position of the journal as of which they are; None for now.
    """
    query = (
        select(
            acknowledgement,
            finding.c.code,
            finding.c.row_number,
            journal.c.actor,
            journal.c.recorded_at,
        )
        .join(
            finding,
            and_(
                finding.c.submission_id == acknowledgement.c.submission_id,
                finding.c.ordinal == acknowledgement.c.ordinal,
            ),
        )
        .join(journal, journal.c.id == acknowledgement.c.entry_id)
        .where(acknowledgement.c.submission_id == number)
        .order_by(acknowledgement.c.entry_id, acknowledgement.c.ordinal)
    )
    if upto is not None:
        query = query.where(acknowledgement.c.entry_id <= upto)
    return [
        Acknowledgement(row.ordinal, row.code, row.row_number, row.note, row.actor, row.recorded_at)
        for row in connection.execute(query)
    ]


def standing(said: Iterable[Acknowledgement]) -> dict[int, Acknowledgement]:
    """Return of all that was said what was said last, by ordinal and in order of it."""
    newest = {one.ordinal: one for one in said}
    return dict(sorted(newest.items()))


def departments_of(connection: Connection, number: int) -> dict[int, str]:
    """Return, by row of a submission that made a figure, the figure's department."""
    query = (
        select(revision.c.row_number, department.c.code)
        .join(department, department.c.id == revision.c.department_id)
        .where(revision.c.submission_id == number)
    )
    return {row.row_number: row.code for row in connection.execute(query)}
