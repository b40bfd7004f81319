"""Who may do what: roles, and the departments that a key or a user reaches."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.domain.catalogue import Catalogue


class Role(StrEnum):
    """What a key or a user is for. Admin may do everything; the others what they are named for."""

    READER = "reader"
    REPORTER = "reporter"
    APPROVER = "approver"
    PLANNER = "planner"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something: a key, a user, or the command line of the machine itself (neither).

    key, user: its number, of one of both at most.
    departments: the tops of the trees the actor reaches; None for all.
    """

    name: str
    role: Role
    key: int | None = None
    departments: frozenset[str] | None = None
    user: int | None = None

    @property
    def is_machine(self) -> bool:
        """Tell whether this is the machine itself, to which nobody can close the door."""
        return self.key is None and self.user is None

    def reaches(self, catalogue: Catalogue, department: str) -> bool:
        """Tell whether a department lies within the actor's reach."""
        if self.role is Role.ADMIN or self.departments is None:
            return True
        return catalogue.is_within(department, self.departments)
