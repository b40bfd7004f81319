from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.responses import PlainTextResponse
from prometheus_client import REGISTRY
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from app import __version__
from app.ledger.database import Database
from app.ledger.office import Office
from metrics.process import Observe, ProcessMetrics
from metrics.templates import Named
from tests.metrics.reading import parsed, series
from tests.metrics.serving import application
from tests.programs import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.clock import Clock
    from tests.metrics.reading import Found

DURATION = "http_request_duration_seconds"


@pytest.fixture
def office(tmp_path: Path, clock: Clock) -> Iterator[Office]:
    """Give an office whose database is not even migrated: nothing here reads it."""
    database = Database(f"sqlite:///{tmp_path / 'dabiao.db'}")
    yield Office(database, ZoneInfo("Asia/Shanghai"), clock)
    database.close()


@pytest.fixture
def client(office: Office) -> TestClient:
    return TestClient(application(office), raise_server_exceptions=False, follow_redirects=False)


def counts(client: TestClient) -> dict[tuple[str, str, str], float]:
    """Return how many requests were counted, by method, route and code."""
    found = {}
    for (name, labels), number in parsed(client.get("/metrics/process").content).items():
        if name == f"{DURATION}_count":
            by = dict(labels)
            found[by["method"], by["route"], by["code"]] = number
    return found


def test_requests_are_counted_by_method_template_and_code(client: TestClient) -> None:
    for path in ("/static/a.css", "/plans/2013", "/plans/2012", "/metrics", "/plans/2013/x/y"):
        client.get(path)
    client.head("/metrics")
    client.post("/metrics")
    client.post("/plans/2013")

    assert counts(client) == {
        ("GET", "/plans/{code}", "200"): 2,
        ("GET", "/plans/{code}/{rest}", "200"): 1,
        ("GET", "/metrics", "200"): 1,
        ("HEAD", "/metrics", "200"): 1,
        ("POST", "/metrics", "405"): 1,
        ("POST", "/plans/{code}", "405"): 1,
        ("GET", "/static/{path}", "200"): 1,
    }


def test_whatever_a_scanner_tries_is_one_series(client: TestClient) -> None:
    for path in ("/nope", "/wp-admin/setup.php", "/plans", "/%2e%2e/etc/passwd"):
        assert client.get(path).status_code == 404
    client.request("BREW", "/nope")

    assert counts(client) == {
        ("GET", "unmatched", "404"): 4,
        ("other", "unmatched", "404"): 1,
    }


def test_what_is_refused_has_a_line_in_the_log_and_what_is_answered_has_none(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "metrics.process")
    for path in ("/plans/2013", "/no%0Awhere", "/plans/broken"):
        client.get(path)

    lines = [one.getMessage() for one in caplog.records if one.name == "metrics.process"]
    assert lines == ["GET /no%0Awhere: 404", "GET /plans/broken: 500"]


def test_what_fails_is_counted_as_500(client: TestClient) -> None:
    assert client.get("/plans/broken").status_code == 500

    assert counts(client) == {("GET", "/plans/{code}", "500"): 1}


def test_the_scrape_of_the_counts_is_not_among_them(client: TestClient) -> None:
    client.get("/metrics/process")

    assert counts(client) == {}


def test_durations_fall_into_buckets(client: TestClient) -> None:
    client.get("/plans/2013")

    found = parsed(client.get("/metrics/process").content)

    labels = {"method": "GET", "route": "/plans/{code}", "code": "200"}
    assert found[series(f"{DURATION}_bucket", **labels, le="+Inf")] == 1
    assert 0 < found[series(f"{DURATION}_sum", **labels)] < 10
    assert not [name for name, _ in found if name.endswith("_created")]


def test_requests_in_progress_are_seen_from_within(office: Office) -> None:
    seen: list[Found] = []
    app = application(office)

    async def look(_request: object) -> PlainTextResponse:
        seen.append(parsed(TestClient(app).get("/metrics/process").content))
        return PlainTextResponse("seen")

    app.router.routes.append(Route("/look", look))
    client = TestClient(app)
    client.get("/look")

    assert seen[0][series("http_requests_in_progress")] == 1
    after = parsed(client.get("/metrics/process").content)
    assert after[series("http_requests_in_progress")] == 0


def test_the_build_and_the_librarys_families_are_there(client: TestClient) -> None:
    found = parsed(client.get("/metrics/process").content)

    python = platform.python_version()
    assert found[series("kpi_build_info", version=__version__, python_version=python)] == 1
    names = {name for name, _ in found}
    assert names >= {
        "process_resident_memory_bytes",
        "process_cpu_seconds_total",
        "process_start_time_seconds",
        "process_open_fds",
        "python_info",
        "python_gc_collections_total",
    }


def test_nothing_is_registered_globally() -> None:
    before = set(REGISTRY._names_to_collectors)

    first, second = ProcessMetrics(), ProcessMetrics()

    assert set(REGISTRY._names_to_collectors) == before
    first.in_progress.inc()
    assert second.in_progress._value.get() == 0


def test_templates_of_included_routers_are_whole() -> None:
    inner, outer = APIRouter(prefix="/plans"), APIRouter(prefix="/api/v1")

    @inner.get("/{code}")
    def plan(code: str) -> str:
        return code

    outer.include_router(inner)
    app = FastAPI(routes=[Mount("/files", PlainTextResponse("x"))])
    app.include_router(outer)
    watched = Observe(Named(app))
    client = TestClient(watched)

    for path in ("/api/v1/plans/2013", "/api/v1/plans/", "/files/a/b", "/docs"):
        client.get(path)

    found = {
        dict(sample.labels)["route"]
        for metric in watched.metrics.collect()
        if metric.name == DURATION
        for sample in metric.samples
    }
    assert found == {"/api/v1/plans/{code}", "/files/{path}", "/docs", "unmatched"}


# --- several workers ----------------------------------------------------------------------------

WORKER = textwrap.dedent(
    """
    import json, sys
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route
    from starlette.testclient import TestClient
    from metrics.asgi import Process
    from metrics.process import Observe
    from metrics.templates import Named

    async def plan(request):
        return PlainTextResponse("plan")

    app = Starlette(routes=[Route("/metrics/process", Process(None)), Route("/plans/{code}", plan)])
    watched = Observe(Named(app))
    client = TestClient(watched)
    for line in sys.stdin:
        print(json.dumps(client.get(line.strip()).text), flush=True)
    """
)


class Worker:
    """A process that answers the paths it is told."""

    def __init__(self, directory: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", WORKER],
            cwd=ROOT,
            env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(directory)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def get(self, path: str) -> str:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{path}\n")
        self.process.stdin.flush()
        answer: Any = json.loads(self.process.stdout.readline())
        return str(answer)

    def stop(self) -> None:
        self.process.communicate()


def test_workers_add_up_and_are_told_apart(tmp_path: Path) -> None:
    first, second = Worker(tmp_path), Worker(tmp_path)
    try:
        for worker, times in ((first, 2), (second, 3)):
            for _ in range(times):
                worker.get("/plans/2013")

        told = [parsed(worker.get("/metrics/process").encode()) for worker in (first, second)]

        requests = series(f"{DURATION}_count", method="GET", route="/plans/{code}", code="200")
        pids = {str(worker.process.pid) for worker in (first, second)}
        for found in told:
            assert found[requests] == 5
            assert found[series("http_requests_in_progress")] == 0
            rss = [labels for name, labels in found if name == "process_resident_memory_bytes"]
            assert {dict(labels)["pid"] for labels in rss} == pids
            assert len([name for name, _ in found if name == "kpi_build_info"]) == 1
            assert not [name for name, _ in found if name.endswith("_created")]
        second.stop()

        found = parsed(first.get("/metrics/process").encode())

        assert found[requests] == 5
        assert [
            dict(labels) for name, labels in found if name == "process_resident_memory_bytes"
        ] == [{"pid": str(first.process.pid)}]
    finally:
        first.stop()
        second.stop()
