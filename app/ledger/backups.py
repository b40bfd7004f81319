"""Which backups were made: a note of each, beside the ledger.

Not in the journal: an entry about a backup would be the first one that the backup lacks. And not in
backups themselves, so a restored database has none on record until one is made of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select

from app.ledger import writing
from app.ledger.backup import back_up, backup_made
from app.ledger.chain import Point
from app.ledger.tables import NAME_LENGTH

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    from sqlalchemy import Connection, Row

    from app.domain.access import Actor
    from app.ledger.database import Database
    from app.ledger.office import Office


class Way(StrEnum):
    """Where a backup went."""

    FILE = "file"
    """Written by the command line, on the machine where it ran."""
    DOWNLOAD = "download"
    """Sent to whoever asked for it by the pages or the API."""


@dataclass(frozen=True, slots=True)
class Made:
    """A backup: from when it is, who made it, where it went, and what it holds.

    size: in bytes. point: the newest entry that is in it, with its seal.
    """

    at: dt.datetime
    actor: str
    way: Way
    filename: str
    size: int
    point: Point


@dataclass(frozen=True, slots=True)
class Noted(Made):
    """A backup on record, under its number."""

    id: int


def make(office: Office, path: Path, actor: Actor, way: Way = Way.FILE) -> Made:
    """Write a backup, and say what it is; `note` puts it on record. Raises as `back_up` does."""
    at = office.clock()
    point = back_up(office.database, path)
    name = str(path.absolute()) if way is Way.FILE else path.name
    return Made(at, actor.name, way, name[-NAME_LENGTH:], path.stat().st_size, point)


def note(database: Database, made: Made) -> None:
    """Put a backup on record; raises Unavailable where the database takes no writes."""
    with database.write() as connection:
        newest = connection.execute(select(func.max(backup_made.c.id))).scalar() or 0
        row = {
            "id": newest + 1,
            "made_at": made.at,
            "actor": made.actor,
            "way": made.way,
            "filename": made.filename,
            "size": made.size,
            "position": made.point.entry,
            "digest": made.point.digest,
        }
        writing.add(connection, backup_made, row)


def listed(connection: Connection, *, after: int = 0, limit: int) -> list[Noted]:
    """Return backups on record, in the order in which they were noted, those after a number."""
    query = select(backup_made).where(backup_made.c.id > after).order_by(backup_made.c.id)
    return [_noted(row) for row in connection.execute(query.limit(limit))]


def newest(connection: Connection, limit: int) -> list[Noted]:
    """Return the backups that were noted last, the newest first."""
    query = select(backup_made).order_by(backup_made.c.id.desc()).limit(limit)
    return [_noted(row) for row in connection.execute(query)]


def _noted(row: Row[Any]) -> Noted:
    return Noted(
        id=row.id,
        at=row.made_at,
        actor=row.actor,
        way=Way(row.way),
        filename=row.filename,
        size=row.size,
        point=Point(row.position, row.digest),
    )


_NEWEST: Final = select(func.max(backup_made.c.made_at))


def newest_at(connection: Connection) -> dt.datetime | None:
    """Return from when the newest backup on record is; None where there is none."""
    found: dt.datetime | None = connection.execute(_NEWEST).scalar()
    return found
