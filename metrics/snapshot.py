"""What is said of one target, of who reports what, of a department: samples, slot by slot.

A slot is what changes together: all that a family says of one target, of one KPI and department, of
one department. Everything follows from a position of the journal and the day: deadlines fall on
midnights of the office's zone, so within a day nothing changes with the hour, and two replicas that
stand at the same position on the same day say the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final, NamedTuple

from app.domain.attainment import Status
from app.domain.breaks import breaks
from app.domain.number import SHOWN_FRACTION_DIGITS
from app.ledger.submissions import Outcome, Source

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from app.domain.catalogue import Catalogue
    from app.domain.expectation import Calendar, Reports
    from app.domain.figure import Figure
    from app.domain.kpi import Kpi
    from app.ledger.revisions import FigureKey
    from app.translation import Language
    from metrics.told import Told

Labels = tuple[str, ...]
"""Label values, in the order of the family's label names."""
Value = Fraction | Decimal | float
Slot = tuple[str, ...]
"""What a slot is about: KPI, plan and department of a target, KPI and department, or a code."""
Slots = dict[Slot, int]
"""Slots in order, each with its place."""


class Sample(NamedTuple):
    """One series of a family."""

    labels: Labels
    value: float


Filled = dict[str, dict[Slot, list[Sample]]]
"""Per family, what is said in some of its slots; an empty list where there is nothing to say."""

CATALOGUE_FAMILIES: Final = (
    "kpi_plan_info",
    "kpi_info",
    "kpi_catalogue_info",
    "kpi_department_info",
    "kpi_department_names_info",
)
TARGET_FAMILIES: Final = (
    "kpi_target_info",
    "kpi_target_lower_value",
    "kpi_target_upper_value",
    "kpi_target_actual_value",
    "kpi_expected_value",
    "kpi_attainment_ratio",
    "kpi_pace_ratio",
    "kpi_progress_ratio",
    "kpi_status",
    "kpi_consecutive_periods_off_track",
    "kpi_target_period_end_timestamp_seconds",
    "kpi_slipping_since_timestamp_seconds",
    "kpi_tolerance_ratio",
)
PLACE_FAMILIES: Final = (
    "kpi_actual_value",
    "kpi_previous_value",
    "kpi_actual_info",
    "kpi_revision",
    "kpi_period_end_timestamp_seconds",
    "kpi_submitted_timestamp_seconds",
    "kpi_next_due_timestamp_seconds",
    "kpi_next_due_info",
)
RETURNED_FAMILIES: Final = ("kpi_returned_timestamp_seconds",)
REPORT_FAMILIES: Final = ("kpi_reports_expected", "kpi_reports_received", "kpi_reports_on_time")
SUBMISSION_FAMILIES: Final = ("kpi_submissions_total", "kpi_submission_rows_total")

ROW_OUTCOMES: Final = ("created", "revised", "unchanged", "rejected")
_STATUSES: Final = sorted(Status)
_UNIT: Final[int] = 10**SHOWN_FRACTION_DIGITS


def as_float(value: Value) -> float:
    """Turn an exact number into the float that is exposed; a ratio below 1 stays below 1.

    As `number.shown` has it: rounded down at the 12th decimal, and then to the nearest float.
    """
    if isinstance(value, Fraction):
        units: int = value.numerator * _UNIT // value.denominator
        return units / _UNIT
    return float(value)


@dataclass(frozen=True)
class Samples:
    """Gathers samples, slot by slot; one without a value is no sample."""

    found: Filled = field(default_factory=dict)

    def open(self, families: Iterable[str], slot: Slot) -> Slice:
        """Begin a slot of some families, with nothing said in any of them."""
        opened: dict[str, list[Sample]] = {}
        for name in families:
            opened[name] = self.found.setdefault(name, {})[slot] = []
        return Slice(opened)


@dataclass(frozen=True, slots=True)
class Slice:
    """One slot of some families."""

    opened: Mapping[str, list[Sample]]

    def add(self, name: str, labels: Labels, value: Value | None) -> None:
        """Say something; in order of the labels."""
        if value is not None:
            self.opened[name].append(Sample(labels, as_float(value)))


def add_names(samples: Samples, catalogue: Catalogue, language: Language) -> None:
    """Say what everything is called."""
    chinese = language == "zh"
    for plan in catalogue.plans.values():
        months = (str(plan.start), str(plan.end))
        slot = samples.open(("kpi_plan_info",), (plan.code,))
        slot.add("kpi_plan_info", (plan.code, plan.name_zh, plan.name_en, *months), 1)
    for kpi in catalogue.kpis.values():
        name, unit = (kpi.name_zh, kpi.unit_zh) if chinese else (kpi.name_en, kpi.unit_en)
        slot = samples.open(("kpi_info", "kpi_catalogue_info"), (kpi.code,))
        slot.add("kpi_info", (kpi.code, name, unit, kpi.kind, kpi.frequency), 1)
        both = (kpi.name_zh, kpi.name_en, kpi.unit_zh, kpi.unit_en)
        slot.add("kpi_catalogue_info", (kpi.code, *both, kpi.direction), 1)
    for one in catalogue.departments.values():
        name = one.name_zh if chinese else one.name_en
        slot = samples.open(("kpi_department_info", "kpi_department_names_info"), (one.code,))
        slot.add("kpi_department_info", (one.code, name, one.parent or ""), 1)
        slot.add("kpi_department_names_info", (one.code, one.name_zh, one.name_en), 1)


def add_target(samples: Samples, told: Told, zone: ZoneInfo) -> None:
    """Say what a target is, and its verdict."""
    verdict, target = told.verdict, told.target
    key, goal = (target.plan, target.kpi, target.department), target.goal
    slot = samples.open(TARGET_FAMILIES, (target.kpi, target.plan, target.department))
    slot.add("kpi_target_info", (*key, goal.comparator, str(goal), str(target.version)), 1)
    for name, value in (
        ("kpi_target_lower_value", goal.lower),
        ("kpi_target_upper_value", goal.upper),
        ("kpi_tolerance_ratio", target.tolerance_band),
        ("kpi_target_actual_value", verdict.actual),
        ("kpi_expected_value", verdict.expected),
        ("kpi_attainment_ratio", verdict.ratio.value),
        ("kpi_pace_ratio", verdict.pace.value),
        ("kpi_progress_ratio", verdict.progress),
    ):
        slot.add(name, key, value)
    for status in _STATUSES:
        slot.add("kpi_status", (*key, status), int(status is verdict.status))
    if verdict.counted is not None:
        slot.add("kpi_consecutive_periods_off_track", key, told.off_track)
    for name, period in (
        ("kpi_target_period_end_timestamp_seconds", verdict.period),
        ("kpi_slipping_since_timestamp_seconds", told.since),
    ):
        if period is not None:
            slot.add(name, (*key, str(period)), period.end(zone).timestamp())


def add_place(  # noqa: PLR0913, PLR0917 - what a slot is about, and what is known of it
    samples: Samples,
    kpi: Kpi,
    department: str,
    posted: Sequence[Figure],
    calendar: Calendar,
    zone: ZoneInfo,
) -> None:
    """Say what a department has posted of a KPI, and what it is to post next.

    posted: its figures in order of time. calendar: what is expected of it.
    """
    key = (kpi.code, department)
    slot = samples.open(PLACE_FAMILIES, key)
    _add_figures(slot, kpi, department, posted, zone)
    periods = {figure.period for figure in posted}
    missing = next((entry for entry in calendar if entry[0] not in periods), None)
    if missing is not None:
        period, deadline = missing
        slot.add("kpi_next_due_timestamp_seconds", key, deadline.timestamp())
        slot.add("kpi_next_due_info", (*key, str(period)), 1)


def _add_figures(
    slot: Slice, kpi: Kpi, department: str, posted: Sequence[Figure], zone: ZoneInfo
) -> None:
    """Add the newest figure that has a value, and the one before it.

    A figure that was posted as missing is in, and has no value to show.
    """
    key = (kpi.code, department)
    valued = _newest_two(kpi, posted)
    if not valued:
        return
    newest, number = valued[0]
    slot.add("kpi_actual_value", key, number)
    previous = break_by = ""
    if len(valued) > 1:
        before, value = valued[1]
        slot.add("kpi_previous_value", key, value)
        previous = str(before.period)
        for one in breaks(kpi, {department: [newest]}, before.period, newest.period):
            break_by = str(one.source)
    slot.add("kpi_actual_info", (*key, str(newest.period), previous, break_by), 1)
    slot.add("kpi_revision", key, newest.revision)
    slot.add("kpi_period_end_timestamp_seconds", key, newest.period.end(zone).timestamp())
    slot.add("kpi_submitted_timestamp_seconds", key, newest.recorded_at.timestamp())


def _newest_two(kpi: Kpi, posted: Sequence[Figure]) -> list[tuple[Figure, Fraction]]:
    """Return the newest two figures that have a value, the newest first."""
    found: list[tuple[Figure, Fraction]] = []
    for figure in reversed(posted):
        number = figure.amount.number(kpi.factor)
        if number is not None:
            found.append((figure, number))
            if len(found) > 1:
                break
    return found


def add_returned(
    samples: Samples, kpis: Iterable[str], returned: Mapping[FigureKey, dt.datetime]
) -> None:
    """Say which figures of some KPIs came back and are not answered."""
    slots = {kpi: samples.open(RETURNED_FAMILIES, (kpi,)) for kpi in kpis}
    spelled = {(kpi, at, str(period)): when for (kpi, at, period), when in returned.items()}
    for labels in sorted(spelled):
        moment = spelled[labels].timestamp()
        slots[labels[0]].add("kpi_returned_timestamp_seconds", labels, moment)


def add_reports(samples: Samples, department: str, counted: Reports) -> None:
    """Say how a department's reporting stands."""
    slot = samples.open(REPORT_FAMILIES, (department,))
    slot.add("kpi_reports_expected", (department,), counted.expected)
    slot.add("kpi_reports_received", (department,), counted.received)
    slot.add("kpi_reports_on_time", (department,), counted.on_time)


def add_submissions(
    samples: Samples,
    deliveries: Mapping[tuple[Source, Outcome], int],
    rows: Mapping[tuple[Source, str], int],
) -> None:
    """Say how many there were; what never happened is 0, so that its first time is an increase."""
    for source in sorted(Source):
        slot = samples.open(SUBMISSION_FAMILIES, (source,))
        for outcome in sorted(Outcome):
            value = deliveries.get((source, outcome), 0)
            slot.add("kpi_submissions_total", (source, outcome), value)
        for did in sorted(ROW_OUTCOMES):
            slot.add("kpi_submission_rows_total", (source, did), rows.get((source, did), 0))
