"""What a target's figure will be at its due period, at the course that is on record.

What is asked of a model is put together here, and what it answers is turned into the figure that
counts; the model itself stands in `app.forecasting`. A forecast is made of floats and never decides
a verdict; where it is held against the target, `attainment` does it.

===================  ============================================================================
`level`, `ratio`,    the course of the figure that counts, also from before the plan, goes on
`stock`              (of several departments, what they come to together)
`flow`               the months to come are added to the sum so far; a month which some department
                     still owes is taken as yet to come
`milestone`          is not forecast
===================  ============================================================================

A break in series is not looked across: what lies before the last one does not count, and no
forecast is made into a definition that is yet to begin.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from app.domain.attainment import counted_upto, is_attained, is_due_posted, ratio_of
from app.domain.breaks import breaks
from app.domain.course import Course
from app.domain.kpi import Kind
from app.domain.period import Period
from app.domain.saying import Saying
from app.domain.trajectory import due_ordinal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.domain.attainment import Subject
    from app.domain.figure import Figure

LEAST_FIGURES: Final = 8
"""Figures that a course must have before it is taken further."""
CONFIDENCE: Final = 0.8
"""How often a figure is to lie within its interval."""
_DIGITS: Final = 9
"""Significant digits of what a model says; more would be its noise."""

MILESTONE: Final = "a milestone is not forecast"
SETTLED: Final = "the due period has its figure: there is nothing to forecast"
NO_COURSE: Final = "there is no figure to go by"
TOO_FEW: Final = "a forecast needs {needed} figures without a break in series; there are {there}"
TOO_FAR: Final = "the due period is further ahead than the figures reach back"
REDEFINED: Final = "another definition begins at {period}, and no figure is there by it"
BASIS: Final = "from {figures} figures since {first}; 80 % interval"
NOT_FITTED: Final = "the figures fit no course that goes on"
NOT_NOW: Final = "it could not be computed just now"
RULES: Final = (
    *(MILESTONE, SETTLED, NO_COURSE, TOO_FEW, TOO_FAR, REDEFINED),
    *(NOT_FITTED, NOT_NOW, BASIS),
)
"""Why there is no forecast, or what it comes from."""


class Outlook(StrEnum):
    """What a forecast says of a target."""

    REACHED = "reached"
    """Met at both ends of the interval."""
    OPEN = "open"
    """Met at a part of the interval."""
    MISSED = "missed"
    """Met nowhere in the interval."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a model is asked: how a course goes on.

    values: period by period, the first of them is there; None where there is none.
    season: periods in a year. steps: how many periods to go on.
    adds_up: whether the sum of the periods from the first step on is asked for, or each alone.
    """

    values: tuple[float | None, ...]
    season: int
    steps: int
    adds_up: bool


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a model says of one step: the figure, and its interval."""

    value: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Basis:
    """What a forecast is made from.

    subject: with the version of the target that judges the due period. first: the oldest period
    that counts; last: the newest, behind which the forecast begins. figures: how many there are.
    so_far: what is there already of a flow, else 0. newest: the last figure of the course.
    """

    subject: Subject
    question: Question
    first: Period
    last: Period
    due: Period
    figures: int
    so_far: Fraction
    newest: Fraction

    @property
    def note(self) -> Saying:
        """What it is, in words."""
        return Saying(BASIS, {"figures": str(self.figures), "first": str(self.first)})


@dataclass(frozen=True, slots=True)
class Point:
    """What counts towards the target at a period, as it is forecast."""

    period: Period
    value: Fraction
    lower: Fraction
    upper: Fraction


@dataclass(frozen=True, slots=True)
class Forecast:
    """A target's course from the period behind its newest figure to the due one.

    ratio: that of the due period's figure; None where the bound is 0.
    """

    points: tuple[Point, ...]
    ratio: Fraction | None
    outlook: Outlook

    @property
    def due(self) -> Point:
        """The due period's."""
        return self.points[-1]


def basis_of(subject: Subject, asked: Period | None = None) -> Basis | Saying:
    """Return what a target's forecast is made from, or why none is made.

    asked: a period of any frequency; only figures up to its end are known then.
    """
    subject = _at_due(subject)
    kpi, upto = subject.kpi, counted_upto(subject, asked)
    due = Period(kpi.frequency, due_ordinal(subject.target, kpi))
    if kpi.kind is Kind.MILESTONE or is_due_posted(subject, upto):
        return Saying(MILESTONE if kpi.kind is Kind.MILESTONE else SETTLED)
    course, last = _flow(subject, upto) if kpi.kind is Kind.FLOW else _course(subject, upto)
    if not course or last is None or last >= due.ordinal:
        return Saying(SETTLED if course else NO_COURSE)
    since, ahead = _unbroken(subject, due, min(course), last)
    course = {at: value for at, value in course.items() if at >= since}
    return _too_little(course, due, last, ahead) or _basis(subject, course, due, last)


def _too_little(
    course: dict[int, Fraction], due: Period, last: int, ahead: Period | None
) -> Saying | None:
    """Return why a course is not taken to the due period; None where it is."""
    if ahead is not None:
        return Saying(REDEFINED, {"period": str(ahead)})
    if len(course) < LEAST_FIGURES:
        return Saying(TOO_FEW, {"needed": str(LEAST_FIGURES), "there": str(len(course))})
    return Saying(TOO_FAR) if due.ordinal - last > last - min(course) + 1 else None


def _basis(subject: Subject, course: dict[int, Fraction], due: Period, last: int) -> Basis:
    frequency, first = due.frequency, min(course)
    adds_up = subject.kpi.kind is Kind.FLOW
    return Basis(
        subject=subject,
        question=Question(
            values=tuple(_float(course.get(at)) for at in range(first, last + 1)),
            season=frequency.per_year,
            steps=due.ordinal - last,
            adds_up=adds_up,
        ),
        first=Period(frequency, first),
        last=Period(frequency, last),
        due=due,
        figures=len(course),
        so_far=_so_far(subject, last) if adds_up else Fraction(0),
        newest=course[max(course)],
    )


def forecast_of(basis: Basis, estimates: Sequence[Estimate]) -> Forecast:
    """Return the forecast that a model's answer to a basis's question makes, step by step."""
    points = tuple(
        _point(basis, step, estimate) for step, estimate in enumerate(estimates, start=1)
    )
    due, target = points[-1], basis.subject.target
    return Forecast(
        points=points,
        ratio=ratio_of(target.goal, target.overshoot, due.value).value,
        outlook=_outlook(basis, due),
    )


def _at_due(subject: Subject) -> Subject:
    newest = subject.versions[-1] if subject.versions else subject.target
    return subject.at(Period(subject.kpi.frequency, due_ordinal(newest, subject.kpi)))


def _course(subject: Subject, upto: Period | None) -> tuple[dict[int, Fraction], int | None]:
    """Return what counts at each period at which somebody posted, and the newest of these.

    Read as the verdict reads it, but from the oldest figure on, whenever the plan begins.
    """
    posted = [one.period for one in _figures(subject)]
    if not posted:
        return {}, None
    start = min([subject.span.first, *posted], key=lambda one: one.ordinal)
    long = Course(replace(subject, plan=replace(subject.plan, start=start)))
    found = {}
    for at in long.periods:
        counted = long.counted(at)
        if counted is not None and (upto is None or at.ordinal <= upto.ordinal):
            found[at.ordinal] = counted.value
    return found, max(found, default=None)


def _flow(subject: Subject, upto: Period | None) -> tuple[dict[int, Fraction], int | None]:
    """Return each period's sum over the departments, and the last period that is settled.

    A department is waited for from its first figure on; a period is settled when nobody is, and
    has a sum where all figures have a value.
    """
    factor = subject.kpi.factor
    rows = []
    for figures in subject.members.values():
        row = {
            one.period.ordinal: one.amount.number(factor)
            for one in figures
            if _is_of(subject, one) and (upto is None or one.period.ordinal <= upto.ordinal)
        }
        valued = [at for at, value in row.items() if value is not None]
        if valued:
            rows.append((min(valued), row))
    found, last = {}, None
    for at in sorted({at for first, row in rows for at in row if at >= first}):
        awaited = [row for first, row in rows if first <= at]
        if any(at not in row for row in awaited):
            continue
        last = at
        values = [row[at] for row in awaited]
        if None not in values:
            found[at] = sum((value for value in values if value is not None), Fraction(0))
    return found, last


def _so_far(subject: Subject, last: int) -> Fraction:
    """Return what the plan's periods up to one have brought."""
    values = [
        one.amount.number(subject.kpi.factor)
        for one in _figures(subject)
        if one.period in subject.span and one.period.ordinal <= last
    ]
    return sum((value for value in values if value is not None), Fraction(0))


def _figures(subject: Subject) -> Iterable[Figure]:
    return (one for listed in subject.members.values() for one in listed if _is_of(subject, one))


def _is_of(subject: Subject, figure: Figure) -> bool:
    return figure.period.frequency is subject.kpi.frequency


def _unbroken(subject: Subject, due: Period, first: int, last: int) -> tuple[int, Period | None]:
    """Return where the course begins that nothing breaks, and a definition that is yet to begin."""
    found = breaks(subject.kpi, subject.members, Period(due.frequency, first - 1), due)
    since = max((one.at.ordinal for one in found if one.at.ordinal <= last), default=first)
    coming = (one.at for one in found if one.at.ordinal > last and one.definition is not None)
    return since, next(coming, None)


def _float(value: Fraction | None) -> float | None:
    return None if value is None else float(value)


def _point(basis: Basis, step: int, estimate: Estimate) -> Point:
    least, most = _limits(basis, step)

    def told(number: float) -> Fraction:
        value = basis.so_far + Fraction(Decimal(f"{number:.{_DIGITS}g}"))
        value = value if least is None else max(value, least)
        return value if most is None else min(value, most)

    return Point(
        period=basis.last.shift(step),
        value=told(estimate.value),
        lower=told(estimate.lower),
        upper=told(estimate.upper),
    )


def _limits(basis: Basis, step: int) -> tuple[Fraction | None, Fraction | None]:
    """Return what a figure cannot pass: the KPI's hard limits, and of what only rises, the last."""
    kpi = basis.subject.kpi
    times = step if kpi.kind is Kind.FLOW else 1
    limits = (kpi.hard_minimum, kpi.hard_maximum)
    least, most = (
        None if limit is None else basis.so_far + times * Fraction(limit) for limit in limits
    )
    if kpi.monotone and kpi.kind is Kind.STOCK:
        least = basis.newest if least is None else max(least, basis.newest)
    return least, most


def _outlook(basis: Basis, due: Point) -> Outlook:
    """Tell whether the target is met everywhere in the interval, or nowhere.

    What meets a target is one stretch of numbers with the bound in it. So it is met throughout if
    it is at both ends, and nowhere if not at the number of the interval that is nearest the bound.
    """
    target = basis.subject.target
    bound = Fraction(target.goal.bound)
    nearest = min(max(bound, due.lower), due.upper)

    def is_met(value: Fraction) -> bool:
        return is_attained(target.goal, target.overshoot, value)

    if is_met(due.lower) and is_met(due.upper):
        return Outlook.REACHED
    return Outlook.OPEN if is_met(nearest) else Outlook.MISSED
