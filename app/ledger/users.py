"""Users: versions in the ledger, and their passwords beside it.

A password's hash is no record: kept for ever it would be there to be guessed at long after the
password was changed, and people use one password in several places. That it was changed, when and
by whom stands in the journal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select

from app.domain.access import Role
from app.domain.user import Profile, User
from app.errors import NameTaken, NotFound
from app.ledger import journal, sessions
from app.ledger.tables import (
    department,
    user_account,
    user_department,
    user_password,
    user_version,
)
from app.ledger.tables import journal as journal_table
from app.ledger.writing import add

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Sequence

    from sqlalchemy import ColumnElement, Connection, Row, Select

    from app.domain.access import Actor
    from app.ledger.catalogue import StoredCatalogue

_FIRST = 1
_FIRST_VERSION = user_version.alias("first")


def create(  # noqa: PLR0913 - who and when come with every write
    connection: Connection,
    stored: StoredCatalogue,
    name: str,
    profile: Profile,
    *,
    actor: Actor,
    now: dt.datetime,
) -> User:
    """Add a user, who cannot sign in before there is a password; only within `write`.

    Raises NameTaken, and NotFound for a department that is not in the catalogue.
    """
    if get(connection, name) is not None:
        raise NameTaken(f"there is a user {name} already")
    _check_departments(stored, profile)
    entry = journal.record(connection, journal.EntryKind.USER, "create", name, actor=actor, now=now)
    number = (connection.execute(select(func.max(user_account.c.id))).scalar() or 0) + 1
    add(connection, user_account, {"id": number, "name": name})
    _add_version(connection, stored, entry.id, (number, _FIRST), profile)
    return there(connection, name)


def change(  # noqa: PLR0913 - who and when come with every write
    connection: Connection,
    stored: StoredCatalogue,
    name: str,
    profile: Profile,
    *,
    actor: Actor,
    now: dt.datetime,
) -> User:
    """Make a user's next version, and end all sessions if rights changed; only within `write`.

    The same profile again changes nothing. Raises NotFound, also for an unknown department.
    """
    before = there(connection, name)
    profile = _sorted(profile)
    if profile == before.profile:
        return before
    _check_departments(stored, profile)
    action = _action(before.profile, profile)
    entry = journal.record(connection, journal.EntryKind.USER, action, name, actor=actor, now=now)
    _add_version(connection, stored, entry.id, (before.id, before.version + 1), profile)
    if _rights(profile) != _rights(before.profile):
        sessions.end_all(connection, before.id)
    return there(connection, name)


def _action(before: Profile, after: Profile) -> str:
    if before.disabled == after.disabled:
        return "change"
    return "disable" if after.disabled else "enable"


def _rights(profile: Profile) -> tuple[object, ...]:
    return profile.role, profile.departments, profile.disabled


def _sorted(profile: Profile) -> Profile:
    departments = tuple(sorted(set(profile.departments)))
    return Profile(
        profile.name_zh, profile.name_en, profile.role, departments, disabled=profile.disabled
    )


def _check_departments(stored: StoredCatalogue, profile: Profile) -> None:
    for code in profile.departments:
        if code not in stored.department_ids:
            raise NotFound(f"there is no department {code}")


def _add_version(
    connection: Connection,
    stored: StoredCatalogue,
    entry: int,
    key: tuple[int, int],
    profile: Profile,
) -> None:
    number, version = key
    row = {
        "user_id": number,
        "version": version,
        "entry_id": entry,
        "name_zh": profile.name_zh,
        "name_en": profile.name_en,
        "role": profile.role,
        "disabled": profile.disabled,
    }
    add(connection, user_version, row)
    reach = [
        {"user_id": number, "version": version, "department_id": stored.department_ids[code]}
        for code in sorted(set(profile.departments))
    ]
    add(connection, user_department, reach)


def set_password(
    connection: Connection, user: User, password_hash: str, *, actor: Actor, now: dt.datetime
) -> None:
    """Give a user a password and end all sessions; that it was done is on record.

    Only within `write`.
    """
    journal.record(connection, journal.EntryKind.USER, "password", user.name, actor=actor, now=now)
    keep_hash(connection, user, password_hash, now)
    sessions.end_all(connection, user.id)


def has_own_password(connection: Connection, user: User) -> bool:
    """Tell whether nobody but the user knows the password: who set it last is in the journal."""
    query = (
        select(journal_table.c.user_id)
        .where(
            journal_table.c.kind == journal.EntryKind.USER,
            journal_table.c.action == "password",
            journal_table.c.subject == user.name,
        )
        .order_by(journal_table.c.id.desc())
        .limit(1)
    )
    return connection.execute(query).scalar() == user.id


def keep_hash(connection: Connection, user: User, password_hash: str, now: dt.datetime) -> None:
    """Put a hash in the place of the one before it; by itself, the same password hashed anew."""
    connection.execute(delete(user_password).where(user_password.c.user_id == user.id))
    row = {"user_id": user.id, "password_hash": password_hash, "changed_at": now}
    connection.execute(insert(user_password), row)


def password_hash(connection: Connection, number: int) -> str | None:
    """Return the hash of a user's password; None before there is one."""
    query = select(user_password.c.password_hash).where(user_password.c.user_id == number)
    return connection.execute(query).scalar()


def get(connection: Connection, name: str) -> User | None:
    """Return a user by name; None where there is none."""
    found = _users(connection, _newest().where(user_account.c.name == name))
    return found[0] if found else None


def by_number(connection: Connection, number: int) -> User | None:
    """Return a user by number; None where there is none."""
    found = _users(connection, _newest().where(user_account.c.id == number))
    return found[0] if found else None


def listed(
    connection: Connection,
    *,
    after: str | None = None,
    limit: int | None = None,
    upto: int | None = None,
) -> list[User]:
    """Return users in the order of their names, those beyond `after`, `limit` at most.

    upto: a position of the journal; only users made by then, as they are now.
    """
    query = _newest().order_by(user_account.c.name).limit(limit)
    if after is not None:
        query = query.where(user_account.c.name > after)
    if upto is not None:
        query = query.where(_FIRST_VERSION.c.entry_id <= upto)
    return _users(connection, query)


def there(connection: Connection, name: str) -> User:
    """Return a user by name; raises NotFound."""
    found = get(connection, name)
    if found is None:
        raise NotFound(f"there is no user {name}")
    return found


def _newest() -> Select[Any]:
    created = journal_table.alias("created")
    return (
        select(
            user_account.c.id,
            user_account.c.name,
            user_version,
            journal_table.c.recorded_at.label("changed_at"),
            created.c.recorded_at.label("created_at"),
        )
        .join(user_version, user_version.c.user_id == user_account.c.id)
        .join(journal_table, journal_table.c.id == user_version.c.entry_id)
        .join(_FIRST_VERSION, _FIRST_VERSION.c.user_id == user_account.c.id)
        .join(created, created.c.id == _FIRST_VERSION.c.entry_id)
        .where(user_version.c.version == _newest_version(), _FIRST_VERSION.c.version == _FIRST)
    )


def _newest_version() -> ColumnElement[int]:
    newer = user_version.alias("newer")
    return (
        select(func.max(newer.c.version))
        .where(newer.c.user_id == user_account.c.id)
        .correlate(user_account)
        .scalar_subquery()
    )


def _users(connection: Connection, query: Select[Any]) -> list[User]:
    rows = connection.execute(query).all()
    reach = _departments(connection, rows)
    return [_user(row, reach.get(row.id, ())) for row in rows]


def _departments(connection: Connection, rows: Sequence[Row[Any]]) -> dict[int, Collection[str]]:
    """Return the departments of each user's newest version, sorted."""
    newest = {row.id: row.version for row in rows}
    query = (
        select(user_department.c.user_id, user_department.c.version, department.c.code)
        .join(department, department.c.id == user_department.c.department_id)
        .where(user_department.c.user_id.in_(newest))
        .order_by(department.c.code)
    )
    found: dict[int, list[str]] = {}
    for row in connection.execute(query):
        if row.version == newest[row.user_id]:
            found.setdefault(row.user_id, []).append(row.code)
    return dict(found)


def _user(row: Row[Any], departments: Collection[str]) -> User:
    return User(
        id=row.id,
        name=row.name,
        profile=Profile(
            name_zh=row.name_zh,
            name_en=row.name_en,
            role=Role(row.role),
            departments=tuple(departments),
            disabled=row.disabled,
        ),
        version=row.version,
        created_at=row.created_at,
        changed_at=row.changed_at,
    )
