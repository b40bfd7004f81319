"""The scoreboard: what of a plan slips, by how much, since when; then every target."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from starlette.responses import Response

from app.domain.attainment import Status
from app.domain.period import Frequency, Span
from app.errors import NotFound
from app.ledger import overview
from app.web import asked
from app.web.page import Here
from app.web.targets_shown import SLIPPING, worded
from app.web.words import msg
from app.wording.targets import WORST_FIRST, badness

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping

    from app.domain.catalogue import Catalogue
    from app.domain.kpi import Department, Plan
    from app.domain.period import Period
    from app.ledger.catalogue import StoredCatalogue
    from app.ledger.overview import DepartmentReports, Glance, Row
    from app.web.page import Page

router = APIRouter(include_in_schema=False)

ROWS: Final = 50
"""Targets on one page of the list."""
_WORST: Final = 8


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


def _measured(value: Callable[[Row], object]) -> Callable[[Row], tuple[object, ...]]:
    def key(row: Row) -> tuple[object, ...]:
        found = value(row)
        return (found is None, 0 if found is None else found)

    return key


SORTS: Final[Mapping[str, tuple[str, Callable[[Row], tuple[object, ...]]]]] = {
    "worst": (msg("worst first"), badness),
    "kpi": (msg("by KPI"), lambda row: (row.line.subject.target.kpi,)),
    "department": (msg("by department"), lambda row: (row.line.subject.target.department,)),
    "ratio": (msg("by ratio"), _measured(lambda row: row.line.verdict.ratio.value)),
    "pace": (msg("by pace"), _measured(lambda row: row.line.verdict.pace.value)),
    "due": (msg("by due period"), lambda row: (row.line.subject.target.due.last_day,)),
}
"""Per order: what it is called, and what it goes by."""


@router.get("/", name="scoreboard_page")
def scoreboard_page(page: Here) -> Response:
    """Show a plan's targets, all state in the address."""
    wanted = Asked.of(page)
    office = page.office
    with office.database.read() as connection:
        stored, seen = office.seen(connection, asked.end_of(wanted.day, page))
        code = wanted.plan or overview.default_plan(connection, stored, seen)
        plan = _plan(stored, code, wanted.day)
        if plan is None:
            return page.render("scoreboard_empty.html", day=wanted.day)
        scope = overview.Scope(plan, wanted.period, office.zone)
        glance = page.site.glances.at(connection, stored, seen, scope, wanted.department)
    board = glance.board
    found = [row for row in board.rows if _matches(page, row, wanted.text)]
    listed = sorted((row for row in found if _has(row, wanted.status)), key=SORTS[wanted.sort][1])
    start = (wanted.place - 1) * ROWS
    worst = sorted((row for row in found if row.line.verdict.status in SLIPPING), key=badness)
    return page.render(
        "scoreboard.html",
        asked=wanted,
        plan=plan,
        plans=sorted(stored.catalogue.plans.values(), key=lambda one: one.code),
        month=board.month,
        counts=Counter(row.line.verdict.status for row in found),
        order=WORST_FIRST,
        slipping=len(worst),
        changed=sum(row.has_changed for row in found),
        worst=[worded(page, row, since=seen.today) for row in worst[:_WORST]],
        rows=[worded(page, row) for row in listed[start : start + ROWS]],
        total=len(listed),
        pages=-(-len(listed) // ROWS),
        departments=_departments(stored.catalogue, glance),
        choices=_choices(stored.catalogue, plan),
        months=_months(plan, seen.today),
        sorts={name: text for name, (text, _) in SORTS.items()},
    )


def _plan(stored: StoredCatalogue, code: str | None, day: dt.date | None) -> Plan | None:
    """Return the plan to be shown; None where none was on record yet. Raises NotFound."""
    plan = stored.catalogue.plans.get(code or "")
    if plan is None and code is not None and day is None:
        raise NotFound(f"there is no plan {code}")
    return plan


def _matches(page: Page, row: Row, text: str | None) -> bool:
    if text is None:
        return True
    target = row.line.subject.target
    names = (page.name(row.line.subject.kpi), page.name(row.line.department))
    return any(text.casefold() in one.casefold() for one in (*names, target.kpi, target.department))


def _has(row: Row, status: str | None) -> bool:
    if status == "slipping":
        return row.line.verdict.status in SLIPPING
    if status == "changed":
        return row.has_changed
    return status is None or row.line.verdict.status == status


@dataclass(frozen=True, slots=True)
class DepartmentLine:
    """A department: its targets by status, and how it reports."""

    code: str
    department: Department
    counts: Mapping[Status, int]
    reports: DepartmentReports | None

    @property
    def slipping(self) -> int:
        """How many of its targets slip."""
        return sum(self.counts[status] for status in SLIPPING)


def _departments(catalogue: Catalogue, glance: Glance) -> list[DepartmentLine]:
    """Return the departments with targets, the one with most that slip first."""
    counts: dict[str, Counter[Status]] = {}
    for row in glance.board.rows:
        code = row.line.subject.target.department
        counts.setdefault(code, Counter())[row.line.verdict.status] += 1
    lines = [
        DepartmentLine(code, catalogue.departments[code], counted, glance.reports.get(code))
        for code, counted in counts.items()
    ]
    return sorted(lines, key=lambda one: (-one.slipping, one.code))


def _choices(catalogue: Catalogue, plan: Plan) -> list[tuple[int, Department]]:
    """Return the departments with targets in a plan and those above them, each with its depth."""
    wanted = {
        above
        for key in catalogue.targets
        if key[0] == plan.code
        for above in catalogue.upwards(key[2])
    }
    depths = {code: len(list(catalogue.upwards(code))) - 1 for code in wanted}

    def path(code: str) -> list[str]:
        return list(catalogue.upwards(code))[::-1]

    return [(depths[code], catalogue.departments[code]) for code in sorted(wanted, key=path)]


def _months(plan: Plan, today: dt.date) -> list[Period]:
    """Return the plan's months that have begun, the newest first."""
    span = Span.of_plan(plan.start, plan.end, Frequency.MONTHLY)
    return [month for month in span if month.has_begun(today)][::-1]
