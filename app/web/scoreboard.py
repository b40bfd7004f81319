"""The scoreboard: what of a plan slips, by how much, since when; then every target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from starlette.responses import Response

from app.domain.attainment import Status
from app.domain.period import Frequency, Span
from app.errors import NotFound
from app.ledger import overview
from app.web import asked, listing
from app.web.listing import SORTS, Listing, Wish
from app.web.page import Here
from app.web.targets_shown import worded
from app.wording.targets import WORST_FIRST

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from sqlalchemy import Connection

    from app.domain.kpi import Department, Kpi, Plan
    from app.domain.period import Period
    from app.ledger.catalogue import StoredCatalogue
    from app.ledger.scoreboard import Moment
    from app.web.page import Page

router = APIRouter(include_in_schema=False)

ROWS: Final = 50
"""Targets on one page of the list."""
_WORST: Final = 8
DEPARTMENTS: Final = 50
"""Departments listed with what slips in them; every one can be chosen."""
_PAGES: Final = 40
"""Up to how many pages of the list each is named; of more, those around the one that is shown."""
_AROUND: Final = 4


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for, as the address says it; None for what is not."""

    plan: str | None
    department: str | None
    status: str | None
    text: str | None
    period: Period | None
    day: dt.date | None
    sort: str
    place: int

    @classmethod
    def of(cls, page: Page) -> Asked:
        """Read the address; raises Refused."""
        sort = asked.word(page, "sort") or "worst"
        status = asked.word(page, "status")
        return cls(
            plan=asked.word(page, "plan"),
            department=asked.word(page, "department"),
            status=status if status in {*Status, "slipping", "changed"} else None,
            text=asked.word(page, "q"),
            period=asked.period(page, "period"),
            day=asked.day(page, "as_of"),
            sort=sort if sort in SORTS else "worst",
            place=asked.place(page, "page"),
        )

    def query(self, **other: object) -> dict[str, object]:
        """Return the address of the same, but for what is given otherwise."""
        mine: dict[str, object] = {
            "plan": self.plan,
            "department": self.department,
            "status": self.status,
            "q": self.text,
            "period": self.period,
            "as_of": self.day,
            "sort": None if self.sort == "worst" else self.sort,
        }
        return {**mine, **other}


@router.get("/", name="scoreboard_page")
def scoreboard_page(page: Here) -> Response:
    """Show a plan's targets, all state in the address."""
    wanted = Asked.of(page)
    office = page.office
    with office.database.read() as connection:
        stored, seen = office.seen(connection, asked.end_of(wanted.day, page))
        known = page.site.glances.reported
        code = wanted.plan or overview.default_plan(connection, stored, seen, known)
        plan = _plan(stored, code, wanted.day)
        if plan is None:
            return page.render("scoreboard_empty.html", day=wanted.day)
        found = _listed(page, connection, stored, seen, plan, wanted)
    return page.render(
        "scoreboard.html",
        asked=wanted,
        plan=plan,
        plans=sorted(stored.catalogue.plans.values(), key=lambda one: one.code),
        month=found.month,
        counts=found.counts,
        order=WORST_FIRST,
        slipping=found.slipping,
        changed=found.changed,
        worst=[worded(page, row, since=seen.today) for row in found.worst],
        rows=[worded(page, row) for row in found.rows],
        total=found.total,
        pages=pages_named(-(-found.total // ROWS), wanted.place),
        departments=found.departments,
        more=found.more,
        choices=page.site.choices.options(stored, plan, page, wanted.department),
        months=_months(plan, seen.today),
        sorts={name: text for name, (text, _) in SORTS.items()},
    )


def _plan(stored: StoredCatalogue, code: str | None, day: dt.date | None) -> Plan | None:
    """Return the plan to be shown; None where none was on record yet. Raises NotFound."""
    plan = stored.catalogue.plans.get(code or "")
    if plan is None and code is not None and day is None:
        raise NotFound(f"there is no plan {code}")
    return plan


def _listed(
    page: Page,
    connection: Connection,
    stored: StoredCatalogue,
    seen: Moment,
    plan: Plan,
    wanted: Asked,
) -> Listing:
    office, scope = page.office, overview.Scope(plan, wanted.period, page.office.zone)
    start, matches = (wanted.place - 1) * ROWS, _matching(page, wanted.text)
    wish = Wish(
        department=wanted.department,
        status=wanted.status,
        matches=matches,
        sort=wanted.sort,
        start=start,
        rows=ROWS,
        worst=_WORST,
        departments=DEPARTMENTS,
    )
    standing = office.standings.at(connection, stored, seen, plan.code)
    if standing is None:
        at = page.site.glances.at(connection, stored, seen, scope, wanted.department)
        return listing.listed(at, stored.catalogue, wish)
    # Loads numpy, which the standing has needed already.
    from app.web import listing_large  # noqa: PLC0415

    return listing_large.listed(connection, standing, seen, scope, wish)


def _matching(page: Page, text: str | None) -> Callable[[Kpi | Department], bool] | None:
    if text is None:
        return None
    sought = text.casefold()
    return lambda one: any(sought in word.casefold() for word in (page.name(one), one.code))


def pages_named(count: int, place: int) -> list[int | None]:
    """Return the pages to be named: all of them, or the ends and those around a place.

    None stands for those that are left out.
    """
    if count <= _PAGES:
        return list(range(1, count + 1))
    around = range(place - _AROUND, place + _AROUND + 1)
    named = sorted({1, count, *(number for number in around if 1 <= number <= count)})
    found: list[int | None] = []
    for before, number in zip([0, *named], named, strict=False):
        found += [number] if number == before + 1 else [None, number]
    return found


def _months(plan: Plan, today: dt.date) -> list[Period]:
    """Return the plan's months that have begun, the newest first."""
    span = Span.of_plan(plan.start, plan.end, Frequency.MONTHLY)
    return [month for month in span if month.has_begun(today)][::-1]
