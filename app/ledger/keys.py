"""Keys: who may do what. Only a fingerprint of a key is kept.

A key is 256 random bits, so a plain SHA-256 of it cannot be guessed back; the slow hashes that
passwords need would only make every request slow.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from app.domain.access import Actor, Role
from app.errors import NotFound
from app.ledger import journal
from app.ledger.tables import api_key, api_key_department, api_key_revocation, department
from app.ledger.tables import journal as journal_table
from app.ledger.writing import add

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection

    from sqlalchemy import Connection, Row, Select

    from app.ledger.catalogue import StoredCatalogue

PREFIX = "dbk_"


@dataclass(frozen=True, slots=True)
class Key:
    """A key as it can be shown: everything but the key itself."""

    id: int
    name: str
    role: Role
    departments: tuple[str, ...]
    created_at: dt.datetime
    expires_at: dt.datetime | None
    revoked_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class NewKey:
    """What a key is made of."""

    name: str
    role: Role
    departments: tuple[str, ...] = ()
    expires_at: dt.datetime | None = None


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
    secret = PREFIX + secrets.token_urlsafe(32)
    entry = journal.record(
        connection, journal.EntryKind.KEY, "create", new.name, actor=actor, now=now
    )
    number = (connection.execute(select(func.max(api_key.c.id))).scalar() or 0) + 1
    row = {
        "id": number,
        "entry_id": entry.id,
        "name": new.name,
        "role": new.role,
        "secret_hash": _fingerprint(secret),
        "expires_at": new.expires_at,
    }
    add(connection, api_key, row)
    reach = [
        {"api_key_id": number, "department_id": stored.department_ids[code]}
        for code in sorted(set(new.departments))
    ]
    add(connection, api_key_department, reach)
    return number, secret


def revoke(connection: Connection, number: int, *, actor: Actor, now: dt.datetime) -> None:
    """Revoke a key for ever; revoking it again changes nothing. Raises NotFound."""
    found = next((key for key in listed(connection) if key.id == number), None)
    if found is None:
        msg = f"there is no key {number}"
        raise NotFound(msg)
    if found.revoked_at is not None:
        return
    entry = journal.record(
        connection, journal.EntryKind.KEY, "revoke", found.name, actor=actor, now=now
    )
    add(connection, api_key_revocation, {"api_key_id": number, "entry_id": entry.id})


def find(connection: Connection, secret: str, now: dt.datetime) -> Actor | None:
    """Return who bears a key; None for an unknown, expired or revoked one."""
    row = connection.execute(
        _keys().where(api_key.c.secret_hash == _fingerprint(secret))
    ).one_or_none()
    if row is None or row.revoked_at is not None:
        return None
    if row.expires_at is not None and row.expires_at <= now:
        return None
    departments = _departments(connection, [row.id]).get(row.id)
    return Actor(
        name=row.name,
        role=Role(row.role),
        key=row.id,
        departments=frozenset(departments) if departments else None,
    )


def listed(connection: Connection) -> list[Key]:
    """Return every key that was ever made, in order."""
    rows = connection.execute(_keys().order_by(api_key.c.id)).all()
    departments = _departments(connection, [row.id for row in rows])
    return [_key(row, departments.get(row.id, [])) for row in rows]


def _fingerprint(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _keys() -> Select[Any]:
    revoked = journal_table.alias("revoked")
    return (
        select(
            api_key,
            journal_table.c.recorded_at.label("created_at"),
            revoked.c.recorded_at.label("revoked_at"),
        )
        .join(journal_table, journal_table.c.id == api_key.c.entry_id)
        .outerjoin(api_key_revocation, api_key_revocation.c.api_key_id == api_key.c.id)
        .outerjoin(revoked, revoked.c.id == api_key_revocation.c.entry_id)
    )


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
    )
