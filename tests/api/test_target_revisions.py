"""A target revised in mid-year: from when it counts, why, and what the version before said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.ledger.small_office import row

if TYPE_CHECKING:
    from tests.api.contract import Client
    from tests.clock import Clock

TARGET = "/api/v1/targets/plan-2013/pendency/exam"


def revise(api: Client, **changes: object) -> None:
    read = api.get(TARGET)
    changed = {**read.json(), **changes}
    headers = {**api.bearing("planner"), "If-Match": read.headers["etag"]}
    assert api.put(TARGET, json=changed, headers=headers).status_code == 200


def line(api: Client, **query: str) -> dict[str, Any]:
    query = {"kpi": "pendency", "department": "exam", **query}
    (found,) = api.get("/api/v1/scoreboard", params=query).json()["items"]
    told: dict[str, Any] = found
    return told


@pytest.fixture(autouse=True)
def early_in_july(clock: Clock) -> None:
    """Begin before anything is recorded: the journal never goes back."""
    clock.set(2013, 7, 5)


@pytest.fixture
def revised(api: Client, clock: Clock) -> Client:
    """In July, with June's figure in, the target becomes 20 from July on."""
    api.post_actuals(row("22", "2013-06"))
    clock.set(2013, 7, 15)
    revise(api, target="<= 20", in_force_from="2013-07", reason="The ministry asks for more")
    clock.set(2013, 8, 5)
    return api


def test_a_revision_counts_from_the_period_that_it_names_on(revised: Client) -> None:
    june = line(revised)
    assert (june["period"], june["target_version"], june["status"]) == ("2013-06", 1, "on_track")

    revised.post_actuals(row("22", "2013-07"))

    july = line(revised)
    assert (july["period"], july["target_version"], july["status"]) == ("2013-07", 2, "off_track")
    assert july["target_recorded_at"] == "2013-07-15T12:00:00+08:00"
    assert july["target_in_force_from"] == "2013-07"
    assert july["target_reason"] == "The ministry asks for more"
    assert (july["target_text"], july["target_text_before"]) == ("<= 20", "<= 22.5")
    assert line(revised, period="2013-06")["target_version"] == 1, "June is judged as it was"
    items = revised.get(f"{TARGET}/series").json()["items"]
    assert [(item["target_version"], item["expected"]) for item in items[4:8]] == [
        (1, 22.5), (1, 22.5), (2, 20), (2, 20),
    ]  # fmt: skip


def test_an_explanation_names_every_version_on_record(revised: Client) -> None:
    versions = revised.get(f"{TARGET}/explain").json()["target_versions"]

    assert [(one["version"], one["target_text"], one["reason"]) for one in versions] == [
        (1, "<= 22.5", None),
        (2, "<= 20", "The ministry asks for more"),
    ]


def test_the_versions_of_a_target_are_listed_also_as_of_an_instant(revised: Client) -> None:
    listed = revised.get(f"{TARGET}/versions").json()["items"]

    assert [(one["version"], one["target"], one["recorded_by"]) for one in listed] == [
        (1, "<= 22.5", "planner"), (2, "<= 20", "planner"),
    ]  # fmt: skip
    assert listed[1]["in_force_from"] == "2013-07"
    then = {"as_of": "2013-07-15T11:59:59+08:00"}
    assert len(revised.get(f"{TARGET}/versions", params=then).json()["items"]) == 1
    nowhere = TARGET.replace("pendency", "cases")
    assert revised.get(f"{nowhere}/versions").status_code == 404


def test_a_revision_that_names_no_period_counts_for_all_of_them(revised: Client) -> None:
    revise(revised, target="<= 21", in_force_from=None, reason="A mistake of ours")

    june = line(revised, period="2013-06")
    assert (june["target_version"], june["target_text"]) == (3, "<= 21")
    assert june["target_text_before"] == "<= 20"


def test_without_a_figure_the_version_of_today_is_shown(revised: Client, clock: Clock) -> None:
    empty = {"plan": "plan-2013", "kpi": "cases", "department": "exam"}
    address = TARGET.replace("pendency", "cases")
    first = {"target": ">= 100", "due": "2013-12"}
    later = {"target": ">= 90", "due": "2013-12", "in_force_from": "2013-10"}
    for body in (first, later):
        revised.put(address, json=body, headers=revised.bearing("planner"))

    def shown() -> str:
        (found,) = revised.get("/api/v1/scoreboard", params=empty).json()["items"]
        return str(found["target_text"])

    assert shown() == ">= 100"
    clock.set(2013, 10, 1)
    assert shown() == ">= 90"
