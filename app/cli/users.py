"""`dabiao user`: people who sign in. No password is ever given on the command line."""

from __future__ import annotations

import getpass
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.context import AsJson, office, print_json, refusals_in, this_user
from app.cli.parameters import keepable
from app.cli.terminal import out, print_table, table
from app.domain.access import Role
from app.intake.people import (
    NewUserResource,
    UserResource,
    add_user,
    change_user,
    reset_password,
    user_document,
)
from app.intake.resource_reading import read_resource
from app.ledger import users

if TYPE_CHECKING:
    from typing import Any

    from app.domain.user import User
    from app.ledger.office import Office

Name = Annotated[str, typer.Argument(metavar="NAME", help="What the user signs in with.")]
NameZh = Annotated[
    str | None,
    typer.Option("--name-zh", callback=keepable, metavar="TEXT", help="The name on Chinese pages."),
]
NameEn = Annotated[
    str | None,
    typer.Option("--name-en", callback=keepable, metavar="TEXT", help="The name on English pages."),
]
Departments = Annotated[
    list[str] | None,
    typer.Option(
        "--department",
        metavar="CODE",
        help="A department that the user reaches, with all below it; may be repeated.",
    ),
]
Prompt = Annotated[bool, typer.Option("--prompt", help="Ask for the password, twice.")]
Stdin = Annotated[
    bool, typer.Option("--stdin", help="Read the password from the first line of standard input.")
]


def create(
    name: Name,
    role: Annotated[Role, typer.Option(help="What the user may do.")],
    department: Departments = None,
    name_zh: NameZh = None,
    name_en: NameEn = None,
    prompt: Prompt = False,
    stdin: Stdin = False,
) -> None:
    """Make a user. Unless a password is asked for or read, one is made and printed once.

    Without --department the user reaches every department.
    Example: dabiao user create wang.min --role reporter --department uspto --name-zh 王敏
    """
    password = _given(prompt=prompt, stdin=stdin)
    document = {
        "name": name,
        "name_zh": name_zh or name_en or name,
        "name_en": name_en or name_zh or name,
        "role": role,
        "departments": department or [],
        "password": password,
    }
    with office() as (opened, settings), refusals_in(settings.language):
        new = read_resource(NewUserResource, document)
        user, made = add_user(opened, new, this_user())
    _say_password(made, f"User {user.name} is made.")


def list_users(as_json: AsJson = False) -> None:
    """List all users, those who are disabled too.

    Example: dabiao user list
    """
    with office() as (opened, settings), opened.database.read() as connection:
        listed = users.listed(connection)
    if as_json:
        print_json([user_document(user) for user in listed], settings.zone)
        return
    headings = ("name", "中文", "English", "role", "departments", "made", "state")
    made = table(headings, wide=("中文", "English", "departments"))
    for user in listed:
        profile = user.profile
        made.add_row(
            user.name,
            profile.name_zh,
            profile.name_en,
            str(profile.role),
            " ".join(profile.departments) or "all",
            f"{user.created_at.astimezone(settings.zone):%Y-%m-%d}",
            "disabled" if profile.disabled else "enabled",
        )
    print_table(out(), made)


def change(
    name: Name,
    role: Annotated[Role | None, typer.Option(help="What the user may do.")] = None,
    department: Departments = None,
    all_departments: Annotated[
        bool, typer.Option("--all-departments", help="Let the user reach every department.")
    ] = False,
    name_zh: NameZh = None,
    name_en: NameEn = None,
) -> None:
    """Change what is named and leave the rest. With changed rights all sessions of the user end.

    Example: dabiao user change wang.min --role approver --department uspto
    """
    if department and all_departments:
        msg = "--department and --all-departments do not go together"
        raise typer.BadParameter(msg)
    given: dict[str, Any] = {
        field: value
        for field, value in (("role", role), ("name_zh", name_zh), ("name_en", name_en))
        if value is not None
    }
    if department or all_departments:
        given["departments"] = department or []
    with office() as (opened, settings), refusals_in(settings.language):
        user = _change(opened, name, given)
    typer.echo(f"User {user.name} is as of version {user.version}.")


def disable(name: Name) -> None:
    """Keep a user from signing in, and end all sessions of the user.

    Example: dabiao user disable wang.min
    """
    with office() as (opened, _):
        user = _change(opened, name, {"disabled": True})
    typer.echo(f"User {user.name} is disabled.")


def enable(name: Name) -> None:
    """Let a user sign in again.

    Example: dabiao user enable wang.min
    """
    with office() as (opened, _):
        user = _change(opened, name, {"disabled": False})
    typer.echo(f"User {user.name} is enabled.")


def password(name: Name, prompt: Prompt = False, stdin: Stdin = False) -> None:
    """Give a user another password, and end all sessions of the user.

    Unless it is asked for or read, it is made and printed once.
    Example: dabiao user password wang.min
    """
    given = _given(prompt=prompt, stdin=stdin)
    with office() as (opened, settings), refusals_in(settings.language):
        made = reset_password(opened, name, given, this_user())
    _say_password(made, f"User {name} has another password.")


def _change(opened: Office, name: str, given: dict[str, Any]) -> User:
    with opened.database.read() as connection:
        profile = users.there(connection, name).profile
    document = {
        "name_zh": profile.name_zh,
        "name_en": profile.name_en,
        "role": profile.role,
        "departments": list(profile.departments),
        "disabled": profile.disabled,
        **given,
    }
    return change_user(opened, name, read_resource(UserResource, document), this_user())


def _given(*, prompt: bool, stdin: bool) -> str | None:
    """Return the password that is asked for or read; None where it is to be made."""
    if prompt and stdin:
        msg = "--prompt and --stdin do not go together"
        raise typer.BadParameter(msg)
    if stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not prompt:
        return None
    if not sys.stdin.isatty():
        msg = "--prompt asks on a terminal, and this is none; use --stdin"
        raise typer.BadParameter(msg)
    first = getpass.getpass("Password: ")
    if getpass.getpass("The same again: ") != first:
        msg = "the two are not the same"
        raise typer.BadParameter(msg)
    return first


def _say_password(made: str | None, done: str) -> None:
    """Print a password that was made, alone on standard output; what was done goes beside it."""
    typer.echo(done, err=True)
    if made is not None:
        typer.echo(made)
