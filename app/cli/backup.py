"""`dabiao backup` and `dabiao restore`: the record in one file, and back, into either engine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli.context import office
from app.ledger import backup
from app.ledger.database import Database
from app.settings import load_settings


def backup_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The backup to write.")],
) -> None:
    """Write the whole record into one file, live.

    The service goes on meanwhile. FILE is an SQLite database whichever engine it comes from,
    readable by its owner alone. It is there once its seals are verified, and never written over.
    Keep the seal that is printed elsewhere: `dabiao check --includes` holds any later ledger to it.
    Example: dabiao backup dabiao-2013-12-31.db
    """
    with office() as (opened, _):
        point = backup.back_up(opened.database, file)
    typer.echo(f"{file} holds {point.entry} entries.\nseal {point}")


def restore_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup.")],
) -> None:
    """Fill an empty database from a backup.

    It is the one of DABIAO_DATABASE_URL, of either engine, wherever the backup came from.
    A database that holds anything is refused, and so is a file whose seals do not hold. A backup
    of an older version is brought to the newest migration first.
    Example: dabiao restore dabiao-2013-12-31.db
    """
    database = Database(load_settings().database_url)
    try:
        point = backup.restore(database, file)
    finally:
        database.close()
    typer.echo(f"Restored {point.entry} entries.\nseal {point}")
