"""Keys: who may do what. Only a fingerprint of a key is kept, and how it begins.

A key is 256 random bits, so a plain SHA-256 of it cannot be guessed back; the slow hashes that
passwords need would only make every request slow. Its first letters, which lists show so that who
holds it can tell which it is, leave more than 200 of those bits.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, func, select

from app.domain.access import Actor, Role
from app.errors import KeyEnded, NotFound
from app.ledger import journal
from app.ledger.tables import (
    api_key,
    api_key_department,
    api_key_revocation,
    api_key_rotation,
    api_key_use,
    department,
)
from app.ledger.tables import journal as journal_table
from app.ledger.writing import add

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection, Row, Select

    from app.ledger.catalogue import StoredCatalogue

PREFIX: Final = "dbk_"
_SHOWN: Final = len(PREFIX) + 6
USUAL_OVERLAP: Final = dt.timedelta(days=7)
"""How long a key that is rotated goes on beside its successor, unless it is said."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key as it can be shown: everything but the key itself.

    prefix: how it begins; None for one made before that was kept.
    used_at: about when it was last used, to some minutes; None where it never was.
    replaced_by: the number of its successor; then it ends at `replaced_from`.
    """

    id: int
    name: str
    role: Role
    departments: tuple[str, ...]
    created_at: dt.datetime
    expires_at: dt.datetime | None
    revoked_at: dt.datetime | None
    prefix: str | None = None
    used_at: dt.datetime | None = None
    replaced_by: int | None = None
    replaced_from: dt.datetime | None = None

    @property
    def ends_at(self) -> dt.datetime | None:
        """When it ends or has ended, by its own expiry, its rotation, or its revocation."""
        ends = (self.expires_at, self.replaced_from, self.revoked_at)
        return min((end for end in ends if end is not None), default=None)

    def state(self, now: dt.datetime) -> str:
        """Tell where it stands: `revoked`, `replaced`, `expired`, `ending` or `valid`."""
        if self.revoked_at is not None:
            return "revoked"
        if self.expires_at is not None and self.expires_at <= now:
            return "expired"
        if self.replaced_from is None:
            return "valid"
        return "replaced" if self.replaced_from <= now else "ending"


@dataclass(frozen=True, slots=True)
class NewKey:
    """What a key is made of."""

    name: str
    role: Role
    departments: tuple[str, ...] = ()
    expires_at: dt.datetime | None = None


def _keys() -> Select[Any]:
    revoked = journal_table.alias("revoked")
    return (
        select(
            api_key,
            journal_table.c.recorded_at.label("created_at"),
            revoked.c.recorded_at.label("revoked_at"),
            api_key_use.c.used_at,
            api_key_rotation.c.successor_id.label("replaced_by"),
            api_key_rotation.c.ends_at.label("replaced_from"),
        )
        .join(journal_table, journal_table.c.id == api_key.c.entry_id)
        .outerjoin(api_key_revocation, api_key_revocation.c.api_key_id == api_key.c.id)
        .outerjoin(revoked, revoked.c.id == api_key_revocation.c.entry_id)
        .outerjoin(api_key_rotation, api_key_rotation.c.api_key_id == api_key.c.id)
        .outerjoin(api_key_use, api_key_use.c.api_key_id == api_key.c.id)
    )


_BY_HASH: Final = _keys().where(api_key.c.secret_hash == bindparam("hash"))


def create(
    connection: Connection, stored: StoredCatalogue, new: NewKey, *, actor: Actor, now: dt.datetime
) -> tuple[int, str]:
    """Add a key; returns its number and the key itself, which is shown once and kept nowhere.

    Raises NotFound for a department that is not in the catalogue. Only within `write`.
    """
    unknown = [code for code in new.departments if code not in stored.department_ids]
    if unknown:
        msg = f"there is no department {unknown[0]}"
        raise NotFound(msg)
    entry = journal.record(
        connection, journal.EntryKind.KEY, "create", new.name, actor=actor, now=now
    )
    return _add(connection, stored, new, entry.id)


def _add(
    connection: Connection, stored: StoredCatalogue, new: NewKey, entry: int
) -> tuple[int, str]:
    secret = PREFIX + secrets.token_urlsafe(32)
    number = (connection.execute(select(func.max(api_key.c.id))).scalar() or 0) + 1
    row = {
        "id": number,
        "entry_id": entry,
        "name": new.name,
        "role": new.role,
        "secret_hash": fingerprint(secret),
        "expires_at": new.expires_at,
        "prefix": secret[:_SHOWN],
    }
    add(connection, api_key, row)
    reach = [
        {"api_key_id": number, "department_id": stored.department_ids[code]}
        for code in sorted(set(new.departments))
    ]
    add(connection, api_key_department, reach)
    return number, secret


def rotate(  # noqa: PLR0913 - who and when come with every write
    connection: Connection,
    stored: StoredCatalogue,
    number: int,
    overlap: dt.timedelta = USUAL_OVERLAP,
    *,
    actor: Actor,
    now: dt.datetime,
) -> tuple[int, str]:
    """Make a key's successor, with the same rights and lifetime; the old one ends after `overlap`.

    Returns the new number and the new key, which is shown once. Raises NotFound, and KeyEnded for
    a key that has ended or has a successor. Only within `write`.
    """
    old = get(connection, number)
    if old.state(now) != "valid":
        msg = f"key {number} is {old.state(now)} and cannot be rotated"
        raise KeyEnded(msg)
    expires = None if old.expires_at is None else now + (old.expires_at - old.created_at)
    new = NewKey(old.name, old.role, old.departments, expires)
    entry = journal.record(
        connection, journal.EntryKind.KEY, "rotate", old.name, actor=actor, now=now
    )
    successor, secret = _add(connection, stored, new, entry.id)
    row = {
        "api_key_id": number,
        "successor_id": successor,
        "ends_at": now + overlap,
        "entry_id": entry.id,
    }
    add(connection, api_key_rotation, row)
    return successor, secret


def revoke(connection: Connection, number: int, *, actor: Actor, now: dt.datetime) -> None:
    """Revoke a key for ever; revoking it again changes nothing. Raises NotFound."""
    found = get(connection, number)
    if found.revoked_at is not None:
        return
    entry = journal.record(
        connection, journal.EntryKind.KEY, "revoke", found.name, actor=actor, now=now
    )
    add(connection, api_key_revocation, {"api_key_id": number, "entry_id": entry.id})


def find(connection: Connection, secret: str, now: dt.datetime) -> Actor | None:
    """Return who bears a key; None for an unknown, expired, replaced or revoked one."""
    found = held(connection, secret, now)
    return None if found is None else found[0]


def held(
    connection: Connection, secret: str, now: dt.datetime
) -> tuple[Actor, dt.datetime | None] | None:
    """Return who bears a key, and when it will end by itself; None for one not in force."""
    row = connection.execute(_BY_HASH, {"hash": fingerprint(secret)}).one_or_none()
    if row is None or not _is_in_force(row, now):
        return None
    departments = _departments(connection, [row.id]).get(row.id)
    actor = Actor(
        name=row.name,
        role=Role(row.role),
        key=row.id,
        departments=frozenset(departments) if departments else None,
    )
    ends = [end for end in (row.expires_at, row.replaced_from) if end is not None]
    return actor, min(ends, default=None)


def in_force(connection: Connection, numbers: Collection[int], now: dt.datetime) -> set[int]:
    """Return those of some keys that are in force."""
    rows = connection.execute(_keys().where(api_key.c.id.in_(numbers)))
    return {row.id for row in rows if _is_in_force(row, now)}


def _is_in_force(row: Row[Any], now: dt.datetime) -> bool:
    ends = (row.expires_at, row.replaced_from)
    return row.revoked_at is None and not any(end is not None and end <= now for end in ends)


def get(connection: Connection, number: int) -> Key:
    """Return a key by its number; raises NotFound."""
    row = connection.execute(_keys().where(api_key.c.id == number)).one_or_none()
    if row is None:
        msg = f"there is no key {number}"
        raise NotFound(msg)
    return _key(row, _departments(connection, [row.id]).get(row.id, []))


def listed(
    connection: Connection, *, after: int = 0, limit: int | None = None, upto: int | None = None
) -> list[Key]:
    """Return the keys that were ever made, in order, those beyond `after`, `limit` at most.

    upto: a position of the journal; only keys made by then, as they are now.
    """
    query = _keys().where(api_key.c.id > after).order_by(api_key.c.id).limit(limit)
    if upto is not None:
        query = query.where(api_key.c.entry_id <= upto)
    rows = connection.execute(query).all()
    departments = _departments(connection, [row.id for row in rows])
    return [_key(row, departments.get(row.id, [])) for row in rows]


def fingerprint(secret: str) -> str:
    """Return what is kept of a key."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _departments(connection: Connection, numbers: Collection[int]) -> dict[int, list[str]]:
    query = (
        select(api_key_department.c.api_key_id, department.c.code)
        .join(department, department.c.id == api_key_department.c.department_id)
        .where(api_key_department.c.api_key_id.in_(numbers))
        .order_by(department.c.code)
    )
    found: dict[int, list[str]] = {}
    for row in connection.execute(query):
        found.setdefault(row.api_key_id, []).append(row.code)
    return found


def _key(row: Row[Any], departments: list[str]) -> Key:
    return Key(
        id=row.id,
        name=row.name,
        role=Role(row.role),
        departments=tuple(departments),
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        prefix=row.prefix,
        used_at=row.used_at,
        replaced_by=row.replaced_by,
        replaced_from=row.replaced_from,
    )
