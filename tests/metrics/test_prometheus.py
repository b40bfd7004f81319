"""A real Prometheus scrapes the running service and answers what people will ask it."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import httpx
import pytest
import yaml

from app.main import create_app
from app.settings import Settings
from metrics.families import KPI_FAMILIES
from tests.metrics import world
from tests.metrics.serving import running
from tests.metrics.test_exposition import check_metrics
from tests.programs import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from app.ledger.office import Office
    from tests.clock import Clock
    from tests.parts import PrometheusServer

pytestmark = pytest.mark.part("prometheus")
SHIPPED = ROOT / "metrics" / "prometheus" / "prometheus.yml"


@pytest.fixture
def service(settled: Office, clock: Clock) -> Iterator[str]:
    database_url = settled.database.url.render_as_string(hide_password=False)
    with running(create_app(Settings(database_url=database_url), clock)) as url:
        yield url


@pytest.fixture
def prometheus(service: str, start_prometheus: Callable[..., PrometheusServer]) -> PrometheusServer:
    server = start_prometheus(
        {"dabiao": f"{service}/metrics", "dabiao-process": f"{service}/metrics/process"}
    )
    server.wait_until('up{job="dabiao"} == 1')
    server.wait_until('up{job="dabiao-process"} == 1')
    return server


def test_a_real_prometheus_answers_what_people_ask(
    prometheus: PrometheusServer, settled: Office
) -> None:
    """One test for all questions: it takes Prometheus five seconds to know its targets."""
    _answers_by_a_chinese_name(prometheus)
    _keeps_names_as_they_are(prometheus)
    _has_every_family(prometheus)
    _sees_what_is_posted(prometheus, settled)


def _answers_by_a_chinese_name(prometheus: PrometheusServer) -> None:
    found = prometheus.wait_until(
        'kpi_attainment_ratio * on(kpi) group_left(name) kpi_info{name="发明专利审查周期"}'
    )

    ratios = {sample.labels["department"]: sample.value for sample in found}
    mean = (23.7 * 120 + 22.1 * 300) / 420
    assert ratios == pytest.approx(
        {"mech": 1 + (22.5 - 23.7) / 22.5, "office": 1 + (22.5 - mean) / 22.5}, abs=1e-12
    )
    assert {sample.labels["name"] for sample in found} == {"发明专利审查周期"}


def _keeps_names_as_they_are(prometheus: PrometheusServer) -> None:
    (sample,) = prometheus.wait_until('kpi_department_info{department="elec"}')

    assert sample.labels["name"] == world.AWKWARD


def _has_every_family(prometheus: PrometheusServer) -> None:
    for family in KPI_FAMILIES:
        # A scrape that took too long on a busy machine hides all until the next.
        assert prometheus.wait_until(f"count({family.name})"), family.name
    (whole,) = prometheus.query('scrape_samples_scraped{job="dabiao"}')
    (stored,) = prometheus.query('count({__name__=~"kpi_.*",job="dabiao"})')
    assert whole.value == stored.value
    assert prometheus.query('kpi_build_info{job="dabiao-process"}')


def _sees_what_is_posted(prometheus: PrometheusServer, office: Office) -> None:
    accepted = 'kpi_submissions_total{source="api",outcome="accepted"}'
    before = prometheus.query(accepted)[0].value

    world.post(office, world.row("cases", "mech", "2013-04", 64))

    prometheus.wait_until(f"{accepted} == {before + 1}")
    prometheus.wait_until('kpi_target_actual_value{kpi="cases"} == 304')
    prometheus.wait_until(
        'increase(http_request_duration_seconds_count{route="/metrics",code="200"}[5s]) > 0'
    )


def test_promtool_finds_nothing_to_say_about_what_is_served(service: str, promtool: Path) -> None:
    for path in ("/metrics", "/metrics/forecast", "/metrics/process"):
        body = httpx.get(service + path, trust_env=False).content
        said = check_metrics(promtool, body)[1]
        # The client library's own families are as they are.
        assert not [
            line for line in said.splitlines() if not line.startswith(("process_", "python_"))
        ]


def test_the_shipped_configuration_scrapes_all(promtool: Path) -> None:
    done = subprocess.run(
        [promtool, "check", "config", SHIPPED], capture_output=True, text=True, check=False
    )
    jobs = yaml.safe_load(SHIPPED.read_text("utf-8"))["scrape_configs"]

    assert done.returncode == 0, done.stdout + done.stderr
    assert {job["metrics_path"] for job in jobs} == {
        "/metrics",
        "/metrics/forecast",
        "/metrics/process",
    }
