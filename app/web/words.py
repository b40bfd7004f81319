"""Texts that stand in the pages' modules; those of the templates stand in the templates."""

from __future__ import annotations

from app.domain.access import Role
from app.wording.words import COMPARATORS, msg

__all__ = ("ACTIONS", "COMPARATORS", "ROLES", "msg")

ROLES = {
    Role.READER: msg("reader"),
    Role.REPORTER: msg("reporter"),
    Role.APPROVER: msg("approver"),
    Role.PLANNER: msg("planner"),
    Role.ADMIN: msg("admin"),
}
"""What users and keys are for."""

ACTIONS = (msg("approve"), msg("return"), msg("reopen"))
"""What an approver does."""
