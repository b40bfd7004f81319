"""A backup by the API: whole, verified, on record, one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.exports import backup_file
from app.ledger import backup, chain
from app.ledger.database import Database
from tests.ledger.tampering import tamper

if TYPE_CHECKING:
    from pathlib import Path

    from app.ledger.office import Office
    from tests.api.contract import Client

ADDRESS = "/api/v1/backups"


def test_what_is_downloaded_can_be_restored_and_is_on_record(
    api: Client, small_office: Office, tmp_path: Path
) -> None:
    answer = api.post(ADDRESS, headers=api.bearing("admin"))
    assert answer.status_code == 200
    path = tmp_path / "office.db"
    path.write_bytes(answer.content)
    moved = Database.of_file(tmp_path / "moved.db")
    point = backup.restore(moved, path)
    moved.close()
    with small_office.database.read() as connection:
        assert chain.includes(connection, point)
    assert answer.headers["X-Seal"] == str(point)
    [listed] = api.get(ADDRESS, headers=api.bearing("admin")).json()["items"]
    assert listed == {
        "id": 1,
        "made_at": "2014-01-05T12:00:00+08:00",
        "made_by": "admin",
        "way": "download",
        "filename": "dabiao-20140105-120000.db",
        "size": len(answer.content),
        "seal": str(point),
    }
    assert listed["filename"] in answer.headers["Content-Disposition"]


def test_they_are_listed_page_by_page(api: Client) -> None:
    for _ in range(3):
        assert api.post(ADDRESS, headers=api.bearing("admin")).status_code == 200
    first = api.get(ADDRESS, params={"limit": 2}, headers=api.bearing("admin")).json()
    query = {"limit": 2, "cursor": first["next"]}
    second = api.get(ADDRESS, params=query, headers=api.bearing("admin")).json()
    assert [one["id"] for one in first["items"] + second["items"]] == [1, 2, 3]


def test_one_is_made_at_a_time(api: Client, small_office: Office) -> None:
    with backup_file.alone():
        answer = api.post(ADDRESS, headers=api.bearing("admin"))
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert api.post(ADDRESS, headers=api.bearing("admin")).status_code == 200
    assert small_office.database.url


def test_a_broken_ledger_is_refused_with_what_is_wrong(api: Client, small_office: Office) -> None:
    tamper(small_office.database, "UPDATE journal SET actor = 'somebody' WHERE id = 1")
    answer = api.post(ADDRESS, headers=api.bearing("admin"))
    assert answer.status_code == 422
    [found] = answer.json()["findings"]
    assert found["code"] == "backup_broken"
    assert "entry 1 is not what was sealed" in found["message"]
    assert api.get(ADDRESS, headers=api.bearing("admin")).json()["items"] == []
