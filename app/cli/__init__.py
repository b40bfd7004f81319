"""The command line: thin over the same calls as the API.

Exit status 0: done; 1: refused, or found wrong; 2: wrong usage. Errors are one readable line on
standard error.
"""

from __future__ import annotations

import sys

import typer
from sqlalchemy.exc import SQLAlchemyError

from app import __version__
from app.cli import intake, keys, reading, serving
from app.cli.context import say_error
from app.errors import DabiaoError

cli = typer.Typer(
    name="dabiao",
    help="Dabiao (达标): an office's targets, its figures, and the verdict with its arithmetic.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
cli.command()(serving.serve)
cli.command()(serving.migrate)
cli.command(hidden=True)(intake.bootstrap)
cli.command()(intake.load)
cli.command()(intake.submit)
cli.command()(reading.scoreboard)
cli.command()(reading.explain)
cli.command()(reading.history)
cli.add_typer(keys.cli, name="key")


def _version(*, wanted: bool) -> None:
    if wanted:
        typer.echo(f"dabiao {__version__}")
        raise typer.Exit


@cli.callback()
def _options(
    *,
    version: bool = typer.Option(
        False,
        "--version",
        help="Print the version and leave.",
        callback=lambda value: _version(wanted=value),
        is_eager=True,
    ),
) -> None:
    """Take the options that stand before any command."""
    del version


def main() -> None:
    """Run the command line; every expected failure ends as one line and exit status 1."""
    try:
        cli()
    except DabiaoError as error:
        say_error(error)
        sys.exit(1)
    except SQLAlchemyError as error:
        say_error(f"the database refused: {' '.join(str(error).split())[:300]}")
        sys.exit(1)
    except OSError as error:
        say_error(f"{error.strerror or error}: {error.filename or ''}".rstrip(": "))
        sys.exit(1)
