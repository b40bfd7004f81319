"""How numbers, periods and instants are written on pages: as on every other face."""

from __future__ import annotations

from app.wording.formats import (
    ABSENT,
    bound_text,
    figure,
    goal,
    instant,
    number,
    percent,
    period,
    plain,
    rounded,
    signed,
)

__all__ = (
    "ABSENT",
    "bound_text",
    "figure",
    "goal",
    "instant",
    "number",
    "percent",
    "period",
    "plain",
    "rounded",
    "signed",
)
