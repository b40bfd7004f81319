"""One department: its targets, period by period, and what it has still to report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from grafana_foundation_sdk.builders.dashboard import Row

from metrics.grafana import panels, variables
from metrics.grafana.office import (
    completeness,
    missing_table,
    slipping_table,
    status_counts,
    target_table,
)
from metrics.grafana.promql import FIGURE, named, one
from metrics.grafana.words import STATUSES

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders.dashboard import Dashboard
    from grafana_foundation_sdk.builders.stat import Panel as Stat
    from grafana_foundation_sdk.builders.statetimeline import Panel as Timeline
    from grafana_foundation_sdk.builders.table import Panel as Table

    from metrics.grafana.words import Say

CHOSEN: Final = 'plan=~"$plan",department=~"$department"'
REPORTING: Final = 'department=~"$department"'


def dashboard(say: Say) -> Dashboard:
    """Return the dashboard in one language."""
    among = "kpi_reports_expected or on (department) kpi_target_info"
    title = say("达标：部门", "Dabiao: one department")
    board = panels.dashboard("department", title, say, span="1y")
    board = board.with_variable(variables.department(say, among))
    board = board.with_variable(variables.plan(say, every=True))
    board = board.with_variable(variables.prometheus(say)).with_variable(variables.history(say))
    board = board.with_panel(status_counts(say, CHOSEN, width=14))
    board = board.with_panel(completeness(say, width=5)).with_panel(timeliness(say, width=5))
    board = board.with_row(Row(say("本部门的目标", "Its targets")))
    board = board.with_panel(slipping_table(say, CHOSEN)).with_panel(target_table(say, CHOSEN))
    board = board.with_panel(timeline(say))
    board = board.with_row(Row(say("本部门的上报", "Its reports")))
    return board.with_panel(missing_table(say)).with_panel(returned_table(say))


def timeliness(say: Say, *, width: int) -> Stat:
    """Return the share of expected figures that came before their deadline."""
    on_time = one("kpi_reports_on_time", ("department",), REPORTING)
    expected = one("kpi_reports_expected", ("department",), REPORTING)
    target = panels.query(f"sum({on_time}) / sum({expected})", now=True)
    title = say("及时率（最近一期）", "Timeliness (newest period due)")
    return panels.number(title, target, width=width, unit="percentunit")


def timeline(say: Say) -> Timeline:
    """Return each target's status, period by period."""
    codes = " ".join(f"WHEN '{word.status}' THEN {word.code}" for word in STATUSES)
    statement = f"""
        SELECT v.period_end AS "time", k.{say.name} || ' ' || v.target AS metric,
            CASE v.status {codes} END AS status
        FROM v_verdict v JOIN v_kpi k ON k.kpi = v.kpi
        WHERE v.department = ${{department:sqlstring}} AND v.plan ~ '^(${{plan:pipe}})$'
            AND v.status IS NOT NULL AND $__timeFilter(v.period_end)
        ORDER BY v.period_end
    """
    return panels.status_timeline(say("逐期状态", "Status by period"), statement, say)


def returned_table(say: Say) -> Table:
    """Return the figures that came back and wait for an answer."""
    by = (*FIGURE, "period")
    returned = one("kpi_returned_timestamp_seconds", by, REPORTING)
    when = say("退回时间", "Returned")
    columns = {
        "department_name": say("部门", "Department"),
        "kpi_name": say("指标", "KPI"),
        "period": say("期间", "Period"),
        "Value": when,
    }
    title = say("被退回、尚未答复", "Returned and not answered")
    made = panels.joined_table(title, [named(f"({returned}) * 1000", say)], columns, width=12)
    made = made.no_value(say("没有被退回的数据", "Nothing was returned"))
    for column, properties in panels.hidden("kpi", "department", "unit"):
        made = made.override_by_name(column, properties)
    return made.override_by_name(when, [panels.unit("dateTimeAsLocal")])
