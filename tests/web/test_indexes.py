"""Whatever the scoreboard, its page and a target's series ask the database goes by an index."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from app.ledger import standings
from tests.counting import asked_of, reads
from tests.ledger.test_standing import fill_with_every_kind
from tests.metrics import world

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection
    from starlette.testclient import TestClient

    from app.ledger.office import Office
    from tests.clock import Clock
    from tests.counting import Asked

BOARD = "/api/v1/scoreboard?plan=year-2013"
TARGET = "year-2013/cases/mech"
ADDRESSES = (
    "/?plan=year-2013",
    "/?plan=year-2013&department=mech&sort=ratio",
    BOARD,
    f"{BOARD}&status=off_track&limit=1",
    f"{BOARD}&department=mech",
    f"{BOARD}&period=2013-02",
    f"/api/v1/targets/{TARGET}/series",
    f"/api/v1/targets/{TARGET}/explain",
    f"/targets/{TARGET}",
)
GROWING = "revision|journal|submission|review"
"""The tables that grow with what is posted."""


def read_whole(connection: Connection, asked: Asked) -> list[str]:
    """Return the growing tables that the engine would go through from end to end.

    PostgreSQL is told to do so only where no index serves: the tables of a test are small.
    """
    statement, given = asked
    given = tuple(given) if isinstance(given, list) else given
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given)
        plan = "\n".join(row[3] for row in rows)
        found = re.findall(rf"^SCAN ({GROWING})\b(?!.* USING )", plan, re.MULTILINE)
        # In order of the numbers, the newest first, is as good as an index.
        return [] if "LIMIT" in statement else found
    connection.execute(text("SET LOCAL enable_seqscan = off"))
    rows = connection.exec_driver_sql(f"EXPLAIN {statement}", given)
    return re.findall(rf"Seq Scan on ({GROWING})\b", "\n".join(row[0] for row in rows))


@pytest.mark.parametrize("least", [0, 1000], ids=["standing", "judged anew"])
def test_no_read_goes_through_a_table_that_grows(
    browse: Callable[..., TestClient],
    office: Office,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    least: int,
) -> None:
    monkeypatch.setattr(standings, "LEAST", least)
    fill_with_every_kind(office, clock)
    site = browse()
    with asked_of(site) as asked:
        for month in (4, 5):
            for address in ADDRESSES:
                assert site.get(address).status_code == 200
            clock.forward(seconds=1)
            world.post(office, world.row("cases", "mech", f"2013-{month:02d}", 7))

    asked = list(dict(reads(asked)).items())
    assert [one for one in asked if "revision" in one[0]]
    with office.database.read() as connection:
        whole = {one[0]: found for one in asked if (found := read_whole(connection, one))}
    assert whole == {}
