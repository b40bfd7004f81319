"""The table of families is the contract's, word for word where a name or a label is concerned."""

from __future__ import annotations

import pytest

from metrics.families import COLLECTOR_FAMILIES, FAMILIES, FORECAST_FAMILIES, Family, Type

TARGET = "plan, kpi, department"
FIGURE = "kpi, department"
CONTRACT = {
    "kpi_info": "kpi, name, unit, kind, frequency",
    "kpi_department_info": "department, name, parent",
    "kpi_catalogue_info": "kpi, name_zh, name_en, unit_zh, unit_en, direction",
    "kpi_plan_info": "plan, name_zh, name_en, first, last",
    "kpi_department_names_info": "department, name_zh, name_en",
    "kpi_target_info": "plan, kpi, department, comparator, target, version",
    "kpi_target_lower_value": TARGET,
    "kpi_target_upper_value": TARGET,
    "kpi_actual_value": FIGURE,
    "kpi_previous_value": FIGURE,
    "kpi_target_actual_value": TARGET,
    "kpi_expected_value": TARGET,
    "kpi_attainment_ratio": TARGET,
    "kpi_pace_ratio": TARGET,
    "kpi_progress_ratio": TARGET,
    "kpi_status": "plan, kpi, department, status",
    "kpi_consecutive_periods_off_track": TARGET,
    "kpi_target_period_end_timestamp_seconds": f"{TARGET}, period",
    "kpi_slipping_since_timestamp_seconds": f"{TARGET}, period",
    "kpi_tolerance_ratio": TARGET,
    "kpi_actual_info": f"{FIGURE}, period, previous_period, break_by",
    "kpi_revision": FIGURE,
    "kpi_period_end_timestamp_seconds": FIGURE,
    "kpi_submitted_timestamp_seconds": FIGURE,
    "kpi_next_due_timestamp_seconds": FIGURE,
    "kpi_next_due_info": f"{FIGURE}, period",
    "kpi_returned_timestamp_seconds": f"{FIGURE}, period",
    "kpi_reports_expected": "department",
    "kpi_reports_received": "department",
    "kpi_reports_on_time": "department",
    "kpi_submissions_total": "source, outcome",
    "kpi_submission_rows_total": "source, outcome",
    "kpi_backup_timestamp_seconds": "",
    "kpi_collector_success": "",
    "kpi_snapshot_timestamp_seconds": "",
}
"""What people's rules and dashboards rely on, written down a second time on purpose."""
FORECASTS = {
    "kpi_forecast_value": TARGET,
    "kpi_forecast_lower_value": TARGET,
    "kpi_forecast_upper_value": TARGET,
    "kpi_forecast_ratio": TARGET,
    "kpi_forecast_outlook": f"{TARGET}, outlook",
    "kpi_forecast_period_end_timestamp_seconds": f"{TARGET}, period",
    "kpi_forecast_collector_success": "",
}
"""The same of those that have a path of their own."""


def test_every_family_of_the_contract_is_there_with_exactly_its_labels() -> None:
    for families, contract in ((FAMILIES, CONTRACT), (FORECAST_FAMILIES, FORECASTS)):
        labels = {name: tuple(filter(None, text.split(", "))) for name, text in contract.items()}

        assert {family.name: family.labels for family in families} == labels


def test_what_differs_between_replicas_comes_last() -> None:
    assert FAMILIES[-2:] == COLLECTOR_FAMILIES
    assert [family.name for family in COLLECTOR_FAMILIES] == list(CONTRACT)[-2:]


@pytest.mark.parametrize("family", [*FAMILIES, *FORECAST_FAMILIES], ids=lambda family: family.name)
def test_a_name_says_type_and_unit(family: Family) -> None:
    assert (family.type is Type.COUNTER) == family.name.endswith("_total")
    for unit in ("seconds", "ratio"):
        assert (family.unit == unit) == family.name.endswith(f"_{unit}")
    assert family.help.endswith(".")


@pytest.mark.parametrize(
    ("labels", "group"),
    [
        (("plan", "kpi", "department"), "kpi"),
        (("department", "name"), "department"),
        (("source", "outcome"), "source"),
        ((), None),
    ],
)
def test_a_family_is_grouped_by_kpi_or_by_its_first_label(
    labels: tuple[str, ...], group: str | None
) -> None:
    assert Family("x", "X.", labels).group == group
