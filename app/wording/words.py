"""Texts that several faces say, marked to be translated when they are shown."""

from __future__ import annotations


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
