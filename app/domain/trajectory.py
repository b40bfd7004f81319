"""Trajectories: what is expected at each period on the way from the baseline to the target.

Every shape is reduced to anchors, (ordinal, value) pairs in order of time, and a rule for what
stands between two anchors:

========  ==================================  ================================  =================
shape     anchors                             between two anchors               before the first
========  ==================================  ================================  =================
flat      none                                the bound, at every period        the bound
linear    start, bound at the due period      a straight line                   the start's value
points    start, the given points, bound      a straight line                   nothing
step      start, the given points, bound      the earlier anchor's value        nothing
========  ==================================  ================================  =================

The start is the baseline; where a stock or flow has none it is 0 at the end of the period before
the plan's first. From the due period on, the bound itself is expected. A milestone is expected at
its due period only, unless points are given.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING

from app.domain.kpi import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from app.domain.kpi import Kpi, Plan
    from app.domain.period import Period
    from app.domain.target import Target


class Shape(StrEnum):
    """The form of the way from baseline to target."""

    FLAT = "flat"
    LINEAR = "linear"
    POINTS = "points"
    STEP = "step"


@dataclass(frozen=True, slots=True)
class Trajectory:
    """A shape, and the points that were given with it."""

    shape: Shape
    points: Mapping[Period, Decimal] = field(default_factory=dict)


def default_shape(kind: Kind) -> Shape:
    """Return the shape of a target that names none: linear for stocks and flows, else flat."""
    return Shape.LINEAR if kind in (Kind.STOCK, Kind.FLOW) else Shape.FLAT


def expected_at(target: Target, kpi: Kpi, plan: Plan, period: Period) -> Fraction | None:
    """Return what the trajectory expects at `period` (of the KPI's frequency); None for nothing."""
    bound = Fraction(target.goal.bound)
    shape = target.trajectory.shape
    if period.ordinal >= due_ordinal(target, kpi):
        return bound
    if kpi.kind is Kind.MILESTONE and not target.trajectory.points:
        return None
    if shape is Shape.FLAT:
        return bound
    return _between_anchors(_anchors(target, kpi, plan), shape, period.ordinal)


def due_ordinal(target: Target, kpi: Kpi) -> int:
    """Return the ordinal, at the KPI's frequency, of the period in which the target is due."""
    return target.due.last_of(kpi.frequency).ordinal


def start_of(target: Target, kpi: Kpi, plan: Plan) -> tuple[int, Fraction] | None:
    """Return where the trajectory starts, as ordinal and value; None where nothing says so."""
    if target.baseline is not None:
        period = target.baseline.period.last_of(kpi.frequency)
        return period.ordinal, Fraction(target.baseline.value)
    if kpi.kind in (Kind.STOCK, Kind.FLOW):
        return plan.start.first_of(kpi.frequency).ordinal - 1, Fraction(0)
    return None


def _anchors(target: Target, kpi: Kpi, plan: Plan) -> list[tuple[int, Fraction]]:
    anchors: dict[int, Fraction] = {}
    if start := start_of(target, kpi, plan):
        anchors[start[0]] = start[1]
    for period, value in target.trajectory.points.items():
        anchors[period.last_of(kpi.frequency).ordinal] = Fraction(value)
    anchors[due_ordinal(target, kpi)] = Fraction(target.goal.bound)
    return sorted(anchors.items())


def _between_anchors(
    anchors: list[tuple[int, Fraction]], shape: Shape, ordinal: int
) -> Fraction | None:
    earlier = [anchor for anchor in anchors if anchor[0] <= ordinal]
    later = [anchor for anchor in anchors if anchor[0] > ordinal]
    if not earlier:
        return anchors[0][1] if shape is Shape.LINEAR else None
    left, value = earlier[-1]
    if shape is Shape.STEP or not later:
        return value
    right, goal = later[0]
    return value + (goal - value) * Fraction(ordinal - left, right - left)
