"""One KPI of one department: figure, target, trajectory, forecast, revisions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from grafana_foundation_sdk.builders.dashboard import Row

from metrics.grafana import panels, variables
from metrics.grafana.promql import FIGURE, TARGET, in_period_time, named, one, status_code

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders.bargauge import Panel as Bars
    from grafana_foundation_sdk.builders.dashboard import Dashboard
    from grafana_foundation_sdk.builders.stat import Panel as Stat
    from grafana_foundation_sdk.builders.table import Panel as Table
    from grafana_foundation_sdk.builders.timeseries import Panel as Lines
    from grafana_foundation_sdk.builders.trend import Panel as Trend

    from metrics.grafana.words import Say

CHOSEN: Final = 'plan=~"$plan",kpi=~"$kpi",department=~"$department"'
FIGURES: Final = 'kpi=~"$kpi",department=~"$department"'
SQL_FIGURES: Final = "kpi = ${kpi:sqlstring} AND department = ${department:sqlstring}"
SQL_CHOSEN: Final = f"plan = ${{plan:sqlstring}} AND {SQL_FIGURES}"


def dashboard(say: Say) -> Dashboard:
    """Return the dashboard in one language."""
    among = 'kpi_target_info{plan=~"$plan",kpi=~"$kpi"}'
    board = panels.dashboard("kpi", say("达标：单项指标", "Dabiao: one KPI"), say, span="3y")
    for variable in (
        variables.plan(say, every=False),
        variables.kpi(say),
        variables.department(say, among),
        variables.window(),
    ):
        board = board.with_variable(variable)
    board = board.with_variable(variables.prometheus(say)).with_variable(variables.history(say))
    for panel in numbers(say):
        board = board.with_panel(panel)
    board = board.with_row(Row(say("按数据期（数据库）", "By period, from the database")))
    board = board.with_panel(verdict_lines(say)).with_panel(forecast_lines(say))
    board = board.with_row(Row(say("按数据期（PromQL）", "By period, in PromQL")))
    board = board.with_panel(history_lines(say)).with_panel(ratio_lines(say))
    board = board.with_row(Row(say("各部门与记录", "Departments, and the record")))
    board = board.with_panel(department_bars(say)).with_panel(target_versions(say))
    return board.with_panel(revisions(say)).with_panel(definition(say))


def numbers(say: Say) -> list[Stat]:
    """Return the verdict in figures."""
    status = panels.query(status_code(CHOSEN), now=True)
    target = panels.query(one("kpi_target_info", ("target",), CHOSEN), "{{target}}", now=True)
    until = one("kpi_target_period_end_timestamp_seconds", (*TARGET, "period"), CHOSEN)
    period = panels.query(until, "{{period}}", now=True)
    return [
        panels.status_number(say("状态", "Status"), status, say, width=4),
        panels.name_number(say("目标", "Target"), target, width=4),
        _value(say("实际值", "Actual"), "kpi_target_actual_value", say),
        _value(say("应达值", "Expected by now"), "kpi_expected_value", say),
        _ratio(say("完成率", "Attainment"), "kpi_attainment_ratio"),
        _ratio(say("进度比", "Pace"), "kpi_pace_ratio"),
        panels.name_number(say("数据期", "Period"), period, width=3),
    ]


def _value(title: str, family: str, say: Say) -> Stat:
    series = named(one(family, TARGET, CHOSEN), say, department=False)
    target = panels.query(series, "{{unit}}", now=True)
    return panels.number(title, target, width=4).text_mode(panels.VALUE_AND_NAME)


def _ratio(title: str, family: str) -> Stat:
    """Return a ratio as a ratio: 1 is the bound."""
    target = panels.query(one(family, TARGET, CHOSEN), now=True)
    return panels.number(title, target, width=3 if "pace" in family else 2).decimals(3)


def verdict_lines(say: Say) -> Lines:
    """Return figure, trajectory and bounds as each period was judged, to the plan's end."""
    statement = f"""
        SELECT period_end AS "time", actual AS "{say("实际值", "Actual")}",
            expected AS "{say("应达值", "Expected")}",
            lower_bound AS "{say("下限", "Lower bound")}",
            upper_bound AS "{say("上限", "Upper bound")}"
        FROM v_verdict
        WHERE {SQL_CHOSEN} AND $__timeFilter(period_end)
        ORDER BY period_end
    """
    title = say("实际值、应达值与目标", "Figure, trajectory and target")
    return panels.months(title, statement, width=14)


def forecast_lines(say: Say) -> Trend:
    """Return the figure and how it goes on to the due period, with the interval as an area.

    Over the whole plan: what is to come lies behind the end of the time range.
    """
    period, lower, upper = say("数据期", "Period"), say("预测下限", "Low"), say("预测上限", "High")
    statement = f"""
        SELECT extract(epoch FROM v.period_end)::float8 * 1000 AS "{period}",
            v.actual AS "{say("实际值", "Actual")}", f.value AS "{say("预测", "Forecast")}",
            f.lower_value AS "{lower}", f.upper_value AS "{upper}",
            v.lower_bound AS "{say("下限", "Lower bound")}",
            v.upper_bound AS "{say("上限", "Upper bound")}"
        FROM v_verdict v LEFT JOIN v_forecast f USING (plan, kpi, department, period)
        WHERE {SQL_CHOSEN}
        ORDER BY v.period_end
    """
    title = say("照此走势：预测与 80% 区间", "At this course: forecast, 80% interval")
    made = panels.periods(title, statement, period, width=10)
    for column, properties in panels.area(lower, upper):
        made = made.override_by_name(column, properties)
    return made


def history_lines(say: Say) -> Lines:
    """Return the same through remote read: current revisions, by period."""
    families = {
        "kpi_target_actual_value": say("实际值", "Actual"),
        "kpi_expected_value": say("应达值", "Expected"),
        "kpi_target_lower_value": say("下限", "Lower bound"),
        "kpi_target_upper_value": say("上限", "Upper bound"),
    }
    targets = [
        panels.query(in_period_time(family, CHOSEN), legend, ref=chr(ord("A") + place))
        for place, (family, legend) in enumerate(families.items())
    ]
    title = say("实际值、应达值与目标", "Figure, trajectory and target")
    return panels.lines(title, *targets, width=12, height=9).interval("1d")


def ratio_lines(say: Say) -> Lines:
    """Return attainment and pace by period."""
    targets = [
        panels.query(in_period_time("kpi_attainment_ratio", CHOSEN), say("完成率", "Attainment")),
        panels.query(in_period_time("kpi_pace_ratio", CHOSEN), say("进度比", "Pace"), ref="B"),
    ]
    title = say("完成率与进度比（1 为恰好达到）", "Attainment and pace (1 is the bound)")
    return panels.lines(title, *targets, width=12, height=9).interval("1d")


def department_bars(say: Say) -> Bars:
    """Return the newest figure of every department that reports the KPI."""
    figures = named(one("kpi_actual_value", FIGURE, 'kpi=~"$kpi"'), say)
    target = panels.query(
        figures, say("{{department_name}}（{{unit}}）", "{{department_name}} ({{unit}})"), now=True
    )
    return panels.amounts(
        say("各部门最新数据", "Newest figure of each department"), target, width=8
    )


def target_versions(say: Say) -> Table:
    """Return the target's versions: what was revised, when, by whom and why."""
    statement = f"""
        SELECT version AS "{say("版本", "Version")}", target AS "{say("目标", "Target")}",
            due AS "{say("期限", "Due")}", in_force_from AS "{say("生效期间", "In force from")}",
            recorded_at AS "{say("登记时间", "Recorded")}",
            recorded_by AS "{say("登记人", "By")}", reason AS "{say("理由", "Reason")}",
            source AS "{say("来源", "Source")}"
        FROM v_target_version WHERE {SQL_CHOSEN} ORDER BY version DESC
    """
    return panels.record_table(say("目标的历次版本", "Versions of the target"), statement, width=16)


def revisions(say: Say) -> Table:
    """Return every revision of every figure in the time range."""
    statement = f"""
        SELECT period AS "{say("期间", "Period")}", revision AS "{say("修订号", "Revision")}",
            value AS "{say("数值", "Value")}",
            observation_status AS "{say("观测状态", "Status")}",
            recorded_at AS "{say("登记时间", "Recorded")}",
            recorded_by AS "{say("登记人", "By")}", reason AS "{say("更正原因", "Reason")}",
            note AS "{say("备注", "Note")}", submission_id AS "{say("提交编号", "Submission")}"
        FROM v_revision
        WHERE {SQL_FIGURES} AND $__timeFilter(period_end)
        ORDER BY period DESC, revision DESC
    """
    return panels.record_table(
        say("数据的历次修订", "Revisions of the figures"), statement, height=10
    )


def definition(say: Say) -> Table:
    """Return what the KPI is."""
    statement = f"""
        SELECT {say.name} AS "{say("名称", "Name")}", {say.unit} AS "{say("单位", "Unit")}",
            kind AS "{say("类型", "Kind")}", frequency AS "{say("频度", "Frequency")}",
            due_days AS "{say("上报期限（天）", "Days to report")}",
            definition AS "{say("定义", "Definition")}"
        FROM v_kpi WHERE kpi = ${{kpi:sqlstring}}
    """
    return panels.record_table(say("指标定义", "Definition"), statement, height=4)
