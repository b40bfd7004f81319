"""Whether anything was written since: a question that is asked at every scrape.

By the pool and a transaction it takes four turns to PostgreSQL and, on either engine, longer than
the answer to it. So it has a connection of its own, that of the driver, and one statement.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError

if TYPE_CHECKING:
    from app.ledger.database import Database

Stamp = tuple[object, ...]
"""As long as it is the same, so is all that is on record."""

_NEWEST: Final = (
    "(SELECT id FROM journal ORDER BY id DESC LIMIT 1),"
    " (SELECT id FROM backup_made ORDER BY id DESC LIMIT 1)"
)
# A server that has become a standby tells what is new later than the one that took its place.
_SQLITE: Final = f"SELECT {_NEWEST}, 0"
_POSTGRESQL: Final = f"SELECT {_NEWEST}, pg_is_in_recovery()"


class Glance:
    """Asks one database, from any thread, one at a time."""

    def __init__(self, database: Database) -> None:
        """Connect to nothing yet; with the database's other connections, this one is closed."""
        self._database = database
        self._lock = threading.Lock()
        self._connection: Any = None
        event.listen(database.engine, "engine_disposed", self._closed)

    @property
    def waits_for_nothing(self) -> bool:
        """Whether asking takes no longer than to look into memory, so that an event loop may.

        So it is with SQLite, whose readers wait for no writer: where it is locked altogether, or
        is not there yet, there is no answer.
        """
        return self._database.is_sqlite and self._connection is not None

    def stamp(self) -> Stamp | None:
        """Return the stamp; None where it cannot be told this way, which says nothing of why."""
        if not self._lock.acquire(blocking=False):
            return None
        try:
            if self._connection is None:
                self._connection = self._connected()
            query = _SQLITE if self._database.is_sqlite else _POSTGRESQL
            *stamp, is_standby = self._connection.execute(query).fetchone()
        except (SQLAlchemyError, self._database.engine.dialect.loaded_dbapi.Error):
            self._drop()
            return None
        finally:
            self._lock.release()
        return None if is_standby else tuple(stamp)

    def _connected(self) -> Any:  # noqa: ANN401 - of either driver
        # By the pool, so that it is opened and watched over as every other.
        pooled = self._database.engine.raw_connection()
        connection: Any = pooled.driver_connection
        pooled.detach()
        if self._database.is_sqlite:
            connection.execute("PRAGMA busy_timeout = 0")
        return connection

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _closed(self, _engine: object) -> None:
        with self._lock:
            self._drop()
