"""A target in words and numbers, as the pages show it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from app.web import formats
from app.wording import charts
from app.wording.targets import SLIPPING, behind, figure_of, goal_of, slipping_since, unit_of
from app.wording.words import msg

if TYPE_CHECKING:
    import datetime as dt

    from app.domain.attainment import Status
    from app.ledger.overview import Row
    from app.web.page import Page
    from app.wording.charts import Spark

__all__ = ("SLIPPING", "Worded", "figure_of", "goal_of", "unit_of", "worded")


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
        since=None if since is None else slipping_since(page, row, since),
        spark=_spark(page, row),
    )


def _spark(page: Page, row: Row) -> Spark | None:
    line, points = row.line, row.trend
    kpi = line.subject.kpi
    told = ", ".join(figure_of(kpi, value) for _, value in points)
    bound = line.subject.target.goal.bound
    return charts.spark(
        [value for _, value in points],
        Fraction(bound),
        page.speak(msg("Trend: {figures}"), figures=told),
    )
