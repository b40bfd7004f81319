"""Sessions: who has signed in, on the server's side. Of a token only its SHA-256 is kept.

A session is no record. It ends when it was not used for two hours, twelve hours after it began, at
a sign-out, and, with all others of its user, when the password or the rights of the user change.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, insert, or_, select, update

from app.ledger.tables import user_session

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

IDLE: Final = dt.timedelta(hours=2)
LONGEST: Final = dt.timedelta(hours=12)
SEEN_EVERY: Final = dt.timedelta(minutes=5)
"""That it is used is noted no more often than this, so that reading a page rarely writes."""


@dataclass(frozen=True, slots=True)
class Session:
    """A session in force."""

    user: int
    seen_at: dt.datetime

    def is_due(self, now: dt.datetime) -> bool:
        """Tell whether it is time to note that it is used."""
        return now - self.seen_at >= SEEN_EVERY


def begin(connection: Connection, user: int, now: dt.datetime) -> str:
    """Begin a session and return its token; sessions that have ended go. Only within `write`."""
    connection.execute(delete(user_session).where(_has_ended(now)))
    token = secrets.token_urlsafe(32)
    row = {"token_hash": _fingerprint(token), "user_id": user, "begun_at": now, "seen_at": now}
    connection.execute(insert(user_session), row)
    return token


def find(connection: Connection, token: str, now: dt.datetime) -> Session | None:
    """Return the session of a token; None for an unknown one, or one that has ended."""
    query = select(user_session.c.user_id, user_session.c.seen_at).where(
        user_session.c.token_hash == _fingerprint(token), ~_has_ended(now)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else Session(row.user_id, row.seen_at)


def note_use(connection: Connection, token: str, now: dt.datetime) -> None:
    """Note that a session is used; only within `write`."""
    query = update(user_session).where(user_session.c.token_hash == _fingerprint(token))
    connection.execute(query.values(seen_at=now))


def end(connection: Connection, token: str) -> None:
    """End a session, if there is one; only within `write`."""
    query = delete(user_session).where(user_session.c.token_hash == _fingerprint(token))
    connection.execute(query)


def end_all(connection: Connection, user: int) -> None:
    """End all sessions of a user; only within `write`."""
    connection.execute(delete(user_session).where(user_session.c.user_id == user))


def form_token(token: str) -> str:
    """Return what every form of a session bears, against requests that other sites make up.

    It follows from the session's token, which no script can read, and does not give it away.
    """
    return hmac.new(token.encode(), b"form", hashlib.sha256).hexdigest()


def _has_ended(now: dt.datetime) -> ColumnElement[bool]:
    idle = user_session.c.seen_at <= now - IDLE
    return or_(idle, user_session.c.begun_at <= now - LONGEST)


def _fingerprint(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
