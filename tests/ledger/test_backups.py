"""Which backups are on record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.errors import Refused
from app.ledger import backup, backups, chain
from app.ledger.backups import Way
from app.ledger.database import Database
from tests.ledger.small_office import ADMIN, fill, row, send
from tests.ledger.tampering import tamper

if TYPE_CHECKING:
    from pathlib import Path

    from app.ledger.backups import Noted
    from app.ledger.office import Office
    from tests.clock import Clock


def made(office: Office, path: Path) -> Noted:
    backups.note(office.database, backups.make(office, path, ADMIN))
    with office.database.read() as connection:
        return backups.newest(connection, 1)[0]


def test_a_backup_is_noted_with_when_who_where_and_what(
    office: Office, tmp_path: Path, clock: Clock
) -> None:
    fill(office)
    path = tmp_path / "备份.db"
    noted = made(office, path)
    with office.database.read() as connection:
        head = chain.head(connection)
    assert (noted.id, noted.at, noted.actor, noted.way) == (1, clock(), ADMIN.name, Way.FILE)
    assert (noted.filename, noted.size) == (str(path), path.stat().st_size)
    assert noted.point == head, "a note is no entry: the newest backup can hold everything"


def test_they_are_listed_both_ways(office: Office, tmp_path: Path, clock: Clock) -> None:
    fill(office)
    for name in ("a", "b", "c"):
        made(office, tmp_path / name)
        clock.forward(days=1)
        send(office, row(name))
    with office.database.read() as connection:
        assert [one.id for one in backups.newest(connection, 2)] == [3, 2]
        assert [one.id for one in backups.listed(connection, after=1, limit=5)] == [2, 3]
        newest = backups.newest(connection, 1)[0]
        assert backups.newest_at(connection) == newest.at
        assert newest.point.entry < chain.head(connection).entry


def test_a_backup_knows_of_none_and_so_does_what_is_restored_from_it(
    office: Office, tmp_path: Path
) -> None:
    fill(office)
    made(office, tmp_path / "first.db")
    made(office, tmp_path / "second.db")
    moved = Database.of_file(tmp_path / "moved.db")
    backup.restore(moved, tmp_path / "second.db")
    with moved.read() as connection:
        assert backups.newest(connection, 1) == []
        assert backups.newest_at(connection) is None
    moved.close()


def test_what_came_to_nothing_is_not_on_record(office: Office, tmp_path: Path) -> None:
    fill(office)
    tamper(office.database, "UPDATE journal SET actor = 'somebody' WHERE id = 1")
    with pytest.raises(Refused):
        backups.make(office, tmp_path / "a.db", ADMIN)
    with office.database.read() as connection:
        assert backups.newest(connection, 1) == []
