"""Long lists go in and are sealed as short ones are, only not held in memory."""

from __future__ import annotations

import datetime as dt
import tracemalloc
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from app.domain.figure import ObservationStatus
from app.intake.submission import CSV, Post, read, receive
from app.ledger import journal, long_lists, revisions, tables, writing
from app.ledger.long_lists import Lines, lines_of
from app.ledger.sealing import BEGINNING, line, seal_of
from tests.ledger.small_office import ADMIN, assert_whole, fill, history

if TYPE_CHECKING:
    from app.ledger.database import Database
    from app.ledger.office import Office

NOON = dt.datetime(2013, 6, 1, 12, tzinfo=dt.UTC)
NAMES = ("subject", "id", "recorded_at", "actor", "user_id")
TEXT = st.text(max_size=5) | st.sampled_from(["%s", '"', "\\", "\t\n\r", "\\N", "审查", ""])
DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, places=6, max_value=10**12)
INTEGERS = st.integers(-(2**63), 2**63 - 1)
VALUES = TEXT | INTEGERS | st.booleans() | DECIMALS | st.sampled_from(
    [None, ObservationStatus.BREAK, Decimal("1E+2"), Decimal("-0.00"), NOON]
)  # fmt: skip
COLUMNS = st.tuples(*[st.sampled_from([TEXT, DECIMALS, INTEGERS, st.none(), VALUES])] * 5)
ROWS = COLUMNS.flatmap(lambda kinds: st.lists(st.tuples(*kinds), min_size=1, max_size=6))


@given(ROWS)
def test_lines_are_written_column_by_column_as_they_are_row_by_row(rows: list[Any]) -> None:
    expected = [line(tables.journal, dict(zip(NAMES, row, strict=True))) for row in rows]
    assert lines_of(tables.journal, NAMES, rows) == expected


LINES = st.lists(st.lists(st.binary(max_size=3).map(lambda some: b"[" + some.hex().encode())))


@given(LINES, st.integers(1, 4))
def test_a_seal_is_the_same_however_many_lines_are_held(lots: list[list[bytes]], held: int) -> None:
    lines = Lines(held)
    for lot in lots:
        lines.extend(lot)
    assert lines.seal(BEGINNING) == seal_of(BEGINNING, [one for lot in lots for one in lot])
    lines.close()


def test_most_lines_wait_on_disk() -> None:
    lines = Lines(1_000)
    tracemalloc.start()
    for start in range(0, 100_000, 500):
        lines.extend(
            [f"{number * 7 % 100_000:0100d}".encode() for number in range(start, start + 500)]
        )
    lines.seal(BEGINNING)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    lines.close()
    assert peak < 3 * 2**20  # all of them are more than 13 MiB


def csv_of(size: int) -> bytes:
    """Return figures of two series with every kind of cell, the last months first."""
    notes = ["", "a\\b", '"two, ""three"""', "审查", "\\N"]
    rows = [
        f"{kpi},exam,{1900 + month // 12}-{month % 12 + 1:02d},{month}.1,{notes[month % 5]}\n"
        for month in reversed(range(size))
        for kpi in ("pendency", "cases")
    ]
    return ("kpi,department,period,value,note\n" + "".join(rows)).encode()


@pytest.mark.parametrize("long", [10, 10_000])
def test_figures_stand_and_are_sealed_alike(
    office: Office, long: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revisions, "LONG", long)
    monkeypatch.setattr(writing, "_TOGETHER", 7)
    monkeypatch.setattr(long_lists, "MOST_HELD", 20)
    fill(office)
    receipt = receive(office, read(Post(csv_of(60), CSV), ADMIN), ADMIN)
    assert (receipt.result.counts.created, receipt.result.findings) == (120, ())
    assert_whole(office.database)  # every seal, from the rows as they are on record
    (figure,) = history(office, "1901-03")
    assert (figure.figure.amount.value, figure.figure.note) == (Decimal("14.1"), "\\N")


def test_what_the_engine_refuses_is_told_as_any_other_statement_is(database: Database) -> None:
    names = ("id", "recorded_at", "kind", "action", "subject", "actor")
    row = (1, NOON, "key", "created", "k", "admin")
    with pytest.raises(sa.exc.IntegrityError), database.write() as connection:
        writing.add_many(connection, tables.journal, names, [row, row], entry=1)
    with database.read() as connection:
        assert journal.position(connection) == 0


def test_a_long_list_of_no_entry_is_refused(database: Database) -> None:
    row = (7, NOON, "key", "created", "k", "admin")
    names = ("id", "recorded_at", "kind", "action", "subject", "actor")
    with pytest.raises(RuntimeError, match=r"entries \[7\]"), database.write() as connection:
        writing.add_many(connection, tables.journal, names, [row], entry=7)


def test_rows_of_different_columns_do_not_go_in_together(database: Database) -> None:
    row = {"id": 1, "recorded_at": NOON, "kind": "key", "action": "created", "subject": "k"}
    rows = [row, {**row, "id": 2, "seal": "x"}]
    with pytest.raises(ValueError, match="different columns"), database.write() as connection:
        writing.add(connection, tables.journal, rows)
