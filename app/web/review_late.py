"""Who has not reported: per department what is overdue, since when, and a text to remind by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from starlette.responses import Response

from app.domain.expectation import expected_figures
from app.domain.lifecycle import State, days_overdue
from app.ledger import reviewing
from app.ledger.expected import first_recorded
from app.web import asked as asking
from app.web import formats
from app.web.page import Here
from app.web.review_asked import meant, reporters
from app.wording.words import msg

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from app.domain.catalogue import Catalogue
    from app.domain.expectation import ExpectedFigure
    from app.domain.period import Period
    from app.ledger.catalogue import StoredCatalogue
    from app.ledger.reviewing import Standing
    from app.ledger.scoreboard import Moment
    from app.web.page import Page

router = APIRouter(include_in_schema=False)

_HEAD: Final = msg("{department}: {count} figures are overdue, the oldest by {days} days.")
_LINE: Final = msg("{kpi}: {periods} missing")
_BACK: Final = msg("{kpi}: {periods} came back: {reason}")
_WHERE: Final = msg("To be reported at {address}")


@dataclass(frozen=True, slots=True)
class Missing:
    """A KPI's figures that are not in: their periods, and how long the oldest is overdue."""

    kpi: str
    periods: str
    count: int
    deadline: str
    days: int


@dataclass(frozen=True, slots=True)
class Returned:
    """A figure that came back, and the department has not answered."""

    kpi: str
    period: str
    href: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Late:
    """A department that is awaited. `text` reminds it, to be copied."""

    code: str
    name: str
    overdue: tuple[Missing, ...]
    due: tuple[Missing, ...]
    returned: tuple[Returned, ...]
    text: str

    @property
    def count(self) -> int:
        """How many figures are overdue."""
        return sum(one.count for one in self.overdue)

    @property
    def days(self) -> int:
        """How long the oldest of them is overdue."""
        return max((one.days for one in self.overdue), default=0)

    @property
    def due_count(self) -> int:
        """How many figures are due, and still have time."""
        return sum(one.count for one in self.due)


@router.get("/review/overdue", name="late_page")
def late_page(page: Here) -> Response:
    """Show who is awaited, the longest first; all state in the address."""
    department, plan = asking.word(page, "department"), asking.word(page, "plan")
    alone, day = asking.word(page, "alone") == "yes", asking.day(page, "as_of")
    office = page.office
    with office.database.read() as connection:
        stored, seen = office.seen(connection, asking.end_of(day, page))
        wanted = meant(stored.catalogue, page.actor, department, alone=alone)
        missing = _missing(connection, stored, seen, plan, page)
        scope = reviewing.Wanted(seen.position, wanted)
        returned = reviewing.listed(connection, stored, scope, State.RETURNED)
    awaited = _awaited(page, stored.catalogue, seen, _within(missing, wanted), returned)
    return page.render(
        "review_late.html",
        day=day,
        department=department,
        plan=plan,
        awaited=awaited,
        tallies=(
            ("overdue", sum(one.count for one in awaited)),
            ("returned", sum(len(one.returned) for one in awaited)),
            ("due", sum(one.due_count for one in awaited)),
        ),
        late=sum(bool(one.count) for one in awaited),
        departments=reporters(stored.catalogue),
        plans=sorted(stored.catalogue.plans.values(), key=page.name),
    )


def _missing(
    connection: Connection, stored: StoredCatalogue, seen: Moment, plan: str | None, page: Page
) -> list[ExpectedFigure]:
    """Return the figures of periods that have ended and that are not in."""
    catalogue = stored.catalogue
    targets = {key: one for key, one in catalogue.targets.items() if plan in (None, key[0])}
    places = expected_figures(replace(catalogue, targets=targets), page.office.zone)
    ended = [
        one for figures in places.values() for one in figures if one.period.has_ended(seen.today)
    ]
    first = first_recorded(connection, {one.period for one in ended}, seen.position)
    return [one for one in ended if one.key not in first]


def _within(
    missing: Sequence[ExpectedFigure], departments: frozenset[str] | None
) -> list[ExpectedFigure]:
    return [one for one in missing if departments is None or one.department in departments]


def _awaited(
    page: Page,
    catalogue: Catalogue,
    seen: Moment,
    missing: Sequence[ExpectedFigure],
    returned: Sequence[Standing],
) -> list[Late]:
    codes = {one.department for one in missing} | {one.figure.department for one in returned}
    found = []
    for code in codes:
        mine = [one for one in missing if one.department == code]
        overdue = _by_kpi(page, catalogue, seen, [one for one in mine if one.deadline <= seen.now])
        due = _by_kpi(page, catalogue, seen, [one for one in mine if one.deadline > seen.now])
        back = [_returned(page, catalogue, one) for one in returned if one.key[1] == code]
        name = page.name(catalogue.departments[code])
        late = Late(code, name, overdue, due, tuple(back), "")
        found.append(replace(late, text=_reminder(page, late)))
    return sorted(found, key=lambda one: (-one.days, -one.count, one.code))


def _by_kpi(
    page: Page, catalogue: Catalogue, seen: Moment, figures: Sequence[ExpectedFigure]
) -> tuple[Missing, ...]:
    """Return a department's missing figures KPI by KPI, those longest overdue first."""
    found = []
    for code, group in groupby(figures, key=lambda one: one.kpi):
        listed = list(group)
        oldest = min(one.deadline for one in listed)
        found.append(
            Missing(
                kpi=page.name(catalogue.kpis[code]),
                periods=runs(page, [one.period for one in listed]),
                count=len(listed),
                deadline=formats.instant(oldest, page.office.zone),
                days=days_overdue(oldest, seen.now, page.office.zone),
            )
        )
    return tuple(sorted(found, key=lambda one: -one.days))


def runs(page: Page, periods: Sequence[Period]) -> str:
    """Write periods, in order of time, those that follow one another as one stretch."""
    stretches: list[list[Period]] = []
    for at in periods:
        if stretches and stretches[-1][-1].shift(1) == at:
            stretches[-1].append(at)
        else:
            stretches.append([at])
    written = []
    for stretch in stretches:
        first, last = (formats.period(at, page.speak) for at in (stretch[0], stretch[-1]))
        written.append(first if first == last else f"{first} – {last}")
    return " · ".join(written)


def _returned(page: Page, catalogue: Catalogue, row: Standing) -> Returned:
    kpi, department, period = row.key
    review = row.review
    return Returned(
        kpi=page.name(catalogue.kpis[kpi]),
        period=formats.period(period, page.speak),
        href=page.link("figure_page", kpi=kpi, department=department, period=period),
        by=""
        if review is None
        else f"{review.by} · {formats.instant(review.at, page.office.zone)}",
        reason="" if review is None else review.reason or "",
    )


def _reminder(page: Page, late: Late) -> str:
    """Put a reminder into words, a line for each KPI, to be copied into a letter."""
    lines = [page.speak(_HEAD, department=late.name, count=late.count, days=late.days)]
    lines += [page.speak(_LINE, kpi=one.kpi, periods=one.periods) for one in late.overdue]
    lines += [
        page.speak(_BACK, kpi=one.kpi, periods=one.period, reason=one.reason)
        for one in late.returned
    ]
    if page.has("report_page"):
        address = str(page.request.base_url).rstrip("/") + page.link("report_page")
        lines.append(page.speak(_WHERE, address=address))
    return "\n".join(lines)
