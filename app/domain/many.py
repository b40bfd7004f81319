"""Many targets' verdicts at once: the fast form of `attainment.judge` for plain targets.

A plain target is one version of one department's own, without points on its way. Every number is a
pair of integers of 64 bits, a numerator and a denominator, and is compared as such: nothing is
rounded, no binary float decides. Where a number could outgrow its 64 bits, or where a target is not
plain, the answer says so (`Judged.is_exact`), and `attainment.assess` is to be asked instead. A
property test holds both forms equal.

Bounds, baselines and figures are millionths, which all of them are whole numbers of.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

from app.domain.attainment import ACCUMULATING, Status
from app.domain.grid import SAFE, UNIT
from app.domain.kpi import Kind
from app.domain.number import MAX_FRACTION_DIGITS
from app.domain.target import Comparator, Overshoot
from app.domain.trajectory import Shape, due_ordinal, start_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from numpy.typing import NDArray

    from app.domain.attainment import Subject
    from app.domain.grid import Actuals, Flags, Places, Whole

STATUSES: Final = tuple(Status)
"""A status is kept as its place in here."""
_CODE: Final = {status: code for code, status in enumerate(STATUSES)}
_COMPARATORS: Final = tuple(Comparator)


@dataclass(frozen=True, slots=True)
class Ratios:
    """Exact numbers: numerators over denominators, which are positive, or 0 for an absent one."""

    above: Whole
    below: Whole

    def at(self, row: int) -> Fraction | None:
        """Return one of them."""
        below = int(self.below[row])
        return Fraction(int(self.above[row]), below) if below else None

    def floats(self) -> NDArray[np.float64]:
        """Return the nearest floats, in the same order as the numbers; NaN for an absent one."""
        with np.errstate(divide="ignore", invalid="ignore"):
            found: NDArray[np.float64] = np.where(self.below == 0, np.nan, self.above / self.below)
        return found

    def only(self, there: Flags) -> Ratios:
        """Return the same, absent wherever a flag is not set."""
        return Ratios(self.above, np.where(there, self.below, 0))


@dataclass(frozen=True, slots=True)
class Terms:
    """What targets demand, a row for each; periods are ordinals at their KPIs' frequencies.

    steps: periods from the trajectory's start to the due period; 0 where the bound, and nothing
    else, is expected. has_early: whether anything is expected before the due period.
    """

    is_plain: Flags
    comparator: Whole
    bound: Whole
    upper: Whole
    has_upper: Flags
    is_breach: Flags
    band: Whole
    baseline: Whole
    has_baseline: Flags
    due: Whole
    start: Whole
    steps: Whole
    start_value: Whole
    has_early: Flags
    accumulates: Flags

    @classmethod
    def of(cls, subjects: Sequence[Subject]) -> Self:
        """Take the terms of targets; of their members only how many there are is looked at."""
        rows = np.array([_terms(subject) for subject in subjects], dtype=np.int64)
        columns: dict[str, Any] = {
            field.name: column.astype(np.bool_) if "Flags" in str(field.type) else column.copy()
            for field, column in zip(fields(cls), rows.reshape(-1, len(fields(cls))).T, strict=True)
        }
        return cls(**columns)

    def take(self, rows: Places) -> Terms:
        """Return those of some rows."""
        return Terms(*(getattr(self, field.name)[rows] for field in fields(self)))


def _terms(subject: Subject) -> tuple[int, ...]:
    target, kpi, goal = subject.target, subject.kpi, subject.target.goal
    due, start = due_ordinal(target, kpi), start_of(target, kpi, subject.plan)
    shape, two_bounds = target.trajectory.shape, goal.comparator is not Comparator.AT_MOST
    on_the_way = shape is Shape.LINEAR and start is not None and start[0] < due
    begins = start if on_the_way and start is not None else (due, Fraction(0))
    return (
        is_plain(subject),
        _COMPARATORS.index(goal.comparator),
        _millionths(goal.bound),
        _millionths(goal.upper) if two_bounds and goal.upper is not None else 0,
        two_bounds and goal.upper is not None,
        target.overshoot is Overshoot.BREACH,
        _millionths(target.tolerance_band),
        0 if target.baseline is None else _millionths(target.baseline.value),
        target.baseline is not None,
        due,
        begins[0],
        due - begins[0],
        begins[1].numerator * UNIT // begins[1].denominator,
        kpi.kind is not Kind.MILESTONE,
        kpi.kind in ACCUMULATING,
    )


def is_plain(subject: Subject) -> bool:
    """Tell whether a target can be judged here, as far as its terms go."""
    target, span = subject.target, subject.span
    return (
        len(subject.members) == 1
        and len(subject.versions) <= 1
        and not target.trajectory.points
        and target.trajectory.shape in (Shape.FLAT, Shape.LINEAR)
        and span.first.ordinal <= due_ordinal(target, subject.kpi) <= span.last.ordinal
        and 0 <= target.tolerance_band <= 1
    )


def _millionths(value: Decimal) -> int:
    return int(value.scaleb(MAX_FRACTION_DIGITS))


@dataclass(frozen=True, slots=True)
class Judged:
    """Verdicts, a row for each target; the numbers are those of `attainment.Verdict`.

    status: a place in `STATUSES`. is_exact: whether the row is right; where it is not, nothing of
    it is to be believed and the rule itself is to be asked.
    """

    is_exact: Flags
    status: NDArray[np.int8]
    period: Whole
    is_attained: Flags
    actual: Ratios
    expected: Ratios
    ratio: Ratios
    pace: Ratios
    progress: Ratios
    gap: Ratios


def judge(terms: Terms, actuals: Actuals, *, is_started: bool) -> Judged:
    """Give the verdicts on what counts, as `attainment.judge` does on each.

    is_started: whether the plan's first period has ended.
    """
    is_exact = _fits(terms, actuals)
    # What would not fit is made small here, so that it warns of nothing; it is not believed.
    value = np.where(is_exact, actuals.value, 0)
    weight = np.where(is_exact, actuals.weight, 1)
    terms = _small(terms, is_exact)
    work = _Work(terms, value, weight, np.ones(len(value), dtype=np.int64))
    said = actuals.is_there & is_started
    expected = work.expected(actuals.period)
    ratio, pace = work.ratio().only(said), work.pace(expected).only(said)
    attained = work.is_attained()
    status = work.status(expected, pace, attained, actuals.is_final)
    silent = Status.NO_DATA if is_started else Status.NOT_STARTED
    return Judged(
        is_exact=is_exact,
        status=np.where(said, status, _CODE[silent]).astype(np.int8),
        period=actuals.period,
        is_attained=attained & said,
        actual=Ratios(value, weight * UNIT).only(said),
        expected=Ratios(expected.above, expected.below * UNIT).only(said),
        ratio=ratio,
        pace=pace,
        progress=work.progress().only(said),
        gap=work.gap().only(said),
    )


def _fits(terms: Terms, actuals: Actuals) -> Flags:
    """Tell where all products that are to come fit, judged by floats with room to spare."""
    sizes = (actuals.value, terms.bound, terms.upper, terms.baseline, terms.start_value)
    largest = np.max([np.abs(one.astype(np.float64)) for one in sizes], axis=0)
    factors = actuals.weight.astype(np.float64) * np.maximum(terms.steps, 1)
    # Where nothing counts, nothing is computed.
    fits = (largest + UNIT) * factors < SAFE
    found: Flags = terms.is_plain & actuals.is_exact & (fits | ~actuals.is_there)
    return found


def _small(terms: Terms, fits: Flags) -> Terms:
    changed = {
        name: np.where(fits, getattr(terms, name), 0)
        for name in ("bound", "upper", "baseline", "start_value", "band", "steps")
    }
    rest = {one.name: getattr(terms, one.name) for one in fields(terms)}
    return Terms(**{**rest, **changed})


@dataclass(frozen=True, slots=True)
class _Work:
    """The arithmetic of `attainment`, over arrays: A is value / weight, and T is bound / 1."""

    terms: Terms
    value: Whole
    weight: Whole
    ones: Whole

    def expected(self, period: Whole) -> Ratios:
        """As `trajectory.expected_at`, in millionths."""
        terms = self.terms
        early = period < terms.due
        on_the_way = early & (terms.steps > 0)
        steps = np.where(on_the_way, terms.steps, 1)
        gone = np.where(on_the_way, np.maximum(period - terms.start, 0), 1)
        begin = np.where(on_the_way, terms.start_value, 0)
        above = begin * steps + (terms.bound - begin) * gone
        return Ratios(above, steps).only(~early | terms.has_early)

    def is_attained(self) -> Flags:
        terms, weight = self.terms, self.weight
        bound = terms.bound * weight
        at_most = self._is(Comparator.AT_MOST)
        too_much = terms.is_breach & self.is_over()
        found: Flags = np.where(at_most, self.value <= bound, (self.value >= bound) & ~too_much)
        return found

    def is_over(self) -> Flags:
        """Tell where two bounds are given and the upper one is passed."""
        over: Flags = self.terms.has_upper & (self.value > self.terms.upper * self.weight)
        return over

    def _is(self, comparator: Comparator) -> Flags:
        found: Flags = self.terms.comparator == _COMPARATORS.index(comparator)
        return found

    def ratio(self) -> Ratios:
        measured = self._measured(Ratios(self.terms.bound, self.ones))
        fraction = self._is(Comparator.MILESTONE)
        return Ratios(
            np.where(fraction, self.value, measured.above),
            np.where(fraction, self.weight * UNIT, measured.below),
        )

    def pace(self, expected: Ratios) -> Ratios:
        measured = self._measured(expected)
        over = self.is_over()
        return measured.only((expected.below > 0) & ((expected.above != 0) | over))

    def _measured(self, bound: Ratios) -> Ratios:
        """As `attainment._measure`, with a bound in the place of the goal's own."""
        over = self.is_over()
        above = np.where(over, self.terms.upper, bound.above)
        # Nothing in the bound's place: any number that fits; the caller leaves it out.
        below = np.where(over | (bound.below == 0), 1, bound.below)
        ahead = self.value * below - above * self.weight
        backwards = self._is(Comparator.AT_MOST) | (over & self.terms.is_breach)
        size = np.abs(above) * self.weight
        inside = self.terms.has_upper & ~over & (ahead >= 0)
        made = size + np.where(backwards, -ahead, ahead)
        return Ratios(np.where(inside, 1, made), np.where(inside, 1, size))

    def progress(self) -> Ratios:
        terms = self.terms
        way = terms.bound - terms.baseline
        gone = self.value - terms.baseline * self.weight
        there = terms.has_baseline & (way != 0)
        return Ratios(gone * np.sign(way), np.abs(way) * self.weight).only(there)

    def gap(self) -> Ratios:
        terms, weight = self.terms, self.weight
        ahead = self.value - terms.bound * weight
        beyond = self.value - terms.upper * weight
        over = self.is_over()
        inside = terms.has_upper & ~over & (ahead >= 0)
        found = np.where(self._is(Comparator.AT_MOST), ahead, -ahead)
        found = np.where(over, np.where(terms.is_breach, beyond, -beyond), found)
        return Ratios(np.where(inside, 0, found), weight * UNIT)

    def status(self, expected: Ratios, pace: Ratios, attained: Flags, final: Flags) -> Whole:
        """As `attainment._status`, from the last word to the first."""
        terms = self.terms
        short = pace.below - pace.above
        whole, rest = np.divmod(pace.below, UNIT)
        within = short <= terms.band * whole + terms.band * rest // UNIT
        by_pace = np.where(
            short <= 0,
            _CODE[Status.ON_TRACK],
            np.where(within, _CODE[Status.AT_RISK], _CODE[Status.OFF_TRACK]),
        )
        worse = np.where(
            self._is(Comparator.AT_MOST),
            self.value > 0,
            (self.value < 0) | (self.is_over() & terms.is_breach),
        )
        off = (expected.below > 0) & worse
        without = np.where(off, _CODE[Status.OFF_TRACK], _CODE[Status.ON_TRACK])
        found = np.where(pace.below > 0, by_pace, without)
        found = np.where(attained & terms.accumulates, _CODE[Status.ATTAINED], found)
        last = np.where(attained, _CODE[Status.ATTAINED], _CODE[Status.MISSED])
        return np.where(final, last, found)
