from __future__ import annotations

import asyncio
import gzip
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from starlette.testclient import TestClient

from metrics.asgi import Metrics
from metrics.cache import Cache
from metrics.negotiation import OPENMETRICS, TEXT, Format
from tests.metrics import world
from tests.metrics.reading import parsed, series
from tests.metrics.serving import application
from tests.parts import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection

    from app.ledger.office import Office
    from metrics.cache import Reading

SUCCESS = series("kpi_collector_success")
ACTUAL = series("kpi_actual_value", kpi="cases", department="mech")
EACH = pytest.mark.parametrize("path", ["/metrics", "/metrics/forecast", "/metrics/process"])
PLAIN = {"Accept-Encoding": "identity"}


@pytest.fixture
def client(settled: Office) -> TestClient:
    return TestClient(application(settled), raise_server_exceptions=False)


def test_metrics_are_text_unless_something_else_is_asked_for(client: TestClient) -> None:
    answer = client.get("/metrics", headers=PLAIN)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == TEXT
    assert "content-encoding" not in answer.headers
    assert answer.headers["vary"] == "Accept, Accept-Encoding"
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert parsed(answer.content)[ACTUAL] == 70


@EACH
def test_openmetrics_is_given_to_who_asks_for_it(client: TestClient, path: str) -> None:
    answer = client.get(path, headers={"Accept": "application/openmetrics-text"})

    assert answer.headers["content-type"] == OPENMETRICS
    assert answer.content.endswith(b"# EOF\n")
    assert parsed(answer.content, Format.OPENMETRICS)


@EACH
def test_gzip_is_given_to_who_asks_for_it(client: TestClient, path: str) -> None:
    with client.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as answer:
        raw = b"".join(answer.iter_raw())

    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) == len(raw)
    names = {name for name, _ in parsed(gzip.decompress(raw))}
    always = {"/metrics": "kpi_collector_success", "/metrics/process": "kpi_build_info"}
    assert always.get(path, "kpi_forecast_collector_success") in names


@EACH
def test_an_accept_header_may_come_in_several_lines(client: TestClient, path: str) -> None:
    lines = [("Accept", "text/html"), ("Accept", "application/openmetrics-text;version=1.0.0")]

    answer = client.get(path, headers=lines)

    assert answer.headers["content-type"] == f"{OPENMETRICS}; escaping=underscores"


def test_head_says_what_get_would_give(client: TestClient) -> None:
    get, head = client.get("/metrics", headers=PLAIN), client.head("/metrics", headers=PLAIN)

    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-type", "content-length", "vary"):
        assert head.headers[name] == get.headers[name]


@EACH
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_no_other_method_is_taken(client: TestClient, path: str, method: str) -> None:
    answer = client.request(method, path)

    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD"


@EACH
@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        (None, 401),
        ("Bearer secret-达标", 200),
        ("bearer  secret-达标", 200),
        ("Bearer secret", 401),
        ("Bearer secret-达标x", 401),
        ("Bearer", 401),
        ("Basic secret-达标", 401),
        ("secret-达标", 401),
    ],
)
def test_a_token_opens_both(
    settled: Office, path: str, authorization: str | None, status: int
) -> None:
    client = TestClient(application(settled, token="secret-达标"))
    headers = {} if authorization is None else {b"Authorization": authorization.encode()}

    assert client.get(path, headers=headers).status_code == status
    assert client.head(path, headers=headers).status_code == status


def test_a_posted_figure_shows_in_the_next_scrape(client: TestClient, settled: Office) -> None:
    client.get("/metrics")
    world.post(settled, world.row("cases", "mech", "2013-04", 64))

    assert parsed(client.get("/metrics").content)[ACTUAL] == 64


def test_an_outage_is_told_and_passes(
    client: TestClient, outage: Callable[[], AbstractContextManager[None]]
) -> None:
    before = parsed(client.get("/metrics").content)
    with outage():
        during = client.get("/metrics")
    after = parsed(client.get("/metrics").content)

    assert during.status_code == 200
    assert parsed(during.content) == before | {SUCCESS: 0.0}
    assert after[SUCCESS] == 1.0


# --- a database that hangs ----------------------------------------------------------------------


@contextmanager
def hanging(office: Office, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Let reads wait until the block ends; gives what has begun to wait."""
    waiting: list[int] = []
    released, read = threading.Event(), office.database.read

    @contextmanager
    def stuck() -> Iterator[Connection]:
        waiting.append(threading.get_ident())
        assert released.wait(20)
        with read() as connection:
            yield connection

    with monkeypatch.context() as patched:
        patched.setattr(office.database, "read", stuck)
        try:
            yield waiting
        finally:
            released.set()


async def scrape(endpoint: Metrics) -> dict[Any, float]:
    transport = httpx.ASGITransport(app=endpoint)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.get("/metrics")
    assert answer.status_code == 200
    return dict(parsed(answer.content))


def test_a_database_that_hangs_holds_up_one_thread_and_no_scrape(
    settled: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scrapes() -> None:
        cache = Cache(settled, "zh")
        patient, endpoint = Metrics(cache, None, patience=60), Metrics(cache, None, patience=0.05)
        before = await scrape(patient)
        with hanging(settled, monkeypatch) as waiting:
            during = await asyncio.gather(*(scrape(endpoint) for _ in range(5)))
            again = await scrape(endpoint)
            await asyncio.to_thread(wait_until, lambda: waiting, seconds=20, what="a read")
            assert len(waiting) == 1
        after = await scrape(patient)

        assert [*during, again] == [before | {SUCCESS: 0.0}] * 6
        assert after[SUCCESS] == 1.0

    asyncio.run(scrapes())


def test_a_scrape_does_not_settle_for_a_reading_that_began_before_it(
    settled: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was posted before a scrape is in it, whatever other scrapes were doing then."""
    cache = Cache(settled, "zh")
    refreshes: list[Reading] = []
    begun, go_on = threading.Event(), threading.Event()
    looks: list[Reading | None] = []
    refresh, look = cache.refresh, cache.look

    def noted() -> Reading | None:
        looks.append(look())
        return looks[-1]

    def slow() -> Reading:
        reading = refresh()
        refreshes.append(reading)
        begun.set()
        assert go_on.wait(20)
        return reading

    monkeypatch.setattr(cache, "look", noted)
    monkeypatch.setattr(cache, "refresh", slow)

    async def scrapes() -> list[dict[Any, float]]:
        endpoint = Metrics(cache, None)
        first = asyncio.create_task(scrape(endpoint))
        assert await asyncio.to_thread(begun.wait, 20)
        world.post(settled, world.row("cases", "mech", "2013-04", 64))
        later = [asyncio.create_task(scrape(endpoint)) for _ in range(3)]
        # One look for who comes first, and one for the others, who came while it was under way.
        await asyncio.to_thread(wait_until, lambda: len(looks) == 3, seconds=20, what="the looks")
        for _ in range(10):  # so that all of them have gone on
            await asyncio.sleep(0)
        go_on.set()
        return list(await asyncio.gather(first, *later))

    found = asyncio.run(scrapes())

    assert [answer[ACTUAL] for answer in found] == [70, 64, 64, 64]
    assert len(refreshes) == 2
