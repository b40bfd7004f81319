"""Which figures are expected, and how a department's reporting stands.

A figure of a KPI by a department that reports it is expected for every period, of the KPI's
frequency, of every plan that has a target on that KPI at the department itself or at one of its
ancestors. Where a KPI has no target, nothing is expected; it may be reported all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.domain.lifecycle import deadline
from app.domain.period import Span

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterable, Mapping
    from zoneinfo import ZoneInfo

    from app.domain.catalogue import Catalogue
    from app.domain.kpi import Plan
    from app.domain.period import Frequency, Period

Place = tuple[str, str]
"""KPI and department code: who reports what."""
Calendar = tuple[tuple["Period", "dt.datetime"], ...]
"""Periods for which a figure is expected, each with its deadline, in order of time."""


@dataclass(frozen=True, slots=True)
class ExpectedFigure:
    """A figure that should be posted by its deadline."""

    kpi: str
    department: str
    period: Period
    deadline: dt.datetime

    @property
    def key(self) -> tuple[str, str, Period]:
        """KPI code, department code, period."""
        return self.kpi, self.department, self.period


@dataclass(frozen=True, slots=True)
class Reports:
    """How many figures were expected, how many of them are in, and how many came in time."""

    expected: int
    received: int
    on_time: int


def expected_figures(catalogue: Catalogue, zone: ZoneInfo) -> dict[Place, list[ExpectedFigure]]:
    """Return every figure that is expected, per KPI and department, each list in order of time.

    Sorted by KPI and department; a place of which nothing is expected is left out. `zone` is where
    the deadlines fall.
    """
    return {
        place: [ExpectedFigure(*place, at, due) for at, due in calendar]
        for place, calendar in calendars(catalogue, zone).items()
    }


def calendars(catalogue: Catalogue, zone: ZoneInfo) -> dict[Place, Calendar]:
    """Return the same without its objects: places of which the same is expected share a calendar.

    Of a national office's hundred thousands of places, most share a few dozen of them.
    """
    plans: dict[Place, set[str]] = {}
    for plan, measured, answerable in catalogue.targets:
        plans.setdefault((measured, answerable), set()).add(plan)
    made: dict[tuple[frozenset[str], Frequency, int], Calendar] = {}
    found: dict[Place, Calendar] = {}
    for code, kpi in sorted(catalogue.kpis.items()):
        for department in sorted(kpi.reported_by):
            named = frozenset(
                plan
                for above in catalogue.upwards(department)
                for plan in plans.get((code, above), ())
            )
            if not named:
                continue
            key = (named, kpi.frequency, kpi.due_days)
            if key not in made:
                periods = _periods((catalogue.plans[plan] for plan in named), kpi.frequency)
                made[key] = tuple((at, deadline(at, kpi.due_days, zone)) for at in periods)
            found[code, department] = made[key]
    return found


def _periods(plans: Iterable[Plan], frequency: Frequency) -> list[Period]:
    """Return the periods of all the plans, each once, in order of time."""
    found = {at for plan in plans for at in Span.of_plan(plan.start, plan.end, frequency)}
    return sorted(found, key=lambda at: at.ordinal)


def oldest_missing(
    expected: Iterable[ExpectedFigure], posted: Collection[Period]
) -> ExpectedFigure | None:
    """Return the first of one place's expected figures that is not in; None where all are."""
    return next((figure for figure in expected if figure.period not in posted), None)


def last_due(
    expected: Mapping[Place, Calendar], now: dt.datetime
) -> dict[str, list[ExpectedFigure]]:
    """Return the same as `newest_due` of all that the calendars expect, without going through it.

    Of one place only the newest figure can be among those.
    """
    newest: dict[int, tuple[Period, dt.datetime] | None] = {}
    candidates = []
    for place, calendar in expected.items():
        if id(calendar) not in newest:
            passed = (entry for entry in reversed(calendar) if entry[1] <= now)
            newest[id(calendar)] = next(passed, None)
        due = newest[id(calendar)]
        if due is not None:
            candidates.append(ExpectedFigure(*place, *due))
    return newest_due(candidates, now)


def newest_due(
    expected: Iterable[ExpectedFigure], now: dt.datetime
) -> dict[str, list[ExpectedFigure]]:
    """Return, per department, the figures that its reporting is judged by at the instant `now`.

    Of the department's expected figures whose deadline has passed, those whose period ends last:
    after the December deadlines, the figures of December, of the fourth quarter and of the year.
    Figures of the same period end that have longer to come are not among them yet.
    """
    newest: dict[str, list[ExpectedFigure]] = {}
    for figure in expected:
        if now < figure.deadline:
            continue
        known = newest.get(figure.department)
        if known is None or known[0].period.last_day < figure.period.last_day:
            newest[figure.department] = [figure]
        elif known[0].period.last_day == figure.period.last_day:
            known.append(figure)
    return newest


def reports(
    expected: Collection[ExpectedFigure],
    first_posted: Mapping[tuple[str, str, Period], dt.datetime],
) -> Reports:
    """Count the figures that are in, and those whose first revision came before the deadline.

    first_posted: per KPI, department and period, when its first revision was recorded.
    """
    posted = [
        (figure, first_posted[figure.key]) for figure in expected if figure.key in first_posted
    ]
    return Reports(
        expected=len(expected),
        received=len(posted),
        on_time=sum(recorded < figure.deadline for figure, recorded in posted),
    )
