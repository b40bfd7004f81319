"""What is chosen at the top of a dashboard; codes are what queries get, names what is read.

Data sources are chosen, too, so that the dashboards can be taken into a Grafana that has its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from grafana_foundation_sdk.builders.dashboard import DatasourceVariable, QueryVariable
from grafana_foundation_sdk.models.common import DataSourceRef
from grafana_foundation_sdk.models.dashboard import (
    VariableHide,
    VariableOption,
    VariableRefresh,
    VariableSort,
)

from metrics.grafana.promql import one

if TYPE_CHECKING:
    from metrics.grafana.words import Say

PROMETHEUS: Final = DataSourceRef(type_val="prometheus", uid="${prometheus}")
POSTGRESQL: Final = DataSourceRef(type_val="grafana-postgresql-datasource", uid="${history}")
EVERYTHING: Final = ".*"

_WINDOWS: Final = {"M": "32d", "Q": "93d", "A": "367d"}
"""For how long a period's figure is the newest: a little longer than a period."""


def prometheus(say: Say) -> DatasourceVariable:
    """Return the choice of the Prometheus that scrapes the service."""
    label = say("Prometheus 数据源", "Prometheus")
    return DatasourceVariable("prometheus").type("prometheus").label(label)


def history(say: Say) -> DatasourceVariable:
    """Return the choice of the database with the record."""
    kind = str(POSTGRESQL.type_val)
    label = say("PostgreSQL 数据源", "PostgreSQL")
    return DatasourceVariable("history").type(kind).label(label)


def _query(name: str, label: str, query: str, regex: str = "") -> QueryVariable:
    made = QueryVariable(name).label(label).query(query).datasource(PROMETHEUS)
    # Not with the time range: Prometheus is asked at its end, and who looks closer at a month of
    # years ago, when nothing was scraped, would find nothing left to choose.
    made = made.refresh(VariableRefresh.ON_DASHBOARD_LOAD).sort(VariableSort.ALPHABETICAL_ASC)
    return made.regex(regex) if regex else made


def _every(variable: QueryVariable, say: Say) -> QueryVariable:
    """Let several be chosen, or all, which is what a dashboard opens with."""
    everything = VariableOption(text=say("全部", "All"), value="$__all", selected=True)
    return variable.multi(True).include_all(True).all_value(EVERYTHING).current(everything)


def _by_name(code: str, say: Say) -> str:
    """Return what takes name and code out of a series as text.

    Labels stand in the order of the alphabet: what is before `name_…` and what behind it.
    """
    name, value = f'{say.name}="(?<text>[\\s\\S]*)"', f'{code}="(?<value>[^"]*)"'
    pair = (value, name) if code < say.name else (name, value)
    return "/" + ",".join(pair) + "}/"


def plan(say: Say, *, every: bool) -> QueryVariable:
    """Return the choice of plans: one, or for overviews all."""
    query = f"query_result({one('kpi_plan_info', (say.name, 'plan'))})"
    made = _query("plan", say("计划", "Plan"), query, _by_name("plan", say))
    return _every(made, say) if every else made


def kpi(say: Say) -> QueryVariable:
    """Return the choice of one KPI, of those that the plan has a target for."""
    names = one("kpi_catalogue_info", ("kpi", say.name))
    query = f'query_result({names} and on (kpi) kpi_target_info{{plan=~"$plan"}})'
    return _query("kpi", say("指标", "KPI"), query, _by_name("kpi", say))


def department(say: Say, among: str, *, every: bool = False) -> QueryVariable:
    """Return the choice of departments among those of some series."""
    names = one("kpi_department_names_info", ("department", say.name))
    query = f"query_result({names} and on (department) ({among}))"
    made = _query("department", say("部门", "Department"), query, _by_name("department", say))
    return _every(made, say) if every else made


def window() -> QueryVariable:
    """Return for how long a figure of the KPI holds: follows its frequency, and is not shown."""
    series = one("kpi_info", ("frequency",), 'kpi=~"$kpi"')
    for frequency, span in _WINDOWS.items():
        series = f'label_replace({series}, "window", "{span}", "frequency", "{frequency}")'
    hidden = VariableHide.HIDE_VARIABLE
    return _query("window", "window", f"query_result({series})", '/window="([^"]+)"/').hide(hidden)


def job(say: Say) -> QueryVariable:
    """Return the job under which the KPI families are scraped."""
    label = say("采集任务", "KPI job")
    return _query("job", label, "label_values(kpi_collector_success, job)")


def process_job(say: Say) -> QueryVariable:
    """Return the job under which the processes are scraped."""
    label = say("进程任务", "Process job")
    return _query("process", label, "label_values(kpi_build_info, job)")


def instance(say: Say) -> QueryVariable:
    """Return the choice of processes."""
    query = 'label_values(kpi_build_info{job=~"$process"}, instance)'
    return _every(_query("instance", say("实例", "Instance"), query), say)
