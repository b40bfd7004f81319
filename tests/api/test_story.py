"""A year of the small office, told by those who live it, and where its record is at the end.

Wang reports for the examination department and Zhao for the legal one, Li approves, Chen plans.
Nothing here happened; that it is all still there when the office moves to another engine is what
is tried.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy.engine import make_url

from app.domain.access import Role
from app.ledger import backup, chain, invariants
from app.ledger.database import Database
from app.main import create_app
from app.settings import Settings
from tests.api.conftest import issue
from tests.api.contract import Client, findings
from tests.ledger.small_office import fill

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from httpx2 import Response

    from app.ledger.office import Office
    from tests.clock import Clock
    from tests.parts import PostgresServer

SUBMISSIONS = "/api/v1/submissions"
TARGET = "/api/v1/targets/plan-2013/pendency/exam"
CSV = {"Content-Type": "text/csv; charset=gb18030"}
HEADER = "指标,部门,期间,数值,更正原因\n"


class People:
    """Those who speak to the service, each with a key; and what the whole office looked like."""

    def __init__(self, api: Client, clock: Clock) -> None:
        self.api, self.clock = api, clock
        self.seen: dict[str, dict[str, Any]] = {}

    def posts(self, who: str, text: str) -> Response:
        """Deliver a file as spreadsheets here write it."""
        headers = {**self.api.bearing(who), **CSV}
        content = (HEADER + text).encode("gb18030")
        return self.api.post(SUBMISSIONS, content=content, headers=headers)

    def acts(self, who: str, address: str, **body: object) -> Response:
        answer = self.api.post(f"/api/v1{address}", json=body, headers=self.api.bearing(who))
        assert answer.status_code == 200, answer.text
        return answer

    def revises(self, who: str, **changes: object) -> None:
        read = self.api.get(TARGET)
        headers = {**self.api.bearing(who), "If-Match": read.headers["etag"]}
        answer = self.api.put(TARGET, json={**read.json(), **changes}, headers=headers)
        assert answer.status_code == 200, answer.text

    def verdict(self, **query: str) -> dict[str, Any]:
        """Return what the scoreboard says of the pendency of examination."""
        only = {"kpi": "pendency", "department": "exam", **query}
        (line,) = self.api.get("/api/v1/scoreboard", params=only).json()["items"]
        found: dict[str, Any] = line
        return found

    def state(self, kpi: str, department: str, period: str) -> str:
        answer = self.api.get("/api/v1/reporting", params={"period": period})
        (state,) = (
            figure["state"]
            for figure in answer.json()["items"]
            if (figure["kpi"], figure["department"]) == (kpi, department)
        )
        return str(state)

    def looks(self) -> None:
        """Remember the scoreboard as it is now, then let a minute pass."""
        self.seen[self.clock().isoformat()] = self.api.get("/api/v1/scoreboard").json()
        self.clock.forward(minutes=1)


@pytest.fixture(autouse=True)
def new_year(clock: Clock) -> None:
    """Begin before anything is recorded."""
    clock.set(2013, 1, 7)


@pytest.fixture
def people(office: Office, clock: Clock, start: Callable[..., Client]) -> People:
    fill(office)
    api = start()
    api.keys = {
        "Wang": issue(office, "Wang", Role.REPORTER, "exam"),
        "Zhao": issue(office, "Zhao", Role.REPORTER, "law"),
        "Li": issue(office, "Li", Role.APPROVER),
        "Chen": issue(office, "Chen", Role.PLANNER),
    }
    return People(api, clock)


@pytest.fixture
def other(office: Office, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database of the engine that the office does not run on."""
    if not office.database.is_sqlite:
        database = Database(f"sqlite:///{tmp_path / 'moved.db'}")
        yield database
        database.close()
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name = f"moved_{uuid.uuid4().hex}"
    database = Database(server.create_database(name))
    yield database
    database.close()
    server.drop_database(name)


@pytest.mark.part("postgresql")
def test_a_year_in_the_office(
    people: People, office: Office, clock: Clock, other: Database, tmp_path: Path
) -> None:
    spring(people, clock)
    summer(people, clock)
    autumn(people, clock)
    the_office_moves(people, office, clock, other, tmp_path / "backup.db")


def spring(people: People, clock: Clock) -> None:
    """Post January to April: a file is refused whole, mended, and posted again."""
    clock.set(2013, 2, 5)
    refused = people.posts("Wang", "审查周期,审查部,2013年1月,二十三,\npendency,law,2013-01,9,\n")
    assert refused.status_code == 422
    assert findings(refused) == [
        ("not_a_number", "数值"), ("not_permitted", "部门"), ("not_reported_here", "部门"),
    ]  # fmt: skip
    assert people.verdict()["status"] == "no_data"

    taken = people.posts("Wang", "审查周期,审查部,2013年1月,２３．４,\n")
    assert (taken.status_code, taken.json()["created"]) == (201, 1)
    assert people.posts("Wang", "pendency,exam,2013-01,23.40,\n").json()["unchanged"] == 1
    for month, value in ((2, "23.2"), (3, "23.0"), (4, "22.9")):
        clock.set(2013, month + 1, 6)
        assert people.posts("Wang", f"pendency,exam,2013-{month:02d},{value},\n").status_code == 201
    people.looks()
    assert people.verdict()["status"] == "at_risk"


def summer(people: People, clock: Clock) -> None:
    """May is late, June odd: asked about, answered, returned, corrected, approved."""
    clock.set(2013, 6, 12)
    assert people.state("pendency", "exam", "2013-05") == "overdue"
    people.posts("Wang", "pendency,exam,2013-05,22.8,\n")
    clock.set(2013, 7, 3)
    odd = people.posts("Wang", "pendency,exam,2013-06,12.7,\n").json()
    clock.set(2013, 7, 4)
    standing = people.verdict()
    assert (standing["status"], standing["actual"]) == ("on_track", 12.7)
    people.looks()

    number = odd["id"]
    people.acts("Li", f"/submissions/{number}/return", reason="digits swapped?")
    assert people.state("pendency", "exam", "2013-06") == "returned"
    locked_out = people.posts("Wang", "pendency,exam,2013-06,21.7,\n")
    assert findings(locked_out) == [("figure_returned", "更正原因")]
    mended = people.posts("Wang", "pendency,exam,2013-06,21.7,digits were swapped\n").json()
    assert (mended["status"], mended["revised"]) == ("accepted", 1)
    clock.forward(hours=2)
    people.acts("Li", f"/submissions/{mended['id']}/approve")
    assert people.state("pendency", "exam", "2013-06") == "approved"
    people.looks()


def autumn(people: People, clock: Clock) -> None:
    """A target is revised, a warning answered, an approved month reopened; Zhao never reports."""
    clock.set(2013, 8, 5)
    before = people.verdict()
    people.revises("Chen", target="<= 20", in_force_from="2013-07", reason="The ministry asks more")
    after = people.verdict()
    assert (after["period"], after["status"]) == ("2013-06", "on_track"), "June is judged as it was"
    assert (before["target_version"], after["target_version"]) == (1, 1)
    people.looks()

    clock.set(2013, 8, 6)
    odd = people.posts("Wang", "pendency,exam,2013-07,85.5,\n").json()
    assert [found["code"] for found in odd["findings"]] == ["far_from_history"]
    july = people.verdict()
    assert (july["status"], july["target_version"]) == ("off_track", 2)
    note = {"finding": 1, "note": "two senior examiners left; the backlog was counted anew"}
    people.acts("Wang", f"/submissions/{odd['id']}/acknowledgements", acknowledgements=[note])
    (answered,) = people.api.get(f"{SUBMISSIONS}/{odd['id']}").json()["acknowledgements"]
    assert (answered["note"], answered["acknowledged_by"]) == (note["note"], "Wang")

    clock.set(2013, 9, 2)
    shut = people.posts("Wang", "pendency,exam,2013-06,21.9,the audit\n")
    assert findings(shut) == [("period_locked", "期间")]
    june = {"kpi": "pendency", "department": "exam", "period": "2013-06"}
    people.acts("Li", "/reopen", **june, reason="the audit found withdrawn cases")
    assert people.posts("Wang", "pendency,exam,2013-06,21.9,the audit\n").status_code == 201
    assert people.state("platforms", "law", "2013-08") == "due"
    clock.set(2013, 9, 12)
    assert people.state("platforms", "law", "2013-08") == "overdue"
    people.looks()


def the_office_moves(
    people: People, office: Office, clock: Clock, other: Database, file: Path
) -> None:
    """Write a backup, restore it on the other engine, and find every page of the year there."""
    clock.set(2013, 12, 31)
    with office.database.read() as connection:
        sealed = chain.head(connection)
    assert backup.back_up(office.database, file) == sealed
    assert backup.restore(other, file) == sealed
    assert make_url(str(other.url)).drivername != office.database.url.drivername

    with other.read() as connection:
        assert [one.invariant for one in invariants.check_all(connection) if one.violations] == []
    url = other.url.render_as_string(hide_password=False)
    moved = Client(create_app(Settings.model_validate({"database_url": url}), clock))
    with moved:
        assert len(people.seen) == 5
        for at, page in people.seen.items():
            for api in (people.api, moved):
                answer = api.get("/api/v1/scoreboard", params={"as_of": at})
                assert answer.json() == page, f"the scoreboard of {at}"
        history = "/api/v1/actuals/pendency/exam/2013-06/revisions"
        lines = moved.get(history).json()["items"]
        assert [(line["value"], line["reason"]) for line in lines] == [
            (12.7, None), (21.7, "digits were swapped"), (21.9, "the audit"),
        ]  # fmt: skip
        moved.keys = people.api.keys
        late = People(moved, clock).posts("Zhao", "platforms,law,2013-11,19,\n")
        assert late.status_code == 201, "the keys have moved, too, and the year goes on"
