"""`dabiao serve` and `dabiao migrate`."""

from __future__ import annotations

import os
import socket
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import typer
from filelock import FileLock, Timeout

from app.errors import Misconfigured
from app.ledger.database import Database
from app.ledger.migrating import migrate as go_to_newest
from app.settings import Settings, load_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from ssl import SSLContext

    from filelock import AcquireReturnProxy


def migrate() -> None:
    """Make the database, or bring it to the newest migration.

    Example: DABIAO_DATABASE_URL=sqlite:///var/dabiao.db dabiao migrate
    """
    database = Database(load_settings().database_url)
    try:
        go_to_newest(database)
    finally:
        database.close()
    typer.echo("The database is at the newest migration.", err=True)


def serve() -> None:
    """Serve the API, the pages and the metrics.

    On DABIAO_HOST and DABIAO_PORT, until it is told to end by Ctrl-C or SIGTERM.
    Example: DABIAO_PORT=9000 dabiao serve
    """
    settings = load_settings()
    path = Database(settings.database_url).path
    if path is not None and not path.exists():
        # PostgreSQL may come, or be migrated, while the server waits; this one nobody else makes.
        msg = f"there is no database {path} yet; dabiao migrate makes it"
        raise Misconfigured(msg)
    tls = _tls(settings)
    _try_to_listen(settings.host, settings.port)
    with nullcontext() if path is None else _only_server(path):
        _run(settings, tls)


def _tls(settings: Settings) -> Callable[..., SSLContext] | None:
    """Return what makes the context of TLS, tried once; None without. Raises Misconfigured."""
    if settings.web_config_file is None:
        return None
    from app.web_config.file import read_web_config
    from app.web_config.tls import server_context

    if read_web_config(Path(settings.web_config_file)).tls_server_config is None:
        return None
    # Handed over by name, not made: a context cannot be sent to another process.
    make = partial(server_context, settings.web_config_file)
    make()
    return make


def _try_to_listen(host: str, port: int) -> None:
    """Raise Misconfigured where the address is taken, or is not ours: the server's log says more.

    Somebody may yet take it before the server does; then its log alone says so.
    """
    try:
        family, kind, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            # As the server does: connections of an earlier one that linger are no hindrance.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        msg = f"{host}, port {port}, cannot be listened on: {error.strerror}"
        raise Misconfigured(msg) from error


def _only_server(path: Path) -> AcquireReturnProxy[FileLock]:
    """Take the lock that the one server of an embedded database holds.

    Its snapshots and its queue of writes live in the process, so a second server beside it would
    answer with stale metrics; several processes belong on PostgreSQL.
    """
    try:
        return FileLock(path.with_name(f"{path.name}.serving"), timeout=0).acquire()
    except Timeout as error:
        msg = f"another server has {path} open; several servers need PostgreSQL"
        raise Misconfigured(msg) from error


def _run(settings: Settings, tls: Callable[..., SSLContext] | None) -> None:
    import uvicorn  # noqa: PLC0415 - heavy, and only needed here

    from app.log import configuration  # noqa: PLC0415 - likewise

    with _shared_counters(settings.workers):
        uvicorn.run(
            "app.main:served",
            factory=True,
            http="app.wire:Wire",
            host=settings.host,
            port=settings.port,
            workers=settings.workers,
            log_config=configuration(settings.log_format),
            server_header=False,
            access_log=False,
            timeout_graceful_shutdown=20,
            ssl_context_factory=tls,
        )


@contextmanager
def _shared_counters(workers: int) -> Iterator[None]:
    """Give several processes one directory for what `/metrics/process` counts in each of them.

    It is there before the first of them begins, since the client library looks for it when it is
    imported, and empty: what an earlier run counted is over.
    """
    if workers == 1:
        yield
        return
    with TemporaryDirectory(prefix="dabiao-counters-") as directory:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = directory
        yield
