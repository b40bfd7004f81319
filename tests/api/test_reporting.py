"""Where every expected figure stands, and how complete and timely the whole is."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from app.ledger.office import Office
from tests.api.contract import findings
from tests.ledger.small_office import fill, kpi, plan, row, send, target

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.api.contract import Client
    from tests.clock import Clock

ADDRESS = "/api/v1/reporting"


@pytest.fixture(autouse=True)
def _made_before_the_plan(clock: Clock) -> None:
    """Let the office be made on New Year's Day 2013: along the journal, time never runs back."""
    clock.set(2013, 1, 1)


def march(value: object = 22.5, at: str = "2013-03", **more: object) -> dict[str, object]:
    return {"kpi": "pendency", "department": "exam", "period": at, "value": value, **more}


def asked(api: Client, **query: object) -> dict[str, Any]:
    answer = api.get(ADDRESS, params=query)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text
    content: dict[str, Any] = answer.json()
    return content


def states(content: dict[str, Any]) -> dict[tuple[str, str, str], str]:
    return {
        (item["kpi"], item["department"], item["period"]): item["state"]
        for item in content["items"]
    }


def post(api: Client, *rows: dict[str, object]) -> int:
    answer = api.post_actuals(*rows)
    assert answer.status_code == 201, answer.text
    number: int = answer.json()["id"]
    return number


EXAM = ("pendency", "exam", "2013-03")


@dataclass
class Life:
    """One figure's line in the report, and the story that it tells hour by hour."""

    api: Client
    clock: Clock
    story: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def line(self, **query: object) -> dict[str, Any]:
        """Return the line."""
        content = asked(self.api, period="2013-03", kpi="pendency", **query)
        found: dict[str, Any] = content["items"][0]
        return found

    def is_now(self, state: str, awaited: str | None, days_overdue: int | None = None) -> None:
        """Hold the line against what is expected, note it, and let an hour go by."""
        now = self.line()
        assert (now["state"], now["awaited"], now["days_overdue"]) == (state, awaited, days_overdue)
        self.story.append((self.clock.now.isoformat(), now))
        self.clock.forward(hours=1)

    def does(self, address: str, **body: object) -> None:
        """Let an approver do something that is taken."""
        answer = self.api.post(
            f"/api/v1/{address}", json=body or None, headers=self.api.bearing("approver")
        )
        assert answer.status_code == 200, answer.text


def test_a_figure_goes_through_its_life(api: Client, clock: Clock) -> None:
    life = Life(api, clock)
    clock.set(2013, 3, 31, 23)
    life.is_now("not_due", None)
    life.is_now("due", "department")
    clock.set(2013, 4, 11, 0)
    life.is_now("overdue", "department", 1)
    clock.set(2013, 4, 13, 23)
    life.is_now("overdue", "department", 3)
    first = post(api, march())
    life.is_now("submitted", "approver")
    life.does(f"submissions/{first}/return", reason="so few?")
    life.is_now("returned", "department")
    second = post(api, march(23, reason="counted"))
    life.is_now("submitted", "approver")
    life.does(f"submissions/{second}/approve")
    assert life.line() == {
        "kpi": "pendency", "kpi_name": "Pendency", "department": "exam",
        "department_name": "Examination", "period": "2013-03", "state": "approved",
        "awaited": None, "due": "2013-04-11T00:00:00+08:00", "days_overdue": None,
        "submitted_at": "2013-04-14T00:00:00+08:00", "revision": 2, "submission": second,
        "reviewed_at": "2013-04-14T03:00:00+08:00", "reviewed_by": "approver", "reason": None,
    }  # fmt: skip
    life.is_now("approved", None)
    life.does("reopen", kpi="pendency", department="exam", period="2013-03", reason="audit")
    assert life.line()["reason"] == "audit"
    life.is_now("submitted", "approver")
    post(api, march(24, reason="as audited"))
    corrected = life.line()
    assert (corrected["state"], corrected["revision"]) == ("submitted", 3)
    assert (corrected["reviewed_at"], corrected["reason"]) == (None, None)

    for at, what_it_was in life.story:
        assert life.line(as_of=at) == what_it_was, at


def test_without_a_period_the_newest_that_has_ended_of_each_frequency(
    api: Client, small_office: Office, clock: Clock
) -> None:
    fill(
        small_office,
        target(">= 1", kpi="fees", due="2013-Q4"),
        kpi("patents", kind="flow", frequency="A", reported_by=["exam"]),
        target(">= 1", kpi="patents", due="2013"),
    )

    def periods() -> set[tuple[str, str]]:
        return {(item["kpi"], item["period"]) for item in asked(api, department="exam")["items"]}

    clock.set(2013, 1, 31, 23)
    assert periods() == set()
    nothing = asked(api, department="exam")
    assert nothing["completeness"] == {"expected": 0, "posted": 0, "ratio": None}
    assert nothing["timeliness"] == {"expected": 0, "on_time": 0, "ratio": None}
    clock.set(2013, 2, 1, 0)
    assert periods() == {("pendency", "2013-01")}
    clock.set(2013, 5, 15)
    assert periods() == {("pendency", "2013-04"), ("fees", "2013-Q1")}
    newest = {("pendency", "2013-12"), ("fees", "2013-Q4"), ("patents", "2013")}
    for year in (2014, 2020):
        clock.set(year, 1, 1, 0)
        assert periods() == newest


def test_a_period_holds_the_shorter_ones_in_it(api: Client, small_office: Office) -> None:
    fill(small_office, target(">= 1", kpi="fees", due="2013-Q4"))

    def count(**query: object) -> dict[str, int]:
        found: dict[str, int] = {}
        for name, department, _ in states(asked(api, **query)):
            found[f"{name} {department}"] = found.get(f"{name} {department}", 0) + 1
        return found

    every = {"pendency exam": 12, "pendency exam-east": 12, "fees exam": 4}
    assert count(period="2013", department="exam") == every
    assert count(period="2013-Q1", department="exam") == {
        "pendency exam": 3, "pendency exam-east": 3, "fees exam": 1,
    }  # fmt: skip
    assert count(period="2013-03", department="exam-east") == {"pendency exam-east": 1}
    assert count(period="2013", kpi="platforms") == {"platforms law": 12}
    assert count(period="2012") == count(period="2013", department="none") == {}
    assert count(period="2013", plan="none") == {}


def test_a_plan_narrows_what_is_expected(api: Client, small_office: Office, clock: Clock) -> None:
    clock.set(2014, 1, 5)
    fill(small_office, plan("plan-2012", start="2012-11", end="2013-01"))
    fill(small_office, target(">= 1", plan="plan-2012", kpi="cases", due="2013-01"))

    of_2012 = asked(api, plan="plan-2012")
    assert set(states(of_2012)) == {("cases", "exam", "2013-01"), ("cases", "exam-east", "2013-01")}
    assert of_2012["completeness"]["expected"] == 2
    assert ("cases", "exam", "2013-01") not in states(asked(api, plan="plan-2013", period="2013"))
    assert ("cases", "exam", "2013-01") in states(asked(api, period="2013"))


def test_the_rates_tell_late_from_missing(api: Client, clock: Clock) -> None:
    clock.set(2013, 4, 10, 23)
    post(api, march())
    clock.set(2013, 4, 11, 0)
    post(api, march(department="exam-east"))
    post(api, march(23, reason="a correction after the deadline is not late"))

    content = asked(api, period="2013-03")

    assert states(content) == {
        EXAM: "submitted", ("pendency", "exam-east", "2013-03"): "submitted",
        ("platforms", "law", "2013-03"): "overdue", ("standard", "law", "2013-03"): "overdue",
    }  # fmt: skip
    assert content["completeness"] == {"expected": 4, "posted": 2, "ratio": 0.5}
    assert content["timeliness"] == {"expected": 4, "on_time": 1, "ratio": 0.25}
    before = asked(api, period="2013-03", as_of="2013-04-10T23:00:00+08:00")
    assert before["completeness"] == {"expected": 4, "posted": 1, "ratio": 0.25}
    assert states(before)["platforms", "law", "2013-03"] == "due"
    third = asked(api, period="2013-Q1", kpi="pendency")["completeness"]
    assert third == {"expected": 6, "posted": 2, "ratio": 0.333333333333}


def test_an_early_figure_is_submitted_before_its_period_has_ended(
    api: Client, clock: Clock
) -> None:
    clock.set(2013, 3, 5)
    platforms = {"kpi": "platforms", "department": "law"}
    post(api, {**march(3), **platforms})
    answer = api.post_actuals({**march(3, "2013-04"), **platforms})

    assert findings(answer) == [("period_not_begun", "period")]
    found = states(asked(api, period="2013", kpi="platforms"))
    assert found["platforms", "law", "2013-03"] == "submitted"
    assert found["platforms", "law", "2013-02"] == "due"
    assert found["platforms", "law", "2013-04"] == "not_due"


def test_pages_are_one_list_at_one_moment_with_the_same_rates(api: Client, clock: Clock) -> None:
    clock.set(2013, 4, 5)
    post(api, march())
    whole = asked(api, period="2013")
    items, cursor = [], None
    while True:
        page = asked(api, period="2013", limit=7, **({"cursor": cursor} if cursor else {}))
        items += page["items"]
        assert page["completeness"] == whole["completeness"]
        cursor = page["next"]
        if cursor is None:
            break
        post(api, march(len(items), reason=f"later {len(items)}"))
        clock.forward(days=30)
    assert items == whole["items"]
    assert len(items) == 48
    assert whole["next"] is None
    answer = api.get(ADDRESS, params={"period": "2014", "cursor": "WyJ4Iiw0Ml0"})
    assert findings(answer) == [("bad_cursor", "cursor")]


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York", "Europe/Berlin", "UTC"])
def test_the_day_ends_in_the_offices_zone(
    start: Callable[..., Client], small_office: Office, clock: Clock, zone: str
) -> None:
    api = start(timezone=zone)
    there = ZoneInfo(zone)
    platforms = {"period": "2013-03", "kpi": "platforms"}
    for day, before, after in (
        (dt.date(2013, 4, 1), "not_due", "due"),
        (dt.date(2013, 4, 11), "due", "overdue"),
    ):
        midnight = dt.datetime.combine(day, dt.time(), there).astimezone(dt.UTC)
        for now, state in ((midnight - dt.timedelta(microseconds=1), before), (midnight, after)):
            clock.now = now
            (item,) = asked(api, **platforms)["items"]
            assert item["state"] == state
            due = dt.datetime.fromisoformat(item["due"])
            assert due == dt.datetime(2013, 4, 11, tzinfo=there)
            assert due.utcoffset() == due.replace(tzinfo=there).utcoffset()

    office = Office(small_office.database, there, clock)
    clock.now = dt.datetime(2013, 4, 11, tzinfo=there) - dt.timedelta(microseconds=1)
    send(office, row("3", kpi="platforms", department="law"))
    clock.now += dt.timedelta(microseconds=1)
    send(office, row("1", kpi="standard", department="law"))
    rates = asked(api, period="2013-03", department="law")["timeliness"]
    assert (rates["expected"], rates["on_time"]) == (2, 1)


def test_names_come_in_the_language_asked_for(api: Client) -> None:
    (item, *_) = api.get(
        ADDRESS, params={"period": "2013-03"}, headers={"Accept-Language": "zh"}
    ).json()["items"]
    assert (item["kpi_name"], item["department_name"]) == ("审查周期", "审查部")
