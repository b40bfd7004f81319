"""The journal: every write's place, instant, and author. "As of" an instant is one number here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, select

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
    """Add an entry, numbered next; only within `Database.write`."""
    entry = following(last(connection), now)
    add(connection, journal, columns(entry, kind, action, subject, actor))
    return entry


def last(connection: Connection) -> Entry | None:
    """Return the newest entry, which those that are added next follow; None before the first.

    Only within `Database.write`.
    """
    row = connection.execute(_LAST).one_or_none()
    if row is None:
        return None
    follow(connection, row.digest)
    return Entry(row.id, row.recorded_at)


def following(before: Entry | None, now: dt.datetime) -> Entry:
    """Return the entry that comes next.

    Its instant is `now`, or the last entry's if the clock has gone back since: along the journal
    time never runs backwards, so "recorded by then" and "up to this number" are the same.
    """
    return Entry(before.id + 1, max(now, before.recorded_at)) if before else Entry(1, now)


def columns(
    entry: Entry, kind: EntryKind, action: str, subject: str, actor: Actor
) -> dict[str, object]:
    """Return an entry as a row of the journal, for `writing.add`."""
    return {
        "id": entry.id,
        "recorded_at": entry.recorded_at,
        "kind": kind,
        "action": action,
        "subject": subject,
        "actor": actor.name,
        "user_id": actor.user,
        "api_key_id": actor.key,
    }


def position(connection: Connection, as_of: dt.datetime | None = None) -> int:
    """Return the number of the newest entry, or of the newest recorded by `as_of`; 0 for none."""
    if as_of is None:
        return connection.execute(_POSITION).scalar() or 0
    query = (
        select(journal.c.id)
        .where(journal.c.recorded_at <= as_of)
        .order_by(journal.c.recorded_at.desc(), journal.c.id.desc())
        .limit(1)
    )
    return connection.execute(query).scalar() or 0


_POSITION = select(journal.c.id).order_by(journal.c.id.desc()).limit(1)


@dataclass(frozen=True, slots=True)
class Line:
    """An entry as it is told: what was done, to what, by whom, and its seal.

    user, key: the number of whoever it was; neither for the machine itself.
    """

    id: int
    recorded_at: dt.datetime
    kind: str
    action: str
    subject: str
    actor: str
    user: int | None
    key: int | None
    seal: str | None


def listed(connection: Connection, *, before: int | None = None, limit: int) -> list[Line]:
    """Return entries, the newest first, those before an entry if one is given."""
    query = (
        select(journal, seal.c.digest)
        .outerjoin(seal, seal.c.entry_id == journal.c.id)
        .order_by(journal.c.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(journal.c.id < before)
    return [
        Line(
            id=row.id,
            recorded_at=row.recorded_at,
            kind=row.kind,
            action=row.action,
            subject=row.subject,
            actor=row.actor,
            user=row.user_id,
            key=row.api_key_id,
            seal=row.digest,
        )
        for row in connection.execute(query)
    ]


def newest(connection: Connection, kind: EntryKind, upto: int) -> int:
    """Return the number of the newest entry of a kind up to a position; 0 for none."""
    return connection.execute(_NEWEST, {"kind": kind, "upto": upto}).scalar() or 0


_NEWEST = select(func.max(journal.c.id)).where(
    journal.c.kind == bindparam("kind"), journal.c.id <= bindparam("upto")
)


def is_only_by(connection: Connection, actor: Actor) -> bool:
    """Tell whether nobody but `actor` has ever written; so too where nothing was written."""
    query = select(journal.c.id).where(journal.c.actor != actor.name).limit(1)
    return connection.execute(query).first() is None
