"""What every command begins with: settings, the office, the language, and how it says no."""

from __future__ import annotations

import getpass
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from app.domain.access import Actor, Role
from app.errors import Misconfigured, Refused
from app.exact_json import dumps
from app.ledger.database import Database
from app.ledger.migrating import is_current, newest_revision
from app.ledger.office import Office
from app.settings import Settings, load_settings
from app.translation import Language, Translator, negotiate

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

translator = Translator()

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
InLanguage = Annotated[
    str | None, typer.Option("--language", help="zh or en; DABIAO_LANGUAGE unless given.")
]


@contextmanager
def office() -> Iterator[tuple[Office, Settings]]:
    """Give the office of the settings; raises Misconfigured where its database is not migrated."""
    settings = load_settings()
    database = Database(settings.database_url)
    if database.path is not None and not database.path.exists():
        msg = f"there is no database {database.path} yet; dabiao migrate makes it"
        raise Misconfigured(msg)
    try:
        with database.read() as connection:
            if not is_current(connection, newest_revision()):
                msg = "the database is not at the newest migration; dabiao migrate brings it there"
                raise Misconfigured(msg)
        yield Office(database, settings.zone), settings
    finally:
        database.close()


def this_user() -> Actor:
    """Return who sits at the machine: may do everything, since the database is in reach anyway."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):  # a container's user without a name
        name = "unknown"
    return Actor(f"command line ({name})", Role.ADMIN)


def language_of(settings: Settings, asked: str | None) -> Language:
    """Return the language to speak; raises a usage error for one that is neither zh nor en."""
    if asked not in (None, "zh", "en"):
        msg = "--language takes zh or en"
        raise typer.BadParameter(msg)
    return negotiate(asked, settings.language)


def print_json(value: Any, zone: dt.tzinfo | None = None) -> None:  # noqa: ANN401 - any JSON
    """Print a value as JSON: decimals exactly, instants in the office's zone where one is given."""
    sys.stdout.write(dumps(value, orjson.OPT_INDENT_2, zone).decode() + "\n")


def say_error(error: object) -> None:
    """Print one readable line on standard error, and each finding of a refusal on its own."""
    typer.echo(f"dabiao: {' '.join(str(error).split())}", err=True)
    if isinstance(error, Refused):
        for finding in error.findings:
            place = ", ".join(
                part
                for part in (
                    finding.column,
                    None if finding.row is None else f"entry {finding.row}",
                )
                if part
            )
            message = translator.message(finding, "en")
            typer.echo(f"  {place}: {message}" if place else f"  {message}", err=True)
