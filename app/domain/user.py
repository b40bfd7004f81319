"""Users: people who sign in, how they are named, and what their passwords must be."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.domain.access import Actor, Role
from app.domain.finding import Finding

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

NAME: Final = r"^[a-z][a-z0-9._-]{0,63}$"
"""What a user signs in with; given once, and never to anybody else."""
SHORTEST_PASSWORD: Final = 12
LONGEST_PASSWORD: Final = 256
"""In characters. The longest is there so that nobody has the server hash a megabyte."""
_FEWEST_CHARACTERS: Final = 5
_NAME_TO_MIND: Final = 4


@dataclass(frozen=True, slots=True)
class Profile:
    """What is said of a user and may change.

    departments: the tops of the trees that the user reaches; none for all.
    """

    name_zh: str
    name_en: str
    role: Role
    departments: tuple[str, ...] = ()
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class User:
    """A user as of one version."""

    id: int
    name: str
    profile: Profile
    version: int
    created_at: dt.datetime
    changed_at: dt.datetime

    @property
    def actor(self) -> Actor:
        """Who acts when this user does."""
        reach = frozenset(self.profile.departments)
        return Actor(self.name, self.profile.role, user=self.id, departments=reach or None)


def user_name(text: str) -> str | None:
    """Return the name that somebody typed, as names are written; None if it cannot be one."""
    name = text.strip().lower()
    return name if re.fullmatch(NAME, name, re.ASCII) else None


def password_faults(password: str, name: str) -> Iterator[Finding]:
    """Yield what keeps a password from being one; a finding never repeats it.

    Length is what counts (NIST SP 800-63B, section 3.1.1.2): no mixture of characters is asked for.
    """
    if len(password) < SHORTEST_PASSWORD:
        limit = {"limit": str(SHORTEST_PASSWORD)}
        yield Finding("password_too_short", column="password", values=limit)
    elif len(password) > LONGEST_PASSWORD:
        yield Finding("too_long", column="password", values={"limit": str(LONGEST_PASSWORD)})
    elif _is_too_simple(password, name):
        yield Finding("password_too_simple", column="password")


def _is_too_simple(password: str, name: str) -> bool:
    """Tell whether it holds the name (one of a few letters is in many), or says hardly anything."""
    holds_name = len(name) >= _NAME_TO_MIND and name in password.lower()
    return holds_name or len(set(password)) < _FEWEST_CHARACTERS
