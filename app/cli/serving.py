"""`dabiao serve` and `dabiao migrate`."""

from __future__ import annotations

import os
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import typer
from alembic.util import CommandError
from filelock import FileLock, Timeout

from app.errors import Misconfigured
from app.ledger.database import Database
from app.ledger.migrating import migrate as go_to_newest
from app.settings import Settings, load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def migrate() -> None:
    """Make the database, or bring it to the newest migration.

    Example: DABIAO_DATABASE_URL=sqlite:///var/dabiao.db dabiao migrate
    """
    database = Database(load_settings().database_url)
    try:
        go_to_newest(database)
    except CommandError as error:  # as for a database of a newer Dabiao
        msg = f"the database cannot be migrated: {error}"
        raise Misconfigured(msg) from error
    finally:
        database.close()
    typer.echo("The database is at the newest migration.", err=True)


def serve() -> None:
    """Serve the API, the pages and the metrics.

    On DABIAO_HOST and DABIAO_PORT, until it is told to end by Ctrl-C or SIGTERM.
    Example: DABIAO_PORT=9000 dabiao serve
    """
    settings = load_settings()
    database = Database(settings.database_url)
    if database.path is None:
        _run(settings)
        return
    with _only_server(database.path):
        _run(settings)


def _only_server(path: Path) -> FileLock:
    """Return the lock that the one server of an embedded database holds.

    Its snapshots and its queue of writes live in the process, so a second server beside it would
    answer with stale metrics; several processes belong on PostgreSQL.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path.with_name(f"{path.name}.serving"), timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        msg = f"another server has {path} open; several servers need PostgreSQL"
        raise Misconfigured(msg) from error
    return lock


def _run(settings: Settings) -> None:
    import uvicorn  # noqa: PLC0415 - heavy, and only needed here

    from app.log import configuration  # noqa: PLC0415 - likewise

    with _shared_counters(settings.workers):
        uvicorn.run(
            "app.main:served",
            factory=True,
            host=settings.host,
            port=settings.port,
            workers=settings.workers,
            log_config=configuration(settings.log_format),
            server_header=False,
            timeout_graceful_shutdown=20,
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
