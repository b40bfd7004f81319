"""Migrations from within the service: go to the newest, and tell whether we are there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from app.ledger.database import Database

SCRIPTS = Path(__file__).parents[2] / "migrations"


def configuration(database: Database) -> Config:
    """Return Alembic's configuration for a database."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.set_main_option("file_template", "%%(year)d_%%(month).2d_%%(day).2d_%%(slug)s")
    config.attributes["database"] = database
    return config


def migrate(database: Database, to: str = "head") -> None:
    """Go to a revision (the newest unless said), up or down; does nothing if it is there."""
    config = configuration(database)
    if to == "head" or to.startswith("+"):
        command.upgrade(config, to)
    else:
        command.downgrade(config, to)


def newest_revision() -> str | None:
    """Return the revision that the code expects."""
    return ScriptDirectory(str(SCRIPTS)).get_current_head()


def is_known(revision: str) -> bool:
    """Tell whether a revision is one of ours, rather than of a later version."""
    return any(one.revision == revision for one in ScriptDirectory(str(SCRIPTS)).walk_revisions())


def revision_of(connection: Connection) -> str | None:
    """Return the revision that a database is at; None where it was never migrated."""
    return MigrationContext.configure(connection).get_current_revision()


def is_current(connection: Connection, expected: str | None) -> bool:
    """Tell whether the database is at the revision that the code expects."""
    return revision_of(connection) == expected
