"""Who may do what: roles, and the departments that a key reaches."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.domain.catalogue import Catalogue


class Role(StrEnum):
    """What a key is for. Admin may do everything; the others only what they are named for."""

    READER = "reader"
    REPORTER = "reporter"
    APPROVER = "approver"
    PLANNER = "planner"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something: a key, or the command line of the machine itself (key None).

    departments: the tops of the trees the actor reaches; None for all.
    """

    name: str
    role: Role
    key: int | None = None
    departments: frozenset[str] | None = None

    def reaches(self, catalogue: Catalogue, department: str) -> bool:
        """Tell whether a department lies within the actor's reach."""
        if self.role is Role.ADMIN or self.departments is None:
            return True
        return catalogue.is_within(department, self.departments)
