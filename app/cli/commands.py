"""Every command in one place, and how a command's end becomes an exit status."""

from __future__ import annotations

import inspect
import sys
from typing import TYPE_CHECKING

import typer
from sqlalchemy.exc import SQLAlchemyError

from app import __version__
from app.cli import (
    REFUSED,
    answering,
    backup,
    checking,
    deriving,
    intake,
    keys,
    reading,
    reporting,
    serving,
    users,
)
from app.cli.context import say_error
from app.cli.export import actuals, bulletin, form, journal, openmetrics
from app.errors import DabiaoError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NAME = "dabiao"
_MOST_OF_A_MESSAGE = 300


def _group(summary: str) -> typer.Typer:
    return typer.Typer(
        help=summary,
        context_settings={"help_option_names": ["-h", "--help"]},
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )


def _add(group: typer.Typer, *functions: Callable[..., None], hidden: bool = False) -> None:
    """Add commands, each named by the first word of its function's name.

    The example in its docstring stands on a line of its own, to be copied.
    """
    for function in functions:
        text = inspect.cleandoc(function.__doc__ or "")
        # The backspace is how the help's writer is told not to fold the paragraph.
        shown = text.replace("\nExample: ", "\n\n\b\nExample: ")
        name = function.__name__.partition("_")[0]
        group.command(name, help=shown, hidden=hidden)(function)


def _show_version(*, wanted: bool) -> None:
    if wanted:
        typer.echo(f"{NAME} {__version__}")
        raise typer.Exit


def _options(
    *,
    version: bool = typer.Option(
        False,
        "--version",
        help="Print the version and leave.",
        callback=lambda value: _show_version(wanted=value),
        is_eager=True,
    ),
) -> None:
    """Take the options that stand before any command."""
    del version


def _commands() -> typer.Typer:
    top = _group("Dabiao (达标): an office's targets, its figures, and the verdict on each.")
    top.callback()(_options)
    _add(top, serving.serve, serving.migrate, intake.load, intake.submit)
    _add(top, reading.scoreboard, reading.explain, reading.history, reporting.reporting)
    _add(top, backup.backup_file, backup.restore_file, checking.check, deriving.derive)
    _add(top, answering.receipt, answering.acknowledge_warnings)
    _add(top, intake.bootstrap, hidden=True)
    export = _group("Write out what the office holds, as files.")
    _add(export, actuals.actuals, form.form, bulletin.bulletin)
    _add(export, openmetrics.openmetrics, journal.journal)
    top.add_typer(export, name="export")
    key = _group("Make, list, rotate and revoke the keys that the API takes.")
    _add(key, keys.create, keys.list_keys, keys.rotate, keys.revoke)
    top.add_typer(key, name="key")
    user = _group("Make, list and change the users who sign in.")
    _add(user, users.create, users.list_users, users.change)
    _add(user, users.disable, users.enable, users.password)
    top.add_typer(user, name="user")
    return top


cli = _commands()


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit status; every expected failure is said in one line.

    Raises KeyboardInterrupt, and BrokenPipeError where nobody reads the output any more.
    """
    try:
        status: int | None = cli(list(arguments), prog_name=NAME, standalone_mode=False)
        sys.stdout.flush()
    except typer.TyperException as error:
        _say_wrong_usage(error)
        return error.exit_code
    except DabiaoError as error:
        say_error(error)
    except SQLAlchemyError as error:
        reason = " ".join(str(getattr(error, "orig", None) or error).split())
        say_error(f"the database refused: {reason[:_MOST_OF_A_MESSAGE]}")
    except BrokenPipeError:
        raise
    except OSError as error:
        say_error(f"{error.strerror or error}: {error.filename or ''}".rstrip(": "))
    else:
        return status or 0
    return REFUSED


def _say_wrong_usage(error: typer.TyperException) -> None:
    """Say in one line what is wrong and where help is; a bare `dabiao` is answered by the help."""
    context = getattr(error, "ctx", None)
    if context is not None and error.message == context.get_help():
        typer.echo(error.message, err=True)
        return
    message = error.format_message().replace("Value error, ", "").rstrip(".")
    say_error(message if context is None else f"{message} (see {context.command_path} --help)")
