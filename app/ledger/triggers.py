"""Whether the database still refuses to change what is recorded: its triggers, as it tells them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from app.ledger.belonging import sealed_tables
from app.ledger.tables import seal
from app.ledger.types import is_set_wise

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

_REFUSAL = "BEGIN SELECT RAISE(ABORT, 'append-only: what is recorded is never changed'); END"
_POSTGRESQL = """
    SELECT c.relname AS name, t.tgname AS kind, pg_get_triggerdef(t.oid) AS definition,
        p.prosrc AS body
    FROM pg_trigger t
    JOIN pg_class c ON c.oid = t.tgrelid
    JOIN pg_proc p ON p.oid = t.tgfoid
    WHERE t.tgname IN ('append_only', 'no_strays') AND t.tgenabled IN ('O', 'A')
      AND c.relnamespace = current_schema()::regnamespace
"""


def missing_triggers(connection: Connection) -> Iterator[str]:
    """Give a line for each table of the ledger that can be changed, and how; or take strays."""
    if connection.dialect.name == "sqlite":
        return _missing_on_sqlite(connection)
    return _missing_on_postgresql(connection)


def _missing_on_sqlite(connection: Connection) -> Iterator[str]:
    query = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    there = {row.name: row.sql for row in connection.execute(query)}
    for table in (*sealed_tables(), seal):
        for change, event in (("update", "UPDATE"), ("delete", "DELETE")):
            name = f"{table.name}_no_{change}"
            if (
                there.get(name)
                != f"CREATE TRIGGER {name} BEFORE {event} ON {table.name} {_REFUSAL}"
            ):
                yield f"nothing refuses {event} on {table.name}"
        name = f"{table.name}_no_replace"
        begins = f"CREATE TRIGGER {name} BEFORE INSERT ON {table.name} WHEN EXISTS "
        found = there.get(name, "")
        if not (found.startswith(begins) and found.endswith(_REFUSAL)):
            yield f"nothing refuses REPLACE on {table.name}"


def _missing_on_postgresql(connection: Connection) -> Iterator[str]:
    there = {(row.name, row.kind): row for row in connection.execute(text(_POSTGRESQL))}
    for table in (*sealed_tables(), seal):
        if any(map(is_set_wise, table.foreign_key_constraints)):
            guard = there.get((table.name, "no_strays"))
            if guard is None or " WHEN " in guard.definition or "RAISE EXCEPTION" not in guard.body:
                yield f"nothing refuses rows of {table.name} that name what is not there"
        found = there.get((table.name, "append_only"))
        if found is None:
            yield f"nothing refuses UPDATE, DELETE or TRUNCATE on {table.name}"
            continue
        for event in ("UPDATE", "DELETE", "TRUNCATE"):
            if event not in found.definition.partition(" ON ")[0]:
                yield f"nothing refuses {event} on {table.name}"
        if " WHEN " in found.definition or "RAISE EXCEPTION" not in found.body:
            yield f"the trigger of {table.name} lets changes through"
