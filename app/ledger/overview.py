"""The read model of the scoreboard's page: a plan at a glance, in few reads however long it is.

The verdicts are `scoreboard`'s. Beside them stand the verdicts a month earlier, by what is on
record now, and how the reporting of each department stands.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, bindparam, func, select

from app.domain.course import Course
from app.domain.expectation import Reports, expected_figures, reports
from app.domain.kpi import Kind
from app.domain.lifecycle import days_overdue
from app.domain.period import Frequency, Period, containing
from app.ledger import scoreboard
from app.ledger.expected import first_recorded
from app.ledger.scoreboard import Selection
from app.ledger.tables import revision

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping
    from fractions import Fraction
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

    from app.domain.attainment import Verdict
    from app.domain.catalogue import Catalogue
    from app.domain.expectation import ExpectedFigure
    from app.domain.kpi import Plan
    from app.ledger.catalogue import StoredCatalogue
    from app.ledger.revisions import FigureKey
    from app.ledger.scoreboard import Line, Moment

TREND_PERIODS = 12


@dataclass(frozen=True)
class Row:
    """One target: its line now, and the verdict of the month before the one that is shown.

    course: of the line's subject.
    """

    line: Line
    before: Verdict | None
    course: Course

    @cached_property
    def trend(self) -> list[tuple[Period, Fraction]]:
        """What counted at the last periods, kept as long as the row is: see `trend`."""
        return trend(self)

    @property
    def has_changed(self) -> bool:
        """Tell whether the status is another one than a month before."""
        return self.before is not None and self.before.status is not self.line.verdict.status


@dataclass(frozen=True, slots=True)
class Board:
    """A plan's targets.

    month: that of the newest figure, or the one asked for; None where there is no figure at all.
    """

    month: Period | None
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class DepartmentReports:
    """How a department's reporting stands: of all figures due by now, and the overdue ones."""

    rates: Reports
    overdue: int
    oldest: ExpectedFigure | None
    days: int


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose reporting is asked for: a plan's, of periods up to one (None: all), seen in a zone."""

    plan: Plan
    upto: Period | None
    zone: ZoneInfo


def default_plan(
    connection: Connection, stored: StoredCatalogue, seen: Moment, reported: Reported | None = None
) -> str | None:
    """Return the plan that a director means who names none.

    Of an office's plans that share months it is the one with more targets that have figures: a
    plan of five years with a few targets does not stand before the year's, however new its
    figures are. Of those that are left it is the one with the newest figure, so that a year's
    plan makes room for the next one, and of two such the one that ends first. Where no plan has a
    figure: the last that has begun, else the first; None without any plan.

    reported: what is known of it from an earlier time.
    """
    plans = sorted(stored.catalogue.plans.values(), key=lambda plan: plan.code)
    if len(plans) < 2:  # noqa: PLR2004 - nothing to choose from
        return plans[0].code if plans else None
    spans = (reported or Reported()).at(connection, seen)
    told = {plan: found for plan in plans if (found := _told(plan, stored, spans)) is not None}
    if not told:
        begun = [plan for plan in plans if plan.start.has_begun(seen.today)]
        return max(begun, key=lambda plan: plan.start.first_day).code if begun else plans[0].code
    left = _broadest({plan: count for plan, (count, _) in told.items()}, stored.catalogue)
    return max(left, key=lambda plan: (told[plan][1], -plan.end.last_day.toordinal())).code


def _broadest(reported: Mapping[Plan, int], catalogue: Catalogue) -> list[Plan]:
    """Return the plans that no other of their office and time has more targets reported than.

    There is always one: the plan with most of all.
    """
    offices: dict[str, set[str]] = {}
    for code, departments in catalogue.answerable.items():
        offices[code] = {list(catalogue.upwards(department))[-1] for department in departments}
    return [
        plan
        for plan, count in reported.items()
        if not any(
            more > count and plan.overlaps(other) and offices[plan.code] & offices[other.code]
            for other, more in reported.items()
        )
    ]


Spans = dict[int, list[tuple[Period, Period]]]


class Reported:
    """Which periods KPIs have figures of: the first and last of each year, by the KPI's number.

    It is read in one go, once: what comes later can only make the spans wider.
    """

    def __init__(self) -> None:
        """Begin with nothing known."""
        self._known: tuple[int, dict[tuple[int, str], tuple[str, str]]] = (0, {})

    def at(self, connection: Connection, seen: Moment) -> Spans:
        """Return it as of a moment."""
        position, known = self._known
        if seen.position < position:
            position, known = 0, {}
        found = dict(known)
        given = {"after": position, "upto": seen.position}
        for number, year, first, last in connection.execute(_SPANS, given):
            before = found.get((number, year), (first, last))
            found[number, year] = min(before[0], first), max(before[1], last)
        # Two threads may read at once; both see what was so, one is kept.
        if seen.position >= self._known[0]:
            self._known = seen.position, found
        spans: Spans = {}
        for (number, _), (first, last) in found.items():
            spans.setdefault(number, []).append((Period.parse(first), Period.parse(last)))
        return spans


_YEAR = func.substr(revision.c.period, 1, 4)
_SPANS = (
    select(revision.c.kpi_id, _YEAR, func.min(revision.c.period), func.max(revision.c.period))
    .where(
        revision.c.submission_id > bindparam("after", type_=BigInteger),
        revision.c.submission_id <= bindparam("upto", type_=BigInteger),
    )
    .group_by(revision.c.kpi_id, _YEAR)
)


def _told(plan: Plan, stored: StoredCatalogue, spans: Spans) -> tuple[int, dt.date] | None:
    """Return how many targets of a plan have a KPI with figures, and the last day of these."""
    first_day, last_day = plan.start.first_day, plan.end.last_day
    count, found = 0, []
    for kpi, number in stored.kpi_ids.items():
        days = [
            min(last.last_day, last_day)
            for first, last in spans.get(number, ())
            if first.first_day <= last_day and first_day <= last.last_day
        ]
        targets = stored.catalogue.targets_in(plan.code, kpi)
        if days and targets:
            count += targets
            found.append(max(days))
    return (count, max(found)) if found else None


def board(
    connection: Connection,
    stored: StoredCatalogue,
    seen: Moment,
    selection: Selection,
    asked: Period | None,
) -> Board:
    """Return the targets selected, with their verdicts now and a month earlier."""
    lines = scoreboard.scoreboard(connection, stored, seen, selection, asked)
    month = _month(lines, asked)
    before = None if month is None else month.shift(-1)

    def row(line: Line) -> Row:
        course = Course(line.subject)
        return Row(line, None if before is None else course.at(seen.today, before), course)

    return Board(month, tuple(map(row, lines)))


def _month(lines: Iterable[Line], asked: Period | None) -> Period | None:
    if asked is not None:
        return asked.last_of(Frequency.MONTHLY)
    days = [line.verdict.period.last_day for line in lines if line.verdict.period is not None]
    return containing(max(days), Frequency.MONTHLY) if days else None


def trend(row: Row) -> list[tuple[Period, Fraction]]:
    """Return what counted towards a target at the last of its periods with a figure, in order."""
    subject, course, upto = row.line.subject, row.course, row.line.verdict.period
    if upto is None:
        return []
    posted = [one for one in course.periods if one.ordinal <= upto.ordinal]
    wanted = posted[-TREND_PERIODS:]
    members = subject.members
    if subject.kpi.kind is not Kind.FLOW and len(members) > 1:
        # What is older than the trend only counts for a department that is that far behind.
        oldest = wanted[0].ordinal - TREND_PERIODS
        members = {
            code: [one for one in figures if one.period.ordinal >= oldest]
            for code, figures in members.items()
        }
        course = Course(replace(subject, members=members))
    found = ((at, course.value(at)) for at in wanted)
    return [(at, value) for at, value in found if value is not None]


def reporting(
    connection: Connection,
    stored: StoredCatalogue,
    seen: Moment,
    scope: Scope,
) -> dict[str, DepartmentReports]:
    """Return, per department that reports for a plan, how its figures due by now stand."""
    zone = scope.zone
    due = [
        one
        for figures in expected_figures(_only(stored, scope.plan), zone).values()
        for one in figures
        if one.deadline <= seen.now
        and (scope.upto is None or one.period.last_day <= scope.upto.last_day)
    ]
    first = first_recorded(connection, {one.period for one in due}, seen.position)
    by_department: dict[str, list[ExpectedFigure]] = {}
    for one in due:
        by_department.setdefault(one.department, []).append(one)
    return {code: _reports(figures, first, seen, zone) for code, figures in by_department.items()}


@dataclass(frozen=True, slots=True)
class Glance:
    """All that the page shows of a plan, before filters that need no read."""

    board: Board
    reports: Mapping[str, DepartmentReports]


class Glances:
    """Looks at plans, and keeps the few that were looked at last.

    What a plan looks like hangs on the journal's position and on the day alone: deadlines fall at
    midnight. So nothing that is kept can be out of date.
    """

    _KEPT = 8

    def __init__(self) -> None:
        """Begin with nothing kept."""
        self._kept: dict[tuple[object, ...], Glance] = {}
        self.reported = Reported()

    def at(
        self,
        connection: Connection,
        stored: StoredCatalogue,
        seen: Moment,
        scope: Scope,
        department: str | None,
    ) -> Glance:
        """Return a plan at a glance; `department` narrows its targets down."""
        key = (seen.position, seen.today, scope.plan.code, scope.upto, department)
        found = self._kept.get(key)
        if found is None:
            selection = Selection(plan=scope.plan.code, department=department)
            found = Glance(
                board(connection, stored, seen, selection, scope.upto),
                reporting(connection, stored, seen, scope),
            )
            # Two threads may look at once; both see the same, one is kept.
            self._kept = {**dict(list(self._kept.items())[1 - self._KEPT :]), key: found}
        return found


def _only(stored: StoredCatalogue, plan: Plan) -> Catalogue:
    """Return the catalogue with one plan's targets, so that its figures alone are expected."""
    catalogue = stored.catalogue
    targets = {key: one for key, one in catalogue.targets.items() if key[0] == plan.code}
    return replace(catalogue, targets=targets)


def _reports(
    due: list[ExpectedFigure],
    first: Mapping[FigureKey, dt.datetime],
    seen: Moment,
    zone: ZoneInfo,
) -> DepartmentReports:
    missing = [one for one in due if one.key not in first]
    oldest = min(missing, key=lambda one: one.deadline, default=None)
    days = 0 if oldest is None else days_overdue(oldest.deadline, seen.now, zone)
    return DepartmentReports(reports(due, first), len(missing), oldest, days)
