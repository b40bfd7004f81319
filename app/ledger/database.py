"""Connections and transactions, on SQLite and PostgreSQL alike.

`read()` gives one consistent snapshot. `write()` gives the database's only writer: it waits for
whoever writes at the moment, commits once at the end, and rolls back if anything is raised. With
one writer at a time numbers run without gaps, instants never run backwards along the journal, and
two deliveries of the same figure cannot both take themselves for the first.

Whoever is told that the database failed is told what is known of it: `Interrupted`, nothing was
kept and it can be done again at once; `OutcomeUnknown`, it was lost while it committed;
`Unavailable`, it does not answer.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Self

from sqlalchemy import URL, create_engine, event, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DBAPIError,
    NoSuchModuleError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app.errors import Interrupted, Misconfigured, Unavailable
from app.ledger import postgres, writing
from app.ledger.driver import BEGIN, begin

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

WRITER_LOCK = 0x64616269616F
"""The PostgreSQL advisory lock of the one writer ("dabiao" in ASCII)."""

_BUSY_MILLISECONDS = 30_000
_SQLITE_CONNECTIONS = 40
"""As many as the server has threads; PostgreSQL, where a connection is a process, keeps to 15."""
_POOL = "dabiao_pool"
"""Of which pool a connection is."""


class Database:
    """One database and its pool of connections."""

    @classmethod
    def of_file(cls, path: Path) -> Self:
        """Return the embedded database in a file, whatever characters its name has."""
        return cls(URL.create("sqlite", database=str(path)))

    def __init__(self, url: str | URL) -> None:
        """Prepare the engine; connects to nothing yet. Raises Misconfigured for a wrong URL."""
        try:
            self.url = make_url(url)
        except ArgumentError as error:
            msg = "DABIAO_DATABASE_URL is not a database address"
            raise Misconfigured(msg) from error
        if self.url.drivername not in ("sqlite", "postgresql+psycopg"):
            msg = "DABIAO_DATABASE_URL must begin with sqlite:/// or postgresql+psycopg://"
            raise Misconfigured(msg)
        try:
            self.engine = _engine(self.url)
        except ArgumentError as error:  # as for as many hosts, but not as many ports
            msg = "DABIAO_DATABASE_URL does not name its servers as host=a:5432&host=b:5432"
            raise Misconfigured(msg) from error
        event.listen(self.engine, "connect", self._note_pool)
        event.listen(self.engine, "checkin", self._close_late)
        # Writers of this process queue here, in turn and without a connection, rather than at the
        # database's door, where SQLite has them sleep, look again, and overtake each other.
        self._writing = threading.Lock()

    @property
    def is_sqlite(self) -> bool:
        """Tell whether this is the embedded database."""
        return self.url.drivername == "sqlite"

    @property
    def path(self) -> Path | None:
        """The file of an embedded database; None otherwise."""
        return Path(self.url.database) if self.is_sqlite and self.url.database else None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a consistent snapshot; raises Unavailable, or Interrupted."""
        with _unavailable(), self.engine.connect() as connection:
            connection.execution_options(**{BEGIN: "BEGIN" if self.is_sqlite else postgres.READ})
            with connection.begin():
                yield connection

    @contextmanager
    def write(self, *, looks_up: bool = False) -> Iterator[Connection]:
        """Give the one writer's transaction; sealed and committed when the block ends well.

        looks_up: whether it reads but a few rows, each by an index.
        Raises Unavailable, Interrupted or OutcomeUnknown; see the module.
        """
        with self._writing, _unavailable(), self.engine.connect() as connection:
            # A writer takes the lock before it reads: otherwise it would fail half-way, or what it
            # has read be no longer so, when another has written in between.
            begins = (
                "BEGIN IMMEDIATE"
                if self.is_sqlite
                else postgres.writing(WRITER_LOCK, looks_up=looks_up)
            )
            connection.execution_options(**{BEGIN: begins})
            with connection.begin() as transaction:
                with writing.sealed(connection) as added:
                    yield connection
                if not self.is_sqlite:
                    postgres.commit(connection, transaction, has_written=added.is_sealed)

    def close(self) -> None:
        """Give back all connections; one in use is closed as soon as it is no more."""
        self.engine.dispose()

    def _note_pool(self, _connection: object, record: ConnectionPoolEntry) -> None:
        record.info[_POOL] = self.engine.pool

    def _close_late(self, connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
        # A pool that was given up keeps what comes back until it is collected as garbage.
        if connection is not None and record.info[_POOL] is not self.engine.pool:
            connection.close()


@contextmanager
def _unavailable() -> Iterator[None]:
    try:
        yield
    except (DBAPIError, NoSuchModuleError, PoolTimeoutError) as error:
        if isinstance(error, DBAPIError) and not _is_outage(error):
            raise
        if isinstance(error, DBAPIError) and postgres.is_lost(error):
            raise Interrupted("the database went away half-way; nothing was kept") from error
        msg = "the database does not answer"
        raise Unavailable(msg) from error


def _is_outage(error: DBAPIError) -> bool:
    """Tell an outage (server gone, file locked, absent or broken) from a mistake in a statement."""
    if error.connection_invalidated or isinstance(error, OperationalError):
        return True
    # SQLite says neither more nor less of a file that is broken, or no database at all.
    broken = type(error) is DatabaseError
    return broken or getattr(error.orig, "sqlstate", None) == postgres.READ_ONLY


def _engine(url: URL) -> Engine:
    if url.drivername != "sqlite":
        return postgres.engine(url)
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        pool_size=_SQLITE_CONNECTIONS,
        connect_args={"timeout": _BUSY_MILLISECONDS / 1000},
    )
    event.listen(engine, "connect", _open_sqlite)
    event.listen(engine, "begin", begin)
    return engine


def _open_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver's own transactions begin late and lose concurrent read-modify-writes: it is told
    # to begin none, and `begin` does.
    connection.isolation_level = None
    _write_ahead(connection)
    for pragma in (
        "synchronous = FULL",
        "foreign_keys = ON",
        f"busy_timeout = {_BUSY_MILLISECONDS}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Have the file keep a write-ahead log, as whoever else opens a new one at once does, too.

    While somebody writes, SQLite does not wait to go over to it, and says that the file is locked.
    So a writer's turn is waited for, and it is tried again.
    """
    import sqlite3  # noqa: PLC0415 - the embedded database alone needs it

    until = time.monotonic() + _BUSY_MILLISECONDS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            is_busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not is_busy or time.monotonic() > until:
                raise
        else:
            return
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("COMMIT")
