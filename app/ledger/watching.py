"""Ends the waits for a database server that hangs.

A server whose processes are stopped still has a kernel that answers for it, so neither keepalives
nor timeouts of TCP tell, and a driver waits for ever. So whoever has waited for some seconds has
the server asked by a connection of its own whether it still takes any. A statement that is merely
long goes on, since the server does answer; from one that does not, twice in a row, all who wait
for it are cut off, and come to know that the connection is lost.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import weakref
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import event

if TYPE_CHECKING:
    from sqlalchemy import Engine

Watched = psycopg.Connection[Any]

PATIENCE: Final = 3.0
"""Seconds that a statement takes before its server is asked, and that it has to answer."""
MISSES: Final = 2
"""Answers in a row that a server owes before it is given up: one may be late on a busy machine."""
_EVERY: Final = 0.5

log = logging.getLogger(__name__)


class Watch:
    """Watches the connections of one engine, by a thread that is there while there are any."""

    def __init__(self, engine: Engine) -> None:
        """Begin with none; every connection that the engine makes is watched until it closes."""
        # Weakly: a connection that nobody has any more is nobody's wait.
        self._watched: weakref.WeakSet[Watched] = weakref.WeakSet()
        self._since: weakref.WeakKeyDictionary[Watched, float] = weakref.WeakKeyDictionary()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        event.listen(engine, "connect", self._begin)

    def _begin(self, connection: Watched, _record: object) -> None:
        with self._lock:
            self._watched.add(connection)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        never = threading.Event()
        while self._goes_on():
            never.wait(_EVERY)
            for waiting in self._servers_waited_for():
                if _hangs(waiting[0]):
                    log.warning("the database server hangs: %d connections cut", len(waiting))
                    for connection in waiting:
                        _cut(connection)

    def _goes_on(self) -> bool:
        """Forget what is closed; False, and the thread is no more, once nothing is left."""
        with self._lock:
            for connection in [one for one in self._watched if one.closed]:
                self._watched.discard(connection)
            if not self._watched:
                self._thread = None
            return self._thread is not None

    def _servers_waited_for(self) -> list[list[Watched]]:
        """Return the connections that have waited too long, by server."""
        now = monotonic()
        servers: dict[tuple[str, int], list[Watched]] = {}
        with self._lock:
            watched = list(self._watched)
        for connection in watched:
            if connection.pgconn.transaction_status != TransactionStatus.ACTIVE:
                self._since.pop(connection, None)
            elif now - self._since.setdefault(connection, now) >= PATIENCE:
                with suppress(psycopg.Error):  # closed this moment: it waits no more
                    info = connection.info
                    servers.setdefault((info.host, info.port), []).append(connection)
        return list(servers.values())


def _hangs(connection: Watched) -> bool:
    return not any(_answers(connection) for _ in range(MISSES))


def _answers(connection: Watched) -> bool:
    """Tell whether a connection's server takes another; one that refuses does answer."""
    try:
        asked: dict[str, Any] = {
            **connection.info.get_parameters(),
            "password": connection.info.password or None,
            "connect_timeout": int(PATIENCE),
            "target_session_attrs": "any",
        }
        psycopg.connect(**asked).close()
    except psycopg.errors.ConnectionTimeout:
        return False
    except psycopg.Error:
        return True
    return True


def _cut(connection: Watched) -> None:
    """Close a connection's way, so that whoever waits on it finds that it has ended.

    Why this is safe: the driver keeps its descriptor, and closes it itself. Should it do so in
    the moment between, the number is that of no socket, or of a newer one of ours, which is then
    made again as any that is lost.
    """
    with suppress(psycopg.Error, OSError):
        way = socket.socket(fileno=os.dup(connection.pgconn.socket))
        try:
            way.shutdown(socket.SHUT_RDWR)
        finally:
            way.close()
