"""The read model: every target with its verdict, as of a position and a day.

One read fetches the figures that are needed; the verdicts come from `domain.attainment`, like
everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.domain.attainment import Status, Subject, Verdict, assess
from app.domain.breaks import breaks, crossings
from app.domain.course import Course
from app.domain.period import Span, containing
from app.domain.trajectory import expected_at
from app.ledger import journal, revisions
from app.ledger.stretches import posted_within

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence
    from fractions import Fraction
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

    from app.domain.breaks import Break
    from app.domain.catalogue import Catalogue, TargetKey
    from app.domain.figure import Figure
    from app.domain.kpi import Department
    from app.domain.period import Period
    from app.ledger.catalogue import StoredCatalogue, TargetVersion
    from app.ledger.posted import Place


@dataclass(frozen=True, slots=True)
class Moment:
    """From where a page is seen: a position of the journal, and the day in the office's zone."""

    position: int
    now: dt.datetime
    today: dt.date


def moment(
    connection: Connection, zone: ZoneInfo, now: dt.datetime, as_of: dt.datetime | None = None
) -> Moment:
    """Return the moment of `as_of`, or of now: what was on record then, and which day it was."""
    seen = as_of if as_of is not None else now
    return Moment(journal.position(connection, as_of), seen, seen.astimezone(zone).date())


@dataclass(frozen=True, slots=True)
class Selection:
    """What of the scoreboard is asked for; None for all. `department` includes those below it."""

    plan: str | None = None
    kpi: str | None = None
    department: str | None = None

    def keys(self, catalogue: Catalogue) -> list[TargetKey]:
        """Return the targets selected, in order of plan, KPI and department."""
        found = catalogue.targets_of(self.plan, self.kpi)
        if self.department is None:
            return list(found)
        within = catalogue.below(self.department)
        return [key for key in found if key[2] in within]


@dataclass(frozen=True, slots=True)
class Line:
    """One target's line: what the verdict came from, the verdict, and what it stands on.

    subject: with the version of the target that is in force at the verdict's period.
    versions: all that are on record of it, the oldest first.
    """

    subject: Subject
    department: Department
    verdict: Verdict
    versions: tuple[TargetVersion, ...]

    @property
    def version(self) -> TargetVersion:
        """The version of the target that the verdict goes by."""
        return self.versions[self.subject.target.version - 1]

    @property
    def version_before(self) -> TargetVersion | None:
        """The version before that one."""
        number = self.subject.target.version
        return self.versions[number - 2] if number > 1 else None

    @property
    def crossed(self) -> list[Period]:
        """The breaks in series across which the line compares or adds up, in order of time."""
        found = {one.crossed.at for one in crossings(self.subject, self.verdict)}
        return sorted(found, key=lambda at: at.ordinal)

    @property
    def newest(self) -> Figure | None:
        """The newest figure that counts: of the newest period, and of those the last recorded."""
        counted = self.verdict.counted
        if counted is None:
            return None
        return max(
            (part.figures[-1] for part in counted.parts),
            key=lambda figure: (figure.period.ordinal, figure.submission),
        )

    @property
    def revision(self) -> int | None:
        """The revision of the newest figure; None where several departments are added up."""
        if self.newest is None or len(self.subject.members) > 1:
            return None
        return self.newest.revision

    @property
    def submitted_at(self) -> dt.datetime | None:
        """When the last of the figures that count was recorded."""
        counted = self.verdict.counted
        if counted is None:
            return None
        return max(figure.recorded_at for part in counted.parts for figure in part.figures)


@dataclass(frozen=True, slots=True)
class Brief:
    """What is shown of a line, told without the figures that its verdict came from.

    Only of a target of one version, whose verdict crosses no break. subject: without figures.
    """

    subject: Subject
    department: Department
    verdict: Verdict
    version: TargetVersion
    revision: int | None
    submitted_at: dt.datetime | None

    @property
    def version_before(self) -> None:
        """The version before that one."""

    @property
    def crossed(self) -> list[Period]:
        """The breaks in series that it crosses."""
        return []


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines are asked for, in order of plan, KPI and department.

    asked: the period that they are to speak for; None for the newest. after: the target after which
    they begin.
    """

    selection: Selection = Selection()
    asked: Period | None = None
    status: Status | None = None
    after: TargetKey | None = None

    def of_plan(self, plan: str) -> Wanted:
        """Return the same of one plan."""
        return replace(self, selection=replace(self.selection, plan=plan))


def subjects(
    connection: Connection, stored: StoredCatalogue, keys: Sequence[TargetKey], position: int
) -> list[Subject]:
    """Return the targets named, each with the figures that its verdict is computed from."""
    catalogue = stored.catalogue
    members = {key: catalogue.members(key[1], key[2]) for key in keys}
    found = revisions.figures(
        connection,
        stored,
        kpis={key[1] for key in keys},
        departments={member for listed in members.values() for member in listed},
        upto=position,
    )
    by_place = _by_place(found)
    return [
        subject_of(stored, key, {one: by_place.get((key[1], one), ()) for one in members[key]})
        for key in keys
    ]


def subjects_within(
    connection: Connection, stored: StoredCatalogue, keys: Sequence[TargetKey], position: int
) -> list[Subject]:
    """Return the same, each with no more of its figures than its verdicts may count or cross."""
    catalogue = stored.catalogue
    members = {key: catalogue.members(key[1], key[2]) for key in keys}
    wanted: dict[Place, Span] = {}
    for key in keys:
        span = needed(stored, key)
        for member in members[key]:
            place = (key[1], member)
            wanted[place] = span.around(wanted.get(place, span))
    stretches = {place: (span.first, span.last) for place, span in wanted.items()}
    found = posted_within(connection, stored, stretches, position)
    return [
        subject_of(stored, key, {one: found.at((key[1], one)) for one in members[key]})
        for key in keys
    ]


def needed(stored: StoredCatalogue, key: TargetKey) -> Span:
    """Return the periods of the figures that a target's verdicts may count or cross."""
    plan, frequency = stored.catalogue.plans[key[0]], stored.catalogue.kpis[key[1]].frequency
    span = Span.of_plan(plan.start, plan.end, frequency)
    for version in stored.target_versions[key]:
        due, baseline = version.target.due.last_of(frequency), version.target.baseline
        start = due if baseline is None else baseline.period.last_of(frequency)
        span = span.around(Span(due, due)).around(Span(start, start))
    return span


def subject_of(
    stored: StoredCatalogue, key: TargetKey, members: Mapping[str, Sequence[Figure]]
) -> Subject:
    """Return a target with its members' figures."""
    catalogue = stored.catalogue
    return Subject(
        target=catalogue.targets[key],
        kpi=catalogue.kpis[key[1]],
        plan=catalogue.plans[key[0]],
        members=members,
        versions=tuple(one.target for one in stored.target_versions[key]),
    )


def _by_place(found: Mapping[str, Iterable[Figure]]) -> dict[tuple[str, str], list[Figure]]:
    places: dict[tuple[str, str], list[Figure]] = {}
    for kpi, figures in found.items():
        for figure in figures:
            places.setdefault((kpi, figure.department), []).append(figure)
    return places


def scoreboard(
    connection: Connection,
    stored: StoredCatalogue,
    seen: Moment,
    selection: Selection = Selection(),
    asked: Period | None = None,
) -> list[Line]:
    """Return the lines selected, each with its verdict at the period asked for."""
    return lines(connection, stored, seen, selection.keys(stored.catalogue), asked)


def lines(
    connection: Connection,
    stored: StoredCatalogue,
    seen: Moment,
    keys: Sequence[TargetKey],
    asked: Period | None = None,
) -> list[Line]:
    """Return the lines of the targets named, each with its verdict at the period asked for."""
    return [
        _line(subject, stored, seen, asked)
        for subject in subjects(connection, stored, keys, seen.position)
    ]


def short_lines(
    connection: Connection,
    stored: StoredCatalogue,
    seen: Moment,
    keys: Sequence[TargetKey],
    asked: Period | None = None,
) -> list[Line]:
    """Return the same from no more figures than it takes; what lies before the plan is left out."""
    return [
        _line(subject, stored, seen, asked)
        for subject in subjects_within(connection, stored, keys, seen.position)
    ]


def _line(subject: Subject, stored: StoredCatalogue, seen: Moment, asked: Period | None) -> Line:
    return line_of(subject, assess(subject, seen.today, asked), stored, seen, asked)


def line_of(
    subject: Subject,
    verdict: Verdict,
    stored: StoredCatalogue,
    seen: Moment,
    asked: Period | None = None,
) -> Line:
    """Return the line of a target with its verdict at the period asked for."""
    target = subject.target
    return Line(
        subject=as_judged(subject, verdict, seen.today, asked),
        department=stored.catalogue.departments[target.department],
        verdict=verdict,
        versions=stored.target_versions[target.plan, target.kpi, target.department],
    )


def as_judged(
    subject: Subject, verdict: Verdict, today: dt.date, asked: Period | None = None
) -> Subject:
    """Return a subject with the version of its target that a verdict goes by.

    Where nothing counts yet, it is the version of the period asked for, or of today's.
    """
    frequency = subject.kpi.frequency
    judged = verdict.period or (
        containing(today, frequency) if asked is None else asked.last_of(frequency)
    )
    return subject.at(judged)


def consecutive_off_track(subject: Subject, today: dt.date) -> int:
    """Count the periods in a row, ending with the newest, whose verdict was off track."""
    return len(Course(subject).in_a_row(today, {Status.OFF_TRACK}))


@dataclass(frozen=True, slots=True)
class Point:
    """One period of a target's series.

    `expected` is there for every period, and the version of the target that it is judged by; the
    verdict only where somebody posted a value for it. breaks: the break behind the period before.
    """

    period: Period
    expected: Fraction | None
    verdict: Verdict | None
    target_version: int
    breaks: Break | None


def series(subject: Subject, today: dt.date) -> list[Point]:
    """Return every period of the plan in order of time, as the verdict at that period saw it."""
    course = Course(subject)
    posted = set(course.periods)
    span, kpi = subject.span, subject.kpi
    found = breaks(kpi, subject.members, span.first.shift(-1), span.last)
    broken = {one.at: one for one in found}

    def point(period: Period) -> Point:
        target = subject.at(period).target
        return Point(
            period=period,
            expected=expected_at(target, kpi, subject.plan, period),
            verdict=course.at(today, period) if period in posted else None,
            target_version=target.version,
            breaks=broken.get(period),
        )

    return [point(period) for period in span]
