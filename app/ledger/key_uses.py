"""When keys were last used: kept to some minutes, in the background, and never waited for.

It is no record and stands beside the ledger. A process notes a key at most once in ten minutes,
and looks before it writes whether another process has done so; so it costs a post nothing, and
says well enough which keys nobody uses any more.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, insert, select

from app.errors import Unavailable
from app.ledger.tables import api_key_use

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from app.ledger.database import Database

EVERY: Final = dt.timedelta(minutes=10)

log = logging.getLogger(__name__)


class KeyUses:
    """Notes the uses of keys, in one thread that is started when it is first needed."""

    def __init__(self, database: Database) -> None:
        """Note nothing yet."""
        self._database = database
        self._noted: dict[int, dt.datetime] = {}
        self._lock = threading.Lock()
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="key-uses")

    def note(self, number: int, now: dt.datetime) -> None:
        """Have it noted that a key is used; returns at once, and raises nothing."""
        with self._lock:
            last = self._noted.get(number)
            if last is not None and now - last < EVERY:
                return
            self._noted[number] = now
        try:
            self._worker.submit(self._keep, number, now)
        except RuntimeError:  # the server is ending, and what it still answers is not noted
            return

    def close(self) -> None:
        """Wait until everything is noted, and end the thread."""
        self._worker.shutdown()

    def _keep(self, number: int, now: dt.datetime) -> None:
        try:
            with self._database.read() as connection:
                known = _used_at(connection, number)
            if known is not None and now - known < EVERY:
                return
            with self._database.write() as connection:
                connection.execute(delete(api_key_use).where(api_key_use.c.api_key_id == number))
                connection.execute(insert(api_key_use).values(api_key_id=number, used_at=now))
        except Unavailable:
            log.warning("that a key was used could not be noted: the database does not answer")


def _used_at(connection: Connection, number: int) -> dt.datetime | None:
    query = select(api_key_use.c.used_at).where(api_key_use.c.api_key_id == number)
    return connection.execute(query).scalar()
