"""What was acknowledged is there after the process was killed, and nothing is there by half."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from app.ledger import tables
from app.ledger.database import Database
from app.ledger.submissions import get
from tests.ledger.small_office import assert_whole, fill, row, send
from tests.ledger.workers import ROWS_IN_FLOOD, Worker

if TYPE_CHECKING:
    from app.ledger.office import Office


@pytest.mark.parametrize(
    "acknowledged", [0, 1, 12], ids="killed after {} acknowledged posts".format
)
def test_a_killed_process_loses_nothing_that_it_acknowledged(
    office: Office, acknowledged: int
) -> None:
    fill(office)
    url = office.database.url.render_as_string(hide_password=False)
    with Worker("flood", url) as worker:
        assert worker.line() == "ready"
        worker.go()
        told = [worker.line() for _ in range(acknowledged)]
        told += worker.kill()
    numbers = [int(number) for number in told]
    assert numbers == list(range(2, len(numbers) + 2))
    assert_whole(office.database)
    for number in numbers:
        with office.database.read() as connection:
            receipt = get(connection, number)
            assert receipt is not None
            rows = connection.execute(
                select(tables.revision.c.row_number).where(
                    tables.revision.c.submission_id == number
                )
            ).all()
        assert receipt.result.counts.received == len(rows) == ROWS_IN_FLOOD
    # And the ledger goes on where it stopped, with at most one more that nobody was told of.
    following = send(office, row("20")).id
    assert following in (len(numbers) + 2, len(numbers) + 3)
    assert_whole(office.database)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_file_is_sound_after_a_kill(office: Office) -> None:
    fill(office)
    url = office.database.url.render_as_string(hide_password=False)
    office.database.close()
    with Worker("flood", url) as worker:
        assert worker.line() == "ready"
        worker.go()
        last = [worker.line() for _ in range(5)][-1]
        worker.kill()
    plain = sqlite3.connect(str(office.database.path))
    assert plain.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert plain.execute("PRAGMA foreign_key_check").fetchall() == []
    (found,) = plain.execute("SELECT max(id) FROM submission").fetchone()
    assert found >= int(last)
    plain.close()


def test_what_a_receipt_says_is_there_for_a_process_that_begins_afterwards(
    office: Office,
) -> None:
    receipt = send(fill(office), row("22.5", note="备注"))
    office.database.close()
    opened = Database(office.database.url.render_as_string(hide_password=False))
    with opened.read() as connection:
        assert receipt.id is not None
        assert get(connection, receipt.id) == receipt
    opened.close()
