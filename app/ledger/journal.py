"""The journal: every write's place, instant, and author. "As of" an instant is one number here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, func, select

from app.ledger.driver import Prepared
from app.ledger.tables import journal, seal
from app.ledger.writing import add_rows, follow

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from sqlalchemy import Connection, ScalarSelect

    from app.domain.access import Actor
    from app.ledger.putting import Part


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


@dataclass(frozen=True, slots=True)
class Head:
    """Where the journal stands.

    last: its newest entry, which those that are added next follow; None before the first.
    catalogue, key: the numbers of the newest entries of these kinds; 0 for none.
    """

    last: Entry | None
    catalogue: int
    key: int

    @property
    def position(self) -> int:
        """The number of the newest entry; 0 for none."""
        return 0 if self.last is None else self.last.id


def _newest(kind: EntryKind) -> ScalarSelect[int]:
    query = select(func.max(journal.c.id)).where(journal.c.kind == kind.value)
    return query.scalar_subquery()


_HEAD: Final = Prepared(
    lambda _: (
        select(
            journal.c.id,
            journal.c.recorded_at,
            seal.c.digest,
            _newest(EntryKind.CATALOGUE).label("catalogue"),
            _newest(EntryKind.KEY).label("key"),
        )
        .outerjoin(seal, seal.c.entry_id == journal.c.id)
        .order_by(journal.c.id.desc())
        .limit(1)
    )
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
    entry = following(head(connection).last, now)
    add_rows(connection, part([row(entry, kind, action, subject, actor)]))
    return entry


def part(rows: Sequence[tuple[object, ...]]) -> Part:
    """Return entries, each as `row` gives it, for `writing.add_rows`."""
    return journal, _COLUMNS, rows


def head(connection: Connection) -> Head:
    """Return where the journal stands; only within `Database.write`."""
    rows = _HEAD.rows(connection, {})
    if not rows:
        return Head(None, 0, 0)
    (row,) = rows
    follow(connection, row.digest)
    return Head(Entry(row.id, row.recorded_at), row.catalogue or 0, row.key or 0)


def following(before: Entry | None, now: dt.datetime) -> Entry:
    """Return the entry that comes next.

    Its instant is `now`, or the last entry's if the clock has gone back since: along the journal
    time never runs backwards, so "recorded by then" and "up to this number" are the same.
    """
    return Entry(before.id + 1, max(now, before.recorded_at)) if before else Entry(1, now)


_COLUMNS: Final = (
    "id",
    "recorded_at",
    "kind",
    "action",
    "subject",
    "actor",
    "user_id",
    "api_key_id",
)


def row(
    entry: Entry, kind: EntryKind, action: str, subject: str, actor: Actor
) -> tuple[object, ...]:
    """Return an entry as a row of the journal, for `part`."""
    return (
        entry.id,
        entry.recorded_at,
        kind,
        action,
        subject,
        actor.name,
        actor.user,
        actor.key,
    )


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
