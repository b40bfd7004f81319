"""The table of verdicts repeats what the domain says, of every target at every period."""

from __future__ import annotations

import datetime as dt
import threading
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from app.domain.number import shown
from app.domain.period import Period
from app.ledger import journal, scoreboard, verdicts
from app.ledger.keeping import LONGEST, Keeper, rest_after
from app.ledger.verdicts import State, derive, last_second, state
from tests import factories
from tests.metrics import world
from tests.parts import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from decimal import Decimal

    from app.domain.catalogue import TargetKey
    from app.ledger.office import Office
    from tests.clock import Clock

COLUMNS = ("status", "actual", "expected", "ratio", "pace", "progress", "gap")
Verdicts = dict[tuple[str, ...], tuple[Any, ...]]


def in_view(office: Office) -> Verdicts:
    """Return what the view shows, per plan, KPI, department and period."""
    query = text(f"SELECT plan, kpi, department, period, {', '.join(COLUMNS)} FROM v_verdict")  # noqa: S608 - names above
    with office.database.read() as connection:
        return {
            tuple(row[:4]): tuple(_same_type(value) for value in row[4:])
            for row in connection.execute(query)
        }


def by_the_domain(office: Office) -> Verdicts:
    """Return the same as the domain says it, at this moment."""
    found: Verdicts = {}
    with office.database.read() as connection:
        stored, seen = office.seen(connection)
        keys = sorted(stored.catalogue.targets)
        for key, subject in zip(
            keys, scoreboard.subjects(connection, stored, keys, seen.position), strict=True
        ):
            for point in scoreboard.series(subject, seen.today):
                found[(*key, str(point.period))] = tuple(map(_same_type, _said(point)))
    return found


def _said(point: scoreboard.Point) -> tuple[Any, ...]:
    said, expected = point.verdict, shown(point.expected)
    if said is None:
        return (None, None, expected, None, None, None, None)
    numbers = (said.ratio.value, said.pace.value, said.progress, said.gap)
    return (said.status, shown(said.actual), expected, *map(shown, numbers))


def _same_type(value: str | float | Decimal | None) -> str | float | None:
    """Return what both engines can be compared by: SQLite has no decimals of that length."""
    return value if value is None or isinstance(value, str) else float(value)


def at(office: Office) -> State | None:
    with office.database.read() as connection:
        return state(connection)


def newest(office: Office) -> int:
    with office.database.read() as connection:
        return office.seen(connection)[1].position


def test_the_view_says_what_the_domain_says(settled: Office) -> None:
    assert in_view(settled) == {}
    assert derive(settled)

    assert in_view(settled) == by_the_domain(settled)
    assert len(in_view(settled)) > 50
    assert at(settled) == State(newest(settled), dt.date(2014, 1, 5), "Asia/Shanghai")


def test_a_table_that_is_up_to_date_is_left_alone(settled: Office) -> None:
    assert derive(settled)
    assert not derive(settled)


def test_a_restated_month_is_followed_and_no_other_kpi_is_touched(
    settled: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    derive(settled)
    before = in_view(settled)
    computed: list[str] = []
    series = scoreboard.series

    def watched(subject: Any, today: dt.date) -> list[scoreboard.Point]:  # noqa: ANN401 - as the real one's
        computed.append(subject.kpi.code)
        return series(subject, today)

    monkeypatch.setattr(scoreboard, "series", watched)
    world.post(
        settled, world.row("pendency", "mech", "2013-01", "30", denominator=100, reason="重新统计")
    )
    assert derive(settled)

    assert set(computed) == {"pendency"}
    monkeypatch.undo()
    after = in_view(settled)
    assert after == by_the_domain(settled)
    changed = {key for key in after if after[key] != before[key]}
    assert changed == {
        ("year-2013", "pendency", "mech", "2013-01"),
        ("year-2013", "pendency", "office", "2013-01"),
    }


def test_a_revised_target_is_followed_and_no_other_is_touched(
    settled: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    derive(settled)
    before = in_view(settled)
    touched: list[TargetKey] = []
    within = scoreboard.subjects_within

    def watched(connection: Any, stored: Any, keys: list[TargetKey], position: int) -> Any:  # noqa: ANN401 - as the real one's
        touched.extend(keys)
        return within(connection, stored, keys, position)

    monkeypatch.setattr(scoreboard, "subjects_within", watched)
    key = ("year-2013", "pendency", "mech")
    world.enter(
        settled,
        factories.target(
            "<= 10", plan_code="year-2013", kpi_code="pendency", department_code="mech"
        ),
    )
    world.post(settled, world.row("cases", "mech", "2013-04", 64))
    assert derive(settled)

    assert touched == [("year-2013", "cases", "mech"), key]
    monkeypatch.undo()
    after = in_view(settled)
    assert after == by_the_domain(settled)
    assert {one[:3] for one in after if after[one] != before[one]} == set(touched)


def test_another_reporter_may_change_them_all(settled: Office) -> None:
    derive(settled)
    world.enter(settled, factories.kpi("pendency", reported_by=("mech",)))
    assert derive(settled)

    assert in_view(settled) == by_the_domain(settled)


def test_a_write_without_figures_moves_the_position_alone(settled: Office) -> None:
    derive(settled)
    before = in_view(settled)
    with settled.database.write() as connection:
        journal.record(
            connection,
            journal.EntryKind.KEY,
            "create",
            "key",
            actor=world.PLANNER,
            now=settled.clock(),
        )

    assert derive(settled)
    reached = at(settled)
    assert reached is not None
    assert reached.position == newest(settled)
    assert in_view(settled) == before


def test_a_shorter_plan_takes_its_periods_away(settled: Office) -> None:
    derive(settled)
    world.enter(settled, factories.plan("five-year", start="2011-01", end="2013-12"))
    assert derive(settled)

    assert in_view(settled) == by_the_domain(settled)
    assert not [key for key in in_view(settled) if key[3] in ("2014", "2015")]


def test_another_day_is_another_table(settled: Office, clock: Clock) -> None:
    derive(settled)
    clock.forward(days=1)

    assert derive(settled)
    reached = at(settled)
    assert reached is not None
    assert reached.today == dt.date(2014, 1, 6)


def test_what_was_spoilt_is_made_anew_from_the_ledger(settled: Office) -> None:
    derive(settled)
    with settled.database.write() as connection:
        connection.execute(text("UPDATE verdict SET status = 'attained', ratio = 2"))
    assert in_view(settled) != by_the_domain(settled)

    assert derive(settled, anew=True)
    assert in_view(settled) == by_the_domain(settled)


def test_who_was_overtaken_puts_nothing_in(
    settled: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process derives between this one's reading and its writing."""
    subjects = scoreboard.subjects_within
    overtaken = threading.Event()

    def slow(*arguments: Any) -> Any:  # noqa: ANN401 - as the real one's
        found = subjects(*arguments)
        if not overtaken.is_set():
            overtaken.set()
            world.post(settled, world.row("cases", "mech", "2013-04", 64))
            assert derive(settled)
        return found

    monkeypatch.setattr(scoreboard, "subjects_within", slow)
    assert not derive(settled)

    monkeypatch.undo()
    assert in_view(settled) == by_the_domain(settled)


def test_the_keeper_follows_what_is_posted(settled: Office) -> None:
    with Keeper(settled, pause=0.01):
        wait_until(lambda: in_view(settled), seconds=20, what="the first verdicts")
        world.post(settled, world.row("cases", "mech", "2013-04", 64))

        def followed() -> bool:
            reached = at(settled)
            return reached is not None and reached.position == newest(settled)

        wait_until(lambda: followed() or None, seconds=20, what="the new verdicts")

    assert in_view(settled) == by_the_domain(settled)


@pytest.mark.parametrize("at_a_time", [1, 3])
def test_verdicts_are_the_same_however_many_are_computed_together(
    settled: Office, monkeypatch: pytest.MonkeyPatch, at_a_time: int
) -> None:
    monkeypatch.setattr(verdicts, "AT_A_TIME", at_a_time)
    monkeypatch.setattr(verdicts, "_IN_MEMORY", 1)
    assert derive(settled)
    assert in_view(settled) == by_the_domain(settled)


def test_the_keeper_waits_for_what_goes_before(settled: Office) -> None:
    asked = threading.Semaphore(0)
    done = threading.Event()

    def may_begin() -> bool:
        asked.release()
        return done.is_set()

    with Keeper(settled, pause=0.01, may_begin=may_begin):
        for _ in range(3):
            assert asked.acquire(timeout=20)
        assert at(settled) is None
        done.set()
        wait_until(lambda: in_view(settled), seconds=20, what="the first verdicts")


@pytest.mark.parametrize(
    ("worked", "rest"), [(0.01, 3), (0.15, 3), (0.5, 10), (30, LONGEST), (225, LONGEST)]
)
def test_it_rests_longer_than_it_works_but_never_for_long(worked: float, rest: float) -> None:
    assert rest_after(worked, times=20, pause=3) == rest


def test_an_outage_is_told_once_and_got_over(
    settled: Office,
    outage: Callable[[], AbstractContextManager[None]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    tried = threading.Semaphore(0)

    class Watched(Keeper):
        def _look(self) -> None:
            super()._look()
            tried.release()

    with Watched(settled, pause=0.01):
        with outage():
            for _ in range(3):
                assert tried.acquire(timeout=20)
        wait_until(lambda: in_view(settled), seconds=20, what="the verdicts after the outage")

    # It may go away while it is asked something, and then says so in other words.
    (said,) = (record.message for record in caplog.records if "verdicts" in record.message)
    assert said in {
        "the table of verdicts is not kept: the database does not answer",
        "the table of verdicts is not kept: the database went away half-way; nothing was kept",
    }


@pytest.mark.parametrize(
    ("period", "zone", "expected"),
    [
        ("2013-03", "Asia/Shanghai", "2013-03-31T15:59:59+00:00"),
        ("2013-Q1", "Asia/Shanghai", "2013-03-31T15:59:59+00:00"),
        ("2013", "UTC", "2013-12-31T23:59:59+00:00"),
    ],
)
def test_a_period_stands_at_its_last_second(period: str, zone: str, expected: str) -> None:
    assert last_second(Period.parse(period), ZoneInfo(zone)) == dt.datetime.fromisoformat(expected)
