from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import psycopg
import pytest
import sqlalchemy as sa

from app.errors import Misconfigured, Unavailable
from app.ledger.database import Database
from app.ledger.tables import plan
from tests.parts import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.parts import PostgresServer


def add_plan(connection: sa.Connection, number: int) -> None:
    connection.execute(sa.insert(plan).values(id=number, code=f"plan-{number}"))


def plans(connection: sa.Connection) -> list[int]:
    return list(connection.execute(sa.select(plan.c.id).order_by(plan.c.id)).scalars())


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nonsense",
        "mysql://localhost/dabiao",
        "postgresql://localhost/dabiao",
        "postgresql+asyncpg://localhost/dabiao",
        "sqlite+aiosqlite:///x.db",
        "sqlite3:///x.db",
    ],
)
def test_a_url_of_another_kind_stops_the_start(url: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        Database(url)
    assert str(caught.value).startswith("DABIAO_DATABASE_URL ")
    assert "\n" not in str(caught.value)


def test_a_wrong_url_s_password_is_not_repeated() -> None:
    with pytest.raises(Misconfigured) as caught:
        Database("postgresql+nothing://user:secret@host/name")
    assert "secret" not in str(caught.value)


def test_the_file_s_folder_is_made(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/new/folder/dabiao.db")
    with database.read() as connection:
        assert connection.execute(sa.text("SELECT 1")).scalar() == 1
    assert database.path == tmp_path / "new/folder/dabiao.db"
    database.close()


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 30_000)],
)
def test_sqlite_is_opened_for_what_it_is(tmp_path: Path, pragma: str, value: object) -> None:
    database = Database(f"sqlite:///{tmp_path}/dabiao.db")
    with database.read() as connection:
        assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value
    database.close()


def test_a_write_is_kept_as_a_whole_or_not_at_all(database: Database) -> None:
    with database.write() as connection:
        add_plan(connection, 1)
        add_plan(connection, 2)

    def fail_after_a_row() -> None:
        with database.write() as connection:
            add_plan(connection, 3)
            raise LookupError

    with pytest.raises(LookupError):
        fail_after_a_row()
    with database.read() as connection:
        assert plans(connection) == [1, 2]


def test_a_read_sees_one_moment_however_long_it_takes(database: Database) -> None:
    with database.write() as connection:
        add_plan(connection, 1)
    with database.read() as reader:
        assert plans(reader) == [1]
        with database.write() as connection:
            add_plan(connection, 2)
        assert plans(reader) == [1]
    with database.read() as reader:
        assert plans(reader) == [1, 2]


@pytest.mark.parametrize("same", [True, False], ids=["in one process", "in another process"])
def test_a_second_writer_waits_for_the_first(database: Database, *, same: bool) -> None:
    """The second reads what the first has written: it does not begin before the first has ended."""
    other = database if same else Database(database.url.render_as_string(hide_password=False))
    seen: list[list[int]] = []
    inside, waiting, may_end = threading.Event(), threading.Event(), threading.Event()

    def first() -> None:
        with database.write() as connection:
            inside.set()
            assert may_end.wait(30)
            add_plan(connection, 1)

    def second() -> None:
        waiting.set()
        with other.write() as connection:
            seen.append(plans(connection))

    threads = [threading.Thread(target=first), threading.Thread(target=second)]
    threads[0].start()
    assert inside.wait(30)
    threads[1].start()
    assert waiting.wait(30)
    if not same:
        wait_until(lambda: _in_use(other) == 1, seconds=30, what="the second at the door")
    with database.read() as connection:
        assert plans(connection) == []
    assert seen == []
    may_end.set()
    for thread in threads:
        thread.join(30)
    other.close()
    assert seen == [[1]]


def _in_use(database: Database) -> int:
    pool = database.engine.pool
    assert isinstance(pool, sa.QueuePool)
    return pool.checkedout()


def test_writers_of_one_process_queue_without_holding_a_connection(database: Database) -> None:
    def write(number: int) -> None:
        with database.write() as connection:
            add_plan(connection, number)

    with database.write() as connection:
        threads = [threading.Thread(target=write, args=(number,)) for number in range(2, 6)]
        for thread in threads:
            thread.start()
        assert _in_use(database) == 1
        add_plan(connection, 1)
    for thread in threads:
        thread.join(30)
    with database.read() as reader:
        assert plans(reader) == [1, 2, 3, 4, 5]


def test_a_connection_in_use_is_closed_when_it_comes_back_to_a_database_that_was_closed(
    database: Database,
) -> None:
    closed: list[object] = []
    sa.event.listen(database.engine, "checkin", lambda connection, _: closed.append(connection))

    with database.read() as connection:
        in_use = connection.connection.dbapi_connection
        database.close()
        assert connection.execute(sa.text("SELECT 1")).scalar() == 1

    assert closed == [in_use]
    with pytest.raises((sqlite3.ProgrammingError, psycopg.OperationalError), match="closed"):
        in_use.cursor().execute("SELECT 1")  # type: ignore[union-attr]
    with database.read() as connection:
        assert connection.execute(sa.text("SELECT 1")).scalar() == 1


def test_a_mistake_in_a_statement_is_not_an_outage(database: Database) -> None:
    with database.write() as connection:
        add_plan(connection, 1)
    with pytest.raises(sa.exc.IntegrityError), database.write() as connection:
        connection.execute(sa.insert(plan).values(id=2, code="plan-1"))


def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("no database " * 100)
    database = Database(f"sqlite:///{tmp_path}/text.db")
    with pytest.raises(Unavailable), database.read() as connection:
        plans(connection)
    database.close()


def test_a_folder_in_the_file_s_place_is_unavailable(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}")
    with pytest.raises(Unavailable), database.read() as connection:
        plans(connection)
    database.close()


def test_who_opens_a_file_while_another_makes_it_waits(tmp_path: Path) -> None:
    """Before it keeps a write-ahead log; SQLite would not wait to go over to that."""
    path = tmp_path / "dabiao.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        database, found = Database(f"sqlite:///{path}"), []

        def read() -> None:
            with database.read() as connection:
                found.append(connection.execute(sa.text("SELECT count(*) FROM made")).scalar())

        reader = threading.Thread(target=read)
        reader.start()
        reader.join(0.2)
        assert reader.is_alive(), "it waits"
        other.execute("CREATE TABLE made (number)")
        other.execute("COMMIT")
    reader.join(20)
    assert found == [0]
    database.close()


def test_a_file_that_somebody_else_locks_for_good_is_unavailable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.ledger.database._BUSY_MILLISECONDS", 50)
    database = Database(f"sqlite:///{tmp_path}/dabiao.db")
    with database.write():
        pass
    other = sqlite3.connect(str(tmp_path / "dabiao.db"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable), database.write():
        pass
    other.execute("ROLLBACK")
    with database.write():
        pass
    other.close()
    database.close()


@pytest.mark.part("postgresql")
def test_a_server_that_goes_away_is_unavailable_and_is_found_again(
    postgres_server: PostgresServer,
) -> None:
    database = Database(postgres_server.create_database("outage"))
    with pytest.raises(Unavailable), database.read() as connection:
        connection.execute(sa.text("SELECT pg_terminate_backend(pg_backend_pid())"))
    with database.read() as connection:
        assert connection.execute(sa.text("SELECT 1")).scalar() == 1
    database.close()
    postgres_server.drop_database("outage")
    with pytest.raises(Unavailable), database.read():
        pass
    database.close()


@pytest.mark.part("postgresql")
def test_a_server_that_has_become_a_standby_is_unavailable_for_writes(
    postgres_server: PostgresServer,
) -> None:
    url = postgres_server.create_database("standby")
    database = Database(url)
    with database.write() as connection:
        connection.execute(sa.text("CREATE TABLE figure (value NUMERIC)"))
        connection.execute(sa.text("ALTER DATABASE standby SET default_transaction_read_only = on"))
    database.close()
    with pytest.raises(Unavailable), database.write() as connection:
        connection.execute(sa.text("INSERT INTO figure VALUES (1)"))
    database.close()


@pytest.mark.part("postgresql")
def test_a_read_cannot_write_on_postgresql(postgres_server: PostgresServer) -> None:
    database = Database(postgres_server.create_database("reads_only"))
    with pytest.raises(Unavailable) as caught, database.read() as connection:
        connection.execute(sa.text("CREATE TABLE figure (value NUMERIC)"))
    assert isinstance(caught.value.__cause__, sa.exc.DBAPIError)
    assert isinstance(caught.value.__cause__.orig, psycopg.errors.ReadOnlySqlTransaction)
    database.close()
