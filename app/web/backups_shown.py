"""Backups on record as they are shown: how old the newest is, and what it lacks."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from app.ledger import backups
from app.ledger.backups import Way
from app.web import formats
from app.web.words import msg

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from app.ledger.backups import Noted
    from app.web.page import Page

OLD: Final = dt.timedelta(days=2)
"""A backup a day is what is asked for, and one may fail."""
WAYS: Final = {Way.FILE: msg("a file on the machine"), Way.DOWNLOAD: msg("downloaded")}
_LISTED: Final = 10
_HOUR: Final = dt.timedelta(hours=1)
_UNITS: Final = ("B", "kB", "MB", "GB", "TB")


def backups_shown(page: Page, connection: Connection, entries: int) -> dict[str, Any]:
    """Return the newest backups on record, and in a word how it stands with them.

    entries: how many the journal has. state: `none`, `old` where entries have gone without a
    backup for too long, else `good`.
    """
    found = backups.newest(connection, _LISTED)
    if not found:
        return {"state": "none", "listed": []}
    newest = found[0]
    since = max(entries - newest.point.entry, 0)
    age = page.office.clock() - newest.at
    return {
        "state": "old" if age > OLD and since else "good",
        "age": _age(page, age),
        "since": since,
        "listed": [_line(page, made) for made in found],
    }


def _line(page: Page, made: Noted) -> dict[str, Any]:
    return {
        "at": formats.instant(made.at, page.office.zone),
        "actor": made.actor,
        "way": page.speak(WAYS[made.way]),
        "filename": made.filename,
        "size": size(made.size),
        "point": made.point,
    }


def _age(page: Page, age: dt.timedelta) -> str:
    hours = age // _HOUR
    if age < 2 * _HOUR:
        return page.speak(msg("less than 2 hours ago"))
    if age < OLD:
        return page.speak(msg("{count} hours ago"), count=hours)
    return page.speak(msg("{count} days ago"), count=age.days)


def size(count: int) -> str:
    """Write a number of bytes in the largest unit that leaves a whole number before the point."""
    step = 1000
    for unit in _UNITS[:-1]:
        if count < step:
            return f"{count} {unit}"
        count = (count + step // 2) // step
    return f"{count} {_UNITS[-1]}"
