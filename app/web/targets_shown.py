"""A target in words and numbers, as the pages show it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from app.domain.attainment import Rule, Status, assess
from app.domain.kpi import Kind
from app.ledger.overview import trend
from app.ledger.scoreboard import periods_with_figures
from app.web import charts, formats
from app.web.words import msg

if TYPE_CHECKING:
    import datetime as dt
    from decimal import Decimal

    from app.domain.kpi import Kpi
    from app.domain.period import Period
    from app.domain.target import Target
    from app.ledger.overview import Row
    from app.ledger.scoreboard import Line
    from app.web.charts import Spark
    from app.web.page import Page

SLIPPING: Final = frozenset({Status.MISSED, Status.OFF_TRACK, Status.AT_RISK})
"""What leadership looks at first."""

_BEHIND: Final = {
    ("above", "target"): msg("{amount} above the target"),
    ("below", "target"): msg("{amount} below the target"),
    ("above", "expected"): msg("{amount} above what is expected by now"),
    ("below", "expected"): msg("{amount} below what is expected by now"),
}


@dataclass(frozen=True, slots=True)
class Worded:
    """A target's line, ready to be shown; texts in the page's language.

    figure, unit: what counts; behind: by how much it slips, if it does; since: since when.
    """

    href: str
    kpi: str
    department: str
    status: Status
    before: Status | None
    figure: str
    unit: str
    period: str
    goal: str
    due: str
    ratio: str
    pace: str
    behind: str | None
    since: str | None
    spark: Spark | None


def worded(page: Page, row: Row, since: dt.date | None = None) -> Worded:
    """Put a line into words.

    since: the day from which the page is seen, if it is to say since when the target slips.
    """
    line, verdict, target = row.line, row.line.verdict, row.line.subject.target
    kpi = line.subject.kpi
    return Worded(
        href=page.link(
            "target_page",
            page.then("period"),
            plan=target.plan,
            kpi=target.kpi,
            department=target.department,
        ),
        kpi=page.name(kpi),
        department=page.name(line.department),
        status=verdict.status,
        before=row.before.status if row.before is not None and row.has_changed else None,
        figure=figure_of(kpi, verdict.actual, target),
        unit=unit_of(page, kpi),
        period=formats.period(verdict.period, page.speak),
        goal=goal_of(page, kpi, target),
        due=formats.period(target.due, page.speak),
        ratio=formats.percent(verdict.ratio.value),
        pace=formats.percent(verdict.pace.value),
        behind=behind(page, line),
        since=None if since is None else _since(page, line, since),
        spark=_spark(page, line),
    )


def figure_of(kpi: Kpi, value: Fraction | Decimal | None, target: Target | None = None) -> str:
    """Write a figure by its KPI's decimals; the fraction complete of a milestone in per cent."""
    if kpi.kind is Kind.MILESTONE:
        return formats.percent(value, max(0, kpi.decimals - 2))
    bounds = (target.goal.lower, target.goal.upper) if target else ()
    return formats.figure(value, kpi.decimals, *bounds)


def unit_of(page: Page, kpi: Kpi) -> str:
    """Return the unit that stands behind a figure; none behind the per cent of a milestone."""
    return "" if kpi.kind is Kind.MILESTONE else page.unit(kpi)


def goal_of(page: Page, kpi: Kpi, target: Target) -> str:
    """Write what a target says, in a plan's own words."""
    return formats.goal(target.goal, page.unit(kpi), page.speak)


def behind(page: Page, line: Line) -> str | None:
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
    unit = unit_of(page, kpi)
    is_milestone = kpi.kind is Kind.MILESTONE
    # However little is missing, it does not read as 0.
    text = figure_of(kpi, amount) if is_milestone else formats.figure(amount, kpi.decimals, 0)
    return page.speak(_BEHIND[side, what], amount=f"{text} {unit}".rstrip())


def _since(page: Page, line: Line, today: dt.date) -> str | None:
    """Say since which period a target slips without a break."""
    first: Period | None = None
    for period in reversed(periods_with_figures(line.subject)):
        if line.verdict.period is None or period.ordinal > line.verdict.period.ordinal:
            continue
        if assess(line.subject, today, period).status not in SLIPPING:
            break
        first = period
    return None if first is None else formats.period(first, page.speak)


def _spark(page: Page, line: Line) -> Spark | None:
    kpi, points = line.subject.kpi, trend(line)
    told = ", ".join(figure_of(kpi, value) for _, value in points)
    bound = line.subject.target.goal.bound
    return charts.spark(
        [value for _, value in points],
        Fraction(bound),
        page.speak(msg("Trend: {figures}"), figures=told),
    )
