"""`dabiao backup` and `dabiao restore`: the record in one file, and back, into either engine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli.context import office, this_user
from app.errors import Unavailable
from app.ledger import backup, backups
from app.ledger.database import Database
from app.settings import load_settings


def backup_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The backup to write.")],
) -> None:
    """Write the whole record into one file, live.

    The service goes on meanwhile. FILE is an SQLite database whichever engine it comes from,
    readable by its owner alone. It is there once its seals are verified, and never written over.
    Keep the seal that is printed elsewhere: `dabiao check --includes` holds any later ledger to it.
    Administration and the metrics show when the last one was made.
    Example: dabiao backup dabiao-2013-12-31.db
    """
    with office() as (opened, _):
        made = backups.make(opened, file, this_user())
        typer.echo(f"{file} holds {made.point.entry} entries.\nseal {made.point}")
        try:
            backups.note(opened.database, made)
        except Unavailable:  # as of a standby, from which backups are as good
            typer.echo("dabiao: the backup is whole, but the database took no note of it", err=True)


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
