"""Users and keys, as the API, the pages and the command line change them.

An admin takes no rights away from the key or the user that acts. So whoever did the last of such
acts is an admin still, and nobody locks everybody out by mistake. On the machine itself that is no
danger: the command line needs no key.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from app.domain.access import Role
from app.domain.finding import Finding
from app.domain.user import NAME, Profile, password_faults, user_name
from app.errors import LockedOut, Refused
from app.intake.limits import quotable
from app.intake.resources import Code, Resource, Text, Whole
from app.ledger import keys, passwords, users

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from app.domain.access import Actor
    from app.domain.user import User
    from app.ledger.catalogue import StoredCatalogue
    from app.ledger.keys import Key
    from app.ledger.office import Office

LONGEST_DAYS: Final = 36_500
LONGEST_OVERLAP: Final = 366


def _user_name(value: Any) -> str:  # noqa: ANN401 - whatever the document held
    name = user_name(value) if isinstance(value, str) else None
    if name is None:
        text = quotable(str(value))
        raise PydanticCustomError("not_a_user_name", "name", {"text": text})
    return name


_NAME_SCHEMA = {"type": "string", "pattern": NAME, "examples": ["wang.min"]}
UserName = Annotated[str, BeforeValidator(_user_name), WithJsonSchema(_NAME_SCHEMA)]
# Passwords are not `Text`: a blank at their end is theirs. What is wrong with one is told later,
# and never with the password itself.
Password = Annotated[str | None, Field(repr=False, examples=["correct horse battery staple"])]


class UserResource(Resource):
    """What is said of a user and may change; `departments` empty for all."""

    name_zh: Text
    name_en: Text
    role: Role
    departments: list[Code] = Field(default_factory=list)
    disabled: bool = False

    def to_domain(self) -> Profile:
        """Return the profile."""
        departments = tuple(sorted(set(self.departments)))
        return Profile(self.name_zh, self.name_en, self.role, departments, disabled=self.disabled)


class NewUserResource(Resource):
    """A new user; without a password one is made, and shown this once."""

    name: UserName
    name_zh: Text
    name_en: Text
    role: Role
    departments: list[Code] = Field(default_factory=list)
    password: Password = None


class PasswordResource(Resource):
    """A new password; without one it is made, and shown this once."""

    password: Password = None


class NewKeyResource(Resource):
    """A new key; without `expires_days` it does not end by itself."""

    name: Text
    role: Role
    departments: list[Code] = Field(default_factory=list)
    expires_days: Annotated[Whole, Field(ge=1, le=LONGEST_DAYS)] | None = None


class RotationResource(Resource):
    """How long a key goes on beside its successor."""

    overlap_days: Annotated[Whole, Field(ge=0, le=LONGEST_OVERLAP)] = keys.USUAL_OVERLAP.days


def add_user(office: Office, new: NewUserResource, actor: Actor) -> tuple[User, str | None]:
    """Make a user who can sign in; returns the password too where it was made here.

    Raises Refused for a weak password or an unknown department, NameTaken.
    """
    password, made = _password(new.password, new.name)
    profile = Profile(new.name_zh, new.name_en, new.role, tuple(new.departments))
    now = office.clock()
    with office.database.write() as connection:
        stored = office.catalogue(connection)
        _check_departments(stored, new.departments)
        user = users.create(connection, stored, new.name, profile, actor=actor, now=now)
        users.set_password(connection, user, password, actor=actor, now=now)
    return user, made


def change_user(office: Office, name: str, resource: UserResource, actor: Actor) -> User:
    """Change what is said of a user. Raises NotFound, Refused, LockedOut."""
    now = office.clock()
    with office.database.write() as connection:
        stored = office.catalogue(connection)
        _check_departments(stored, resource.departments)
        profile = resource.to_domain()
        user = users.change(connection, stored, name, profile, actor=actor, now=now)
        _check_still_admin(connection, actor, now)
    return user


def reset_password(office: Office, name: str, given: str | None, actor: Actor) -> str | None:
    """Give a user another password and end all sessions; returns it where it was made here.

    Raises NotFound, and Refused for a weak one.
    """
    password, made = _password(given, name)
    now = office.clock()
    with office.database.write() as connection:
        user = users.there(connection, name)
        users.set_password(connection, user, password, actor=actor, now=now)
    return made


def add_key(office: Office, new: NewKeyResource, actor: Actor) -> tuple[Key, str]:
    """Make a key; returns it with its secret, which is shown once. Raises Refused."""
    now = office.clock()
    expires = None if new.expires_days is None else now + dt.timedelta(days=new.expires_days)
    made = keys.NewKey(new.name, new.role, tuple(new.departments), expires)
    with office.database.write() as connection:
        stored = office.catalogue(connection)
        _check_departments(stored, new.departments)
        number, secret = keys.create(connection, stored, made, actor=actor, now=now)
        return keys.get(connection, number), secret


def rotate_key(
    office: Office, number: int, order: RotationResource, actor: Actor
) -> tuple[Key, str]:
    """Make a key's successor; returns it with its secret. Raises NotFound, KeyEnded."""
    now = office.clock()
    overlap = dt.timedelta(days=order.overlap_days)
    with office.database.write() as connection:
        stored = office.catalogue(connection)
        successor, secret = keys.rotate(connection, stored, number, overlap, actor=actor, now=now)
        return keys.get(connection, successor), secret


def revoke_key(office: Office, number: int, actor: Actor) -> Key:
    """Revoke a key for ever. Raises NotFound, LockedOut."""
    now = office.clock()
    with office.database.write() as connection:
        keys.revoke(connection, number, actor=actor, now=now)
        _check_still_admin(connection, actor, now)
        return keys.get(connection, number)


def user_document(user: User) -> dict[str, Any]:
    """Return a user; nothing here tells anything of the password."""
    profile = user.profile
    return {
        "name": user.name,
        "name_zh": profile.name_zh,
        "name_en": profile.name_en,
        "role": profile.role,
        "departments": list(profile.departments),
        "disabled": profile.disabled,
        "version": user.version,
        "created_at": user.created_at,
        "changed_at": user.changed_at,
    }


def key_document(key: Key, now: dt.datetime) -> dict[str, Any]:
    """Return what is known of a key, which is not the key itself."""
    return {
        "id": key.id,
        "prefix": key.prefix,
        "name": key.name,
        "role": key.role,
        "departments": list(key.departments),
        "state": key.state(now),
        "created_at": key.created_at,
        "ends_at": key.ends_at,
        "used_at": key.used_at,
        "replaced_by": key.replaced_by,
    }


def _password(given: str | None, name: str) -> tuple[str, str | None]:
    """Return a password's hash, and the password where it was made here; raises Refused."""
    if given is None:
        made = passwords.generate()
        return passwords.hashed(made), made
    if findings := list(password_faults(given, name)):
        raise Refused("this cannot be a password", findings)
    return passwords.hashed(given), None


def _check_departments(stored: StoredCatalogue, codes: Iterable[str]) -> None:
    findings = [
        Finding("unknown_department", None, "departments", {"name": code})
        for code in codes
        if code not in stored.department_ids
    ]
    if findings:
        raise Refused("there is no such department", findings)


def _check_still_admin(connection: Connection, actor: Actor, now: dt.datetime) -> None:
    """Raise LockedOut, and so undo what was done, where who did it is no admin any more.

    Why this is safe: it looks within the one writer's transaction, so of two admins who disable
    each other at once the second is refused.
    """
    if not actor.is_machine and not _is_admin(connection, actor, now):
        raise LockedOut("an admin does not take the rights away that this is done with")


def _is_admin(connection: Connection, actor: Actor, now: dt.datetime) -> bool:
    if actor.user is not None:
        user = users.by_number(connection, actor.user)
        is_in_force = user is not None and not user.profile.disabled
        return is_in_force and user is not None and user.profile.role is Role.ADMIN
    key = keys.get(connection, actor.key or 0)
    return key.role is Role.ADMIN and key.state(now) in {"valid", "ending"}
