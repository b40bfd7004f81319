"""What an explanation tells beyond the arithmetic: states, departments, what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.ledger.small_office import department, fill, kpi, row, target

if TYPE_CHECKING:
    from app.ledger.office import Office
    from tests.api.contract import Client
    from tests.clock import Clock

TARGET = "/api/v1/targets/plan-2013/pendency/exam"


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


def test_how_the_figure_goes_on_is_told_with_its_interval(api: Client) -> None:
    for month in range(1, 10):
        api.post_actuals(row(month, f"2013-{month:02}"))

    found = api.get("/api/v1/targets/plan-2013/pendency/exam/explain").json()["forecast"]

    assert found["note"] == "from 9 figures since 2013-01; 80 % interval"
    assert (found["outlook"], found["ratio"]) == ("reached", pytest.approx(2 - 12 / 22.5))
    assert [one["period"] for one in found["points"]] == ["2013-10", "2013-11", "2013-12"]
    assert found["points"][-1] == {"period": "2013-12", "value": 12, "lower": 12, "upper": 12}


def test_why_there_is_no_forecast_is_told_in_the_language_asked_for(api: Client) -> None:
    api.post_actuals(row("22", "2013-03"))
    address = "/api/v1/targets/plan-2013/pendency/exam/explain"

    found = api.get(address, headers={"Accept-Language": "zh"}).json()["forecast"]

    assert found["note"] == "预测需要 8 个未经序列中断的数值，现有 1 个"
    assert (found["outlook"], found["ratio"], found["points"]) == (None, None, [])
