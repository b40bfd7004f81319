"""Texts that stand in the pages' modules; those of the templates stand in the templates."""

from __future__ import annotations

from app.domain.access import Role


def msg(text: str) -> str:
    """Return a text as it is: it marks a message id, to be translated when it is shown."""
    return text


COMPARATORS = {
    "at_most": msg("at most {upper} {unit}"),
    "at_least": msg("at least {lower} {unit}"),
    "about": msg("about {nominal} {unit}"),
    "between": msg("{lower} to {upper} {unit}"),
    "milestone": msg("to be done"),
}
"""What a target says, in a plan's own words, by its comparator."""

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
