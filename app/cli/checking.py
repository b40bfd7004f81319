"""`dabiao check`: whether the ledger is what it was, and what must hold of it holds."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from app.cli import REFUSED
from app.cli.context import AsJson, office, print_json, say_error
from app.cli.terminal import out, print_table, table
from app.ledger import chain, invariants
from app.ledger.chain import Point


def _point(text: str) -> Point:
    try:
        return Point.parse(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def check(
    includes: Annotated[
        list[Point] | None,
        typer.Option(
            parser=_point,
            metavar="ENTRY:SEAL",
            help="A seal noted earlier, which must still be there; may be repeated.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Verify every seal and every rule of the ledger.

    Status 1 if anything is wrong, which is then named.
    Note the seal it ends with: given again with --includes, it proves that nothing before it has
    changed since, nor the end been cut off.
    Example: dabiao check
    """
    with office() as (opened, _), opened.database.read() as connection:
        checked = invariants.check_all(connection)
        head = chain.head(connection)
        gone = [point for point in includes or () if not chain.includes(connection, point)]
    if as_json:
        broken = [asdict(rule) for rule in checked]
        print_json({"seal": str(head), "missing": [str(one) for one in gone], "invariants": broken})
    else:
        made = table(("invariant", "violations"), right=("violations",))
        for rule in checked:
            made.add_row(rule.invariant, str(rule.violations))
        print_table(out(), made)
        out().print(f"\nseal {head}", soft_wrap=True)
    for rule in checked:
        for example in rule.examples:
            say_error(f"{rule.invariant}: {example}")
    for point in gone:
        say_error(f"entry {point.entry} does not have the seal that was noted")
    if gone or any(rule.violations for rule in checked):
        raise typer.Exit(REFUSED)
