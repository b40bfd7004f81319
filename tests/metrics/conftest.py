"""Fixtures of the tests of what Prometheus is told."""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql

from app.forecasting.asking import Forecaster
from tests.metrics import world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from app.ledger.database import Database
    from app.ledger.office import Office
    from tests.clock import Clock


@pytest.fixture
def settled(office: Office, clock: Clock) -> Office:
    """The small office of `world` with its year, on each engine in turn."""
    world.settle(office, clock)
    return office


@pytest.fixture(scope="module")
def forecaster() -> Iterator[Forecaster]:
    """What forecasts for many offices in turn: its process takes a second to start."""
    with closing(Forecaster()) as started:
        yield started


@pytest.fixture
def outage(database: Database) -> Callable[[], AbstractContextManager[None]]:
    """Give what takes the database away for the length of a `with` block."""

    def away() -> AbstractContextManager[None]:
        return _without_file(database) if database.is_sqlite else _without_server(database)

    return away


@contextmanager
def _without_file(database: Database) -> Iterator[None]:
    """Have the path lead nowhere; in one step, since whoever finds no file makes an empty one."""
    path = database.path
    assert path is not None
    hidden, nowhere = path.with_name("hidden.db"), path.with_name("nowhere.db")
    hidden.hardlink_to(path)
    nowhere.symlink_to(path.with_name("no-folder") / path.name)
    nowhere.replace(path)
    database.close()
    yield
    hidden.replace(path)


@contextmanager
def _without_server(database: Database) -> Iterator[None]:
    name = sql.Identifier(str(database.url.database))
    host = str(database.url.query["host"])
    allow = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
    with psycopg.connect(host=host, user="dabiao", dbname="postgres", autocommit=True) as server:
        server.execute(allow.format(name, sql.SQL("false")))
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
            [database.url.database],
        )
        yield
        server.execute(allow.format(name, sql.SQL("true")))
