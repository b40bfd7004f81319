"""Administration tells of backups: which there are, how old, and gives one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from app.domain.access import Role
from app.ledger import backup, chain, sessions
from app.ledger.database import Database
from app.web.backups_shown import size
from tests.ledger.small_office import add_user, row, send
from tests.ledger.tampering import tamper

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from httpx2 import Response
    from starlette.testclient import TestClient

    from app.domain.user import User
    from app.ledger.office import Office
    from tests.clock import Clock

DOWNLOAD = "/admin/backup"


@pytest.fixture
def admin(browse: Callable[..., TestClient], reported: Office) -> Admin:
    """An admin who reads English."""
    user = add_user(reported, "root", Role.ADMIN)
    return Admin(reported, browse(), user)


@dataclass
class Admin:
    """Somebody who signs in anew each time: days go by in between."""

    office: Office
    site: TestClient
    user: User

    def token(self) -> str:
        with self.office.database.write() as connection:
            token = sessions.begin(connection, self.user.id, self.office.clock())
        self.site.headers.update({"Cookie": f"dabiao-session={token}"})
        return sessions.form_token(token)

    def download(self) -> Response:
        return self.site.post(DOWNLOAD, data={"form_token": self.token()})

    def told(self) -> str:
        """Return what the page says of backups."""
        assert self.token()
        page = self.site.get("/admin").text
        return " ".join(page.split("<h2>Backups</h2>")[1].split("</section>")[0].split())


def test_without_a_backup_it_says_so(admin: Admin) -> None:
    assert "None on record" in admin.told()
    assert "dabiao restore FILE" in admin.told()


def test_what_is_downloaded_is_the_record_and_is_told_of(
    admin: Admin, reported: Office, tmp_path: Path
) -> None:
    answer = admin.download()
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    path = tmp_path / "office.db"
    path.write_bytes(answer.content)
    moved = Database.of_file(tmp_path / "moved.db")
    point = backup.restore(moved, path)
    moved.close()
    with reported.database.read() as connection:
        assert point == chain.head(connection)
    assert "less than 2 hours ago. It holds every entry." in admin.told()
    assert str(point) in admin.told()


def test_it_is_old_once_entries_have_gone_without_one_for_two_days(
    admin: Admin, reported: Office, clock: Clock
) -> None:
    admin.download()
    clock.forward(days=3)
    assert "Good</span>" in admin.told(), "nothing has been written since"
    send(reported, row("23.3", reason="counted again"))
    assert "Old</span> The newest was made 3 days ago." in admin.told()
    assert "in no backup: 1." in admin.told()
    admin.download()
    clock.forward(hours=5)
    send(reported, row("23.2", reason="counted again"))
    assert "Good</span> The newest was made 5 hours ago." in admin.told()


def test_a_broken_ledger_gives_none_and_says_why(admin: Admin, reported: Office) -> None:
    tamper(reported.database, "UPDATE journal SET actor = 'somebody' WHERE id = 1")
    answer = admin.download()
    assert answer.status_code == 422
    assert "There is no backup of a ledger that is broken: entry 1 is not" in answer.text


def test_a_size_is_written_as_people_do() -> None:
    assert [size(count) for count in (0, 999, 1000, 1_396_736, 10**12)] == [
        "0 B",
        "999 B",
        "1 kB",
        "1 MB",
        "1 TB",
    ]
