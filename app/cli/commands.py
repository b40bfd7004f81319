"""Every command in one place, and how a command's end becomes an exit status.

A command is read when it is the one that is run: what the others are made of takes longer to read
than most of them take to run. All are read where what is typed names none, to say which there are.
"""

from __future__ import annotations

import inspect
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import typer
from sqlalchemy.exc import SQLAlchemyError

from app import __version__
from app.cli import REFUSED
from app.errors import DabiaoError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NAME = "dabiao"
_MOST_OF_A_MESSAGE = 300

COMMANDS: Final[Mapping[str, str]] = {
    "serve": "serving.serve",
    "migrate": "serving.migrate",
    "load": "intake.load",
    "submit": "intake.submit",
    "scoreboard": "reading.scoreboard",
    "explain": "reading.explain",
    "history": "reading.history",
    "reporting": "reporting.reporting",
    "backup": "backup.backup_file",
    "restore": "backup.restore_file",
    "check": "checking.check",
    "derive": "deriving.derive",
    "receipt": "answering.receipt",
    "acknowledge": "answering.acknowledge_warnings",
    "bootstrap": "intake.bootstrap",
    "export actuals": "export.actuals.actuals",
    "export form": "export.form.form",
    "export bulletin": "export.bulletin.bulletin",
    "export openmetrics": "export.openmetrics.openmetrics",
    "export journal": "export.journal.journal",
    "key create": "keys.create",
    "key list": "keys.list_keys",
    "key rotate": "keys.rotate",
    "key revoke": "keys.revoke",
    "user create": "users.create",
    "user list": "users.list_users",
    "user change": "users.change",
    "user disable": "users.disable",
    "user enable": "users.enable",
    "user password": "users.password",
}
"""What is typed, in the order of the help, and where in `app.cli` the function is."""

GROUPS: Final[Mapping[str, str]] = {
    "export": "Write out what the office holds, as files.",
    "key": "Make, list, rotate and revoke the keys that the API takes.",
    "user": "Make, list and change the users who sign in.",
}
HIDDEN: Final = frozenset({"bootstrap"})


def _group(summary: str) -> typer.Typer:
    return typer.Typer(
        help=summary,
        context_settings={"help_option_names": ["-h", "--help"]},
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )


def _add(group: typer.Typer, typed: str) -> None:
    """Add a command. The example in its docstring stands on a line of its own, to be copied."""
    module, _, name = COMMANDS[typed].rpartition(".")
    function = getattr(_read(module), name)
    text = inspect.cleandoc(function.__doc__ or "")
    # The backspace is how the help's writer is told not to fold the paragraph.
    shown = text.replace("\nExample: ", "\n\n\b\nExample: ")
    group.command(typed.rsplit(maxsplit=1)[-1], help=shown, hidden=typed in HIDDEN)(function)


def _read(module: str) -> Any:  # noqa: ANN401 - a module
    return import_module(f"app.cli.{module}")


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


def command_line(arguments: Sequence[str] = ()) -> typer.Typer:
    """Return the command line, with as much of it as some arguments need; all of it for none."""
    top = _group("Dabiao (达标): an office's targets, its figures, and the verdict on each.")
    top.callback()(_options)
    groups = {name: _group(summary) for name, summary in GROUPS.items()}
    for typed in _needed(arguments):
        _add(groups.get(typed.split()[0], top), typed)
    for name, group in groups.items():
        if group.registered_commands:
            top.add_typer(group, name=name)
    return top


def _needed(arguments: Sequence[str]) -> list[str]:
    """Return the command that is named; every one where none is, none for the version alone."""
    if list(arguments) == ["--version"]:
        return []
    named = (" ".join(arguments[:words]) for words in (1, 2))
    return [typed for typed in named if typed in COMMANDS] or list(COMMANDS)


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit status; every expected failure is said in one line.

    Raises KeyboardInterrupt, and BrokenPipeError where nobody reads the output any more.
    """
    try:
        cli = command_line(arguments)
        status: int | None = cli(list(arguments), prog_name=NAME, standalone_mode=False)
        sys.stdout.flush()
    except typer.TyperException as error:
        _say_wrong_usage(error)
        return error.exit_code
    except DabiaoError as error:
        _say(error)
    except SQLAlchemyError as error:
        reason = " ".join(str(getattr(error, "orig", None) or error).split())
        _say(f"the database refused: {reason[:_MOST_OF_A_MESSAGE]}")
    except BrokenPipeError:
        raise
    except OSError as error:
        _say(f"{error.strerror or error}: {error.filename or ''}".rstrip(": "))
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
    _say(message if context is None else f"{message} (see {context.command_path} --help)")


def _say(error: object) -> None:
    _read("context").say_error(error)
