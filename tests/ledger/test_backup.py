"""The drill: a backup while people post, restored on either engine, and nothing missing."""

from __future__ import annotations

import sqlite3
import stat
import threading
import uuid
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, select

from app.errors import Refused
from app.intake.review import give_back
from app.ledger import backup, chain, invariants, scoreboard
from app.ledger.database import Database
from app.ledger.migrating import migrate
from app.ledger.office import Office
from app.ledger.submissions import OnError
from app.ledger.tables import is_ledger, metadata, user_session
from tests.clock import Clock
from tests.ledger.small_office import (
    APPROVER,
    assert_whole,
    count_rows,
    fill,
    issue_key,
    row,
    send,
    target,
)
from tests.ledger.tampering import tamper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from app.domain.access import Actor
    from tests.parts import PostgresServer


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.part("postgresql"))])
def other(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Give a second database without any table, on each engine in turn."""
    if request.param == "sqlite":
        opened = Database(f"sqlite:///{tmp_path / 'moved' / 'dabiao.db'}")
        yield opened
        opened.close()
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name = f"moved_{uuid.uuid4().hex}"
    opened = Database(server.create_database(name))
    yield opened
    opened.close()
    server.drop_database(name)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give the path of a backup in a folder of its own."""
    (tmp_path / "backups").mkdir()
    return tmp_path / "backups" / "dabiao 100%?.db"


def live(office: Office, clock: Clock | None = None) -> Office:
    """Let an office have had some life: figures, a return, a correction, a revised target."""
    clock = clock or Clock()
    fill(office)
    sender = issue_key(office, "sender", "exam")
    first = send(office, row("22.123456"), row("0.5", "2013-04", note="审查"), actor=sender)
    assert first.id is not None
    clock.forward(hours=1)
    give_back(office, first.id, APPROVER, "why so many?")
    clock.forward(hours=1)
    mixed = (row("22.5", reason="recount"), row("nonsense"))
    send(office, *mixed, actor=sender, on_error=OnError.SKIP)
    clock.forward(hours=1)
    fill(office, target("<= 22.4"))
    return office


def page(office: Office) -> list[Any]:
    """Return the whole scoreboard, as of every entry of the journal."""
    with office.database.read() as connection:
        places = connection.execute(select(metadata.tables["journal"].c.recorded_at)).scalars()
        return [
            scoreboard.scoreboard(connection, *office.seen(connection, at))
            for at in (*places, None)
        ]


def record(database: Database) -> dict[str, list[Any]]:
    """Return every row that is carried."""
    with database.read() as connection:
        return {
            table.name: sorted(tuple(row) for row in connection.execute(select(table)))
            if table.name == "seal"
            else sorted((tuple(row) for row in connection.execute(select(table))), key=str)
            for table in backup.carried()
        }


def posting(office: Office, sender: Actor, stop: threading.Event, kept: list[int]) -> None:
    """Post one figure after the other until told to stop, and note each receipt."""
    for number in range(10_000):
        if stop.is_set():
            return
        period = f"{1990 + number // 12}-{number % 12 + 1:02}"
        receipt = send(office, row("20", period), actor=sender)
        assert receipt.id is not None
        kept.append(receipt.id)


def test_the_drill(office: Office, other: Database, file: Path, clock: Clock) -> None:
    live(office)
    sender = issue_key(office, "machine")
    stop, kept = threading.Event(), [0]
    elsewhere = Office(
        Database(office.database.url.render_as_string(hide_password=False)), office.zone, clock
    )
    writer = threading.Thread(target=posting, args=(elsewhere, sender, stop, kept))
    writer.start()
    while len(kept) < 10:
        assert writer.is_alive()
    before = list(kept)
    point = backup.back_up(office.database, file)
    stop.set()
    writer.join(60)
    elsewhere.database.close()

    assert backup.restore(other, file) == point
    assert point.entry >= before[-1], "what was acknowledged before is in it"
    moved = Office(other, ZoneInfo("Asia/Shanghai"), clock)
    with other.read() as connection:
        assert [rule for rule in invariants.check_all(connection) if rule.violations] == []
    assert_whole(other)
    seen = record(other)
    there = record(office.database)
    for table, rows in seen.items():
        assert len(rows) <= len(there[table])
        assert set(rows) <= set(there[table]), table
    assert len(seen["journal"]) == point.entry
    with office.database.read() as connection:
        assert chain.includes(connection, point), "the office that went on still holds it"

    second = file.with_name("second.db")
    assert backup.back_up(other, second) == point
    assert send(moved, row("30", "2013-12"), actor=sender).id == point.entry + 1


@pytest.mark.part("postgresql")
def test_a_moved_office_shows_every_page_it_ever_showed(
    office: Office, other: Database, file: Path, clock: Clock
) -> None:
    live(office, clock)
    backup.back_up(office.database, file)
    backup.restore(other, file)
    moved = Office(other, office.zone, clock)
    assert record(other) == record(office.database)
    assert page(moved) == page(office)


def test_a_backup_is_one_file_of_its_owner_s_alone(office: Office, file: Path) -> None:
    live(office)
    backup.back_up(office.database, file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_a_backup_is_a_database_that_can_be_worked_with(office: Office, file: Path) -> None:
    live(office)
    backup.back_up(office.database, file)
    opened = Database.of_file(file)
    assert page(Office(opened, office.zone, office.clock)) == page(office)
    opened.close()


def test_nothing_is_written_over(office: Office, file: Path) -> None:
    file.write_text("mine")
    with pytest.raises(Refused, match="is there already"):
        backup.back_up(office.database, file)
    assert file.read_text() == "mine"


def test_every_table_goes_along_or_is_left_behind_by_name() -> None:
    """A new one that is no ledger is left behind unless `BESIDE` names it: decide, then say."""
    left = {table.name for table in metadata.sorted_tables} - {one.name for one in backup.carried()}
    derived = {"forecast", "forecast_answer", "forecast_state", "verdict", "verdict_state"}
    assert left == {"user_session", "sign_in_count", "backup_made", *derived}
    assert all(not is_ledger(table) for table in backup.BESIDE)


def test_sessions_are_left_behind_to_the_last_byte(office: Office, file: Path) -> None:
    live(office)
    token = "c0ffee" * 10
    now = office.clock()
    session = {"token_hash": token, "user_id": 1, "begun_at": now, "seen_at": now}
    with office.database.write() as connection:
        connection.exec_driver_sql("INSERT INTO user_account (id, name) VALUES (1, 'chen')")
        connection.execute(insert(user_session).values(**session))
    backup.back_up(office.database, file)
    assert token.encode() not in file.read_bytes()
    opened = sqlite3.connect(file)
    assert opened.execute(f"SELECT count(*) FROM {user_session.name}").fetchone() == (0,)  # noqa: S608
    opened.close()


def test_a_broken_ledger_gives_no_backup(office: Office, file: Path) -> None:
    live(office)
    tamper(office.database, "UPDATE journal SET actor = 'somebody' WHERE id = 3")
    with pytest.raises(Refused, match="was not written: entry 3 is not what was sealed"):
        backup.back_up(office.database, file)
    assert list(file.parent.iterdir()) == []


def assert_untouched(database: Database) -> None:
    if database.path is not None and not database.path.exists():
        return
    with database.read() as connection:
        if connection.dialect.has_table(connection, "journal"):
            assert set(count_rows(connection).values()) == {0}


def damaged(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-8192])


def shortened(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100])


def foreign(path: Path) -> None:
    path.unlink()
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE mine (id INTEGER)")
    other.close()


def text(path: Path) -> None:
    path.write_text("kpi,department,period,value\n" * 200)


def nothing(path: Path) -> None:
    path.write_bytes(b"")


def tampered(path: Path) -> None:
    opened = Database.of_file(path)
    tamper(opened, "UPDATE revision SET value = value + 1 WHERE submission_id = 3")
    opened.close()


def cut_off(path: Path) -> None:
    opened = Database.of_file(path)
    tamper(opened, "DELETE FROM seal WHERE entry_id = 6")
    opened.close()


def newer(path: Path) -> None:
    opened = sqlite3.connect(path)
    opened.execute("UPDATE alembic_version SET version_num = '2999_01_01'")
    opened.commit()
    opened.close()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (damaged, "damaged"),
        (shortened, "damaged"),
        (foreign, "is no backup of Dabiao"),
        (text, "is no backup of Dabiao"),
        (nothing, "is no backup of Dabiao"),
        (tampered, "is not restored: entry 3 is not what was sealed"),
        (cut_off, "is not restored: entry 6 has no seal"),
        (newer, "newer version"),
    ],
    ids=lambda given: given if isinstance(given, str) else given.__name__,
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_file_that_is_no_sound_backup_is_refused(
    office: Office, other: Database, file: Path, spoil: Callable[[Path], None], words: str
) -> None:
    live(office)
    backup.back_up(office.database, file)
    spoil(file)
    with pytest.raises(Refused, match=words) as caught:
        backup.restore(other, file)
    assert "\n" not in str(caught.value)
    assert_untouched(other)


def test_a_file_that_is_not_there_is_said_to_be(database: Database, file: Path) -> None:
    with pytest.raises(FileNotFoundError):
        backup.restore(database, file)


def test_a_migrated_database_without_entries_takes_a_backup(
    office: Office, other: Database, file: Path
) -> None:
    live(office)
    migrate(other)
    backup.back_up(office.database, file)
    backup.restore(other, file)
    assert record(other) == record(office.database)


def test_a_database_that_holds_anything_is_left_alone(office: Office, file: Path) -> None:
    live(office)
    backup.back_up(office.database, file)
    before = record(office.database)
    with pytest.raises(Refused, match="holds 6 entries already"):
        backup.restore(office.database, file)
    assert record(office.database) == before


def test_a_stray_row_is_enough_to_refuse(office: Office, other: Database, file: Path) -> None:
    live(office)
    backup.back_up(office.database, file)
    migrate(other)
    with other.write() as connection:
        connection.exec_driver_sql("INSERT INTO plan (id, code) VALUES (1, 'mine')")
    with pytest.raises(Refused, match="has a plan already"):
        backup.restore(other, file)


def test_somebody_else_s_database_is_left_alone(
    office: Office, other: Database, file: Path
) -> None:
    backup.back_up(office.database, file)
    with other.write() as connection:
        connection.exec_driver_sql("CREATE TABLE mine (id INTEGER)")
    with pytest.raises(Refused, match="not Dabiao's"):
        backup.restore(other, file)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_older_backup_is_brought_to_the_newest_migration(
    office: Office, other: Database, file: Path
) -> None:
    """Here one from before there were seals: it is sealed as it is migrated."""
    live(office)
    point = backup.back_up(office.database, file)
    old = Database.of_file(file)
    migrate(old, "2026_11_22_acknowledgement")
    old.close()
    size = file.read_bytes()
    assert backup.restore(other, file) == point
    assert file.read_bytes() == size, "the file itself is left as it is"
    assert record(other) == record(office.database)
