"""The journal: every write's place, instant, and author. "As of" an instant is one number here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from app.ledger.tables import journal, seal
from app.ledger.writing import add, follow

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy import Connection

    from app.domain.access import Actor


class EntryKind(StrEnum):
    """What part of the record an entry changes."""

    SUBMISSION = "submission"
    CATALOGUE = "catalogue"
    KEY = "key"
    REVIEW = "review"
    USER = "user"
    ACKNOWLEDGEMENT = "acknowledgement"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the journal."""

    id: int
    recorded_at: dt.datetime


_LAST = (
    select(journal.c.id, journal.c.recorded_at, seal.c.digest)
    .outerjoin(seal, seal.c.entry_id == journal.c.id)
    .order_by(journal.c.id.desc())
    .limit(1)
)


def record(  # noqa: PLR0913 - one argument for each column
    connection: Connection,
    kind: EntryKind,
    action: str,
    subject: str,
    *,
    actor: Actor,
    now: dt.datetime,
) -> Entry:
    """Add an entry, numbered next; only within `Database.write`.

    Its instant is `now`, or the last entry's if the clock has gone back since: along the journal
    time never runs backwards, so "recorded by then" and "up to this number" are the same.
    """
    last = connection.execute(_LAST).one_or_none()
    entry = Entry(last.id + 1, max(now, last.recorded_at)) if last else Entry(1, now)
    if last:
        follow(connection, last.digest)
    row = {
        "id": entry.id,
        "recorded_at": entry.recorded_at,
        "kind": kind,
        "action": action,
        "subject": subject,
        "actor": actor.name,
        "user_id": actor.user,
        "api_key_id": actor.key,
    }
    add(connection, journal, row)
    return entry


def position(connection: Connection, as_of: dt.datetime | None = None) -> int:
    """Return the number of the newest entry, or of the newest recorded by `as_of`; 0 for none."""
    query = select(journal.c.id).order_by(journal.c.id.desc()).limit(1)
    if as_of is not None:
        query = (
            select(journal.c.id)
            .where(journal.c.recorded_at <= as_of)
            .order_by(journal.c.recorded_at.desc(), journal.c.id.desc())
            .limit(1)
        )
    return connection.execute(query).scalar() or 0


def newest(connection: Connection, kind: EntryKind, upto: int) -> int:
    """Return the number of the newest entry of a kind up to a position; 0 for none."""
    query = select(func.max(journal.c.id)).where(journal.c.kind == kind, journal.c.id <= upto)
    return connection.execute(query).scalar() or 0


def is_only_by(connection: Connection, actor: Actor) -> bool:
    """Tell whether nobody but `actor` has ever written; so too where nothing was written."""
    query = select(journal.c.id).where(journal.c.actor != actor.name).limit(1)
    return connection.execute(query).first() is None
