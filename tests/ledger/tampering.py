"""Doing to a database what nobody should, past its triggers and foreign keys."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.ledger.database import Database


def tamper(database: Database, *statements: str) -> None:
    """Run statements with the driver alone; afterwards every trigger is in place again."""
    with _unguarded_sqlite(database) if database.is_sqlite else _replica(database) as connection:
        for statement in statements:
            connection.execute(statement)


@contextmanager
def _unguarded_sqlite(database: Database) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(str(database.path))
    query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
    triggers = connection.execute(query).fetchall()
    for name, _ in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    yield connection
    for _, made in triggers:
        connection.execute(made)
    connection.commit()
    connection.close()


@contextmanager
def _replica(database: Database) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    url = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as connection:
        connection.execute("SET session_replication_role = replica")
        yield connection
