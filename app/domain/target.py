"""Targets, and the grammar that keeps a plan's words.

=====================  ==============================================
`<= 22.5`              at most
`>= 3.3`               at least
`~ 20`, `~ 20 +- 2`    about; the tolerance is 10 % unless given
`3..5`                 between
`done`                 a milestone
=====================  ==============================================
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from app.domain.number import NumberError, fits_store, parse_number, write_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain.period import Period
    from app.domain.trajectory import Trajectory

ABOUT_TOLERANCE = Decimal("0.1")
DEFAULT_TOLERANCE_BAND = Decimal("0.05")


class Comparator(StrEnum):
    """How an actual is compared with its bound or bounds."""

    AT_MOST = "at_most"
    AT_LEAST = "at_least"
    ABOUT = "about"
    BETWEEN = "between"
    MILESTONE = "milestone"


class Overshoot(StrEnum):
    """Whether more than the upper bound of `about` or `between` is still met."""

    MET = "met"
    BREACH = "breach"


@dataclass(frozen=True, slots=True)
class Goal:
    """A comparator with its bounds: what the text of a target says."""

    comparator: Comparator
    lower: Decimal | None = None
    upper: Decimal | None = None
    nominal: Decimal | None = None

    @property
    def bound(self) -> Decimal:
        """The bound that the trajectory leads to: the upper of `at_most`, else the lower."""
        bound = self.upper if self.comparator is Comparator.AT_MOST else self.lower
        if bound is None:
            msg = f"{self.comparator} without its bound"
            raise ValueError(msg)
        return bound

    def __str__(self) -> str:
        """Write the goal in the grammar, so that `parse_goal` gives the same goal again."""
        match self.comparator:
            case Comparator.AT_MOST:
                return f"<= {write_number(self.bound)}"
            case Comparator.AT_LEAST:
                return f">= {write_number(self.bound)}"
            case Comparator.BETWEEN if self.upper is not None:
                return f"{write_number(self.bound)}..{write_number(self.upper)}"
            case Comparator.ABOUT if self.nominal is not None:
                tolerance = self.nominal - self.bound
                given = (
                    ""
                    if tolerance == _default_tolerance(self.nominal)
                    else (f" +- {write_number(tolerance)}")
                )
                return f"~ {write_number(self.nominal)}{given}"
            case _:
                return "done"


@dataclass(frozen=True, slots=True)
class Baseline:
    """Where a target starts from: a figure and the period it speaks for."""

    period: Period
    value: Decimal


@dataclass(frozen=True, slots=True)
class Target:
    """One version of a target: plan x KPI x department, and what is to be reached by when.

    in_force_from: the first period that is judged by it; None for all periods of the plan.
    reason: why it was set or revised.
    """

    plan: str
    kpi: str
    department: str
    goal: Goal
    due: Period
    trajectory: Trajectory
    overshoot: Overshoot = Overshoot.MET
    tolerance_band: Decimal = DEFAULT_TOLERANCE_BAND
    baseline: Baseline | None = None
    weight: Decimal | None = None
    source: str | None = None
    in_force_from: Period | None = None
    reason: str | None = None
    version: int = 1


def in_force_at(versions: Sequence[Target], period: Period) -> Target:
    """Return the version by which a period is judged.

    versions: what is on record of one target, the oldest first; at least one. The newest that is
    in force by then; the oldest holds for whatever lies before the others.
    """
    for target in reversed(versions):
        begins = target.in_force_from
        if begins is None or begins.first_of(period.frequency).ordinal <= period.ordinal:
            return target
    return versions[0]


_N = r"(-?[0-9]+(?:\.[0-9]+)?)"
_AT_MOST = re.compile(rf"(?:<=|≤|at most )\s*{_N}", re.ASCII | re.IGNORECASE)
_AT_LEAST = re.compile(rf"(?:>=|≥|at least )\s*{_N}", re.ASCII | re.IGNORECASE)
_ABOUT = re.compile(
    rf"(?:~|about )\s*{_N}(?:\s*(?:\+-|\+/-|±)\s*([0-9]+(?:\.[0-9]+)?)\s*(%?))?",
    re.ASCII | re.IGNORECASE,
)
_BETWEEN = re.compile(rf"{_N}\s*\.\.\s*{_N}", re.ASCII)
_DONE = re.compile(r"done", re.IGNORECASE)


class GoalError(ValueError):
    """Text that is not a target; `str()` says what is wrong with it."""


def parse_goal(text: str) -> Goal:
    """Read a target's text; raises GoalError with what is wrong.

    The order of the bounds of `3..5` matters (lower first); letters' case and the spaces around
    signs do not.
    """
    stripped = text.strip()
    try:
        goal = _read(stripped)
    except NumberError as error:
        msg = "a bound has more digits than the store keeps (12 before, 6 after the point)"
        raise GoalError(msg) from error
    if goal is None:
        msg = "not a target; write <= 22.5, >= 3.3, ~ 20, ~ 20 +- 2, 3..5 or done"
        raise GoalError(msg)
    return goal


def _read(text: str) -> Goal | None:
    if found := _AT_MOST.fullmatch(text):
        return Goal(Comparator.AT_MOST, upper=parse_number(found[1]))
    if found := _AT_LEAST.fullmatch(text):
        return Goal(Comparator.AT_LEAST, lower=parse_number(found[1]))
    if found := _ABOUT.fullmatch(text):
        return _about(parse_number(found[1]), found[2], percent=bool(found[3]))
    if found := _BETWEEN.fullmatch(text):
        return _between(parse_number(found[1]), parse_number(found[2]))
    if _DONE.fullmatch(text):
        return Goal(Comparator.MILESTONE, lower=Decimal(1))
    return None


def _default_tolerance(nominal: Decimal) -> Decimal:
    return abs(nominal) * ABOUT_TOLERANCE


def _about(nominal: Decimal, given: str | None, *, percent: bool) -> Goal:
    if given is None:
        tolerance = _default_tolerance(nominal)
    elif percent:
        tolerance = abs(nominal) * parse_number(given) / 100
    else:
        tolerance = parse_number(given)
    if tolerance == 0:
        msg = "about 0, or about with no tolerance, needs one: ~ 0 +- 2"
        raise GoalError(msg)
    lower, upper = nominal - tolerance, nominal + tolerance
    if not (fits_store(lower) and fits_store(upper)):
        msg = "the tolerance makes bounds of more than 12 digits before or 6 after the point"
        raise GoalError(msg)
    return Goal(Comparator.ABOUT, lower=lower, upper=upper, nominal=nominal)


def _between(lower: Decimal, upper: Decimal) -> Goal:
    if lower > upper:
        msg = "the lower bound comes first: 3..5"
        raise GoalError(msg)
    return Goal(Comparator.BETWEEN, lower=lower, upper=upper)
