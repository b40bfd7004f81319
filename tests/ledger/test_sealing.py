"""Seals: the same for the same content on either engine, and for no other content."""

from __future__ import annotations

import datetime as dt
import hashlib
import tracemalloc
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from app.ledger import belonging, chain, journal, tables, writing
from app.ledger.journal import EntryKind
from app.ledger.migrating import migrate
from app.ledger.sealing import BEGINNING, line, seal_of
from app.ledger.submissions import Source
from app.ledger.tables import is_ledger, metadata
from tests.clock import SHANGHAI
from tests.ledger.small_office import ADMIN, fill, put_a_row_into_every_table, row, send
from tests.ledger.tampering import tamper

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.ledger.database import Database
    from app.ledger.office import Office

NOON = dt.datetime(2013, 6, 1, 12, tzinfo=dt.UTC)


def problems(database: Database) -> list[str]:
    """Return what is wrong with the chain."""
    with database.read() as connection:
        return [link.problem for link in chain.links(connection) if link.problem is not None]


# --- what a seal is made of ---------------------------------------------------------------------


def test_a_row_is_json_with_its_columns_in_order_and_none_that_is_empty() -> None:
    figure = {
        "submission_id": 7,
        "revision": 1,
        "period": "2013-03",
        "kpi_id": 2,
        "department_id": 3,
        "row_number": 1,
        "observation_status": "A",
        "value": Decimal("22.50"),
        "note": '审查 "x"\n\x7f',
        "reason": None,
    }
    assert line(tables.revision, figure).decode() == (
        '["revision",{"department_id":3,"kpi_id":2,"note":"审查 \\"x\\"\\n\x7f",'
        '"observation_status":"A","period":"2013-03","revision":1,"row_number":1,'
        '"submission_id":7,"value":"22.5"}]'
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("22.500000"), "22.5"),
        (Decimal("1E+2"), "100"),
        (Decimal("-0.0"), "0"),
        (Decimal("-0.000001"), "-0.000001"),
        (Decimal("999999999999.999999"), "999999999999.999999"),
        (dt.datetime(2013, 6, 1, 20, tzinfo=SHANGHAI), "2013-06-01T12:00:00.000000Z"),
        (dt.datetime(999, 1, 1, 0, 0, 0, 5, dt.UTC), "0999-01-01T00:00:00.000005Z"),
        (Source.API, "api"),
    ],
)
def test_a_value_has_one_spelling(value: object, text: str) -> None:
    assert (
        line(tables.journal, {"subject": value}).decode() == f'["journal",{{"subject":"{text}"}}]'
    )


@pytest.mark.parametrize("value", [dt.datetime(2013, 6, 1), object(), b"x"])  # noqa: DTZ001
def test_a_value_without_a_spelling_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        line(tables.journal, {"subject": value})


def test_a_seal_is_the_hash_of_the_one_before_and_of_the_lines_in_order() -> None:
    text = f"{BEGINNING}\na\nb\n".encode()
    assert seal_of(BEGINNING, [b"b", b"a"]) == hashlib.sha256(text).hexdigest()


def test_what_a_seal_is_made_of_never_changes(office: Office) -> None:
    """If this fails, every ledger that is out there would be called broken."""
    fill(office)
    assert send(office, row("22.5", note="审查")).id == 2
    with office.database.read() as connection:
        lines = [lines for _, lines, _ in chain.entries(connection)][1]
    assert sorted(lines) == [
        (
            b'["journal",{"action":"accepted","actor":"reporter","id":2,"kind":"submission",'
            b'"recorded_at":"2014-01-05T04:00:00.000000Z","subject":"api"}]'
        ),
        (
            '["revision",{"department_id":2,"kpi_id":1,"note":"审查","observation_status":"A",'
            '"period":"2013-03","revision":1,"row_number":1,"submission_id":2,"value":"22.5"}]'
        ).encode(),
        next(text for text in lines if text.startswith(b'["submission",')),
    ]


# --- what is sealed -----------------------------------------------------------------------------


def test_every_table_of_the_ledger_is_sealed_and_the_others_are_named() -> None:
    """A new table that is neither: give it an `entry_id`, or say that it is no ledger."""
    sealed = {table.name for table in belonging.sealed_tables()}
    assert set(metadata.tables) - sealed == {
        "seal",
        "api_key_use",
        "user_password",
        "user_session",
        "sign_in_count",
        "backup_made",
        "forecast",
        "forecast_answer",
        "forecast_state",
        "verdict",
        "verdict_state",
    }
    assert all(is_ledger(table) for table in belonging.sealed_tables())
    for table in belonging.sealed_tables():
        assert belonging.belonging(table).entry.table.name in sealed


@pytest.fixture
def later(database: Database) -> Iterator[sa.Table]:
    """Give a table that somebody adds without a thought of seals."""
    place = tables.journal.c.id.type
    table = sa.Table(
        "later",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("entry_id", place, sa.ForeignKey("journal.id"), nullable=False),
        sa.Column("amount", tables.revision.c.value.type),
        sa.Column("known", sa.Boolean),
        sa.Column("said_at", tables.journal.c.recorded_at.type),
    )
    with database.write() as connection:
        table.create(connection)
    yield table
    metadata.remove(table)


def record(connection: sa.Connection) -> int:
    return journal.record(connection, EntryKind.CATALOGUE, "put", "thing", actor=ADMIN, now=NOON).id


def test_a_table_that_is_added_later_is_sealed_as_well(database: Database, later: sa.Table) -> None:
    with database.write() as connection:
        entry = record(connection)
        content: dict[str, Any] = {"amount": Decimal("-1.50"), "known": False, "said_at": NOON}
        writing.add(connection, later, {"id": 1, "entry_id": entry, **content})
    assert problems(database) == []
    tamper(database, "UPDATE later SET amount = amount + 1")
    assert problems(database) == ["entry 1 is not what was sealed after entry 0"]


def test_a_table_that_belongs_nowhere_cannot_be_written() -> None:
    lost = sa.Table("lost", metadata, sa.Column("id", sa.Integer, primary_key=True))
    try:
        with pytest.raises(TypeError, match="rows of lost belong to no entry"):
            belonging.belonging(lost)
    finally:
        metadata.remove(lost)


def test_every_way_of_writing_seals(office: Office) -> None:
    put_a_row_into_every_table(office)
    assert problems(office.database) == []
    with office.database.read() as connection:
        entries = connection.execute(sa.select(sa.func.max(tables.journal.c.id))).scalar()
        assert chain.head(connection).entry == entries


def test_many_entries_of_one_transaction_are_each_sealed(office: Office) -> None:
    fill(office)
    with office.database.write() as connection:
        numbers = [record(connection) for _ in range(3)]
        rows = [
            {"target_id": 1, "version": 2 + place, "entry_id": number, **TARGET}
            for place, number in enumerate(reversed(numbers))
        ]
        writing.add(connection, tables.target_version, rows)
    assert problems(office.database) == []


TARGET = {
    "text": "<= 22.5",
    "comparator": "at_most",
    "upper": Decimal("22.5"),
    "due": "2013-12",
    "overshoot": "met",
    "tolerance_band": Decimal("0.05"),
    "shape": "flat",
    "points": "{}",
}


@pytest.mark.parametrize(
    ("table", "content"),
    [
        (tables.target_version, {"target_id": 1, "version": 2, "entry_id": 1, **TARGET}),
        (tables.plan, {"id": 2, "code": "alone"}),
        (tables.kpi_reporter, {"kpi_id": 1, "version": 1, "department_id": 3}),
    ],
    ids=["of an entry sealed before", "of no version", "of a version sealed before"],
)
def test_a_row_that_no_seal_would_hold_is_not_committed(
    office: Office, table: sa.Table, content: dict[str, Any]
) -> None:
    fill(office)

    def write() -> None:
        with office.database.write() as connection:
            writing.add(connection, table, content)

    with pytest.raises(RuntimeError):
        write()
    assert problems(office.database) == []
    assert send(office, row("22.5")).id == 2


def test_a_write_that_fails_leaves_nothing_to_the_next(office: Office) -> None:
    fill(office)

    def trip() -> None:
        with office.database.write() as connection:
            record(connection)
            raise ArithmeticError

    with pytest.raises(ArithmeticError):
        trip()
    assert send(office, row("22.5")).id == 2
    assert problems(office.database) == []


# --- the chain read back ------------------------------------------------------------------------


def test_what_is_there_is_sealed_by_the_migration_as_it_would_have_been(office: Office) -> None:
    put_a_row_into_every_table(office)
    with office.database.read() as connection:
        head = chain.head(connection)
        with_seals = connection.execute(sa.select(tables.seal)).all()
    migrate(office.database, "-1")
    while sa.inspect(office.database.engine).has_table("seal"):
        migrate(office.database, "-1")
    migrate(office.database)
    with office.database.read() as connection:
        assert chain.head(connection) == head
        assert connection.execute(sa.select(tables.seal)).all() == with_seals


def test_a_part_of_the_chain_can_be_read_from_a_place_on(office: Office) -> None:
    fill(office)
    for month in range(1, 6):
        send(office, row("20", f"2013-{month:02}"))
    with office.database.read() as connection:
        whole = list(chain.links(connection))
        assert list(chain.links(connection, whole[2].point)) == whole[3:]
        assert list(chain.links(connection, whole[2].point, upto=5)) == whole[3:5]


def test_a_long_ledger_is_read_in_the_memory_of_a_few_rows(database: Database) -> None:
    def peak() -> int:
        with database.read() as connection:
            tracemalloc.start()
            assert all(link.problem is None for link in chain.links(connection))
            found = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        return found

    def grow(entries: int) -> None:
        with database.write() as connection:
            for _ in range(entries):
                record(connection)

    grow(1500)
    peak()  # what is read once and kept
    few = peak()
    grow(6000)
    assert peak() < 2 * few
