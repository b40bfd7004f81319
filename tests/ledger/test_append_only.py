"""Nobody changes what is recorded: not this code, and not a script with the driver alone."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any, TypeAlias

import psycopg
import pytest
import sqlalchemy as sa

from app.ledger.tables import is_ledger, metadata
from tests.ledger.small_office import count_rows, put_a_row_into_every_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.ledger.database import Database
    from app.ledger.office import Office

Plain: TypeAlias = "sqlite3.Connection | psycopg.Connection[tuple[Any, ...]]"
MESSAGE = "append-only: what is recorded is never changed"
LEDGER = {name: table for name, table in metadata.tables.items() if is_ledger(table)}
FORGOTTEN = {"api_key_use", "backup_made", "sign_in_count", "user_password", "user_session"}
COMPUTED = {"forecast", "forecast_answer", "forecast_state", "verdict", "verdict_state"}
"""What is changed and deleted on purpose."""


@pytest.fixture
def full(office: Office) -> Database:
    """Give a database with a row in every table."""
    put_a_row_into_every_table(office)
    return office.database


@pytest.fixture
def plain(full: Database) -> Iterator[Plain]:
    """Give a connection of the driver's own, knowing nothing of this code."""
    if full.is_sqlite:
        connection: Plain = sqlite3.connect(str(full.path))
    else:
        url = full.url.set(drivername="postgresql")
        connection = psycopg.connect(url.render_as_string(hide_password=False))
    yield connection
    connection.close()


def keys_of(table: sa.Table) -> list[list[str]]:
    """Return every set of columns that makes a row unique: the primary key first."""
    unique = [c for c in table.constraints if isinstance(c, sa.UniqueConstraint)]
    named = [[column.name for column in key.columns] for key in (table.primary_key, *unique)]
    indexed = [[column.name for column in i.columns] for i in table.indexes if i.unique]
    return [*named, *([column.name] for column in table.columns if column.unique), *indexed]


def same_row(table: sa.Table, key: list[str]) -> str:
    """Return a SELECT of a recorded row that differs in every key but this one."""
    shared = set(key)
    others = {name for other in keys_of(table) if other != key for name in other} - shared
    columns = [_other(column) if column.name in others else column.name for column in table.columns]
    given = " AND ".join(f"{name} IS NOT NULL" for name in key)
    return f"SELECT {', '.join(columns)} FROM {table.name} WHERE {given} LIMIT 1"  # noqa: S608


def _other(column: sa.Column[Any]) -> str:
    number = isinstance(column.type, sa.Integer)
    return f"{column.name} + 1000" if number else f"{column.name} || 'x'"


def update(table: sa.Table) -> list[str]:
    names = [column.name for column in table.columns]
    return [f"UPDATE {table.name} SET {name} = {name}" for name in names]  # noqa: S608


def update_of_no_row(table: sa.Table) -> list[str]:
    first = next(iter(table.columns)).name
    return [f"UPDATE {table.name} SET {first} = {first} WHERE 1 = 0"]  # noqa: S608


def delete(table: sa.Table) -> list[str]:
    return [f"DELETE FROM {table.name}"]  # noqa: S608


def upsert(table: sa.Table) -> list[str]:
    return [
        f"INSERT INTO {table.name} {_true(same_row(table, key))} "
        f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {key[0]} = excluded.{key[0]}"
        for key in keys_of(table)
    ]


def _true(select: str) -> str:
    """Close a SELECT off, so that SQLite does not take ON CONFLICT for the condition of a join."""
    return f"SELECT * FROM ({select}) AS recorded WHERE 1 = 1"  # noqa: S608


def replace(table: sa.Table) -> list[str]:
    return [
        f"{verb} INTO {table.name} {same_row(table, key)}"
        for key in keys_of(table)
        for verb in ("INSERT OR REPLACE", "REPLACE")
    ]


def update_or_replace(table: sa.Table) -> list[str]:
    return [f"UPDATE OR REPLACE {table.name} SET {keys_of(table)[0][0]} = 1"]  # noqa: S608


def truncate(table: sa.Table) -> list[str]:
    return [f"TRUNCATE {table.name} CASCADE"]


def merge(table: sa.Table) -> list[str]:
    key = keys_of(table)[0]
    same = " AND ".join(f"old.{name} = recorded.{name}" for name in key)
    recorded = f"MERGE INTO {table.name} AS old USING {table.name} AS recorded ON {same} "
    return [
        f"{recorded} WHEN MATCHED THEN UPDATE SET {key[0]} = recorded.{key[0]}",
        f"{recorded} WHEN MATCHED THEN DELETE",
    ]


ON_POSTGRESQL = pytest.mark.part("postgresql")
TRIED = [
    *(("sqlite", make) for make in (update, delete, upsert, replace, update_or_replace)),
    *(
        pytest.param("postgresql", make, marks=ON_POSTGRESQL)
        for make in (update, update_of_no_row, delete, upsert, truncate, merge)
    ),
]


def refusal(connection: Plain, statement: str) -> str | None:
    """Try a statement and commit it; returns how it was refused, None if it was not."""
    try:
        connection.execute(statement)
        connection.commit()
    except (sqlite3.Error, psycopg.Error) as error:
        connection.rollback()
        return str(error)
    return None


def content(connection: Plain) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table."""
    found = {}
    for name in metadata.tables:
        rows = connection.execute(f"SELECT * FROM {name}").fetchall()  # noqa: S608
        found[name] = sorted(rows, key=str)
    connection.rollback()
    return found


@pytest.mark.parametrize(
    ("database_url", "make"),
    TRIED,
    indirect=["database_url"],
    ids=lambda given: given if isinstance(given, str) else given.__name__.replace("_", " "),
)
def test_what_is_recorded_is_never_changed(
    plain: Plain, make: Callable[[sa.Table], list[str]]
) -> None:
    before = content(plain)
    statements = [text for table in LEDGER.values() for text in make(table)]
    answers = {text: refusal(plain, text) or "it was done" for text in statements}
    assert len(answers) >= len(LEDGER)
    assert {text: said for text, said in answers.items() if MESSAGE not in said} == {}
    assert content(plain) == before


def test_what_may_be_changed_is_named() -> None:
    assert set(metadata.tables) - set(LEDGER) == FORGOTTEN | COMPUTED


def test_every_table_has_a_row_to_be_tried(full: Database) -> None:
    with full.read() as connection:
        empty = [name for name, rows in count_rows(connection).items() if rows == 0]
    assert set(empty) <= COMPUTED


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_sqlite_has_no_hidden_row_number_by_which_a_row_could_be_replaced(plain: Plain) -> None:
    """INSERT OR REPLACE could name a rowid that is not the key itself, past every trigger."""
    hidden = [
        name
        for name, table in metadata.tables.items()
        if refusal(plain, f"SELECT rowid FROM {name}") is None  # noqa: S608
        and len(table.primary_key.columns) > 1
    ]
    assert hidden == []


@pytest.mark.parametrize(
    "database_url", [pytest.param("postgresql", marks=ON_POSTGRESQL)], indirect=True
)
def test_postgresql_has_its_trigger_on_every_table(plain: Plain) -> None:
    query = """SELECT tgrelid::regclass::text FROM pg_trigger
               WHERE tgname = 'append_only' AND tgenabled = 'O'"""
    assert {name for (name,) in plain.execute(query).fetchall()} == set(LEDGER)


def test_new_rows_are_still_taken(full: Database, plain: Plain) -> None:
    statement = "INSERT INTO plan (id, code) VALUES (77, 'another-plan')"
    assert refusal(plain, statement) is None
    with full.read() as connection:
        codes = connection.execute(sa.select(metadata.tables["plan"].c.code)).scalars()
        assert "another-plan" in list(codes)
