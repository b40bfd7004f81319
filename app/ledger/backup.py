"""Backups: the whole record in one SQLite file, from either engine and into either.

A backup is a Dabiao database of its own: the ledger with its seals, and beside it users' passwords
(as hashes) and when keys were last used; no sessions, no counted sign-ins, nothing derived. It is
a snapshot of one instant, taken while the service goes on writing, and gets its name only when
its chain has been verified.
"""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    NullPool,
    String,
    Table,
    create_engine,
    func,
    insert,
    inspect,
    select,
)
from sqlalchemy.exc import DBAPIError

from app.errors import Refused
from app.ledger import chain, migrating
from app.ledger.database import Database
from app.ledger.migrating import migrate, newest_revision, revision_of
from app.ledger.tables import (
    NAME_LENGTH,
    api_key_use,
    is_ledger,
    journal,
    metadata,
    user_password,
)
from app.ledger.types import Instant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from app.ledger.chain import Point

backup_made = Table(
    "backup_made",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("made_at", Instant, nullable=False),
    Column("actor", String(NAME_LENGTH), nullable=False),
    Column("way", String(8), nullable=False),
    Column("filename", String(NAME_LENGTH), nullable=False),
    Column("size", BigInteger, nullable=False),
    # The newest entry that is in it, and its seal; no foreign key, since nothing here is ledger.
    Column("position", BigInteger().with_variant(Integer, "sqlite"), nullable=False),
    Column("digest", String(64), nullable=False),
    info={"ledger": False},
)
"""Which backups were made (see `backups`)."""

BESIDE: Final = (user_password, api_key_use)
"""What is no ledger and yet goes along: without it nobody could sign in."""
_AT_A_TIME: Final = 1000
_ONLY_OWNER: Final = 0o600


def carried() -> list[Table]:
    """Return the tables that a backup holds, in order of dependence."""
    return [table for table in metadata.sorted_tables if is_ledger(table) or table in BESIDE]


def back_up(database: Database, path: Path) -> Point:
    """Write a backup; returns the newest place in its chain.

    Raises Refused if there is a file of that name, or if the ledger's chain is broken: then no
    file gets the name.
    """
    if path.exists():
        msg = f"{path} is there already; a backup does not overwrite"
        raise Refused(msg)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _ONLY_OWNER))
    try:
        if database.path is None:
            _fill(database, part)
        else:
            _vacuum(database.path, part)
        with _opened(part) as connection:
            point = _verified(connection, f"{path} was not written")
        _name(part, path)
    finally:
        for suffix in ("", "-wal", "-shm", "-journal"):
            part.with_name(part.name + suffix).unlink(missing_ok=True)
    return point


def _vacuum(source: Path, part: Path) -> None:
    """Copy an embedded database in one step: what is in its write-ahead log comes along."""
    connection = sqlite3.connect(source, isolation_level=None)
    try:
        connection.execute("VACUUM INTO ?", (str(part),))
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_FULL:
            raise
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(part)) from error
    finally:
        connection.close()
    connection = sqlite3.connect(part, isolation_level=None)
    try:
        # What is left out must not be found in the file's free pages either.
        connection.execute("PRAGMA secure_delete = ON")
        for table in reversed(metadata.sorted_tables):
            if table not in carried():
                connection.execute(f"DELETE FROM {table.name}")  # noqa: S608 - our own names
        connection.execute("PRAGMA journal_mode = DELETE")
    finally:
        connection.close()


def _fill(database: Database, part: Path) -> None:
    """Stream one snapshot of a server's database into a new one."""
    copy = Database.of_file(part)
    try:
        migrate(copy)
        with database.read() as source, copy.write() as target:
            _copy(source, target)
    finally:
        copy.close()
    connection = sqlite3.connect(part, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = DELETE")
    finally:
        connection.close()


def _copy(source: Connection, target: Connection) -> None:
    for table in carried():
        result = source.execute(select(table), execution_options={"yield_per": _AT_A_TIME})
        for many in result.mappings().partitions():
            # Not by `writing.add`: these rows bring their seals along.
            target.execute(insert(table), [dict(row) for row in many])


def _name(part: Path, path: Path) -> None:
    """Give a finished file its name; a crash leaves it whole under that name, or not at all."""
    with part.open("rb") as written:
        os.fsync(written.fileno())
    part.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def restore(database: Database, path: Path) -> Point:
    """Fill an empty database from a backup; returns the newest place in its chain.

    All or nothing, in one transaction. Raises Refused if the database holds anything, or if the
    file is no backup, damaged, tampered with, or of a newer version.
    """
    _refuse_foreign(database)
    with _readable(path) as backup, _opened(backup) as source:
        point = _verified(source, f"{path} is not restored")
        migrate(database)
        with database.write() as target:
            _refuse_full(target)
            _copy(source, target)
            if _verified(target, "nothing was restored") != point:
                msg = "what was restored is not what the backup holds; nothing was kept"
                raise Refused(msg)
    return point


@contextmanager
def _readable(path: Path) -> Iterator[Path]:
    """Give a backup at the newest migration: the file itself, or a migrated copy of it."""
    with _opened(path) as connection:
        found = revision_of(connection)
    if found == newest_revision():
        yield path
        return
    if found is None:
        msg = f"{path} is no backup of Dabiao"
        raise Refused(msg)
    if not migrating.is_known(found):
        msg = f"{path} was made by a newer version of Dabiao"
        raise Refused(msg)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "backup.db")
        shutil.copyfile(path, copy)
        migrated = Database.of_file(copy)
        try:
            migrate(migrated)
        finally:
            migrated.close()
        yield copy


@contextmanager
def _opened(path: Path) -> Iterator[Connection]:
    """Read a file as a database, changing nothing; raises Refused where it cannot be read."""
    path.stat()  # says by itself what is wrong with a path that leads nowhere
    address = f"file:{quote(str(path.absolute()))}?mode=ro"
    engine = create_engine(
        "sqlite://", creator=lambda: sqlite3.connect(address, uri=True), poolclass=NullPool
    )
    try:
        with engine.connect() as connection:
            yield connection
    except DBAPIError as error:
        if not isinstance(error.orig, sqlite3.Error):
            raise  # of the database that is restored into
        msg = f"{path} is no backup of Dabiao, or a damaged one: {error.orig}"
        raise Refused(msg) from error
    finally:
        engine.dispose()


def _verified(connection: Connection, consequence: str) -> Point:
    """Return the newest place in a chain; raises Refused where the chain is broken."""
    if connection.dialect.name == "sqlite":
        said = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
        if said != "ok":
            msg = f"{consequence}: the file is damaged ({said})"
            raise Refused(msg)
    for link in chain.links(connection):
        if link.problem is not None:
            msg = f"{consequence}: {link.problem}"
            raise Refused(msg)
    return chain.head(connection)


def _refuse_foreign(database: Database) -> None:
    """Refuse, before anything is made in it, a database with tables that are not ours."""
    if database.path is not None and not database.path.exists():
        return
    with database.read() as connection:
        there = set(inspect(connection).get_table_names())
        if there and "alembic_version" not in there:
            msg = "the database holds tables that are not Dabiao's; restore takes an empty one"
            raise Refused(msg)
        if journal.name in there:
            _refuse_entries(connection)


def _refuse_entries(connection: Connection) -> None:
    entries = connection.execute(select(func.max(journal.c.id))).scalar()
    if entries:
        msg = f"the database holds {entries} entries already; restore takes an empty one"
        raise Refused(msg)


def _refuse_full(connection: Connection) -> None:
    """Refuse a database with any row: now that nobody else writes."""
    _refuse_entries(connection)
    for table in carried():
        if connection.execute(select(table).limit(1)).first() is not None:
            msg = f"the database has a {table.name} already; restore takes an empty one"
            raise Refused(msg)
