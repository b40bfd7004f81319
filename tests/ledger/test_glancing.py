"""The glance tells all that is written, whoever writes it, and nothing where it cannot tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from app.ledger import backups, glancing
from app.ledger.database import Database
from app.ledger.glancing import Glance
from app.ledger.tables import journal
from tests.ledger.small_office import ADMIN, fill, row, send

if TYPE_CHECKING:
    from pathlib import Path

    from app.ledger.office import Office
    from tests.parts import PostgresServer


@pytest.fixture
def glance(office: Office) -> Glance:
    """Give a glance at the small office."""
    fill(office)
    return Glance(office.database)


def test_the_stamp_stays_as_long_as_nothing_is_written(office: Office, glance: Glance) -> None:
    stamp = glance.stamp()
    with office.database.read() as connection:
        connection.execute(sa.text("SELECT count(*) FROM journal"))

    assert stamp is not None
    assert glance.stamp() == stamp


def test_whatever_is_written_makes_another(office: Office, glance: Glance, tmp_path: Path) -> None:
    seen = [glance.stamp()]
    send(office, row("22.5"))
    seen.append(glance.stamp())
    send(office, row("nonsense"))  # refused, and on record
    seen.append(glance.stamp())
    backups.note(office.database, backups.make(office, tmp_path / "backup.db", ADMIN))
    seen.append(glance.stamp())

    assert None not in seen
    assert len(set(seen)) == len(seen)


def test_what_another_process_writes_counts_as_much(office: Office, glance: Glance) -> None:
    stamp = glance.stamp()
    other = Database(office.database.url)
    with other.write() as connection:
        connection.exec_driver_sql("SELECT 1")
    assert glance.stamp() == stamp

    send(type(office)(other, office.zone, office.clock), row("22.5"))
    other.close()

    assert glance.stamp() not in {stamp, None}


def test_what_is_not_committed_is_not_seen(office: Office, glance: Glance) -> None:
    stamp = glance.stamp()

    entry = sa.insert(journal).values(
        id=1000,
        recorded_at=office.clock(),
        kind="catalogue",
        action="entered",
        subject="nothing",
        actor=ADMIN.name,
    )
    with office.database.engine.connect() as connection:
        connection.execute(entry)
        assert glance.stamp() == stamp
        connection.rollback()

    assert glance.stamp() == stamp


def test_without_tables_it_tells_nothing_and_with_them_it_does(database_url: str) -> None:
    database = Database(database_url)
    glance = Glance(database)
    assert glance.stamp() is None
    assert not glance.waits_for_nothing
    database.close()


def test_only_the_embedded_database_is_asked_in_passing(office: Office, glance: Glance) -> None:
    assert not glance.waits_for_nothing, "it has yet to be opened"
    glance.stamp()
    assert glance.waits_for_nothing == office.database.is_sqlite


def test_it_is_closed_with_the_others_and_opened_again(office: Office, glance: Glance) -> None:
    stamp = glance.stamp()
    office.database.close()
    assert not glance.waits_for_nothing
    assert glance.stamp() == stamp


@pytest.mark.part("postgresql")
def test_a_lost_connection_tells_nothing_and_is_made_anew(
    postgres_server: PostgresServer,
) -> None:
    database = Database(postgres_server.create_database("glance_lost"))
    with database.write() as connection:
        for table in ("journal", "backup_made"):
            connection.exec_driver_sql(f"CREATE TABLE {table} (id int)")
    glance = Glance(database)
    stamp = glance.stamp()
    with database.write() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )

    assert glance.stamp() is None
    assert glance.stamp() == stamp
    database.close()


@pytest.mark.part("postgresql")
def test_a_standby_is_not_believed(
    postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(postgres_server.create_database("glance_standby"))
    glance = Glance(database)
    monkeypatch.setattr(glancing, "_POSTGRESQL", "SELECT 1, 2, NOT pg_is_in_recovery()")
    assert glance.stamp() is None
    database.close()
