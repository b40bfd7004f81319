"""What every command begins with: settings, the office, the language, and how it says no."""

from __future__ import annotations

import getpass
import sys
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from app.cli import REFUSED
from app.domain.access import Actor, Role
from app.errors import Misconfigured, Refused
from app.exact_json import dumps
from app.forecasting.asking import Forecaster
from app.ledger.database import Database
from app.ledger.migrating import is_current, newest_revision
from app.ledger.office import Office
from app.settings import Settings, load_settings
from app.translation import Language, Translator

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

translator = Translator()

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
InLanguage = Annotated[
    Language | None,
    typer.Option("--language", help="The language to speak; DABIAO_LANGUAGE unless given."),
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
        with closing(Forecaster()) as forecaster:
            yield Office(database, settings.zone, forecaster=forecaster), settings
    finally:
        database.close()


def this_user() -> Actor:
    """Return who sits at the machine: may do everything, since the database is in reach anyway."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):  # a container's user without a name
        name = "unknown"
    return Actor(f"command line ({name})", Role.ADMIN)


def print_json(value: Any, zone: dt.tzinfo | None = None) -> None:  # noqa: ANN401 - any JSON
    """Print a value as JSON: decimals exactly, instants in the office's zone where one is given.

    JSON is UTF-8, whatever the terminal's encoding is.
    """
    sys.stdout.flush()
    sys.stdout.buffer.write(dumps(value, orjson.OPT_INDENT_2, zone) + b"\n")


@contextmanager
def refusals_in(language: Language) -> Iterator[None]:
    """End the command with status 1 at a refusal, its findings told in a language."""
    try:
        yield
    except Refused as error:
        say_error(error, language)
        raise typer.Exit(REFUSED) from error


def say_error(error: object, language: Language = "en") -> None:
    """Print one readable line on standard error, and each finding of a refusal on its own."""
    typer.echo(f"dabiao: {' '.join(str(error).split())}", err=True)
    if isinstance(error, Refused):
        for finding in error.findings:
            row = None if finding.row is None else f"#{finding.row}"
            place = " ".join(part for part in (finding.column, row) if part)
            message = " ".join(translator.message(finding, language).split())
            typer.echo(f"  {place}: {message}" if place else f"  {message}", err=True)
