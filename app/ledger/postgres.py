"""Connections to PostgreSQL that know when to give up, through the failover of its servers too.

An address may name several servers (`?host=a:5432&host=b:5432`, or `?host=a,b`); then the one
that takes writes is looked for at every new connection. What may wait for ever without more is
bounded: a server whose machine is gone by the network's own timeouts, one that hangs by
`app.ledger.watching`, a lock, and a client that holds the writer's lock and hangs itself. What
anybody sets in the address wins. There is no timeout for statements: a long one may be right, and
the wait for a standby does not heed it.
"""

from __future__ import annotations

from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import create_engine, event, text
from sqlalchemy.exc import DBAPIError, InvalidatePoolError

from app.errors import OutcomeUnknown
from app.ledger.driver import begin

if TYPE_CHECKING:
    from psycopg import Connection as PsycopgConnection
    from psycopg.errors import Diagnostic
    from sqlalchemy import URL, Connection, Dialect, Engine, RootTransaction
    from sqlalchemy.engine.interfaces import ExceptionContext
    from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

READ_ONLY: Final = "25006"
"""PostgreSQL's answer to a write when the server that we are with has become a standby."""
_NOT_RUN: Final = "40"
"""The class of "this transaction was rolled back, and may well succeed another time"."""
_NOT_KNOWN: Final = "40003"
"""The one of that class with which the server itself does not know."""
_BROKEN: Final = ("08", "57", "58", "XX")
"""Classes after which a transaction may stand or not: connection, operator, system, defect."""

_CONNECTION: Final = {
    # Seconds, for each server in turn.
    "connect_timeout": 3,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    # Milliseconds that what was sent may stay without the other side's word.
    "tcp_user_timeout": 10_000,
}
_SESSION: Final = {
    "timezone": "UTC",
    # Longer than any lot or file takes that is ahead at the writer's door.
    "lock_timeout": "60s",
    # A replica that hangs while it holds the writer's lock would hold all others up.
    "idle_in_transaction_session_timeout": "60s",
    # The same for one whose machine is gone, which the server would ask after in two hours.
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "10s",
}
_POOL_SECONDS: Final = 10
_IDLE_SECONDS: Final = 1.0
"""How long ago a connection was used before it is asked whether its server is still there."""
_USED: Final = "dabiao_used"
_WARNINGS: Final = "dabiao_warnings"

READ: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"
"""How a transaction begins that reads a snapshot."""
_SENT_ON: Final = text(
    "SELECT CASE WHEN pg_current_xact_id_if_assigned() IS NULL"
    " THEN pg_logical_emit_message(true, 'dabiao', '') END"
)


def engine(url: URL) -> Engine:
    """Return the engine; connects to nothing yet. Raises sqlalchemy.exc.ArgumentError."""
    from app.ledger.watching import Watch

    made = create_engine(url, pool_timeout=_POOL_SECONDS, connect_args=_arguments(url))
    event.listen(made, "connect", _open)
    event.listen(made, "begin", partial(begin, prepare=False))
    event.listen(made, "checkin", _note_use)
    event.listen(made, "checkout", partial(_ask_idle, made.dialect))
    event.listen(made, "handle_error", _leave_standby)
    Watch(made)
    return made


def _arguments(url: URL) -> dict[str, Any]:
    session = " ".join(f"-c {name}={value}" for name, value in _SESSION.items())
    hosts = url.query.get("host", "")
    several = not isinstance(hosts, str) or "," in hosts
    wanted: dict[str, Any] = {**_CONNECTION}
    if several:
        wanted["target_session_attrs"] = "read-write"
    given = {name: value for name, value in wanted.items() if name not in url.query}
    # The later of two settings stands.
    return {**given, "options": f"{session} {url.query.get('options', '')}".strip()}


def writing(lock: int, *, looks_up: bool) -> str:
    """Return how the writer's transaction begins: it waits for its lock, on the same way there.

    looks_up: see `Database.write`. A prepared statement keeps the plan that was best when its
    tables were small until they are analysed, which may be a minute later: then every lot would
    read all of them. So that plan is made as if reading a whole table were not to be had.
    """
    by_index = ", set_config('enable_seqscan', 'off', true)" if looks_up else ""
    return f"BEGIN; SELECT pg_advisory_xact_lock({lock}){by_index}"


def commit(connection: Connection, transaction: RootTransaction, *, has_written: bool) -> None:
    """Commit, and return only if it is certain; raises OutcomeUnknown, or what was rolled back.

    has_written: whether rows were added for certain.
    A commit waits until a synchronous standby has it. If that wait is cancelled, the server
    answers "committed" with no more than a warning: the rows stand there, and go with it.
    """
    # A transaction that wrote nothing waits for nobody. What it read, and so what is told of it
    # (an earlier receipt, for one), may be a commit that no standby has: a primary that comes up
    # again after a crash shows those too. This record has the commit wait, for all before it.
    if not has_written:
        connection.execute(_SENT_ON)
    warnings: list[str] = connection.info[_WARNINGS]
    warnings.clear()
    try:
        transaction.commit()
    except DBAPIError as error:
        if is_certain(error):
            raise
        raise OutcomeUnknown("the database went away while it committed") from error
    except BaseException:
        # Whatever else stops it leaves the server within the transaction, and the pool takes a
        # transaction that was told to commit for one that has ended.
        connection.invalidate()
        raise
    if warnings:
        connection.invalidate()
        raise OutcomeUnknown(f"the database does not vouch for its commit: {warnings[0]}")


def is_certain(error: DBAPIError) -> bool:
    """Tell whether an error at the commit means that nothing was kept."""
    state = getattr(error.orig, "sqlstate", None)
    return state is not None and state != _NOT_KNOWN and not state.startswith(_BROKEN)


def is_lost(error: DBAPIError) -> bool:
    """Tell whether a transaction was lost on its way, so that another may well succeed."""
    state = getattr(error.orig, "sqlstate", None) or ""
    return error.connection_invalidated or state.startswith(_NOT_RUN)


def _open(connection: PsycopgConnection[Any], record: ConnectionPoolEntry) -> None:
    # The driver's own transactions begin by a way there and back for that alone: it is told to
    # begin none, and `begin` does.
    connection.autocommit = True
    _note_use(connection, record)
    warnings: list[str] = record.info.setdefault(_WARNINGS, [])
    warnings.clear()

    def keep(said: Diagnostic) -> None:
        # Not by its text, which comes in the server's language.
        if said.severity_nonlocalized == "WARNING":
            warnings.append(said.message_primary or "a warning")

    connection.add_notice_handler(keep)


def _note_use(_connection: PsycopgConnection[Any], record: ConnectionPoolEntry) -> None:
    record.info[_USED] = monotonic()


def _ask_idle(
    dialect: Dialect,
    connection: PsycopgConnection[Any],
    record: ConnectionPoolEntry,
    _proxy: PoolProxiedConnection,
) -> None:
    """Leave a connection that was lost while nobody used it, and all others of its age.

    One that was used a moment ago is not asked: what is lost in that moment is found by the first
    statement, and then it is certain that nothing was kept.
    """
    if monotonic() - record.info[_USED] < _IDLE_SECONDS:
        return
    try:
        dialect.do_ping(connection)  # type: ignore[arg-type]  # the driver's own
    except dialect.loaded_dbapi.Error as error:
        raise InvalidatePoolError from error


def _leave_standby(context: ExceptionContext) -> None:
    """Take a server that has become a standby for one that went away, or the pool would stay."""
    if getattr(context.original_exception, "sqlstate", None) == READ_ONLY:
        context.is_disconnect = True
