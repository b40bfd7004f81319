"""Statements are compiled once a run, not once an engine.

SQLAlchemy keeps what it has compiled with the engine that it was compiled for. A service has one
engine and fills that cache once; every test has engines of its own, so compiling the same
statements again would take a third of all tests' time. The dialects here are SQLAlchemy's own, but
have one cache for all engines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

if TYPE_CHECKING:
    from sqlalchemy import Engine

_compiled: LRUCache[object, object] = LRUCache(2000)


class _Alike:
    """Is equal to any dialect of its class, since a statement is looked up with its dialect."""

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))

    @classmethod
    def engine_created(cls, engine: Engine) -> None:
        """Have an engine look in the one cache."""
        engine.update_execution_options(compiled_cache=_compiled)


class SQLite(_Alike, SQLiteDialect_pysqlite):
    """SQLAlchemy's dialect for `sqlite://`."""

    supports_statement_cache = True


class PostgreSQL(_Alike, PGDialect_psycopg):
    """SQLAlchemy's dialect for `postgresql+psycopg://`."""

    supports_statement_cache = True


def compile_once() -> None:
    """Have every engine that is made from now on share what is compiled."""
    registry.register("sqlite", __name__, SQLite.__name__)
    registry.register("postgresql.psycopg", __name__, PostgreSQL.__name__)
