"""What the form says beside its columns; the Chinese stands in the catalogue of messages."""

from __future__ import annotations

from typing import Final

TITLES: Final = {"form": "Figures to report", "how_to": "How to fill it in"}
"""The names of the sheets."""

STATUSES: Final = {
    "A": "A: a normal figure; so too where nothing stands here",
    "P": "P: provisional",
    "E": "E: estimated",
    "B": "B: a break in the series",
    "M": "M: missing, and no figure",
}
"""What the observation statuses mean, for whoever chooses one."""

REASONS: Final = (
    "A mistake in typing is corrected.",
    "Reports that came late are included.",
    "Counted again.",
    "Checked and right as it was.",
)
"""Reasons for a correction that are offered; any other can be typed. No comma: it ends one."""

STEPS: Final = (
    "Fill in the white cells, save the workbook, and send it back.",
    "A row in which nothing is entered is not given, and can follow later.",
    "The grey cells say which figure is meant; the codes and the header row are needed.",
    "Numbers may have thousands separators; percentages are written as plain numbers.",
    "A figure that differs from the one on record needs a reason.",
    "The comments say how each KPI is defined, and what limits it has.",
)
"""The sheet that says how the form is filled in, line by line."""

TO_FILL_IN: Final = {
    ("value",): "the value",
    ("numerator", "denominator"): "numerator and denominator",
    ("value", "denominator"): "value and denominator",
}
"""What is asked, by the fields that are."""

SENTENCES: Final = (
    "Nothing is due here.",
    "For a flow, the sum since the plan began.",
    "Definition: {text}",
    "Not below {limit}.",
    "Not above {limit}.",
    "Shown with {count} decimals.",
    "Target of {department} in {plan}: {target}, due {due}; expected by now: {expected}.",
    "This is not a number within the limits of the KPI.",
)
"""What is said at the cells."""

MESSAGES: Final = frozenset(
    {*TITLES.values(), *STATUSES.values(), *REASONS, *STEPS, *TO_FILL_IN.values(), *SENTENCES}
)
"""Every message id of the form."""
