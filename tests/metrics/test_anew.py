"""Scrapes while everything is read anew, which in a large office takes longer than they wait."""

from __future__ import annotations

import asyncio
import datetime as dt
import threading
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import httpx
import pytest
from starlette.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from metrics import board as board_module
from metrics.asgi import Metrics
from metrics.cache import AHEAD, Cache
from tests import factories
from tests.metrics import world
from tests.metrics.reading import parsed, series
from tests.metrics.test_board import answers
from tests.parts import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from app.ledger.office import Office
    from metrics.snapshot import Filled
    from tests.clock import Clock
    from tests.metrics.reading import Found

SUCCESS = series("kpi_collector_success")
SNAPSHOT_TIME = series("kpi_snapshot_timestamp_seconds")
ACTUAL = series("kpi_actual_value", kpi="cases", department="mech")
UPPER = series("kpi_target_upper_value", plan="year-2013", kpi="pendency", department="office")
WAITS = "X-Prometheus-Scrape-Timeout-Seconds"
REVISED = {"plan_code": "year-2013", "kpi_code": "pendency", "department_code": "office"}


class Slow:
    """Reading everything, held up until it is let go; `begun` counts how often it has begun."""

    def __init__(self) -> None:
        self.begun = 0
        self.is_broken = False
        self._everything = board_module.everything
        self._go_on = threading.Event()

    def __call__(self, *given: object) -> Iterator[Filled]:
        self.begun += 1
        for part in self._everything(*given):  # type: ignore[arg-type]
            assert self._go_on.wait(20)
            if self.is_broken:
                raise ZeroDivisionError
            yield part

    def let_go(self) -> None:
        self._go_on.set()

    def hold(self) -> None:
        self._go_on.clear()


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:
    slow = Slow()
    monkeypatch.setattr(board_module, "everything", slow)
    yield slow
    slow.let_go()


async def answer_of(endpoint: Metrics, **headers: str) -> httpx.Response:
    transport = httpx.ASGITransport(app=endpoint)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.get("/metrics", headers=headers)


async def scrape(endpoint: Metrics) -> Found:
    answer = await answer_of(endpoint)
    assert answer.status_code == 200
    return parsed(answer.content)


async def read_at_last(endpoint: Metrics, key: object, value: float) -> Found:
    """Scrape until a series has a value."""
    async with asyncio.timeout(20):
        while True:
            found = await scrape(endpoint)
            if dict(found).get(key) == value:  # type: ignore[call-overload]
                return found
            await asyncio.sleep(0.01)


def revise(office: Office) -> None:
    world.enter(office, factories.target("<= 23.5", **REVISED))  # type: ignore[arg-type]


def hasty(office: Office) -> Metrics:
    return Metrics(Cache(office, "zh"), None, patience=1)


# --- the first reading --------------------------------------------------------------------------


def test_before_the_first_reading_is_done_a_scrape_is_told_to_come_again(
    settled: Office, clock: Clock, slow: Slow
) -> None:
    url = settled.database.url.render_as_string(hide_password=False)
    app = create_app(Settings(database_url=url), clock)
    metrics = app.application.state.metrics
    metrics._patience = 0.5
    with TestClient(app) as client:
        early = client.get("/metrics", headers={"Accept-Language": "en"})
        slow.let_go()
        wait_until(lambda: metrics._cache.last.at, seconds=20, what="the reading")
        later = client.get("/metrics")

    # No answer without series: that would say that there are no targets, and be believed.
    assert (early.status_code, early.headers["retry-after"]) == (503, "5")
    assert early.json()["type"] == "/problems/not-read-yet"
    assert parsed(later.content)[ACTUAL] == 70
    assert parsed(later.content)[SUCCESS] == 1
    assert slow.begun == 1, "the second scrape found what the first one had begun"


def test_the_service_reads_the_office_without_being_asked(settled: Office) -> None:
    async def serve() -> None:
        cache = Cache(settled, "zh")
        async with Metrics(cache, None, quiet=0).awake():
            await asyncio.to_thread(
                wait_until, lambda: cache.last.at, seconds=20, what="the reading"
            )

    asyncio.run(serve())


def test_a_reading_is_given_up_when_the_service_ends(settled: Office, slow: Slow) -> None:
    async def serve() -> Cache:
        cache = Cache(settled, "zh")
        async with Metrics(cache, None, quiet=0).awake():
            await asyncio.to_thread(wait_until, lambda: slow.begun, seconds=20, what="a beginning")
            cache.close()
            slow.let_go()
        return cache

    assert asyncio.run(serve()).last.at is None


def test_a_service_that_ends_before_it_has_read_does_not_read(settled: Office, slow: Slow) -> None:
    async def serve() -> None:
        async with Metrics(Cache(settled, "zh"), None, quiet=60).awake():
            pass

    asyncio.run(serve())
    assert not slow.begun


# --- another reading, and what was last known meanwhile -----------------------------------------


@contextmanager
def read_before(office: Office, slow: Slow) -> Iterator[Metrics]:
    """Give an endpoint that has read everything once, and will be held up the next time."""
    slow.let_go()
    endpoint = hasty(office)
    asyncio.run(scrape(endpoint))
    slow.hold()
    yield endpoint
    slow.let_go()


def test_what_was_last_known_stands_while_a_new_catalogue_is_read(
    settled: Office, clock: Clock, slow: Slow
) -> None:
    async def scrapes(endpoint: Metrics) -> None:
        before = await scrape(endpoint)
        clock.forward(minutes=5)
        revise(settled)

        during = [await scrape(endpoint) for _ in range(3)]
        slow.let_go()
        after = await read_at_last(endpoint, UPPER, 23.5)

        # The database was read, so it is no failure; but the snapshot is of before.
        assert during == [before] * 3
        assert before[SUCCESS] == after[SUCCESS] == 1
        assert after[SNAPSHOT_TIME] == before[SNAPSHOT_TIME] + 300

    with read_before(settled, slow) as endpoint:
        asyncio.run(scrapes(endpoint))
        assert slow.begun == 2, "the scrapes shared it"


def test_a_scraper_is_kept_waiting_as_long_as_it_says_that_it_waits(
    settled: Office, slow: Slow
) -> None:
    """Prometheus says so with every scrape; where nothing sensible is said, the usual holds."""

    async def scrapes(endpoint: Metrics) -> list[object]:
        revise(settled)
        endpoint._patience = 60
        patient = [
            asyncio.create_task(answer_of(endpoint, **{WAITS: said}))
            for said in ("60", "soon", "-1", "nan")
        ]
        hasty = await answer_of(endpoint, **{WAITS: "1"})
        assert not any(task.done() for task in patient)
        slow.let_go()
        return [
            parsed(answer.content)[UPPER] for answer in (hasty, *await asyncio.gather(*patient))
        ]

    with read_before(settled, slow) as endpoint:
        assert asyncio.run(scrapes(endpoint)) == [22.5, *[23.5] * 4]


def test_a_database_that_goes_away_meanwhile_is_told(
    settled: Office,
    slow: Slow,
    outage: Callable[[], AbstractContextManager[None]],
) -> None:
    async def scrapes(endpoint: Metrics) -> None:
        before = await scrape(endpoint)
        revise(settled)
        assert (await scrape(endpoint))[SUCCESS] == 1
        with outage():
            assert await scrape(endpoint) == before | {SUCCESS: 0.0}
        slow.let_go()
        await read_at_last(endpoint, UPPER, 23.5)

    with read_before(settled, slow) as endpoint:
        asyncio.run(scrapes(endpoint))


def test_a_reading_that_failed_is_told_until_one_succeeds(settled: Office, slow: Slow) -> None:
    async def scrapes(endpoint: Metrics) -> None:
        revise(settled)
        slow.is_broken = True
        assert (await scrape(endpoint))[SUCCESS] == 1, "so far it only takes long"
        slow.let_go()
        await read_at_last(endpoint, SUCCESS, 0)
        slow.hold()
        assert (await scrape(endpoint))[SUCCESS] == 0, "the next one has yet to succeed"
        slow.is_broken = False
        slow.let_go()
        assert (await read_at_last(endpoint, UPPER, 23.5))[SUCCESS] == 1

    with read_before(settled, slow) as endpoint:
        asyncio.run(scrapes(endpoint))


# --- midnight -----------------------------------------------------------------------------------


def shortly_before_midnight(clock: Clock) -> None:
    clock.now = dt.datetime(2014, 1, 10, 23, 59, tzinfo=clock.now.tzinfo) - AHEAD / 2


def test_tomorrow_is_read_before_it_begins(settled: Office, clock: Clock, slow: Slow) -> None:
    slow.let_go()
    shortly_before_midnight(clock)
    cache = Cache(settled, "zh")
    endpoint = Metrics(cache, None)

    async def scrapes() -> None:
        await scrape(endpoint)
        await endpoint._aheads.begin()

    asyncio.run(scrapes())
    assert slow.begun == 2
    # Figures that come in between, and one that comes after it was brought up to now.
    world.post(settled, world.row("cases", "mech", "2013-04", 64))
    cache.look_ahead()
    world.post(settled, world.row("cases", "mech", "2013-04", 65, reason="again"))
    today = cache.refresh()
    clock.forward(hours=1)

    tomorrow = cache.refresh()

    assert slow.begun == 2, "nothing was read anew at midnight"
    assert today.at != tomorrow.at
    assert answers(tomorrow) == answers(Cache(settled, "zh").refresh())
    assert answers(tomorrow) != answers(today)


def test_a_catalogue_that_changes_before_midnight_is_read_again(
    settled: Office, clock: Clock, slow: Slow
) -> None:
    slow.let_go()
    shortly_before_midnight(clock)
    cache = Cache(settled, "zh")
    cache.refresh()
    cache.look_ahead()
    revise(settled)
    cache.refresh()
    cache.look_ahead()
    clock.forward(hours=1)

    tomorrow = cache.refresh()

    assert slow.begun == 4
    assert answers(tomorrow) == answers(Cache(settled, "zh").refresh())


def test_through_the_day_nothing_is_read_ahead(settled: Office, clock: Clock) -> None:
    cache = Cache(settled, "zh")
    shortly_before_midnight(clock)
    assert cache.should_look_ahead
    clock.forward(hours=-12)
    assert not cache.should_look_ahead


@pytest.mark.parametrize(
    ("zone", "now", "begins"),
    [
        ("Asia/Shanghai", "2013-12-31T15:55:00Z", "2013-12-31T16:00:00Z"),
        # The clocks spring forward at midnight: the day begins at one.
        ("America/Santiago", "2013-09-08T03:55:00Z", "2013-09-08T04:00:00Z"),
    ],
)
def test_a_day_begins_with_its_first_instant(
    office: Office, zone: str, now: str, begins: str
) -> None:
    there = replace(office, zone=ZoneInfo(zone), clock=lambda: dt.datetime.fromisoformat(now))

    found = Cache(there, "zh")._midnight_near()

    assert found == dt.datetime.fromisoformat(begins)
    assert found.astimezone(there.zone).date() > there.today()


def test_what_another_day_does_not_change_is_kept_once(settled: Office, clock: Clock) -> None:
    cache = Cache(settled, "zh")
    shortly_before_midnight(clock)
    before = cache.refresh().prepared.rows
    clock.forward(hours=1)

    after = cache.refresh().prepared.rows

    for name in ("kpi_actual_value", "kpi_target_info", "kpi_info"):
        chunks = zip(before[name].chunks, after[name].chunks, strict=True)
        assert all(one is other for one, other in chunks)
    assert before["kpi_reports_expected"].chunks != after["kpi_reports_expected"].chunks
