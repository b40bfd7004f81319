from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.ledger import journal, tables
from app.ledger.journal import EntryKind
from tests.clock import SHANGHAI
from tests.ledger.small_office import ADMIN, assert_whole, fill, history, plan, row, send

if TYPE_CHECKING:
    from app.ledger.database import Database
    from app.ledger.journal import Entry
    from app.ledger.office import Office
    from tests.clock import Clock

NOON = dt.datetime(2013, 6, 1, 12, tzinfo=dt.UTC)


def at(minutes: float) -> dt.datetime:
    return NOON + dt.timedelta(minutes=minutes)


def record(database: Database, now: dt.datetime, kind: EntryKind = EntryKind.CATALOGUE) -> Entry:
    with database.write() as connection:
        return journal.record(connection, kind, "put", "thing", actor=ADMIN, now=now)


def test_an_empty_journal_is_at_position_0(database: Database) -> None:
    with database.read() as connection:
        assert journal.position(connection) == 0
        assert journal.position(connection, NOON) == 0
        assert journal.newest(connection, EntryKind.KEY, 0) == 0


def test_entries_are_numbered_from_1_and_keep_who_did_what_when(database: Database) -> None:
    record(database, at(0))
    with database.write() as connection:
        journal.record(connection, EntryKind.KEY, "create", "gate", actor=ADMIN, now=at(1))
    with database.read() as connection:
        first, second = connection.execute(select(tables.journal).order_by("id")).all()
    assert tuple(first)[:6] == (1, at(0), "catalogue", "put", "thing", "admin")
    assert tuple(second)[:6] == (2, at(1), "key", "create", "gate", "admin")


def test_the_position_of_an_instant_is_the_newest_entry_recorded_by_then(
    database: Database,
) -> None:
    for minutes in (0, 10, 10, 20):
        record(database, at(minutes))
    asked = {-1: 0, 0: 1, 5: 1, 10: 3, 19.999: 3, 20: 4, 1000: 4}
    with database.read() as connection:
        assert {m: journal.position(connection, at(m)) for m in asked} == asked
        elsewhere = at(10).astimezone(SHANGHAI)
        assert journal.position(connection, elsewhere) == 3
        assert journal.position(connection, at(10) - dt.timedelta(microseconds=1)) == 1


def test_a_year_of_three_digits_lies_before_everything(database: Database) -> None:
    record(database, NOON)
    with database.read() as connection:
        assert journal.position(connection, dt.datetime(999, 6, 1, tzinfo=dt.UTC)) == 0


def test_the_newest_entry_of_a_kind(database: Database) -> None:
    for kind in (EntryKind.CATALOGUE, EntryKind.SUBMISSION, EntryKind.SUBMISSION, EntryKind.KEY):
        record(database, NOON, kind)
    with database.read() as connection:
        assert journal.newest(connection, EntryKind.SUBMISSION, 4) == 3
        assert journal.newest(connection, EntryKind.SUBMISSION, 2) == 2
        assert journal.newest(connection, EntryKind.KEY, 3) == 0


def test_time_stands_still_along_the_journal_when_the_clock_goes_back(database: Database) -> None:
    recorded = [record(database, at(minutes)).recorded_at for minutes in (0, 30, -60, 29, 31)]
    assert recorded == [at(0), at(30), at(30), at(30), at(31)]
    with database.read() as connection:
        assert journal.position(connection, at(29)) == 1
        assert journal.position(connection, at(30)) == 4


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(st.integers(-600, 600), min_size=1, max_size=8))
def test_whatever_the_clock_does_position_and_instant_agree(
    database: Database, clock: Clock, steps: list[int]
) -> None:
    entries = []
    for step in steps:
        clock.forward(seconds=step)
        entries.append(record(database, clock()))
    with database.read() as connection:
        for entry in entries:
            found = journal.position(connection, entry.recorded_at)
            assert found >= entry.id
            everything = connection.execute(select(tables.journal)).all()
            by_instant = [one.id for one in everything if one.recorded_at <= entry.recorded_at]
            assert by_instant == list(range(1, found + 1))


class SomebodyTripsError(Exception):
    """Raised within a write."""


def test_a_write_that_fails_leaves_no_gap(database: Database) -> None:
    assert record(database, at(0)).id == 1

    def trip() -> None:
        with database.write() as connection:
            entry = journal.record(
                connection, EntryKind.CATALOGUE, "put", "lost", actor=ADMIN, now=at(5)
            )
            assert entry.id == 2
            raise SomebodyTripsError

    for _ in range(3):
        with pytest.raises(SomebodyTripsError):
            trip()
    assert record(database, at(1)) == journal.Entry(2, at(1))
    assert_whole(database)


def test_figures_and_catalogue_share_one_row_of_numbers(office: Office) -> None:
    fill(office)
    assert send(office, row("20")).id == 2
    fill(office, plan("plan-2014", start="2014-01", end="2014-12"))
    assert send(office, row("21", reason="recount")).id == 4
    assert [line.figure.submission for line in history(office)] == [2, 4]
    assert_whole(office.database)
