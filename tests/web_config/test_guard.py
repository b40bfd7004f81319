"""The guard before everything, on the whole application."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from app.domain.access import Role
from app.ledger import keys
from app.main import create_app
from app.settings import Settings
from tests.ledger.small_office import ADMIN, fill
from tests.web_config.conftest import HASH, PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from app.ledger.office import Office
    from tests.clock import Clock

USERS = {"basic_auth_users": {"scraper": HASH}}
BASIC = ("scraper", PASSWORD)
FACES = (
    "/",
    "/docs",
    "/openapi.json",
    "/static/docs.js",
    "/metrics",
    "/metrics/forecast",
    "/metrics/process",
    "/api/v1/scoreboard",
    "/api/v1/none",
    "/none",
)


@pytest.fixture
def start(
    office: Office, clock: Clock, write: Callable[[object], Path]
) -> Iterator[Callable[..., TestClient]]:
    """Start the application with a web-config file and other settings."""
    fill(office)
    url = office.database.url.render_as_string(hide_password=False)
    started: list[TestClient] = []

    def start(content: object, **settings: object) -> TestClient:
        given = {"database_url": url, "web_config_file": str(write(content)), **settings}
        client = TestClient(create_app(Settings.model_validate(given), clock))
        client.__enter__()
        started.append(client)
        return client

    yield start
    for client in started:
        client.__exit__()


@pytest.fixture
def key(office: Office, start: Callable[..., TestClient]) -> str:
    """A reader's key."""
    del start  # which fills the office
    with office.database.write() as connection:
        stored = office.catalogue(connection)
        new = keys.NewKey("reader", Role.READER, ())
        return keys.create(connection, stored, new, actor=ADMIN, now=office.clock())[1]


def test_nothing_is_told_without_a_password_but_health(start: Callable[..., TestClient]) -> None:
    client = start(USERS)
    for path in FACES:
        answer = client.get(path)
        assert answer.status_code == 401, path
        assert answer.headers["www-authenticate"] == 'Basic realm="Dabiao", charset="UTF-8"'
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["type"] == "/problems/not-signed-in"
        assert client.get(path, auth=("scraper", "guess")).status_code == 401, path
        passed = client.get(path, auth=BASIC)
        assert passed.status_code == 404 if "none" in path else passed.is_success, path
    for path in ("/-/healthy", "/-/ready"):
        assert client.get(path).status_code == 200


def test_a_key_opens_what_looks_at_keys_and_nothing_else(
    start: Callable[..., TestClient], key: str
) -> None:
    client = start(USERS)
    bearer, wrong = ({"Authorization": f"Bearer {secret}"} for secret in (key, "dbk_wrong"))

    assert client.get("/api/v1/scoreboard", headers=bearer).status_code == 200
    assert client.get("/api/v1/scoreboard", headers=wrong).status_code == 401
    for path in ("/metrics", "/metrics/process", "/static/docs.js", "/", "/api/v1"):
        assert client.get(path, headers=bearer).status_code == 401, path


def test_a_password_is_no_key(start: Callable[..., TestClient]) -> None:
    """It lets a request through to the rules of the API; there it is nobody's."""
    client = start(USERS, read_access="key")

    assert client.get("/api/v1/scoreboard", auth=BASIC).headers["www-authenticate"] == "Bearer"
    answer = client.post("/api/v1/submissions", auth=BASIC, json={"actuals": []})
    assert answer.status_code == 401


def test_the_metrics_token_stands_in_for_the_password(start: Callable[..., TestClient]) -> None:
    client = start(USERS, metrics_token="t0ken")
    token = {"Authorization": "Bearer t0ken"}

    for path in ("/metrics", "/metrics/forecast", "/metrics/process"):
        assert client.get(path, headers=token).status_code == 200
        assert client.get(path, headers={"Authorization": "Bearer x"}).status_code == 401
        assert client.get(path, auth=BASIC).status_code == 401
    assert client.get("/", headers=token).status_code == 401


def test_two_credentials_are_one_too_many(start: Callable[..., TestClient], key: str) -> None:
    client = start(USERS)
    twice = [("Authorization", f"Bearer {key}")] * 2

    assert client.get("/api/v1/plans", headers=twice).status_code == 401


def test_refusals_are_counted(start: Callable[..., TestClient]) -> None:
    client = start(USERS)
    client.get("/metrics")

    said = client.get("/metrics/process", auth=BASIC).text

    assert (
        'http_request_duration_seconds_count{code="401",method="GET",route="unmatched"} 1' in said
    )


def test_headers_are_set_on_every_answer(start: Callable[..., TestClient]) -> None:
    headers = {"Strict-Transport-Security": "max-age=1", "Content-Security-Policy": "default-src *"}
    client = start({"http_server_config": {"headers": headers}})

    for path in FACES:
        answer = client.get(path)
        for name, value in headers.items():
            assert answer.headers.get_list(name) == [value], path
        assert answer.headers.get_list("x-content-type-options") == ["nosniff"] or path == (
            "/static/docs.js"
        )


def test_users_may_change_while_it_runs(
    start: Callable[..., TestClient], write: Callable[[object], Path]
) -> None:
    client = start("")
    assert client.get("/metrics").status_code == 200

    write(USERS)

    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", auth=BASIC).status_code == 200
