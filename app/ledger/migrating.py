"""Migrations from within the service: go to the newest, and tell whether we are there.

To tell it needs only the names that the scripts give their revisions, which are read as text; what
runs the scripts is imported when there is something to run.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import text

from app.errors import Misconfigured

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alembic.config import Config
    from sqlalchemy import Connection

    from app.ledger.database import Database

SCRIPTS = Path(__file__).parents[2] / "migrations"
_VERSIONS: Final = "alembic_version"
_NAME: Final = re.compile(r"^revision = [\"'](?P<name>[^\"']+)[\"']$", re.MULTILINE)
_BEFORE: Final = re.compile(r"^down_revision = [\"'](?P<name>[^\"']+)[\"']$", re.MULTILINE)


def configuration(database: Database) -> Config:
    """Return Alembic's configuration for a database."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.set_main_option("file_template", "%%(year)d_%%(month).2d_%%(day).2d_%%(slug)s")
    config.attributes["database"] = database
    return config


def migrate(database: Database, to: str = "head") -> None:
    """Go to a revision (the newest unless said), up or down; does nothing if it is there.

    Raises Misconfigured for a database of a newer version.
    """
    if to == "head":
        with database.read() as connection:
            if is_current(connection, newest_revision()):
                return
    from alembic import command
    from alembic.util import CommandError

    config = configuration(database)
    go = command.upgrade if to == "head" or to.startswith("+") else command.downgrade
    try:
        go(config, to)
    except CommandError as error:
        msg = f"the database cannot be migrated: {error}"
        raise Misconfigured(msg) from error


def newest_revision() -> str | None:
    """Return the revision that the code expects: the one that none comes after."""
    known = _revisions()
    return next((name for name in known if name not in known.values()), None)


def is_known(revision: str) -> bool:
    """Tell whether a revision is one of ours, rather than of a later version."""
    return revision in _revisions()


def _revisions() -> Mapping[str, str | None]:
    """Return every revision with the one before it; the first has none."""
    found: dict[str, str | None] = {}
    for script in (SCRIPTS / "versions").glob("*.py"):
        said = script.read_text(encoding="utf-8")
        if name := _NAME.search(said):
            before = _BEFORE.search(said)
            found[name["name"]] = before["name"] if before else None
    return found


def revision_of(connection: Connection) -> str | None:
    """Return the revision that a database is at; None where it was never migrated."""
    if not connection.dialect.has_table(connection, _VERSIONS):
        return None
    revision: str | None = connection.scalar(text(f"SELECT version_num FROM {_VERSIONS}"))  # noqa: S608 - a constant
    return revision


def is_current(connection: Connection, expected: str | None) -> bool:
    """Tell whether the database is at the revision that the code expects."""
    return revision_of(connection) == expected
