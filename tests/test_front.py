"""The front answers before the application is there, and no differently from it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from app.front import Front, Whole
from app.main import create_app
from app.settings import Settings
from tests.metrics.reading import parsed
from tests.parts import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from app.ledger.database import Database

HEALTH = pytest.mark.parametrize("path", ["/-/healthy", "/-/ready"])


async def _short(scope: Scope, receive: Receive, send: Send) -> bool:
    if scope["method"] == "GET":
        await PlainTextResponse("short")(scope, receive, send)
    return bool(scope["method"] == "GET")


class Made:
    """A front around an application that counts how often it was made."""

    def __init__(self, *, fails: bool = False) -> None:
        self.times = 0
        self.held = threading.Event()
        self.held.set()
        self.fails = fails
        self.front = Front(self.make, {"/short": _short})

    def make(self) -> Whole:
        self.held.wait()
        self.times += 1
        if self.fails:
            raise LookupError("not to be had")

        async def answer(_request: Request) -> PlainTextResponse:
            return PlainTextResponse("long")

        methods = ["GET", "POST"]
        routes = [Route(path, answer, methods=methods) for path in ("/short", "/long", "/later")]
        app = Starlette(routes=routes)
        return Whole(app, app, app, {"/later": _short})  # type: ignore[arg-type]


def test_what_is_plain_needs_no_application() -> None:
    made = Made()
    client = TestClient(made.front)
    assert client.get("/short").text == "short"
    assert made.times == 0


def test_what_the_short_way_leaves_the_application_takes() -> None:
    client = TestClient(Made().front)
    assert client.post("/short").text == "long"
    assert client.get("/long").text == "long"


def test_the_application_brings_short_ways_of_its_own() -> None:
    client = TestClient(Made().front)
    assert client.get("/later").text == "long"
    assert client.get("/later").text == "short"


def test_all_who_come_before_it_is_there_wait_for_the_same_application() -> None:
    made = Made()
    made.held.clear()
    found: list[str] = []

    def ask() -> None:
        found.append(TestClient(made.front).get("/long").text)

    asking = [threading.Thread(target=ask) for _ in range(5)]
    for thread in asking:
        thread.start()
    assert TestClient(made.front).get("/short").text == "short"
    made.held.set()
    for thread in asking:
        thread.join()

    assert (found, made.times) == (["long"] * 5, 1)


def test_a_server_has_it_put_together_although_nobody_asks() -> None:
    made = Made()
    with TestClient(made.front):
        wait_until(lambda: made.times or None, seconds=20, what="the application")


def test_a_server_that_ends_at_once_leaves_it() -> None:
    made = Made()
    with TestClient(made.front) as client:
        assert client.get("/short").text == "short"
    assert made.times == 0


def test_where_it_cannot_be_put_together_nothing_is_healthy() -> None:
    client = TestClient(Made(fails=True).front)
    for path in ("/long", "/short"):
        with pytest.raises(LookupError):
            client.get(path)


# --- the front of the whole service ---------------------------------------------------------------


@pytest.fixture
def client(database: Database) -> Iterator[TestClient]:
    """Give the service on a migrated database, not yet put together."""
    url = database.url.render_as_string(hide_password=False)
    front = create_app(Settings(database_url=url))
    yield TestClient(front)
    front.application.state.services.office.database.close()


@HEALTH
def test_health_is_told_as_by_the_application(client: TestClient, path: str) -> None:
    front = client.app
    assert isinstance(front, Front)
    short = client.get(path)
    assert front._making is None

    routed = TestClient(front.application).get(path)

    assert (short.status_code, short.content) == (200, routed.content)
    assert short.headers == routed.headers


@HEALTH
def test_another_method_is_refused_as_everywhere(client: TestClient, path: str) -> None:
    answer = client.delete(path)
    assert answer.status_code == 405
    assert answer.headers["content-type"] == "application/problem+json"


def test_requests_are_counted_by_the_way_they_took(client: TestClient) -> None:
    client.get("/-/healthy")
    client.head("/-/healthy")
    client.head("/api/v1/plans")

    found = parsed(client.get("/metrics/process").content)

    counted = {
        (dict(labels)["method"], dict(labels)["route"]): number
        for (name, labels), number in found.items()
        if name == "http_request_duration_seconds_count"
    }
    assert counted == {
        ("GET", "/-/healthy"): 1,
        ("HEAD", "/-/healthy"): 1,
        ("HEAD", "/api/v1/plans"): 1,
    }
