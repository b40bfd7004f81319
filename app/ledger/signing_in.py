"""How somebody signs in, from top to bottom, and how a password is changed.

Whatever is wrong, the name, the password, or that the user is disabled, the answer is the same and
takes about as long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.user import password_faults, user_name
from app.errors import NotAuthenticated, Refused, TooManyAttempts
from app.ledger import attempts, passwords, sessions, users

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy import Connection

    from app.domain.user import User
    from app.ledger.office import Office


def sign_in(office: Office, name: str, password: str, address: str | None) -> str:
    """Begin a session and return its token.

    address: where it is tried from, as far as it is known.
    Raises TooManyAttempts before the password is looked at, NotAuthenticated after.
    """
    now = office.clock()
    with office.database.write() as connection:
        wait = attempts.count(connection, name, address, now)
    if wait is not None:
        raise TooManyAttempts("too many attempts to sign in", wait)
    user, stored = _verified(office, name, password)
    # Before the transaction, during which nobody else could write.
    anew = passwords.hashed(password) if passwords.is_outdated(stored) else None
    with office.database.write() as connection:
        _check_unchanged(connection, user, stored)
        attempts.forgive(connection, name, address)
        if anew is not None:
            users.keep_hash(connection, user, anew, now)
        return sessions.begin(connection, user.id, now)


def change_password(office: Office, name: str, old: str, new: str, address: str | None) -> str:
    """Change one's own password; returns the token of a new session, all others have ended.

    Raises as `sign_in` does where the old one is wrong, and Refused for a new one that is too weak.
    """
    if findings := list(password_faults(new, name)):
        raise Refused("this cannot be a password", findings)
    now = office.clock()
    with office.database.write() as connection:
        wait = attempts.count(connection, name, address, now)
    if wait is not None:
        raise TooManyAttempts("too many attempts to sign in", wait)
    user, stored = _verified(office, name, old)
    made = passwords.hashed(new)
    with office.database.write() as connection:
        _check_unchanged(connection, user, stored)
        attempts.forgive(connection, name, address)
        users.set_password(connection, user, made, actor=user.actor, now=now)
        return sessions.begin(connection, user.id, now)


def _verified(office: Office, typed: str, password: str) -> tuple[User, str]:
    """Return the user whose name and password these are, and its hash; raises NotAuthenticated."""
    name = user_name(typed)
    with office.database.read() as connection:
        user = None if name is None else users.get(connection, name)
        stored = None if user is None else users.password_hash(connection, user.id)
    right = passwords.verify(stored, password)
    if user is None or stored is None or user.profile.disabled or not right:
        raise NotAuthenticated("name or password are not right")
    return user, stored


def _check_unchanged(connection: Connection, user: User, stored: str) -> None:
    """See to it that nothing changed since the password was looked at; raises NotAuthenticated."""
    same = users.get(connection, user.name) == user
    if not same or users.password_hash(connection, user.id) != stored:
        raise NotAuthenticated("name or password are not right")


def who(office: Office, token: str, now: dt.datetime) -> User | None:
    """Return whose session a token is; None for one that is not in force."""
    with office.database.read() as connection:
        session = sessions.find(connection, token, now)
        user = None if session is None else users.by_number(connection, session.user)
    if session is None or user is None or user.profile.disabled:
        return None
    if session.is_due(now):
        with office.database.write() as connection:
            sessions.note_use(connection, token, now)
    return user
