"""`dabiao export journal`: the log of everything that was ever written, as JSON lines."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.context import office
from app.cli.export.destination import STANDARD_OUTPUT, Destination, writing
from app.exact_json import dumps
from app.ledger import logbook
from app.ledger.journal import EntryKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection


def journal(
    file: Destination = STANDARD_OUTPUT,
    kind: Annotated[EntryKind | None, typer.Option(help="Only entries of this kind.")] = None,
    rows: Annotated[
        bool,
        typer.Option("--rows", help="With all that was written, as the seals are made of it."),
    ] = False,
) -> None:
    """Write the log as JSON lines: every write from the first on, each with its seal.

    With --rows anybody can make the seals again: of an entry, the SHA-256 of the seal before it
    (64 zeros before the first) and its rows, each ended by a line feed.
    Example: dabiao export journal journal.jsonl
    """
    with office() as (opened, settings), opened.database.read() as connection, writing(file) as to:
        for entry in _entries(connection, kind, rows=rows):
            to.write(dumps(entry, 0, settings.zone) + b"\n")


def _entries(
    connection: Connection, kind: EntryKind | None, *, rows: bool
) -> Iterator[dict[str, Any]]:
    if not rows:
        yield from map(asdict, logbook.streamed(connection, kind))
        return
    for entry, lines in logbook.with_rows(connection, kind):
        yield {**asdict(entry), "rows": lines}
