"""The whole application serves the metrics, and is watched by them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from tests.metrics import world
from tests.metrics.reading import parsed, series

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.ledger.office import Office
    from tests.clock import Clock

EACH = pytest.mark.parametrize("path", ["/metrics", "/metrics/forecast", "/metrics/process"])
TOKEN = {"Authorization": "Bearer token"}


@pytest.fixture
def client(settled: Office, clock: Clock) -> Iterator[TestClient]:
    url = settled.database.url.render_as_string(hide_password=False)
    settings = Settings(database_url=url, metrics_token="token", read_access="key")
    with TestClient(create_app(settings, clock), raise_server_exceptions=False) as client:
        yield client


def test_the_record_is_served_to_who_has_the_token(client: TestClient) -> None:
    found = parsed(client.get("/metrics", headers=TOKEN).content)

    assert found[series("kpi_actual_value", kpi="cases", department="mech")] == 70
    assert found[series("kpi_collector_success")] == 1
    names = {dict(labels).get("name") for name, labels in found if name == "kpi_department_info"}
    assert world.AWKWARD in names


@EACH
def test_without_the_token_there_is_a_problem_document(client: TestClient, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer other"}):
        answer = client.get(path, headers=headers)

        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.json()["status"] == 401


@EACH
def test_another_method_is_answered_with_a_problem_document(client: TestClient, path: str) -> None:
    answer = client.post(path, headers=TOKEN)

    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD"
    assert answer.headers["content-type"] == "application/problem+json"


def test_requests_are_counted_by_the_templates_of_the_api(client: TestClient) -> None:
    for path in ("/api/v1/plans/year-2013", "/-/healthy", "/nope", "/metrics"):
        client.get(path)

    found = parsed(client.get("/metrics/process", headers=TOKEN).content)

    counted = {
        (dict(labels)["route"], dict(labels)["code"])
        for name, labels in found
        if name == "http_request_duration_seconds_count"
    }
    assert counted == {
        ("/api/v1/plans/{code}", "401"),
        ("/-/healthy", "200"),
        ("unmatched", "404"),
        ("/metrics", "401"),
    }
