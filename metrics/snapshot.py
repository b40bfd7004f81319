"""The office at one position of the ledger and one day, as samples.

Everything here follows from the position and the day: deadlines fall on midnights of the office's
zone, so within a day nothing changes with the hour, and two replicas that stand at the same
position on the same day have equal snapshots.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from app.domain.attainment import Status
from app.domain.breaks import breaks
from app.domain.expectation import expected_figures, newest_due, oldest_missing, reports
from app.domain.number import shown
from app.ledger import revisions, submissions
from app.ledger.expected import first_recorded
from app.ledger.returned import unanswered
from app.ledger.scoreboard import consecutive_off_track, scoreboard
from app.ledger.submissions import Outcome, Source
from metrics.families import BY_NAME
from metrics.slipping import since

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

    from app.domain.catalogue import Catalogue
    from app.domain.expectation import ExpectedFigure, Place
    from app.domain.figure import Figure
    from app.domain.kpi import Kpi
    from app.ledger.catalogue import StoredCatalogue
    from app.ledger.scoreboard import Line, Moment
    from app.translation import Language

Labels = tuple[str, ...]
"""Label values, in the order of the family's label names."""
Value = Fraction | Decimal | float
Posted = dict[tuple[str, str], list["Figure"]]
"""Per KPI and department, its figures in order of time."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One series of a family."""

    labels: Labels
    value: float


@dataclass(frozen=True)
class Snapshot:
    """Samples per family, and in it per group (see `Family.group`), each in a fixed order.

    Groups are what can be compared with an older snapshot's and rendered alone.
    """

    position: int
    today: dt.date
    families: Mapping[str, Mapping[str, Sequence[Sample]]]


@dataclass(frozen=True)
class _Samples:
    """Gathers samples; one without a value is no sample."""

    found: dict[str, dict[str, list[Sample]]] = field(default_factory=dict)

    def add(self, name: str, labels: Labels, value: Value | None) -> None:
        if value is None:
            return
        family = BY_NAME[name]
        group = labels[family.labels.index(family.group)] if family.group else ""
        sample = Sample(labels, as_float(value))
        self.found.setdefault(name, {}).setdefault(group, []).append(sample)

    def in_order(self) -> dict[str, dict[str, Sequence[Sample]]]:
        """Sort here, whatever the engine's collation made of a query's order."""
        return {
            name: {
                group: tuple(sorted(groups[group], key=lambda sample: sample.labels))
                for group in sorted(groups)
            }
            for name, groups in self.found.items()
        }


def as_float(value: Value) -> float:
    """Turn an exact number into the float that is exposed; a ratio below 1 stays below 1."""
    exact = shown(value) if isinstance(value, Fraction) else value
    return float(exact) if exact is not None else 0.0


def take(
    connection: Connection,
    stored: StoredCatalogue,
    seen: Moment,
    zone: ZoneInfo,
    language: Language,
) -> Snapshot:
    """Read everything that `/metrics` says, as of a moment; names are in `language`."""
    catalogue = stored.catalogue
    lines = scoreboard(connection, stored, seen)
    posted = _by_place(revisions.figures(connection, stored, upto=seen.position))
    expected = expected_figures(catalogue, zone)
    samples = _Samples()
    _add_names(samples, catalogue, language)
    for line in lines:
        _add_target(samples, line)
        _add_verdict(samples, line, seen.today)
        _add_periods(samples, line, seen.today, zone)
    for code, kpi in catalogue.kpis.items():
        for department in kpi.reported_by:
            _add_figures(samples, kpi, department, posted.get((code, department), []), zone)
    _add_next_due(samples, expected, posted)
    _add_returned(samples, connection, seen.position)
    _add_reports(samples, connection, expected, seen)
    _add_submissions(samples, connection, seen.position)
    return Snapshot(seen.position, seen.today, samples.in_order())


def _by_place(found: Mapping[str, Iterable[Figure]]) -> Posted:
    places: Posted = {}
    for kpi, figures in found.items():
        for figure in figures:
            places.setdefault((kpi, figure.department), []).append(figure)
    for listed in places.values():
        listed.sort(key=lambda figure: figure.period.ordinal)
    return places


def _add_names(samples: _Samples, catalogue: Catalogue, language: Language) -> None:
    chinese = language == "zh"
    for plan in catalogue.plans.values():
        months = (str(plan.start), str(plan.end))
        samples.add("kpi_plan_info", (plan.code, plan.name_zh, plan.name_en, *months), 1)
    for kpi in catalogue.kpis.values():
        name, unit = (kpi.name_zh, kpi.unit_zh) if chinese else (kpi.name_en, kpi.unit_en)
        samples.add("kpi_info", (kpi.code, name, unit, kpi.kind, kpi.frequency), 1)
        both = (kpi.name_zh, kpi.name_en, kpi.unit_zh, kpi.unit_en)
        samples.add("kpi_catalogue_info", (kpi.code, *both, kpi.direction), 1)
    for department in catalogue.departments.values():
        name = department.name_zh if chinese else department.name_en
        samples.add("kpi_department_info", (department.code, name, department.parent or ""), 1)
        names = (department.code, department.name_zh, department.name_en)
        samples.add("kpi_department_names_info", names, 1)


def _add_target(samples: _Samples, line: Line) -> None:
    target = line.subject.target
    key = (target.plan, target.kpi, target.department)
    goal = target.goal
    samples.add("kpi_target_info", (*key, goal.comparator, str(goal), str(target.version)), 1)
    samples.add("kpi_target_lower_value", key, goal.lower)
    samples.add("kpi_target_upper_value", key, goal.upper)
    samples.add("kpi_tolerance_ratio", key, target.tolerance_band)


def _add_verdict(samples: _Samples, line: Line, today: dt.date) -> None:
    target, verdict = line.subject.target, line.verdict
    key = (target.plan, target.kpi, target.department)
    samples.add("kpi_target_actual_value", key, verdict.actual)
    samples.add("kpi_expected_value", key, verdict.expected)
    samples.add("kpi_attainment_ratio", key, verdict.ratio.value)
    samples.add("kpi_pace_ratio", key, verdict.pace.value)
    samples.add("kpi_progress_ratio", key, verdict.progress)
    for status in Status:
        samples.add("kpi_status", (*key, status), int(status is verdict.status))
    if verdict.counted is not None:
        row = consecutive_off_track(line.subject, today)
        samples.add("kpi_consecutive_periods_off_track", key, row)


def _add_periods(samples: _Samples, line: Line, today: dt.date, zone: ZoneInfo) -> None:
    """Add what period the verdict speaks for, and since which one the target slips."""
    target, verdict = line.subject.target, line.verdict
    for name, period in (
        ("kpi_target_period_end_timestamp_seconds", verdict.period),
        ("kpi_slipping_since_timestamp_seconds", since(line.subject, verdict, today)),
    ):
        if period is not None:
            key = (target.plan, target.kpi, target.department, str(period))
            samples.add(name, key, period.end(zone).timestamp())


def _add_figures(
    samples: _Samples, kpi: Kpi, department: str, posted: Sequence[Figure], zone: ZoneInfo
) -> None:
    """Add the newest figure that has a value, and the one before it.

    A figure that was posted as missing is in, and has no value to show.
    """
    key = (kpi.code, department)
    valued = [
        (figure, number)
        for figure in posted
        if (number := figure.amount.number(kpi.factor)) is not None
    ]
    if not valued:
        return
    newest, number = valued[-1]
    samples.add("kpi_actual_value", key, number)
    previous = break_by = ""
    if len(valued) > 1:
        before, value = valued[-2]
        samples.add("kpi_previous_value", key, value)
        previous = str(before.period)
        for one in breaks(kpi, {department: [newest]}, before.period, newest.period):
            break_by = str(one.source)
    samples.add("kpi_actual_info", (*key, str(newest.period), previous, break_by), 1)
    samples.add("kpi_revision", key, newest.revision)
    samples.add("kpi_period_end_timestamp_seconds", key, newest.period.end(zone).timestamp())
    samples.add("kpi_submitted_timestamp_seconds", key, newest.recorded_at.timestamp())


def _add_next_due(
    samples: _Samples, expected: Mapping[Place, Sequence[ExpectedFigure]], posted: Posted
) -> None:
    for place, figures in expected.items():
        periods = {figure.period for figure in posted.get(place, ())}
        missing = oldest_missing(figures, periods)
        if missing is not None:
            samples.add("kpi_next_due_timestamp_seconds", place, missing.deadline.timestamp())
            samples.add("kpi_next_due_info", (*place, str(missing.period)), 1)


def _add_returned(samples: _Samples, connection: Connection, position: int) -> None:
    for (kpi, department, period), at in unanswered(connection, position).items():
        samples.add(
            "kpi_returned_timestamp_seconds", (kpi, department, str(period)), at.timestamp()
        )


def _add_reports(
    samples: _Samples,
    connection: Connection,
    expected: Mapping[Place, Sequence[ExpectedFigure]],
    seen: Moment,
) -> None:
    due = newest_due((figure for listed in expected.values() for figure in listed), seen.now)
    periods = {figure.period for listed in due.values() for figure in listed}
    first = first_recorded(connection, periods, seen.position)
    for department, listed in due.items():
        counted = reports(listed, first)
        samples.add("kpi_reports_expected", (department,), counted.expected)
        samples.add("kpi_reports_received", (department,), counted.received)
        samples.add("kpi_reports_on_time", (department,), counted.on_time)


def _add_submissions(samples: _Samples, connection: Connection, position: int) -> None:
    """Count from the ledger; what never happened is 0, so that its first time is an increase."""
    deliveries = submissions.tally(connection, position)
    rows = submissions.tally_rows(connection, position)
    for source in Source:
        for outcome in Outcome:
            value = deliveries.get((source, outcome), 0)
            samples.add("kpi_submissions_total", (source, outcome), value)
        for did in ROW_OUTCOMES:
            value = rows.get((source, did), 0)
            samples.add("kpi_submission_rows_total", (source, did), value)


ROW_OUTCOMES = ("created", "revised", "unchanged", "rejected")
