"""What the scoreboard's page lists of a plan: the counts, what slips most, one page of the targets.

Here from lines that have all been judged; `listing_large` says the same of a plan that has a
standing, from its arrays.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.wording.targets import SLIPPING, badness
from app.wording.words import msg

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.domain.attainment import Status
    from app.domain.catalogue import Catalogue
    from app.domain.kpi import Department, Kpi
    from app.domain.period import Period
    from app.ledger.overview import DepartmentReports, Glance, Row


@dataclass(frozen=True, slots=True)
class DepartmentLine:
    """A department: its targets by status, whatever is looked for, and how it reports."""

    department: Department
    counts: Counter[Status]
    reports: DepartmentReports | None

    @property
    def slipping(self) -> int:
        """How many of its targets slip."""
        return sum(self.counts[status] for status in SLIPPING)


@dataclass(frozen=True, slots=True)
class Wish:
    """What of a plan is to be listed.

    status: a status, `slipping` or `changed`; None for all. matches: tells whether a KPI or a
    department is one that is looked for by its name; None for all. sort: one of `SORTS`.
    start, rows: which of the targets, in that order. worst, departments: how many of the targets
    and of the departments that slip most.
    """

    department: str | None
    status: str | None
    matches: Callable[[Kpi | Department], bool] | None
    sort: str
    start: int
    rows: int
    worst: int
    departments: int


@dataclass(frozen=True, slots=True)
class Listing:
    """What is listed; departments: those with targets, the one with most that slip first.

    more: how many departments there are besides.
    """

    month: Period | None
    counts: Counter[Status]
    slipping: int
    changed: int
    total: int
    worst: list[Row]
    rows: list[Row]
    departments: list[DepartmentLine]
    more: int


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


def listed(glance: Glance, catalogue: Catalogue, wish: Wish) -> Listing:
    """List from lines that are all there."""
    board = glance.board
    found = [row for row in board.rows if _matches(row, wish)]
    chosen = sorted((row for row in found if _has(row, wish.status)), key=SORTS[wish.sort][1])
    worst = sorted((row for row in found if row.line.verdict.status in SLIPPING), key=badness)
    departments = _departments(glance, catalogue)
    return Listing(
        month=board.month,
        counts=Counter(row.line.verdict.status for row in found),
        slipping=len(worst),
        changed=sum(row.has_changed for row in found),
        total=len(chosen),
        worst=worst[: wish.worst],
        rows=chosen[wish.start : wish.start + wish.rows],
        departments=departments[: wish.departments],
        more=len(departments[wish.departments :]),
    )


def _departments(glance: Glance, catalogue: Catalogue) -> list[DepartmentLine]:
    counts: dict[str, Counter[Status]] = {}
    for row in glance.board.rows:
        code = row.line.subject.target.department
        counts.setdefault(code, Counter())[row.line.verdict.status] += 1
    lines = [
        DepartmentLine(catalogue.departments[code], counted, glance.reports.get(code))
        for code, counted in counts.items()
    ]
    return sorted(lines, key=lambda one: (-one.slipping, one.department.code))


def _matches(row: Row, wish: Wish) -> bool:
    if wish.matches is None:
        return True
    return wish.matches(row.line.subject.kpi) or wish.matches(row.line.department)


def _has(row: Row, status: str | None) -> bool:
    if status == "slipping":
        return row.line.verdict.status in SLIPPING
    if status == "changed":
        return row.has_changed
    return status is None or row.line.verdict.status == status
