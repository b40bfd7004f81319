"""What is known of a transaction when PostgreSQL hangs, goes away, or does not vouch for it."""

from __future__ import annotations

import os
import signal
import threading
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql

from app.errors import Interrupted, Misconfigured, OutcomeUnknown, Unavailable
from app.ledger import watching
from app.ledger.database import Database
from tests.parts import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.parts import PostgresServer

pytestmark = pytest.mark.part("postgresql")


@pytest.fixture
def database(postgres_server: PostgresServer) -> Iterator[Database]:
    """A database whose commits wait for a standby as soon as one is asked for."""
    name = f"test_{uuid.uuid4().hex}"
    url = sa.make_url(postgres_server.create_database(name))
    opened = Database(url.update_query_dict({"options": "-c synchronous_commit=on"}))
    with opened.write() as connection:
        connection.execute(sa.text("CREATE TABLE figure (value INTEGER PRIMARY KEY)"))
    yield opened
    opened.close()
    postgres_server.drop_database(name)


@pytest.fixture
def no_standby(database: Database) -> Iterator[None]:
    """Have every commit wait for a standby that never comes."""
    ask_for_standby(database, "nobody")
    yield
    ask_for_standby(database, "")


def ask_for_standby(database: Database, name: str) -> None:
    with beside(database) as connection:
        change = sql.SQL("ALTER SYSTEM SET synchronous_standby_names = {}")
        connection.execute(change.format(sql.Literal(name)))
        connection.execute("SELECT pg_reload_conf()")
        wait_until(
            lambda: connection.execute("SHOW synchronous_standby_names").fetchone() == (name,),
            seconds=60,
            what="the setting",
        )


def add(connection: sa.Connection, value: int) -> None:
    connection.execute(sa.text("INSERT INTO figure VALUES (:value)"), {"value": value})


def figures(connection: sa.Connection) -> list[int]:
    return list(connection.execute(sa.text("SELECT value FROM figure ORDER BY value")).scalars())


def beside(database: Database) -> psycopg.Connection[tuple[Any, ...]]:
    """Return a connection that waits for no standby."""
    made = psycopg.connect(
        host=str(database.url.query["host"]),
        user="dabiao",
        dbname=database.url.database,
        autocommit=True,
    )
    made.execute("SET synchronous_commit = local")
    return made


def waiting(database: Database) -> int | None:
    """Return the process whose commit waits for a standby."""
    with beside(database) as connection:
        found = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
        ).fetchone()
    return found[0] if found else None


class Write:
    """A write in a thread of its own, and what it came to."""

    def __init__(self, database: Database, value: int | None) -> None:
        """Write `value`, or nothing."""
        self.came_to: BaseException | str = "nothing yet"
        self._database, self._value = database, value
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            with self._database.write() as connection:
                if self._value is not None:
                    add(connection, self._value)
        except Unavailable as error:
            self.came_to = error
        else:
            self.came_to = "kept"

    def end(self) -> BaseException | str:
        """Return what it came to, once it has."""
        self._thread.join(60)
        return self.came_to


@pytest.mark.usefixtures("no_standby")
def test_a_commit_that_no_standby_vouches_for_is_not_known(database: Database) -> None:
    """The server says that it committed, and only warns: the rows stand there, and nowhere else."""
    write = Write(database, 1)
    pid = wait_until(lambda: waiting(database), seconds=60, what="a commit that waits")
    with beside(database) as connection:
        connection.execute("SELECT pg_cancel_backend(%s)", [pid])
    assert isinstance(write.end(), OutcomeUnknown)
    with database.read() as reader:
        assert figures(reader) == [1]


@pytest.mark.usefixtures("no_standby")
def test_a_commit_whose_connection_is_lost_is_not_known(database: Database) -> None:
    write = Write(database, 1)
    pid = wait_until(lambda: waiting(database), seconds=60, what="a commit that waits")
    with beside(database) as connection:
        connection.execute("SELECT pg_terminate_backend(%s)", [pid])
    assert isinstance(write.end(), OutcomeUnknown)


@pytest.mark.usefixtures("no_standby")
def test_who_writes_nothing_still_waits_for_what_was_read(database: Database) -> None:
    """A receipt that is given again speaks for a commit that a standby may not have."""
    write = Write(database, None)
    pid = wait_until(lambda: waiting(database), seconds=60, what="a commit that waits")
    assert write.came_to == "nothing yet"
    with beside(database) as connection:
        connection.execute("SELECT pg_terminate_backend(%s)", [pid])
    assert isinstance(write.end(), OutcomeUnknown)


def test_a_transaction_that_is_lost_before_its_commit_was_interrupted(database: Database) -> None:
    def write_and_lose() -> None:
        with database.write() as connection:
            add(connection, 1)
            connection.execute(sa.text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(Interrupted):
        write_and_lose()
    with database.write() as connection:
        assert figures(connection) == []


def test_a_serialization_failure_was_interrupted(database: Database) -> None:
    with pytest.raises(Interrupted), database.write() as connection:
        connection.execute(raising("40001"))


def test_an_error_at_the_commit_that_the_server_tells_is_certain(database: Database) -> None:
    with database.write() as connection:
        connection.execute(
            sa.text("CREATE TABLE late (value INTEGER UNIQUE DEFERRABLE INITIALLY DEFERRED)")
        )
    with pytest.raises(sa.exc.IntegrityError), database.write() as connection:
        connection.execute(sa.text("INSERT INTO late VALUES (1), (1)"))


def test_a_server_that_has_become_a_standby_is_left(database: Database) -> None:
    """As by the pool: its connections are good, and lead to one that takes no writes."""
    with database.read() as connection:
        before = driver_of(connection)
    with pytest.raises(Interrupted), database.write() as connection:
        connection.execute(raising("25006"))
    assert before.closed


def test_who_waits_for_a_server_that_hangs_is_cut_off(
    postgres_server: PostgresServer, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "PATIENCE", 1.0)
    with database.read() as connection:
        assert figures(connection) == []
    processes = family(postgres_server.process.pid)
    for pid in processes:
        os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(Unavailable), database.read() as connection:
            figures(connection)
    finally:
        for pid in processes:
            os.kill(pid, signal.SIGCONT)
    with database.read() as connection:
        assert figures(connection) == []


def test_a_statement_that_is_long_goes_on(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "PATIENCE", 0.5)
    with database.read() as connection:
        assert connection.execute(sa.text("SELECT 1 FROM pg_sleep(3)")).scalar() == 1


def raising(state: str) -> sa.TextClause:
    """Return a statement to which the server answers with an error of this SQLSTATE."""
    return sa.text(f"DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{state}'; END $$")


def driver_of(connection: sa.Connection) -> psycopg.Connection[Any]:
    found = connection.connection.driver_connection
    assert isinstance(found, psycopg.Connection)
    return found


def family(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [pid, *map(int, listed.split())]


@pytest.mark.parametrize("address", ["host=/nowhere&host={}", "host=/nowhere,{}&port=5432,5432"])
def test_of_several_servers_the_one_that_takes_writes_is_looked_for(
    address: str, database: Database
) -> None:
    hosts = address.format(database.url.query["host"])
    several = Database(f"postgresql+psycopg://dabiao@/{database.url.database}?{hosts}")
    with several.write() as connection:
        add(connection, 7)
        parameters = driver_of(connection).info.get_parameters()
    several.close()
    assert parameters["target_session_attrs"] == "read-write"


def test_a_wrong_list_of_servers_stops_the_start() -> None:
    with pytest.raises(Misconfigured, match="host=a:5432&host=b:5432"):
        Database("postgresql+psycopg://dabiao:secret@/office?host=a,b&port=1,2,3")


def test_what_the_address_sets_wins(database: Database) -> None:
    url = database.url.update_query_dict({"connect_timeout": "9", "options": "-c lock_timeout=7s"})
    own = Database(url)
    with own.read() as connection:
        assert connection.execute(sa.text("SHOW lock_timeout")).scalar() == "7s"
        assert connection.execute(sa.text("SHOW timezone")).scalar() == "UTC"
        assert driver_of(connection).info.get_parameters()["connect_timeout"] == "9"
    own.close()


def test_a_writer_that_looks_few_rows_up_plans_for_indexes_and_no_other_does(
    database: Database,
) -> None:
    def scans(connection: sa.Connection) -> object:
        return connection.execute(sa.text("SHOW enable_seqscan")).scalar()

    with database.write(looks_up=True) as connection:
        assert scans(connection) == "off"
    with database.write() as connection:
        assert scans(connection) == "on"
    with database.read() as connection:
        assert scans(connection) == "on"


def end_all_but(other: psycopg.Connection[tuple[Any, ...]]) -> None:
    """Have the server end every other connection to the database."""
    other.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )


def test_a_connection_that_was_lost_while_idle_is_made_anew(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.ledger.postgres._IDLE_SECONDS", 0.0)
    with beside(database) as other:
        end_all_but(other)
    with database.write() as connection:
        add(connection, 1)
    with database.read() as connection:
        assert figures(connection) == [1]


def test_of_one_that_was_lost_a_moment_after_its_use_it_is_certain_that_nothing_was_kept(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.ledger.postgres._IDLE_SECONDS", 3600.0)
    with beside(database) as other:
        end_all_but(other)
    with pytest.raises(Interrupted), database.write(looks_up=True) as connection:
        add(connection, 1)
    with database.write(looks_up=True) as connection:
        add(connection, 2)
    with database.read() as connection:
        assert figures(connection) == [2]
