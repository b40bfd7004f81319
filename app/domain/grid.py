"""Many departments' figures of one KPI as arrays, and what of them counts.

The fast form of `counting.count` for targets that count one department's figures alone; see `many`.
Figures are millionths over a weight, integers of 64 bits both, so that every figure that is kept is
exact.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from app.domain.kpi import Kind
from app.domain.number import MAX_FRACTION_DIGITS

if TYPE_CHECKING:
    from decimal import Decimal

    from app.domain.period import Span

Whole: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]
Places: TypeAlias = NDArray[Any]
"""Row numbers, or a flag for every row."""

UNIT: Final = 10**MAX_FRACTION_DIGITS
SAFE: Final = 2.0**49
"""What a product of a figure, a weight and a number of periods may reach: sums of it fit."""
NOTHING: Final = -(2**63)
"""Stands for a number that is not there."""
_TOO_LARGE: Final = 2**62
"""A weight that makes every product too large, so that the figure is left to the rule."""

EMPTY: Final = 0
MISSING: Final = 1
"""The figure is in, and has no value."""
VALUED: Final = 2


@dataclass(frozen=True, slots=True)
class Grid:
    """The figures of one KPI within a plan: a row for each department, a column for each period.

    value: the figure's numerator in millionths, over `weight`. weight: its denominator; None where
    all are 1. state: `EMPTY`, `MISSING` (in, and has no value) or `VALUED`.
    """

    span: Span
    value: Whole
    weight: Whole | None
    state: NDArray[np.int8]

    def upto(self, last: int | None) -> int:
        """Return how many columns count up to an ordinal; None for all."""
        size: int = self.state.shape[1]
        return size if last is None else min(max(last - self.span.first.ordinal + 1, 0), size)


@dataclass(frozen=True, slots=True)
class Actuals:
    """What counts, a row for each target: value / weight in millionths, and the period it is of."""

    value: Whole
    weight: Whole
    period: Whole
    is_there: Flags
    is_final: Flags
    is_exact: Flags

    def take(self, rows: Places) -> Actuals:
        """Return those of some rows."""
        return Actuals(*(getattr(self, field.name)[rows] for field in fields(self)))


def count(grid: Grid, kind: Kind, due: Whole, rows: Places, last: int | None) -> Actuals:
    """Return what counts for targets up to a period, as `counting.count` does for each.

    due: per target the ordinal of its due period; rows: the row of its department's figures.
    last: an ordinal; None for all periods.
    """
    size = grid.upto(last)
    state = grid.state[rows, :size]
    valued = state == VALUED
    is_there = valued.any(axis=1)
    newest = np.where(is_there, size - 1 - np.argmax(valued[:, ::-1], axis=1), 0) if size else 0
    newest = np.broadcast_to(np.asarray(newest, dtype=np.int64), is_there.shape)
    value, weight, is_exact = _summed(grid, kind, rows, valued, newest)
    at_due = due - grid.span.first.ordinal
    reached = (at_due >= 0) & (at_due < size)
    at_due = np.where(reached, at_due, 0)
    is_final = reached & valued[np.arange(len(at_due)), at_due] if size else reached
    period = newest + grid.span.first.ordinal
    return Actuals(value, weight, period, is_there, is_final, is_exact)


def _summed(
    grid: Grid, kind: Kind, rows: Places, valued: Flags, newest: Whole
) -> tuple[Whole, Whole, Flags]:
    """Return values and weights: a flow's added up, of any other kind the newest."""
    ones = np.ones(len(newest), dtype=np.int64)
    size = valued.shape[1]
    if size == 0:
        return ones * 0, ones, ones.astype(np.bool_)
    if kind is not Kind.FLOW:
        value = grid.value[rows, newest]
        weight = ones if grid.weight is None else grid.weight[rows, newest]
        return value, weight, ones.astype(np.bool_)
    values = np.where(valued, grid.value[rows, :size], 0)
    is_exact = np.abs(values).sum(axis=1, dtype=np.float64) < SAFE
    if grid.weight is not None:
        is_exact &= (np.where(valued, grid.weight[rows, :size], 1) == 1).all(axis=1)
    return values.sum(axis=1), ones, is_exact


def amounts(
    value: Whole, numerator: Whole, denominator: Whole, factor: Decimal
) -> tuple[Whole, Whole, NDArray[np.int8]]:
    """Return what figures come to, as `Amount.number` does: millionths, weights and states.

    All three come in millionths, `NOTHING` where there is none.
    """
    is_ratio = (numerator != NOTHING) & (denominator != NOTHING)
    there = is_ratio | (value != NOTHING)
    state = np.where(there, VALUED, MISSING).astype(np.int8)
    plain = np.where(there & ~is_ratio, value, 0)
    if not is_ratio.any():
        return plain, np.ones(len(value), dtype=np.int64), state
    above, below = np.where(is_ratio, numerator, 0), np.where(is_ratio, denominator, 1)
    times = int(factor.scaleb(MAX_FRACTION_DIGITS))
    common = np.gcd(above, below) * np.sign(below)
    above, below = above // common, below // common
    shared = np.gcd(below, times)
    below, factors = below // shared, times // shared
    fits = np.abs(above.astype(np.float64)) * factors < SAFE
    found = np.where(fits, above, 0) * np.where(fits, factors, 0)
    weight = np.where(fits, below, _TOO_LARGE)
    return np.where(is_ratio, found, plain), np.where(is_ratio, weight, 1), state
