"""The service itself: scrapes, requests, refusals, the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from grafana_foundation_sdk.builders.dashboard import Row

from metrics.grafana import panels, variables
from metrics.grafana.promql import one

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders.dashboard import Dashboard
    from grafana_foundation_sdk.builders.stat import Panel as Stat
    from grafana_foundation_sdk.builders.timeseries import Panel as Lines

    from metrics.grafana.words import Say

REQUESTS: Final = 'job=~"$process",instance=~"$instance"'
KPIS: Final = 'job=~"$job"'
SCRAPES: Final = 'job=~"$job|$process"'
RATE: Final = "[$__rate_interval]"


def dashboard(say: Say) -> Dashboard:
    """Return the dashboard in one language."""
    title = say("达标：服务本身", "Dabiao: the service")
    board = panels.dashboard("service", title, say, span="6h").refresh("30s")
    for variable in (
        variables.prometheus(say),
        variables.job(say),
        variables.process_job(say),
        variables.instance(say),
    ):
        board = board.with_variable(variable)
    for number in numbers(say):
        board = board.with_panel(number)
    for row, found in (
        (say("采集", "Scrapes"), scrapes(say)),
        (say("请求", "Requests"), requests(say)),
        (say("账本", "The ledger"), ledger(say)),
        (say("进程", "Processes"), processes(say)),
    ):
        board = board.with_row(Row(row))
        for panel in found:
            board = board.with_panel(panel)
    return board


def numbers(say: Say) -> list[Stat]:
    """Return whether all is well."""
    up = panels.query(f"min by (job) (up{{{SCRAPES}}})", "{{job}}", now=True)
    success = one("kpi_collector_success", ("job",), KPIS)
    read = panels.query(success, "{{job}}", now=True)
    age = f"time() - {one('kpi_snapshot_timestamp_seconds', ('job',), KPIS)}"
    version = one("kpi_build_info", ("version", "python_version"), REQUESTS)
    well = panels.steps((None, "red"), (1, "green"))
    fresh = panels.steps((None, "green"), (300, "orange"), (900, "red"))
    return [
        panels.number(say("采集成功", "Scraped"), up, width=6).thresholds(well),
        panels.number(say("数据库可读", "Database read"), read, width=6).thresholds(well),
        panels.number(
            say("距上次读取", "Since the last reading"),
            panels.query(age, "{{job}}", now=True),
            width=6,
            unit="s",
        ).thresholds(fresh),
        panels.name_number(
            say("版本", "Version"),
            panels.query(version, "{{version}} (Python {{python_version}})", now=True),
            width=6,
        ),
    ]


def scrapes(say: Say) -> list[Lines]:
    """Return what scraping costs."""
    seconds = panels.query(f"max by (job) (scrape_duration_seconds{{{SCRAPES}}})", "{{job}}")
    samples = panels.query(f"max by (job) (scrape_samples_scraped{{{SCRAPES}}})", "{{job}}")
    return [
        panels.lines(say("采集耗时", "Duration"), seconds, unit="s", width=12),
        panels.lines(say("每次采集的样本数", "Samples a scrape"), samples, unit="short", width=12),
    ]


def requests(say: Say) -> list[Lines]:
    """Return how many requests there are, how long they take and which are refused."""
    family = "http_request_duration_seconds"
    rate = f"sum by (route) (rate({family}_count{{{REQUESTS}}}{RATE}))"
    refused = f'sum by (route, code) (rate({family}_count{{{REQUESTS},code=~"[45].."}}{RATE}))'
    buckets = f"sum by (le) (rate({family}_bucket{{{REQUESTS}}}{RATE}))"
    quantiles = [
        panels.query(f"histogram_quantile({share}, {buckets})", name, ref=ref)
        for share, name, ref in ((0.5, "50 %", "A"), (0.95, "95 %", "B"), (0.99, "99 %", "C"))
    ]
    waiting = panels.query(
        f"sum by (instance) (http_requests_in_progress{{{REQUESTS}}})", "{{instance}}"
    )
    return [
        panels.lines(
            say("每秒请求数", "Requests a second"),
            panels.query(rate, "{{route}}"),
            unit="reqps",
            width=12,
        ),
        panels.lines(say("响应时间", "Time to answer"), *quantiles, unit="s", width=12),
        panels.lines(
            say("被拒与出错的请求", "Refusals and errors"),
            panels.query(refused, "{{code}} {{route}}"),
            unit="reqps",
            width=12,
        ),
        panels.lines(say("正在处理的请求", "In progress"), waiting, unit="short", width=12),
    ]


def ledger(say: Say) -> list[Lines]:
    """Return what came in, as the ledger counts it: replicas and restarts change nothing."""
    deliveries = one("kpi_submissions_total", ("source", "outcome"), KPIS)
    refused = f'{KPIS},outcome="rejected"'
    rows = one("kpi_submission_rows_total", ("source",), refused)
    broken = one("kpi_ledger_violations", ("invariant",), REQUESTS)
    age = f"time() - {one('kpi_ledger_verified_timestamp_seconds', ('job',), REQUESTS)}"
    return [
        panels.lines(
            say("提交总数", "Submissions on record"),
            panels.query(f"sum by (outcome) ({deliveries})", "{{outcome}}"),
            unit="short",
            width=12,
        ),
        panels.lines(
            say("被拒的数据行", "Rows rejected"),
            panels.query(rows, "{{source}}"),
            unit="short",
            width=12,
        ),
        panels.lines(
            say("被破坏的不变式（应为 0）", "Invariants broken (0 when sound)"),
            panels.query(broken, "{{invariant}}"),
            unit="short",
            width=12,
        ),
        panels.lines(
            say("距上次完整核验", "Since the whole was verified"),
            panels.query(age, "{{job}}"),
            unit="s",
            width=12,
        ),
    ]


def processes(say: Say) -> list[Lines]:
    """Return what the processes take of the machine."""
    cpu = f"sum by (instance) (rate(process_cpu_seconds_total{{{REQUESTS}}}{RATE}))"
    memory = f"sum by (instance) (process_resident_memory_bytes{{{REQUESTS}}})"
    return [
        panels.lines(
            say("处理器", "Processors"), panels.query(cpu, "{{instance}}"), unit="short", width=12
        ),
        panels.lines(
            say("内存", "Memory"), panels.query(memory, "{{instance}}"), unit="bytes", width=12
        ),
    ]
