"""Keys that were looked up lately: who bears them, without asking the database each time.

What is remembered may have ended meanwhile, through another process too, so it counts only for
what looks again before it does anything: the intake asks `still_good` in the transaction that
takes a delivery in, once for a whole lot of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.ledger import journal, keys

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy import Connection

    from app.domain.access import Actor

MOST_REMEMBERED: Final = 10_000


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who bears a key, and the newest entry about keys when it was looked up."""

    actor: Actor
    ends_at: dt.datetime | None
    as_of: int


class KeyRing:
    """Remembers the bearers of keys, by the keys' fingerprints."""

    def __init__(self) -> None:
        """Begin with none."""
        self._bearers: dict[str, Bearer] = {}

    def remembered(self, secret: str, now: dt.datetime) -> Bearer | None:
        """Return the bearer of a key as last looked up; None for one that has to be."""
        found = self._bearers.get(keys.fingerprint(secret))
        if found is None or (found.ends_at is not None and found.ends_at <= now):
            return None
        return found

    def look_up(self, connection: Connection, secret: str, now: dt.datetime) -> Bearer | None:
        """Return who bears a key that is in force, and remember it; None for any other."""
        as_of = journal.newest(connection, journal.EntryKind.KEY, journal.position(connection))
        held = keys.held(connection, secret, now)
        if held is None:
            return None
        bearer = Bearer(*held, as_of)
        if len(self._bearers) >= MOST_REMEMBERED:
            self._bearers = {}
        self._bearers[keys.fingerprint(secret)] = bearer
        return bearer
