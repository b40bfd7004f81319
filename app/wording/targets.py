"""A target in words: its figure, what it says, by how much it slips, and since when."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

from app.domain.attainment import Rule, Status
from app.domain.kpi import Kind
from app.wording import formats
from app.wording.words import msg

if TYPE_CHECKING:
    import datetime as dt
    from decimal import Decimal

    from app.domain.kpi import Kpi
    from app.domain.target import Target
    from app.ledger.overview import Row
    from app.ledger.scoreboard import Line
    from app.wording.voice import Speaker

SLIPPING: Final = frozenset({Status.MISSED, Status.OFF_TRACK, Status.AT_RISK})
"""What leadership looks at first."""

WORST_FIRST: Final = (
    Status.MISSED,
    Status.OFF_TRACK,
    Status.AT_RISK,
    Status.NO_DATA,
    Status.ON_TRACK,
    Status.ATTAINED,
    Status.NOT_STARTED,
)

_BEHIND: Final = {
    ("above", "target"): msg("{amount} above the target"),
    ("below", "target"): msg("{amount} below the target"),
    ("above", "expected"): msg("{amount} above what is expected by now"),
    ("below", "expected"): msg("{amount} below what is expected by now"),
}


def badness(row: Row) -> tuple[object, ...]:
    """Return what targets are ordered by, the worst first."""
    verdict = row.line.verdict
    pace = verdict.pace.value if verdict.status is not Status.MISSED else verdict.ratio.value
    return (WORST_FIRST.index(verdict.status), pace is None, pace or 0)


def figure_of(kpi: Kpi, value: Fraction | Decimal | None, target: Target | None = None) -> str:
    """Write a figure by its KPI's decimals; the fraction complete of a milestone in per cent."""
    if kpi.kind is Kind.MILESTONE:
        return formats.percent(value, max(0, kpi.decimals - 2))
    bounds = (target.goal.lower, target.goal.upper) if target else ()
    return formats.figure(value, kpi.decimals, *bounds)


def unit_of(speaker: Speaker, kpi: Kpi) -> str:
    """Return the unit that stands behind a figure; none behind the per cent of a milestone."""
    return "" if kpi.kind is Kind.MILESTONE else speaker.unit(kpi)


def goal_of(speaker: Speaker, kpi: Kpi, target: Target) -> str:
    """Write what a target says, in a plan's own words."""
    return formats.goal(target.goal, speaker.unit(kpi), speaker.speak)


def behind(speaker: Speaker, line: Line) -> str | None:
    """Say by how much a target slips: measured as its status is; None where it does not."""
    verdict, kpi, target = line.verdict, line.subject.kpi, line.subject.target
    if verdict.status not in SLIPPING or verdict.actual is None:
        return None
    measure = verdict.ratio if verdict.status is Status.MISSED else verdict.pace
    if measure.bound is None or measure.rule is Rule.INSIDE:
        measure, amount = verdict.ratio, abs(verdict.gap or Fraction(0))
    else:
        amount = abs(verdict.actual - measure.bound)
    side = "above" if measure.rule is Rule.AT_MOST else "below"
    bounds = {target.goal.lower, target.goal.upper, target.goal.bound}
    what = "target" if measure.bound is None or measure.bound in bounds else "expected"
    unit = unit_of(speaker, kpi)
    is_milestone = kpi.kind is Kind.MILESTONE
    # However little is missing, it does not read as 0.
    text = figure_of(kpi, amount) if is_milestone else formats.figure(amount, kpi.decimals, 0)
    return speaker.speak(_BEHIND[side, what], amount=f"{text} {unit}".rstrip())


def slipping_since(speaker: Speaker, row: Row, today: dt.date) -> str | None:
    """Say since which period a target slips without a break."""
    upto = row.line.verdict.period
    slipping = [] if upto is None else row.course.in_a_row(today, SLIPPING, upto)
    return formats.period(slipping[-1], speaker.speak) if slipping else None
