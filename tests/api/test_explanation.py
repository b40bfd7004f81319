"""What an explanation tells beyond the arithmetic: versions, states, departments, what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.ledger.small_office import department, fill, kpi, row, target

if TYPE_CHECKING:
    from app.ledger.office import Office
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


# --- a target revised in mid-year -------------------------------------------------------------


@pytest.fixture
def revised(request: pytest.FixtureRequest, clock: Clock) -> Client:
    """In July, with June's figure in, the target becomes 20 from July on."""
    clock.set(2013, 7, 5)  # before anything is recorded: the journal never goes back
    api: Client = request.getfixturevalue("api")
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


# --- where each figure stands -----------------------------------------------------------------


def test_every_figure_is_told_with_its_state_as_of_the_same_place(
    api: Client, clock: Clock
) -> None:
    number = api.post_actuals(row("22")).json()["id"]
    submitted = clock()
    clock.forward(days=1)
    api.post(
        f"/api/v1/submissions/{number}/return",
        json={"reason": "Count again"},
        headers=api.bearing("approver"),
    )

    def figure(**query: str) -> dict[str, Any]:
        (one,) = api.get(f"{TARGET}/explain", params=query).json()["figures"]
        told: dict[str, Any] = one
        return told

    assert (figure()["state"], figure()["reason"]) == ("returned", "Count again")
    then = figure(as_of=submitted.isoformat())
    assert (then["state"], then["reviewed_by"]) == ("submitted", None)
    clock.forward(days=1)
    answered = api.post_actuals(row("22", reason="Counted again")).json()["id"]
    assert figure()["state"] == "submitted"
    api.post(f"/api/v1/submissions/{answered}/approve", headers=api.bearing("approver"))
    assert (figure()["state"], figure()["reviewed_by"]) == ("approved", "approver")


# --- departments, and what is left ------------------------------------------------------------


@pytest.fixture
def country(api: Client, small_office: Office) -> Client:
    """Three cities in two provinces of a country that aims at 6 patents per 10,000 people."""
    fill(
        small_office,
        *(department(code, kind="region") for code in ("land",)),
        *(department(code, kind="region", parent="land") for code in ("east", "west")),
        department("east-a", kind="region", parent="east"),
        department("east-b", kind="region", parent="east"),
        department("west-a", kind="region", parent="west"),
        kpi(
            "patents",
            kind="ratio", frequency="A", factor="10000",
            reported_by=["east-a", "east-b", "west-a"],
        ),
        target(">= 6", kpi="patents", department="land", due="2013"),
    )  # fmt: skip
    return api


def patents(city: str, numerator: int, people: int, at: str = "2013") -> dict[str, object]:
    figure = {"numerator": numerator, "denominator": people}
    return row(None, at, kpi="patents", department=city, **figure)


COUNTRY = "/api/v1/targets/plan-2013/patents/land"


def test_regions_roll_up_to_provinces_and_the_country(country: Client) -> None:
    country.post_actuals(
        patents("east-a", 100, 200_000), patents("east-b", 10, 100_000),
        patents("west-a", 90, 100_000),
    )  # fmt: skip

    explained = country.get(f"{COUNTRY}/explain").json()

    put = explained["roll_up"]
    assert (explained["actual"], explained["gap"], put["distance"]) == (5, 1, 1)
    groups = {one["department"]: one for one in put["groups"]}
    assert (groups["east"]["share"], groups["west"]["contribution"]) == (0.75, -0.75)
    assert {one["department"]: one["parent"] for one in put["parts"]} == {
        "east-a": "east", "east-b": "east", "west-a": "west",
    }  # fmt: skip
    assert sum(one["contribution"] for one in put["parts"]) == pytest.approx(1, abs=1e-12)
    assert put["rule"] == "share of the weight x (T - a)"
    assert (
        explained["required"]["rule"] == "the due period has its figure: nothing is still to come"
    )


def test_a_silent_region_is_told_with_the_people_it_had(country: Client) -> None:
    country.post_actuals(
        patents("east-a", 100, 200_000), patents("west-a", 90, 100_000),
        patents("east-b", 9, 100_000, "2012"),
    )  # fmt: skip

    explained = country.get(f"{COUNTRY}/explain").json()

    assert explained["missing"] == ["east-b"]
    (missing,) = explained["roll_up"]["missing"]
    assert (missing["why"], missing["weight"], missing["weight_period"], missing["share"]) == (
        "no_figure", 100_000, "2012", 0.25,
    )  # fmt: skip
    assert explained["roll_up"]["missing_share"] == 0.25
    assert explained["required"]["lower"] == 6
    chinese = country.get(f"{COUNTRY}/explain", headers={"Accept-Language": "zh"}).json()
    assert chinese["required"]["rule"].startswith("2013各部门合计须达到 T")
    assert chinese["steps"][0]["rule"] == "分子之和 / 分母之和 × 系数"


def test_a_department_s_own_target_is_not_taken_apart(api: Client) -> None:
    api.post_actuals(row("22"))
    explained = api.get(f"{TARGET}/explain").json()

    assert explained["roll_up"] is None
    needed = explained["required"]
    assert (needed["first"], needed["last"], needed["upper"]) == ("2013-04", "2013-12", 22.5)
    assert needed["rule"] == "T at 2013-12, whatever stands there before"
