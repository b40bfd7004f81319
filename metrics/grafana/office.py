"""The office at a glance: what is met, what slips and since when, who has not reported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from grafana_foundation_sdk.builders.dashboard import Row

from metrics.grafana import panels, variables
from metrics.grafana.promql import (
    FIGURE,
    TARGET,
    named,
    one,
    slipping,
    status_code,
    where,
)
from metrics.grafana.words import STATUSES

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders.bargauge import Panel as Bars
    from grafana_foundation_sdk.builders.dashboard import Dashboard
    from grafana_foundation_sdk.builders.stat import Panel as Stat
    from grafana_foundation_sdk.builders.table import Panel as Table

    from metrics.grafana.words import Say

CHOSEN: Final = 'plan=~"$plan",department=~"$department"'
REPORTING: Final = 'department=~"$department"'


def dashboard(say: Say) -> Dashboard:
    """Return the dashboard in one language."""
    among = 'kpi_target_info{plan=~"$plan"} or on (department) kpi_reports_expected'
    board = panels.dashboard("office", say("达标：全局总览", "Dabiao: the office"), say, span="24h")
    board = board.with_variable(variables.prometheus(say))
    board = board.with_variable(variables.plan(say, every=True))
    board = board.with_variable(variables.department(say, among, every=True))
    board = board.with_panel(status_counts(say, CHOSEN, width=18))
    board = board.with_panel(completeness(say, width=6))
    board = board.with_row(Row(say("哪些目标落后，从何时起", "What slips, and since when")))
    board = board.with_panel(slipping_table(say, CHOSEN))
    board = board.with_row(Row(say("谁还没有上报", "Who has not reported")))
    board = board.with_panel(missing_table(say))
    board = board.with_panel(received_bars(say)).with_panel(on_time_bars(say))
    board = board.with_row(Row(say("全部目标", "All targets")))
    return board.with_panel(target_table(say, CHOSEN))


def status_counts(say: Say, chosen: str, *, width: int) -> Stat:
    """Return how many targets have each status."""
    targets = {}
    for word in STATUSES:
        matchers = f'{chosen},status="{word.status}"'
        targets[word.status] = f"sum({one('kpi_status', TARGET, matchers)})"
    return panels.counts(say("目标数", "Targets"), targets, say, width=width)


def completeness(say: Say, *, width: int) -> Stat:
    """Return the share of expected figures that are in."""
    received = one("kpi_reports_received", ("department",), REPORTING)
    expected = one("kpi_reports_expected", ("department",), REPORTING)
    target = panels.query(f"sum({received}) / sum({expected})", now=True)
    title = say("上报完整率（最近一期）", "Completeness (newest period due)")
    return panels.number(title, target, width=width, unit="percentunit")


def slipping_table(say: Say, chosen: str) -> Table:
    """Return the targets that slip: by how much, in which unit, from which period on."""
    late = slipping(chosen)
    expressions = [
        named(where(status_code(chosen), late), say),
        one("kpi_slipping_since_timestamp_seconds", (*TARGET, "period"), chosen),
        where(one("kpi_target_info", (*TARGET, "target"), chosen), late),
        where(one("kpi_target_actual_value", TARGET, chosen), late),
        where(one("kpi_expected_value", TARGET, chosen), late),
        where(one("kpi_pace_ratio", TARGET, chosen), late),
    ]
    status = say("状态", "Status")
    columns = {
        "kpi_name": say("指标", "KPI"),
        "department_name": say("部门", "Department"),
        "Value #A": status,
        "period": say("起始期间", "Since"),
        "target": say("目标", "Target"),
        "Value #D": say("实际值", "Actual"),
        "Value #E": say("应达值", "Expected"),
        "unit": say("单位", "Unit"),
        "Value #F": say("进度比", "Pace"),
        **_codes(say),
    }
    made = panels.joined_table(say("落后的目标", "Targets that slip"), expressions, columns)
    made = made.no_value(say("没有落后的目标", "No target slips"))
    return linked(made, say).override_by_name(*panels.coloured(status, say))


def target_table(say: Say, chosen: str) -> Table:
    """Return every target with its verdict."""
    expressions = [
        named(status_code(chosen), say),
        one("kpi_target_info", (*TARGET, "target"), chosen),
        one("kpi_target_actual_value", TARGET, chosen),
        one("kpi_attainment_ratio", TARGET, chosen),
        one("kpi_pace_ratio", TARGET, chosen),
        one("kpi_progress_ratio", TARGET, chosen),
    ]
    status = say("状态", "Status")
    columns = {
        "kpi_name": say("指标", "KPI"),
        "department_name": say("部门", "Department"),
        "Value #A": status,
        "target": say("目标", "Target"),
        "Value #C": say("实际值", "Actual"),
        "unit": say("单位", "Unit"),
        "Value #D": say("完成率", "Attainment"),
        "Value #E": say("进度比", "Pace"),
        "Value #F": say("完成进程", "Progress"),
        **_codes(say),
    }
    made = panels.joined_table(say("目标与判定", "Targets and verdicts"), expressions, columns)
    return linked(made.height(14), say).override_by_name(*panels.coloured(status, say))


def _codes(say: Say) -> panels.Columns:
    """Return the columns that links are made of."""
    return {
        "plan": say("计划代码", "Plan code"),
        "kpi": say("指标代码", "KPI code"),
        "department": say("部门代码", "Department code"),
    }


def linked(made: Table, say: Say) -> Table:
    """Lead from a row to its KPI and its department, and show no codes."""
    codes = _codes(say)
    cell = {name: f'${{__data.fields["{head}"]}}' for name, head in codes.items()}
    chosen = "&".join(f"var-{name}={value}" for name, value in cell.items())
    kpi, department = say("指标", "KPI"), say("部门", "Department")
    to_kpi = f"/d/{say.uid('kpi')}?{chosen}"
    to_department = f"/d/{say.uid('department')}?var-department={cell['department']}"
    open_it = say("查看", "Open")
    made = made.override_by_name(*panels.linking(kpi, open_it, to_kpi))
    made = made.override_by_name(*panels.linking(department, open_it, to_department))
    for column, properties in panels.hidden(*codes.values()):
        made = made.override_by_name(column, properties)
    return made


def missing_table(say: Say) -> Table:
    """Return the figures whose deadline has passed: the oldest of each KPI and department."""
    deadline = one("kpi_next_due_timestamp_seconds", FIGURE, REPORTING)
    overdue = f"{deadline} < time()"
    expressions = [
        named(f"({overdue}) * 1000", say),
        where(one("kpi_next_due_info", (*FIGURE, "period"), REPORTING), overdue, FIGURE),
    ]
    due = say("截止时间", "Deadline")
    columns = {
        "department_name": say("部门", "Department"),
        "kpi_name": say("指标", "KPI"),
        "period": say("期间", "Period"),
        "Value #A": due,
    }
    made = panels.joined_table(say("逾期未报", "Overdue"), expressions, columns, width=12)
    made = made.no_value(say("没有逾期未报的数据", "Nothing is overdue"))
    codes = panels.hidden("kpi", "department", "unit")
    for column, properties in codes:
        made = made.override_by_name(column, properties)
    return made.override_by_name(due, [panels.unit("dateTimeAsLocal")])


def received_bars(say: Say) -> Bars:
    """Return each department's completeness."""
    return _share("kpi_reports_received", say("完整率", "Completeness"), say)


def on_time_bars(say: Say) -> Bars:
    """Return each department's timeliness."""
    return _share("kpi_reports_on_time", say("及时率", "Timeliness"), say)


def _share(family: str, title: str, say: Say) -> Bars:
    by = ("department",)
    share = f"{one(family, by, REPORTING)} / {one('kpi_reports_expected', by, REPORTING)}"
    target = panels.query(named(share, say, kpi=False), "{{department_name}}", now=True)
    return panels.bars(title, target, width=6, height=9)
