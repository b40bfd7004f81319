"""Every metric of `/metrics` and `/metrics/forecast`, in the order in which it is exposed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

COUNTER_SUFFIX: Final = "_total"


class Type(StrEnum):
    """What kind of series a family is, in the words of both formats."""

    GAUGE = "gauge"
    COUNTER = "counter"


@dataclass(frozen=True, slots=True)
class Family:
    """A metric: `name` as its samples bear it, its help, label names, type, and unit.

    `unit` is the name's own ending (seconds, ratio), where it is one for all samples. What a
    KPI is counted in differs from KPI to KPI and is a label of `kpi_info`.
    """

    name: str
    help: str
    labels: tuple[str, ...] = ()
    type: Type = Type.GAUGE
    unit: str | None = None

    @property
    def group(self) -> str | None:
        """The label whose values part the family into groups that are rendered alone."""
        return "kpi" if "kpi" in self.labels else next(iter(self.labels), None)


_TARGET = ("plan", "kpi", "department")
_FIGURE = ("kpi", "department")

KPI_FAMILIES: Final = (
    Family(
        "kpi_info",
        "A KPI: its name, unit, kind and reporting frequency. Always 1.",
        ("kpi", "name", "unit", "kind", "frequency"),
    ),
    Family(
        "kpi_department_info",
        "A department: its name and the department above it. Always 1.",
        ("department", "name", "parent"),
    ),
    # In both languages whatever DABIAO_LANGUAGE is: an alert tells everybody, whoever reads it.
    Family(
        "kpi_catalogue_info",
        "A KPI's names and units in both languages, and its better direction. Always 1.",
        ("kpi", "name_zh", "name_en", "unit_zh", "unit_en", "direction"),
    ),
    Family(
        "kpi_plan_info",
        "A plan: its names in both languages, its first and its last month. Always 1.",
        ("plan", "name_zh", "name_en", "first", "last"),
    ),
    Family(
        "kpi_department_names_info",
        "A department's names in both languages. Always 1.",
        ("department", "name_zh", "name_en"),
    ),
    Family(
        "kpi_target_info",
        "The target in force: how it compares, its text and its version. Always 1.",
        (*_TARGET, "comparator", "target", "version"),
    ),
    Family(
        "kpi_target_lower_value",
        "Lower bound of the target, in the unit that kpi_info gives.",
        _TARGET,
    ),
    Family(
        "kpi_target_upper_value",
        "Upper bound of the target, in the unit that kpi_info gives.",
        _TARGET,
    ),
    Family(
        "kpi_actual_value",
        "The newest figure that the department posted, in the unit that kpi_info gives.",
        _FIGURE,
    ),
    Family(
        "kpi_previous_value",
        "The figure before the newest, in the unit that kpi_info gives.",
        _FIGURE,
    ),
    Family(
        "kpi_target_actual_value",
        "The figure that counts towards the target; for a flow, the sum so far.",
        _TARGET,
    ),
    Family(
        "kpi_expected_value",
        "What the target's trajectory expects at the period that the verdict speaks for.",
        _TARGET,
    ),
    Family(
        "kpi_attainment_ratio",
        "By how much the target is met: 1 at the bound, at least 1 exactly when it is attained.",
        _TARGET,
        unit="ratio",
    ),
    Family(
        "kpi_pace_ratio",
        "The same against what the trajectory expects by now.",
        _TARGET,
        unit="ratio",
    ),
    Family(
        "kpi_progress_ratio",
        "How much of the way from the baseline to the target is done.",
        _TARGET,
        unit="ratio",
    ),
    # A gauge in OpenMetrics too: its state sets would call the label kpi_status, not status.
    Family(
        "kpi_status",
        "What is said of the target: 1 for its status, 0 for every other.",
        (*_TARGET, "status"),
    ),
    Family(
        "kpi_consecutive_periods_off_track",
        "For how many periods in a row, ending with the newest, the target has been off track.",
        _TARGET,
    ),
    Family(
        "kpi_target_period_end_timestamp_seconds",
        "When the period that the verdict speaks for ended, in Unix time.",
        (*_TARGET, "period"),
        unit="seconds",
    ),
    Family(
        "kpi_slipping_since_timestamp_seconds",
        "When the first period in a row at which the target slipped ended, in Unix time; gone "
        "once it is no longer at risk, off track or missed.",
        (*_TARGET, "period"),
        unit="seconds",
    ),
    Family(
        "kpi_tolerance_ratio",
        "The tolerance band: a pace below 1 minus this is off track.",
        _TARGET,
        unit="ratio",
    ),
    Family(
        "kpi_actual_info",
        "The periods of the newest figure and of the one before it, and what breaks the series "
        "between the two (definition, observation_status). Always 1.",
        (*_FIGURE, "period", "previous_period", "break_by"),
    ),
    Family(
        "kpi_revision",
        "Revision number of the newest figure; above 1, it was corrected.",
        _FIGURE,
    ),
    Family(
        "kpi_period_end_timestamp_seconds",
        "When the period of the newest figure ended, in Unix time.",
        _FIGURE,
        unit="seconds",
    ),
    Family(
        "kpi_submitted_timestamp_seconds",
        "When the newest figure was recorded, in Unix time.",
        _FIGURE,
        unit="seconds",
    ),
    Family(
        "kpi_next_due_timestamp_seconds",
        "Deadline of the oldest figure that is missing, in Unix time; in the past, it is overdue.",
        _FIGURE,
        unit="seconds",
    ),
    Family(
        "kpi_next_due_info",
        "The period of the oldest figure that is missing. Always 1.",
        (*_FIGURE, "period"),
    ),
    Family(
        "kpi_returned_timestamp_seconds",
        "When a figure came back for revision, in Unix time; gone once it is answered.",
        (*_FIGURE, "period"),
        unit="seconds",
    ),
    Family(
        "kpi_reports_expected",
        "Figures expected of the department for the newest period whose deadline has passed.",
        ("department",),
    ),
    Family(
        "kpi_reports_received",
        "How many of the figures expected have been posted.",
        ("department",),
    ),
    Family(
        "kpi_reports_on_time",
        "How many of the figures expected were posted before their deadline.",
        ("department",),
    ),
    Family(
        "kpi_submissions_total",
        "Submissions on record, by what they came as and what became of them.",
        ("source", "outcome"),
        Type.COUNTER,
    ),
    Family(
        "kpi_submission_rows_total",
        "Rows of the submissions on record, by what they came as and what they did.",
        ("source", "outcome"),
        Type.COUNTER,
    ),
)
"""What the office's record says: the same on every replica at the same position and day."""

SUCCESS: Final = Family(
    "kpi_collector_success", "Whether the database could be read for this scrape: 1 or 0."
)
SNAPSHOT_TIME: Final = Family(
    "kpi_snapshot_timestamp_seconds",
    "When the database was last read, in Unix time.",
    unit="seconds",
)
BACKUP_TIME: Final = Family(
    "kpi_backup_timestamp_seconds",
    "From when the newest backup on record is, in Unix time.",
    unit="seconds",
)
"""Read for every scrape, since a backup has no place in the journal."""
COLLECTOR_FAMILIES: Final = (SUCCESS, SNAPSHOT_TIME)
"""What this process says about its own reading; it differs from replica to replica."""

FAMILIES: Final = (*KPI_FAMILIES, BACKUP_TIME, *COLLECTOR_FAMILIES)

FORECAST_SUCCESS: Final = Family(
    "kpi_forecast_collector_success",
    "Whether the table of forecasts could be read for this scrape: 1 or 0.",
)
FORECAST_FAMILIES: Final = (
    Family(
        "kpi_forecast_value",
        "What will count towards the target at its due period, at the course on record.",
        _TARGET,
    ),
    Family(
        "kpi_forecast_lower_value",
        "The lower end of the forecast's 80% interval.",
        _TARGET,
    ),
    Family(
        "kpi_forecast_upper_value",
        "The upper end of the forecast's 80% interval.",
        _TARGET,
    ),
    Family(
        "kpi_forecast_ratio",
        "By how much the forecast figure would meet the target: 1 at the bound.",
        _TARGET,
        unit="ratio",
    ),
    Family(
        "kpi_forecast_outlook",
        "Whether the target is met everywhere in the interval (reached), nowhere (missed), or "
        "neither (open): 1 for what holds, 0 for every other.",
        (*_TARGET, "outlook"),
    ),
    Family(
        "kpi_forecast_period_end_timestamp_seconds",
        "When the due period, of which the forecast is, will have ended, in Unix time.",
        (*_TARGET, "period"),
        unit="seconds",
    ),
    FORECAST_SUCCESS,
)
"""`/metrics/forecast`: what follows from a model, and is a little behind the record."""

BY_NAME: Final = {family.name: family for family in (*FAMILIES, *FORECAST_FAMILIES)}
