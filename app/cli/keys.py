"""`dabiao key create`, `dabiao key list`, `dabiao key revoke`."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.context import AsJson, office, print_json, this_user
from app.cli.parameters import keepable
from app.cli.terminal import out, print_table, table
from app.domain.access import Role
from app.ledger import keys

if TYPE_CHECKING:
    from app.ledger.keys import Key

LONGEST_DAYS = 36_500


def create(
    role: Annotated[Role, typer.Option(help="What the key is for.")],
    department: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CODE", help="A department that it reaches, with all below it; may be repeated."
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(callback=keepable, metavar="TEXT", help="Whose key it is; shown on receipts."),
    ] = None,
    expires: Annotated[
        int | None,
        typer.Option(min=1, max=LONGEST_DAYS, metavar="DAYS", help="After how many days it ends."),
    ] = None,
) -> None:
    """Make a key and print it once; only a fingerprint is kept.

    Without --department it reaches every department.
    Example: dabiao key create --role reporter --department uspto --name "Statistics system"
    """
    with office() as (opened, _):
        now = opened.clock()
        new = keys.NewKey(
            name=name or f"{role} key",
            role=role,
            departments=tuple(department or ()),
            expires_at=None if expires is None else now + dt.timedelta(days=expires),
        )
        with opened.database.write() as connection:
            stored = opened.catalogue(connection)
            _, secret = keys.create(connection, stored, new, actor=this_user(), now=now)
    typer.echo(secret)


def list_keys(as_json: AsJson = False) -> None:
    """List all keys ever made, without the keys themselves.

    Example: dabiao key list
    """
    with office() as (opened, settings), opened.database.read() as connection:
        listed = keys.listed(connection)
        now = opened.clock()
    if as_json:
        print_json([{**asdict(key), "state": _state(key, now)} for key in listed], settings.zone)
        return
    headings = ("id", "name", "role", "departments", "made", "expires", "state")
    made = table(headings, wide=("name", "departments"))
    for key in listed:
        made.add_row(
            str(key.id),
            key.name,
            str(key.role),
            " ".join(key.departments) or "all",
            f"{key.created_at.astimezone(settings.zone):%Y-%m-%d}",
            f"{key.expires_at.astimezone(settings.zone):%Y-%m-%d}" if key.expires_at else "-",
            _state(key, now),
        )
    print_table(out(), made)


def revoke(
    number: Annotated[int, typer.Argument(metavar="ID", help="The id, as `key list` shows it.")],
) -> None:
    """Revoke a key for ever, from the next request on.

    Example: dabiao key revoke 3
    """
    with office() as (opened, _), opened.database.write() as connection:
        keys.revoke(connection, number, actor=this_user(), now=opened.clock())
    typer.echo(f"Key {number} is revoked.")


def _state(key: Key, now: dt.datetime) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "expired" if key.expires_at is not None and key.expires_at <= now else "valid"
