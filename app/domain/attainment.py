"""The verdict: the only place where a ratio, a pace, a progress or a status is computed.

With A the actual that counts, T the bound, E the trajectory's expected value and B the baseline:

===================  =============================================================
`at_least` T         1 + (A - T) / |T|
`at_most` T          1 + (T - A) / |T|
`about`, `between`   inside the bounds 1; below, as `at_least` of the lower bound;
                     above, as `at_least` of the upper bound where overshoot is
                     met, as `at_most` of it where overshoot is a breach
`milestone`          the fraction
T = 0                absent
===================  =============================================================

Pace is the same formula with E in the bound's place (for `about` and `between`, in the lower
bound's); progress is (A - B) / (T - B). Everything is exact until it is rounded down, once, at
the 12th decimal (see `number.shown`), so the ratio is at least 1 exactly when the target is
attained.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING

from app.domain.counting import Counted, count
from app.domain.kpi import Kind
from app.domain.period import Span
from app.domain.target import Comparator, Overshoot, in_force_at
from app.domain.trajectory import due_ordinal, expected_at

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping, Sequence

    from app.domain.figure import Figure
    from app.domain.kpi import Kpi, Plan
    from app.domain.period import Period
    from app.domain.target import Goal, Target


class Status(StrEnum):
    """What is said of a target at a period, in the order in which it is decided."""

    NOT_STARTED = "not_started"
    """The plan's first period has not ended."""
    NO_DATA = "no_data"
    """No figure that counts yet. Never green."""
    ATTAINED = "attained"
    """Met at its due period; or, before that, a stock, flow or milestone that meets its bound."""
    MISSED = "missed"
    """The due period has its figure, and it does not meet the bound."""
    ON_TRACK = "on_track"
    """Pace is at least 1; or nothing is expected yet; or no worse than a 0 in the bound's place."""
    AT_RISK = "at_risk"
    """Pace is below 1, within the tolerance band."""
    OFF_TRACK = "off_track"
    """Pace is below 1 by more than the tolerance band; or worse than a 0 in the bound's place."""


class Rule(StrEnum):
    """The row of the table above that a ratio or pace came from."""

    AT_LEAST = "1 + (A - T) / |T|"
    AT_MOST = "1 + (T - A) / |T|"
    INSIDE = "inside the bounds: 1"
    FRACTION = "the fraction complete"
    ABSENT = "absent: nothing, or 0, stands in the bound's place"


ACCUMULATING = (Kind.STOCK, Kind.FLOW, Kind.MILESTONE)


@dataclass(frozen=True, slots=True)
class Measure:
    """A ratio or a pace: the rule that applied, the bound T it applied to, and its value."""

    rule: Rule = Rule.ABSENT
    bound: Fraction | None = None
    value: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Distance:
    """How a gap is measured: from which bound, and whether more (1) or less (-1) makes it wider."""

    bound: Fraction
    sign: int

    def gap(self, actual: Fraction) -> Fraction:
        """Return the distance to the bound, positive while the target is not met."""
        return self.sign * (actual - self.bound)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said of a target, and the exact inputs it came from.

    `period` is the period the verdict speaks for; None of the numbers is present for
    `not_started` and `no_data`. `gap` is the distance to the bound in the KPI's unit, positive
    while the target is not met. All numbers are exact fractions.
    """

    status: Status
    period: Period | None = None
    counted: Counted | None = None
    attained: bool | None = None
    expected: Fraction | None = None
    ratio: Measure = Measure()
    pace: Measure = Measure()
    progress: Fraction | None = None
    gap: Fraction | None = None

    @property
    def actual(self) -> Fraction | None:
        """The actual that counts."""
        return self.counted.value if self.counted else None


@dataclass(frozen=True, slots=True)
class Subject:
    """A target with all that its verdict is computed from.

    members: per department whose figures count (its own, or those that roll up), its figures.
    target: the version by which the period in question is judged. versions: all that are on
    record, the oldest first; empty where nothing but `target` is known.
    """

    target: Target
    kpi: Kpi
    plan: Plan
    members: Mapping[str, Sequence[Figure]]
    versions: tuple[Target, ...] = ()

    @property
    def span(self) -> Span:
        """The plan's periods at the KPI's frequency."""
        return Span.of_plan(self.plan.start, self.plan.end, self.kpi.frequency)

    def at(self, period: Period) -> Subject:
        """Return the same with the version of the target by which a period is judged."""
        if not self.versions:
            return self
        judged = in_force_at(self.versions, period)
        return self if judged is self.target else replace(self, target=judged)


def assess(subject: Subject, today: dt.date, asked: Period | None = None) -> Verdict:
    """Give the verdict at the period `asked` for, or at the newest period that has a figure.

    It is that of the target's version in force at the period which the verdict speaks for.
    today: the date on which the verdict is given, in the office's time zone.
    asked: a period of any frequency; the KPI's periods that have ended by its end count.
    """
    upto = counted_upto(subject, asked)
    if is_not_started(subject, today, upto):
        return Verdict(Status.NOT_STARTED)
    counted = count(subject.kpi, subject.members, subject.span, upto)
    return judge(subject, counted, upto, is_due_posted)


def counted_upto(subject: Subject, asked: Period | None) -> Period | None:
    """Return the last of the KPI's periods that counts at the period asked for; None for all."""
    return asked.last_ended(subject.kpi.frequency) if asked else None


def is_not_started(subject: Subject, today: dt.date, upto: Period | None) -> bool:
    """Tell whether the plan's first period has not ended, by today or by the period asked for."""
    first = subject.span.first
    return not first.has_ended(today) or (upto is not None and upto.ordinal < first.ordinal)


def judge(
    subject: Subject,
    counted: Counted | None,
    upto: Period | None,
    is_last_word: Callable[[Subject, Period | None], bool],
) -> Verdict:
    """Give the verdict on what counts up to a period.

    is_last_word: `is_due_posted`, or what gives the same answers.
    """
    if counted is None:
        return Verdict(Status.NO_DATA)
    standing = stand(subject, counted, upto, is_last_word)
    target, actual = standing.target, counted.value
    return Verdict(
        status=standing.status,
        period=counted.period,
        counted=counted,
        attained=is_attained(target.goal, target.overshoot, actual),
        expected=standing.expected,
        ratio=ratio_of(target.goal, target.overshoot, actual),
        pace=standing.pace,
        progress=_progress(target, actual),
        gap=distance_of(target.goal, target.overshoot, actual).gap(actual),
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """What a status is decided by: the version of the target, what it expects, and the pace."""

    target: Target
    expected: Fraction | None
    pace: Measure
    status: Status


def stand(
    subject: Subject,
    counted: Counted,
    upto: Period | None,
    is_last_word: Callable[[Subject, Period | None], bool],
) -> Standing:
    """Decide the status of what counts up to a period, as `judge` does."""
    subject = subject.at(counted.period)
    target = subject.target
    expected = expected_at(target, subject.kpi, subject.plan, counted.period)
    pace = pace_of(target.goal, target.overshoot, counted.value, expected)
    is_final = is_last_word(subject, upto)
    status = _status(subject, counted, expected, pace.value, is_final=is_final)
    return Standing(target, expected, pace, status)


def is_attained(goal: Goal, overshoot: Overshoot, actual: Fraction) -> bool:
    """Decide by the comparison alone, on exact numbers."""
    if goal.comparator is Comparator.AT_MOST:
        return actual <= goal.bound
    if actual < goal.bound:
        return False
    return not (overshoot is Overshoot.BREACH and goal.upper is not None and actual > goal.upper)


def ratio_of(goal: Goal, overshoot: Overshoot, actual: Fraction) -> Measure:
    """Return by how much the bound is met, 1 being the bound."""
    if goal.comparator is Comparator.MILESTONE:
        return Measure(Rule.FRACTION, Fraction(goal.bound), actual)
    return _measure(goal, overshoot, actual, Fraction(goal.bound))


def pace_of(
    goal: Goal, overshoot: Overshoot, actual: Fraction, expected: Fraction | None
) -> Measure:
    """Return the ratio to what the trajectory expects; absent where nothing, or 0, is expected.

    A figure above the upper bound of `about` or `between` is measured against that bound.
    """
    if expected is None or (expected == 0 and not _is_above(goal, actual)):
        return Measure()
    return _measure(goal, overshoot, actual, expected)


def _is_above(goal: Goal, actual: Fraction) -> bool:
    two_bounds = goal.comparator in (Comparator.ABOUT, Comparator.BETWEEN)
    return two_bounds and goal.upper is not None and actual > goal.upper


def _measure(goal: Goal, overshoot: Overshoot, actual: Fraction, bound: Fraction) -> Measure:
    """Apply the table above, with `bound` in the place of the goal's own (lower) bound."""
    if goal.comparator is Comparator.AT_MOST:
        return _against(Rule.AT_MOST, actual, bound)
    if goal.upper is not None and actual > goal.upper:
        rule = Rule.AT_LEAST if overshoot is Overshoot.MET else Rule.AT_MOST
        return _against(rule, actual, Fraction(goal.upper))
    if goal.upper is not None and actual >= bound:
        return Measure(Rule.INSIDE, bound, Fraction(1))
    return _against(Rule.AT_LEAST, actual, bound)


def _against(rule: Rule, actual: Fraction, bound: Fraction) -> Measure:
    if bound == 0:
        return Measure()
    ahead = actual - bound if rule is Rule.AT_LEAST else bound - actual
    return Measure(rule, bound, 1 + ahead / abs(bound))


def _progress(target: Target, actual: Fraction) -> Fraction | None:
    if target.baseline is None:
        return None
    start, bound = Fraction(target.baseline.value), Fraction(target.goal.bound)
    return None if bound == start else (actual - start) / (bound - start)


def distance_of(goal: Goal, overshoot: Overshoot, actual: Fraction) -> Distance:
    """Return how the gap of an actual is measured; inside two bounds, from the actual itself."""
    bound = Fraction(goal.bound)
    if goal.comparator is Comparator.AT_MOST:
        return Distance(bound, 1)
    if goal.upper is not None and actual >= bound:
        upper = Fraction(goal.upper)
        if actual <= upper:
            return Distance(actual, 1)
        return Distance(upper, -1 if overshoot is Overshoot.MET else 1)
    return Distance(bound, -1)


def _status(
    subject: Subject,
    counted: Counted,
    expected: Fraction | None,
    pace: Fraction | None,
    *,
    is_final: bool,
) -> Status:
    target, kpi = subject.target, subject.kpi
    attained = is_attained(target.goal, target.overshoot, counted.value)
    if is_final:
        return Status.ATTAINED if attained else Status.MISSED
    if attained and kpi.kind in ACCUMULATING:
        return Status.ATTAINED
    if pace is not None:
        if pace >= 1:
            return Status.ON_TRACK
        within = pace >= 1 - Fraction(target.tolerance_band)
        return Status.AT_RISK if within else Status.OFF_TRACK
    # Something is expected and yet there is no pace: a 0 stands in the bound's place, be it the
    # expected value or an upper bound that the actual has passed.
    if expected is not None and _worse_than_zero(target.goal, target.overshoot, counted.value):
        return Status.OFF_TRACK
    return Status.ON_TRACK


def is_due_posted(subject: Subject, upto: Period | None = None) -> bool:
    """Tell whether the due period has a value, and every department that counts has posted for it.

    A department that is still to come could change a rolled-up verdict that is meant to be the
    last word; one that posted the figure as missing has had its say.
    """
    due = due_ordinal(subject.target, subject.kpi)
    if upto is not None and upto.ordinal < due:
        return False
    posted = [
        [figure for figure in figures if figure.period.ordinal == due]
        for figures in subject.members.values()
    ]
    factor = subject.kpi.factor
    return all(posted) and any(
        figure.amount.number(factor) is not None for figures in posted for figure in figures
    )


def _worse_than_zero(goal: Goal, overshoot: Overshoot, actual: Fraction) -> bool:
    if goal.comparator is Comparator.AT_MOST:
        return actual > 0
    return actual < 0 or (_is_above(goal, actual) and overshoot is Overshoot.BREACH)
