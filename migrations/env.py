"""Runs the migrations, one process at a time.

Two processes that migrate at once do not race: on PostgreSQL the second waits for the writer's
advisory lock, on SQLite for the write lock that BEGIN IMMEDIATE takes, and then finds nothing
left to do. A migration that cannot get a table's lock gives up after ten seconds rather than
queueing up everybody behind it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic import context
from sqlalchemy import ForeignKeyConstraint, text

from app.ledger import backup, derived  # noqa: F401 - their tables, too, are of the metadata
from app.ledger.tables import metadata
from app.ledger.types import is_set_wise

if TYPE_CHECKING:
    from sqlalchemy.schema import SchemaItem

    from app.ledger.database import Database

LOCK_TIMEOUT = "10s"


def run() -> None:
    """Migrate the database that the caller put into the configuration's attributes."""
    database: Database = context.config.attributes["database"]
    with database.write() as connection:
        if not database.is_sqlite:
            connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))
        context.configure(
            connection=connection,
            target_metadata=metadata,
            include_object=None if database.is_sqlite else _is_compared,
            transactional_ddl=False,  # the transaction is `write`'s own, around everything
        )
        context.run_migrations()


def _is_compared(
    item: SchemaItem,
    _name: str | None,
    _kind: str,
    _reflected: bool,  # noqa: FBT001 - Alembic's signature
    _other: SchemaItem | None,
) -> bool:
    """Leave out what PostgreSQL does not have as the tables say it."""
    return not (isinstance(item, ForeignKeyConstraint) and is_set_wise(item))


run()
