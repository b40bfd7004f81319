"""The journal as a log: who did what when, each entry with its seal, oldest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from app.ledger import chain
from app.ledger.journal import EntryKind
from app.ledger.tables import journal, seal

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from sqlalchemy import Connection, Row, Select

_AT_A_TIME = 500


@dataclass(frozen=True, slots=True)
class Logged:
    """An entry of the journal.

    subject: what it is about, in a word: a file's name, a key's, a user's.
    actor: who did it; `user` and `key` are their numbers, where it was a user or a key.
    seal: None where it has none, which an invariant tells of.
    """

    id: int
    recorded_at: dt.datetime
    kind: EntryKind
    action: str
    subject: str
    actor: str
    user: int | None
    key: int | None
    seal: str | None


def listed(
    connection: Connection, *, after: int, upto: int, limit: int, kind: EntryKind | None = None
) -> list[Logged]:
    """Return entries after a place of the journal, up to another, at most `limit`."""
    query = _entries(kind).where(journal.c.id > after, journal.c.id <= upto).limit(limit)
    return [_logged(row) for row in connection.execute(query)]


def streamed(connection: Connection, kind: EntryKind | None = None) -> Iterator[Logged]:
    """Give every entry, however many these are."""
    rows = connection.execute(_entries(kind), execution_options={"yield_per": _AT_A_TIME})
    return (_logged(row) for row in rows)


def with_rows(
    connection: Connection, kind: EntryKind | None = None
) -> Iterator[tuple[Logged, list[str]]]:
    """Give every entry with the lines that its seal is made of, in the order of their bytes."""
    entries = chain.entries(connection)
    for logged in streamed(connection, kind):
        lines = next((lines for entry, lines, _ in entries if entry == logged.id), [])
        yield logged, [line.decode() for line in sorted(lines)]


def _entries(kind: EntryKind | None) -> Select[Any]:
    query = select(journal, seal.c.digest).outerjoin(seal, seal.c.entry_id == journal.c.id)
    if kind is not None:
        query = query.where(journal.c.kind == kind)
    return query.order_by(journal.c.id)


def _logged(row: Row[Any]) -> Logged:
    return Logged(
        id=row.id,
        recorded_at=row.recorded_at,
        kind=EntryKind(row.kind),
        action=row.action,
        subject=row.subject,
        actor=row.actor,
        user=row.user_id,
        key=row.api_key_id,
        seal=row.digest,
    )
