from __future__ import annotations

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event

from app.ledger import backups
from app.ledger.database import Database
from app.ledger.office import Office
from metrics import board as board_module
from metrics.board import Board, everything
from metrics.cache import Cache
from metrics.negotiation import Format
from tests import factories
from tests.ledger.small_office import ADMIN
from tests.metrics import world
from tests.metrics.reading import parsed, series

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from sqlalchemy import Connection

    from metrics.cache import Reading
    from metrics.layout import Layout
    from metrics.snapshot import Filled
    from tests.clock import Clock
    from tests.metrics.reading import Found

ACTUAL = series("kpi_actual_value", kpi="cases", department="mech")
SUCCESS = series("kpi_collector_success")
SNAPSHOT_TIME = series("kpi_snapshot_timestamp_seconds")


def read(reading: Reading) -> Found:
    return parsed(b"".join(reading.answer(Format.TEXT, gzip=False)))


@pytest.fixture
def statements(database: Database) -> Iterator[list[str]]:
    """Every statement that reaches the database, as it is sent."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield sent
    event.remove(database.engine, "before_cursor_execute", note)


def test_an_unchanged_record_costs_two_queries_and_renders_nothing(
    settled: Office, clock: Clock, statements: list[str]
) -> None:
    cache = Cache(settled, "zh")
    first = cache.refresh()
    statements.clear()
    clock.forward(hours=11)

    second = cache.refresh()

    assert [text for text in statements if text.startswith("SELECT")] == statements[-2:]
    assert "journal" in statements[-2]
    assert "backup_made" in statements[-1]
    assert second.prepared is first.prepared
    assert read(second)[SNAPSHOT_TIME] - read(first)[SNAPSHOT_TIME] == 11 * 3600


def test_a_backup_shows_in_the_next_scrape_and_only_then(
    settled: Office, clock: Clock, tmp_path: Path
) -> None:
    cache = Cache(settled, "zh")
    newest = series("kpi_backup_timestamp_seconds")
    assert newest not in read(cache.refresh())

    made = backups.make(settled, tmp_path / "office.db", ADMIN)
    backups.note(settled.database, made)
    clock.forward(hours=1)

    assert read(cache.refresh())[newest] == made.at.timestamp()


def test_a_posted_figure_shows_in_the_next_scrape(settled: Office) -> None:
    cache = Cache(settled, "zh")
    assert read(cache.refresh())[ACTUAL] == 70

    world.post(settled, world.row("cases", "mech", "2013-04", 64))

    assert read(cache.refresh())[ACTUAL] == 64


def test_a_refused_submission_and_a_new_target_show_too(settled: Office) -> None:
    cache = Cache(settled, "zh")
    refused = series("kpi_submissions_total", source="api", outcome="refused")
    upper = series("kpi_target_upper_value", plan="year-2013", kpi="pendency", department="office")
    before = read(cache.refresh())

    world.post(settled, world.row("cases", "nobody", "2013-04", 64))
    revised = factories.target(
        "<= 23.5", plan_code="year-2013", kpi_code="pendency", department_code="office"
    )
    world.enter(settled, revised)

    after = read(cache.refresh())
    assert after[refused] == before[refused] + 1
    assert (before[upper], after[upper]) == (22.5, 23.5)


def test_midnight_in_the_offices_zone_shows(settled: Office, clock: Clock) -> None:
    cache = Cache(settled, "zh")
    expected = series("kpi_reports_expected", department="elec")
    clock.now = dt.datetime(2014, 1, 10, 23, 59, 59, tzinfo=clock.now.tzinfo)
    before = cache.refresh()
    assert read(before)[expected] == 3

    clock.forward(seconds=1)

    after = cache.refresh()
    assert read(after)[expected] == 5
    assert after.prepared is not before.prepared


def test_while_the_database_is_away_the_last_snapshot_is_given(
    settled: Office, clock: Clock, outage: Callable[[], AbstractContextManager[None]]
) -> None:
    cache = Cache(settled, "zh")
    before = read(cache.refresh())
    with outage():
        clock.forward(hours=1)

        during = read(cache.refresh())

        assert during == before | {SUCCESS: 0.0}
    world.post(settled, world.row("cases", "mech", "2013-04", 64))

    after = read(cache.refresh())

    assert (after[SUCCESS], after[ACTUAL]) == (1.0, 64)
    assert after[SNAPSHOT_TIME] == clock.now.timestamp()


def test_what_was_never_read_is_not_made_up(
    settled: Office, outage: Callable[[], AbstractContextManager[None]]
) -> None:
    cache = Cache(settled, "zh")
    with outage():
        assert read(cache.refresh()) == {SUCCESS: 0.0}

    assert read(cache.refresh())[SUCCESS] == 1.0


def test_a_database_without_tables_is_no_error_page(tmp_path: Path, clock: Clock) -> None:
    database = Database(f"sqlite:///{tmp_path / 'new.db'}")
    office = Office(database, ZoneInfo("Asia/Shanghai"), clock)

    assert read(Cache(office, "zh").refresh()) == {SUCCESS: 0.0}
    database.close()


def test_a_fault_of_our_own_keeps_the_last_snapshot_and_is_logged(
    settled: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    cache = Cache(settled, "zh")
    before = read(cache.refresh())
    world.post(settled, world.row("cases", "mech", "2013-04", 64))
    with monkeypatch.context() as broken:
        broken.setattr(Board, "moved", lambda *_: 1 / 0)

        assert read(cache.refresh()) == before | {SUCCESS: 0.0}

    assert "ZeroDivisionError" in caplog.text
    assert read(cache.refresh())[ACTUAL] == 64


def test_an_empty_office_counts_nothing_and_says_nothing_else(office: Office) -> None:
    found = read(Cache(office, "zh").refresh())

    assert {name for name, _ in found} == {
        "kpi_submissions_total",
        "kpi_submission_rows_total",
        "kpi_collector_success",
        "kpi_snapshot_timestamp_seconds",
    }
    assert {number for key, number in found.items() if key[0].endswith("_total")} == {0.0}


def test_scrapes_that_come_during_a_rebuild_share_it(
    settled: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    rebuilds: list[int] = []
    begun, go_on = threading.Event(), threading.Event()

    def slow(connection: Connection, layout: Layout, *more: object) -> Iterator[Filled]:
        rebuilds.append(layout.seen.position)
        begun.set()
        assert go_on.wait(10)
        return everything(connection, layout, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(board_module, "everything", slow)
    cache = Cache(settled, "zh")
    with ThreadPoolExecutor(4) as threads:
        answers = [threads.submit(cache.refresh)]
        assert begun.wait(10)
        answers += [threads.submit(cache.refresh) for _ in range(3)]
        go_on.set()
        found = [answer.result(10) for answer in answers]

    assert len(rebuilds) == 1
    assert all(reading.prepared is found[0].prepared for reading in found)


def test_replicas_that_read_at_other_hours_prepare_the_same_bytes(
    settled: Office, clock: Clock
) -> None:
    other = replace(settled, clock=lambda: clock.now + dt.timedelta(hours=11))

    mine, theirs = Cache(settled, "zh").refresh(), Cache(other, "zh").refresh()

    assert mine.prepared == theirs.prepared
    assert mine.read_at != theirs.read_at


# --- as a scrape asks: at a glance, else by a look, else by reading what is new -------------------


def scraped(cache: Cache) -> Reading:
    return cache.glance() or cache.look() or cache.refresh()


def test_what_is_unchanged_is_asked_by_no_transaction(
    settled: Office, clock: Clock, statements: list[str]
) -> None:
    cache = Cache(settled, "zh")
    first = [scraped(cache) for _ in range(2)][-1]
    statements.clear()
    clock.forward(hours=1)

    second = scraped(cache)

    assert statements == []
    assert second.prepared is first.prepared
    assert read(second)[SNAPSHOT_TIME] == clock.now.timestamp()


def test_what_is_posted_or_backed_up_shows_at_once_all_the_same(
    settled: Office, tmp_path: Path
) -> None:
    cache = Cache(settled, "zh")
    for value in (64, 65):
        for _ in range(2):
            scraped(cache)
        world.post(settled, world.row("cases", "mech", "2013-04", value, reason="counted again"))
        assert read(scraped(cache))[ACTUAL] == value
    scraped(cache)
    made = backups.make(settled, tmp_path / "office.db", ADMIN)
    backups.note(settled.database, made)
    assert read(scraped(cache))[series("kpi_backup_timestamp_seconds")] == made.at.timestamp()


def test_midnight_shows_although_nothing_was_written(settled: Office, clock: Clock) -> None:
    cache = Cache(settled, "zh")
    clock.now = dt.datetime(2014, 1, 10, 23, 59, 59, tzinfo=clock.now.tzinfo)
    before = [scraped(cache) for _ in range(2)][-1]
    clock.forward(seconds=1)
    assert scraped(cache).prepared is not before.prepared


def test_an_outage_is_no_glance_that_all_is_well(
    settled: Office, outage: Callable[[], AbstractContextManager[None]]
) -> None:
    cache = Cache(settled, "zh")
    before = [read(scraped(cache)) for _ in range(2)][-1]
    with outage():
        assert read(scraped(cache)) == before | {SUCCESS: 0.0}
    assert read(scraped(cache))[SUCCESS] == 1.0
