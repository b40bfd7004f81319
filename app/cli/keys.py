"""`dabiao key create`, `dabiao key list`, `dabiao key rotate`, `dabiao key revoke`."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import Annotated

import typer

from app.cli.context import AsJson, office, print_json, this_user
from app.cli.parameters import keepable
from app.cli.terminal import out, print_table, table
from app.domain.access import Role
from app.ledger import keys

LONGEST_DAYS = 36_500
LONGEST_OVERLAP = 366


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
        documents = [{**asdict(key), "state": key.state(now)} for key in listed]
        print_json(documents, settings.zone)
        return
    headings = ("id", "begins", "name", "role", "departments", "made", "used", "ends", "state")
    made = table(headings, wide=("name", "departments"))
    for key in listed:
        made.add_row(
            str(key.id),
            key.prefix or "-",
            key.name,
            str(key.role),
            " ".join(key.departments) or "all",
            *(_day(at, settings.zone) for at in (key.created_at, key.used_at, key.ends_at)),
            key.state(now),
        )
    print_table(out(), made)


def rotate(
    number: Annotated[int, typer.Argument(metavar="ID", help="The id, as `key list` shows it.")],
    overlap: Annotated[
        int,
        typer.Option(
            min=0, max=LONGEST_OVERLAP, metavar="DAYS", help="How long the old key goes on."
        ),
    ] = keys.USUAL_OVERLAP.days,
) -> None:
    """Make a key's successor and print it once; the old one ends some days later.

    It has the same name, role, departments and lifetime.
    Example: dabiao key rotate 3 --overlap 14
    """
    with office() as (opened, _), opened.database.write() as connection:
        stored, now = opened.catalogue(connection), opened.clock()
        _, secret = keys.rotate(
            connection, stored, number, dt.timedelta(days=overlap), actor=this_user(), now=now
        )
    typer.echo(secret)


def revoke(
    number: Annotated[int, typer.Argument(metavar="ID", help="The id, as `key list` shows it.")],
) -> None:
    """Revoke a key for ever, from the next request on.

    Example: dabiao key revoke 3
    """
    with office() as (opened, _), opened.database.write() as connection:
        keys.revoke(connection, number, actor=this_user(), now=opened.clock())
    typer.echo(f"Key {number} is revoked.")


def _day(at: dt.datetime | None, zone: dt.tzinfo) -> str:
    return "-" if at is None else f"{at.astimezone(zone):%Y-%m-%d}"
