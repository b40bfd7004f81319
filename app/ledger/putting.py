"""Rows put into a table by one statement, as cheaply as the engine's driver takes them."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

import orjson
from sqlalchemy import BigInteger, Boolean, Date, DateTime, Integer, Numeric

from app.ledger.driver import run, run_many
from app.ledger.long_lists import kept, prepared

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Column, Connection, Dialect, Table


Part = tuple["Table", tuple[str, ...], "Sequence[Sequence[object]]"]
"""A table, the columns that rows have values for (the others stay empty), and the rows."""


def put(connection: Connection, *parts: Part) -> None:
    """Insert rows, those of tables that others refer to before them.

    PostgreSQL is given one statement, and for each table one value: to be handed parameters one by
    one, row by row, takes its driver and the way there and back three times as long.
    """
    dialect = connection.dialect
    if dialect.name == "sqlite":
        for table, names, rows in parts:
            statement, keep = prepared(table, names, dialect)
            run_many(connection, statement, list(zip(*kept(rows, keep), strict=True)))
        return
    documents = []
    for table, names, rows in parts:
        _, keep = prepared(table, names, dialect)
        listed = list(zip(*kept(rows, keep), strict=True)) if keep else rows
        documents.append(orjson.dumps(listed, default=_text).decode())
    columns = tuple((table, names) for table, names, _ in parts)
    run(connection, _unpacking(columns, dialect), documents)


def _text(value: object) -> str:
    if isinstance(value, Decimal):
        return str(value)
    msg = f"{type(value).__name__} is nothing that a row holds"
    raise TypeError(msg)


@lru_cache(maxsize=256)
def _unpacking(parts: tuple[tuple[Table, tuple[str, ...]], ...], dialect: Dialect) -> str:
    """Return PostgreSQL's statement that inserts the rows of JSON documents, a table's each.

    As `jsonb`: of `json` a row would be read anew for each of its cells. What refers to what is
    looked at in the end, when the rows of all are there.
    """
    *others, last = (_insert(table, names, dialect) for table, names in parts)
    named = ", ".join(f"put_{place} AS ({one})" for place, one in enumerate(others))
    return f"WITH {named} {last}" if others else last


def _insert(table: Table, names: tuple[str, ...], dialect: Dialect) -> str:
    quoted = dialect.identifier_preparer.quote
    cells = [
        f"(row ->> {place})::{_kind(table.c[name], dialect)}" for place, name in enumerate(names)
    ]
    listed = ", ".join(quoted(name) for name in names)
    return (
        f"INSERT INTO {quoted(table.name)} ({listed}) SELECT {', '.join(cells)}"  # noqa: S608 - names of ours
        " FROM jsonb_array_elements(%s::jsonb) AS rows (row)"
    )


def _kind(column: Column[object], dialect: Dialect) -> str:
    """Return the type that a cell is read as; without a length, which would cut it short."""
    kept_as = column.type.dialect_impl(dialect)
    impl = getattr(kept_as, "impl_instance", kept_as)
    for kind, name in (
        (BigInteger, "bigint"),
        (Integer, "integer"),
        (Boolean, "boolean"),
        (Date, "date"),
        (DateTime, "timestamptz"),
        (Numeric, "numeric"),
    ):
        if isinstance(impl, kind):
            return name
    return "text"
