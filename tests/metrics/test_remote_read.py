"""A real Prometheus answers PromQL over period time, by asking the running service."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from app.api import remote_read
from app.domain.access import Role
from app.domain.kpi import Kind
from app.domain.period import Period
from app.ledger import keys
from app.main import create_app
from app.settings import Settings
from tests import factories
from tests.metrics import world
from tests.metrics.serving import running
from tests.programs import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.ledger.office import Office
    from tests.clock import Clock
    from tests.parts import PrometheusServer

pytestmark = pytest.mark.part("prometheus")
SHIPPED = ROOT / "metrics" / "prometheus" / "prometheus.yml"
MONTHS = [Period.parse("2011-01").shift(count) for count in range(36)]
PENDENCY = {str(month): 26 - place / 10 for place, month in enumerate(MONTHS)}
END = dt.datetime(2013, 12, 31, 15, 59, 59, tzinfo=dt.UTC).timestamp()
"""The last second of December 2013 in Shanghai."""


@pytest.fixture
def three_years(office: Office, clock: Clock) -> Office:
    """An office with 36 months of a level, and of a flow of ten a month."""
    clock.set(2011, 1, 1)
    world.enter(
        office,
        factories.plan("three-years", start="2011-01", end="2013-12"),
        *world.DEPARTMENTS,
        *world.KPIS,
        factories.target(
            "<= 22.5",
            plan_code="three-years",
            kpi_code="pendency",
            department_code="mech",
            baseline=("2010-12", "26"),
        ),
        factories.target(
            ">= 360",
            plan_code="three-years",
            kpi_code="cases",
            department_code="mech",
            kind=Kind.FLOW,
        ),
    )
    clock.set(2014, 1, 5)
    rows = [
        world.row(kpi, "mech", month, value)
        for month, pendency in PENDENCY.items()
        for kpi, value in (("pendency", f"{pendency:.1f}"), ("cases", 10))
    ]
    world.post(office, *rows)
    return office


@pytest.fixture
def service(three_years: Office, clock: Clock) -> Iterator[str]:
    """The office's service, which lets nobody read without a key."""
    url = three_years.database.url.render_as_string(hide_password=False)
    with running(create_app(Settings(database_url=url, read_access="key"), clock)) as address:
        yield address


@pytest.fixture
def prometheus(
    three_years: Office, service: str, start_prometheus: Callable[..., PrometheusServer]
) -> PrometheusServer:
    """A Prometheus that reads as the shipped configuration says, with a reader's key."""
    with three_years.database.write() as connection:
        new = keys.NewKey("prometheus", Role.READER, ())
        stored = three_years.catalogue(connection)
        secret = keys.create(connection, stored, new, actor=world.PLANNER, now=three_years.clock())[
            1
        ]
    (shipped,) = yaml.safe_load(SHIPPED.read_text("utf-8"))["remote_read"]
    assert shipped["url"].endswith("/api/v1/read")
    shipped |= {"url": f"{service}/api/v1/read", "authorization": {"credentials": secret}}
    whole = {"scrape_interval": "200ms", "scrape_timeout": "200ms", "evaluation_interval": "1s"}
    return start_prometheus(
        {"dabiao": f"{service}/metrics", "dabiao-process": f"{service}/metrics/process"},
        config={
            "remote_read": [shipped],
            "global": {**whole, "external_labels": {"site": "here"}},
        },
    )


def numbers(prometheus: PrometheusServer, promql: str, at: float = END) -> list[float]:
    return sorted(sample.value for sample in prometheus.query(promql, at=at))


def test_promql_over_36_months(
    prometheus: PrometheusServer, three_years: Office, service: str
) -> None:
    """One test for all questions: a server's start costs more than they do."""
    _has_a_sample_for_every_month(prometheus)
    _computes_over_period_time(prometheus)
    _has_every_family(prometheus)
    _matches_in_all_four_ways(prometheus)
    _is_asked_for_period_time_alone(prometheus, service)
    _sees_a_restated_month_at_once(prometheus, three_years)


def _has_a_sample_for_every_month(prometheus: PrometheusServer) -> None:
    selector = 'kpi_actual_value{time="period",kpi="pendency",department="mech"}[1200d]'
    answer = prometheus.get("/api/v1/query", query=selector, time=repr(END))
    (series,) = answer["data"]["result"]

    assert series["metric"] == {
        "__name__": "kpi_actual_value",
        "department": "mech",
        "kpi": "pendency",
        "time": "period",
    }
    assert [float(value) for _, value in series["values"]] == pytest.approx(list(PENDENCY.values()))
    stamps = [dt.datetime.fromtimestamp(at, dt.UTC) for at, _ in series["values"]]
    shanghai = dt.timezone(dt.timedelta(hours=8))
    assert [f"{at.astimezone(shanghai):%Y-%m-%d %H:%M:%S}" for at in stamps] == [
        f"{month.last_day} 23:59:59" for month in MONTHS
    ]


def _computes_over_period_time(prometheus: PrometheusServer) -> None:
    pendency = 'kpi_actual_value{time="period",kpi="pendency",department="mech"}'
    cases = 'kpi_target_actual_value{time="period",kpi="cases"}'

    assert numbers(prometheus, f"last_over_time({pendency}[32d])") == [22.5]
    assert numbers(prometheus, f"last_over_time({pendency}[32d] offset 365d)") == [
        pytest.approx(PENDENCY["2012-12"])
    ]
    (mean,) = numbers(prometheus, f"avg_over_time({pendency}[1200d])")
    assert mean == pytest.approx(sum(PENDENCY.values()) / 36)
    assert numbers(prometheus, f"min_over_time({pendency}[1200d])") == [22.5]
    assert numbers(prometheus, f"last_over_time({cases}[32d])") == [360]
    (year,) = numbers(prometheus, f"increase({cases}[366d])")
    assert year == pytest.approx(120, rel=0.02)
    met = numbers(prometheus, 'sum_over_time(kpi_status{time="period",status="attained"}[1200d])')
    # The flow meets its bound in its last month, the level at its due period.
    assert met == [1, 1]


def _has_every_family(prometheus: PrometheusServer) -> None:
    found = prometheus.query(
        'count by (__name__) (last_over_time({__name__=~"kpi_.+",time="period"}[32d]))', at=END
    )
    assert {sample.labels["__name__"]: sample.value for sample in found} == {
        "kpi_actual_value": 2,
        "kpi_target_actual_value": 2,
        "kpi_target_lower_value": 1,
        "kpi_target_upper_value": 1,
        "kpi_expected_value": 2,
        "kpi_attainment_ratio": 2,
        "kpi_pace_ratio": 2,
        "kpi_status": 14,
    }


def _matches_in_all_four_ways(prometheus: PrometheusServer) -> None:
    for matcher, kpis in (
        ('kpi="cases"', {"cases"}),
        ('kpi!="cases"', {"pendency"}),
        ('kpi=~"pend.*"', {"pendency"}),
        ('kpi=~"pend"', set()),
        ('kpi!~"pend.*|x"', {"cases"}),
        ('plan="three-years"', {"cases", "pendency"}),
        ('plan=""', set()),
    ):
        promql = f'last_over_time(kpi_target_actual_value{{time="period",{matcher}}}[32d])'
        found = prometheus.query(promql, at=END)
        assert {sample.labels["kpi"] for sample in found} == kpis, matcher


def _is_asked_for_period_time_alone(prometheus: PrometheusServer, service: str) -> None:
    before = _reads(service)
    assert before > 0
    for promql in (
        "kpi_actual_value",
        'kpi_actual_value{time!="period"}',
        'kpi_actual_value{time=~"period"}',
    ):
        prometheus.query(promql)

    assert _reads(service) == before


def _reads(service: str) -> float:
    """Return how many reads the service has answered, by its own count."""
    text = httpx.get(f"{service}/metrics/process", trust_env=False).text
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "http_request_duration_seconds_count"
        and sample.labels["route"] == "/api/v1/read"
    )


def _sees_a_restated_month_at_once(prometheus: PrometheusServer, office: Office) -> None:
    pendency = 'last_over_time(kpi_actual_value{time="period",kpi="pendency"}[32d])'
    ratio = 'last_over_time(kpi_attainment_ratio{time="period",kpi="pendency"}[32d])'
    march = dt.datetime(2012, 3, 31, 16, tzinfo=dt.UTC).timestamp()
    assert numbers(prometheus, pendency, march) == [pytest.approx(24.6)]

    world.post(office, world.row("pendency", "mech", "2012-03", "45", reason="重新统计"))

    assert numbers(prometheus, pendency, march) == [45]
    assert numbers(prometheus, ratio, march) == [0]
    assert numbers(prometheus, pendency, march + 30 * 86_400) == [pytest.approx(24.5)]


def test_what_is_too_much_is_told_to_who_asked(
    prometheus: PrometheusServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_read, "SERIES", 5)

    assert "5" in _warning(prometheus, '{__name__=~"kpi_.+",time="period"}[32d]')
    assert "100" in _warning(prometheus, 'kpi_actual_value{time="period"}[101y]')


def _warning(prometheus: PrometheusServer, promql: str) -> str:
    answer: dict[str, Any] = prometheus.get("/api/v1/query", query=promql, time=repr(END))
    assert answer["data"]["result"] == []
    (warning,) = answer["warnings"]
    assert "400 Bad Request" in warning
    assert "findings" in warning
    return str(warning)
