"""What answers about users and keys look like, with examples."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Final

from pydantic import Field

from app.api.schemas import Described
from app.domain.access import Role


class User(Described):
    """A user; `departments` empty for all."""

    name: Annotated[str, Field(description="What the user signs in with; never changed.")]
    name_zh: str
    name_en: str
    role: Role
    departments: list[str]
    disabled: bool
    version: int
    created_at: dt.datetime
    changed_at: dt.datetime


class NewUser(User):
    """A user who was just made."""

    password: Annotated[
        str | None, Field(description="Shown this once; null where the caller chose it.")
    ]


class NewPassword(Described):
    """A password that was just made."""

    name: str
    password: Annotated[
        str | None, Field(description="Shown this once; null where the caller chose it.")
    ]


class Key(Described):
    """A key, but for the key itself; `departments` empty for all."""

    id: int
    prefix: Annotated[str | None, Field(description="How it begins, to tell it from others.")]
    name: str
    role: Role
    departments: list[str]
    state: Annotated[
        str,
        Field(
            description="`ending`: replaced, and in force until `ends_at`.",
            json_schema_extra={"enum": ["valid", "ending", "replaced", "expired", "revoked"]},
        ),
    ]
    created_at: dt.datetime
    ends_at: Annotated[
        dt.datetime | None,
        Field(description="By its expiry, its rotation or its revocation; null for never."),
    ]
    used_at: Annotated[
        dt.datetime | None, Field(description="To some ten minutes; null where it never was.")
    ]
    replaced_by: Annotated[int | None, Field(description="The number of its successor.")]


class NewKey(Key):
    """A key that was just made."""

    key: Annotated[str, Field(description="The key itself, shown this once.")]


NEW_USER: Final[dict[str, Any]] = {
    "name": "wang.min",
    "name_zh": "王敏",
    "name_en": "Wang Min",
    "role": "reporter",
    "departments": ["examination-management"],
}
PROFILE: Final[dict[str, Any]] = {
    **{field: value for field, value in NEW_USER.items() if field != "name"},
    "disabled": False,
}
USER: Final[dict[str, Any]] = {
    **NEW_USER,
    "disabled": False,
    "version": 1,
    "created_at": "2013-01-04T09:00:00+08:00",
    "changed_at": "2013-01-04T09:00:00+08:00",
}
USER_MADE: Final[dict[str, Any]] = {**USER, "password": "hk7wp-xm2ce-q9rta-vd4ns"}
PASSWORD_MADE: Final[dict[str, Any]] = {"name": "wang.min", "password": USER_MADE["password"]}

NEW_KEY: Final[dict[str, Any]] = {
    "name": "Statistics system",
    "role": "reporter",
    "departments": ["examination-management"],
    "expires_days": 365,
}
KEY: Final[dict[str, Any]] = {
    "id": 3,
    "prefix": "dbk_Zp4r1c",
    "name": "Statistics system",
    "role": "reporter",
    "departments": ["examination-management"],
    "state": "valid",
    "created_at": "2013-01-04T09:00:00+08:00",
    "ends_at": "2014-01-04T09:00:00+08:00",
    "used_at": None,
    "replaced_by": None,
}
KEY_MADE: Final[dict[str, Any]] = {
    **KEY,
    "key": "dbk_Zp4r1cExample0Example0Example0Example0Exa",
}
ROTATION: Final[dict[str, Any]] = {"overlap_days": 7}
