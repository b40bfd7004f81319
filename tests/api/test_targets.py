"""Targets with their versions, the explanation of a verdict, and the series."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.api.contract import findings

if TYPE_CHECKING:
    from tests.api.contract import Client
    from tests.clock import Clock

ADDRESS = "/api/v1/targets/plan-2013/pendency/exam"
TARGET = {
    "plan": "plan-2013",
    "kpi": "pendency",
    "department": "exam",
    "target": "<= 22.5",
    "due": "2013-12",
    "overshoot": "met",
    "tolerance_band": 0.05,
    "baseline": None,
    "trajectory": {"shape": "flat", "points": {}},
    "weight": None,
    "source": None,
    "in_force_from": None,
    "reason": None,
}


def march(value: object, at: str = "2013-03", **more: object) -> dict[str, object]:
    return {"kpi": "pendency", "department": "exam", "period": at, "value": value, **more}


def test_an_answer_can_be_put_back_and_a_change_is_a_new_version(api: Client) -> None:
    read = api.get(ADDRESS)
    assert read.json() == {**TARGET, "version": 1}
    headers = {**api.bearing("planner"), "If-Match": read.headers["etag"]}

    same = api.put(ADDRESS, json=read.json(), headers=headers)
    assert (same.status_code, same.json()) == (200, read.json())

    points = {"shape": "points", "points": {"2013-06": 23.25, "2013": "22.50"}}
    changed = {**TARGET, "trajectory": points, "source": "Revision of June"}
    answer = api.put(ADDRESS, json=changed, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["etag"] == '"2"'
    assert b'"points":{"2013":22.5,"2013-06":23.25}' in answer.content
    assert answer.json()["version"] == 2
    assert api.put(ADDRESS, json=TARGET, headers=headers).status_code == 412


def test_a_new_target_is_made_and_names_known_things(api: Client) -> None:
    address = "/api/v1/targets/plan-2013/cases/exam"
    new = {key: TARGET[key] for key in ("plan", "department", "due")}
    headers = api.bearing("admin")

    made = api.put(address, json={**new, "kpi": "cases", "target": ">= 100"}, headers=headers)
    assert made.status_code == 201
    assert made.json()["trajectory"] == {"shape": "linear", "points": {}}
    assert made.json()["version"] == 1

    nowhere = address.replace("exam", "none")
    unknown = {**new, "kpi": "cases", "target": ">= 1", "department": "none"}
    answer = api.put(nowhere, json=unknown, headers=headers)
    assert findings(answer) == [("unknown_department", "department")]

    answer = api.put(address, json={**new, "kpi": "fees", "target": "some"}, headers=headers)
    assert findings(answer) == [("not_a_target", "target")]


def test_targets_are_listed_by_plan_kpi_and_branch(api: Client) -> None:
    def listed(**query: str) -> list[tuple[str, str]]:
        items = api.get("/api/v1/targets", params=query).json()["items"]
        return [(item["kpi"], item["department"]) for item in items]

    everything = [
        ("pendency", "exam"), ("pendency", "office"), ("platforms", "law"), ("standard", "law"),
    ]  # fmt: skip
    assert listed() == listed(plan="plan-2013") == listed(department="office") == everything
    assert listed(department="law") == [("platforms", "law"), ("standard", "law")]
    assert listed(kpi="pendency", department="exam") == [("pendency", "exam")]
    assert listed(plan="none") == listed(kpi="none") == listed(department="none") == []


def test_an_explanation_leads_from_the_figures_to_the_status(api: Client) -> None:
    api.post_actuals(march("22.540", note="Before the audit"))

    chain = api.get(f"{ADDRESS}/explain")

    content = chain.json()
    assert content["status"] == "at_risk"
    assert b'"actual":22.54,' in chain.content
    assert b'"ratio":0.998222222222,' in chain.content
    assert (content["target_version"], content["target_text"]) == (1, "<= 22.5")
    assert content["trajectory"] == {"shape": "flat", "points": {}}
    assert content["attained"] is False
    (figure,) = content["figures"]
    assert (figure["value"], figure["period"], figure["note"]) == (
        22.54, "2013-03", "Before the audit",
    )  # fmt: skip
    assert figure["recorded_at"] == "2014-01-05T12:00:00+08:00"
    receipt = api.get(f"/api/v1/submissions/{figure['submission']}").json()
    assert receipt["created"] == figure["revision"] == 1
    steps = {step["name"]: step for step in content["steps"]}
    assert steps["ratio"]["numbers"] == "1 + (22.5 - 22.54) / |22.5| = 0.998222222222"
    assert steps["status"]["result"] == content["status"]
    assert content["missing"] == []


def test_an_explanation_names_who_is_missing(api: Client) -> None:
    content = api.get("/api/v1/targets/plan-2013/pendency/office/explain").json()
    assert (content["status"], content["missing"]) == ("no_data", ["exam"])
    assert content["figures"] == []


def test_an_explanation_is_given_at_a_period_and_as_of_an_instant(
    api: Client, clock: Clock
) -> None:
    clock.set(2014, 1, 6)
    api.post_actuals(march("23"), march("22", "2013-04"))
    clock.set(2014, 1, 7)
    api.post_actuals(march("21", reason="miscounted"))
    changed = {**TARGET, "target": "<= 20"}
    api.put(ADDRESS, json=changed, headers=api.bearing("planner"))

    def explained(**query: str) -> tuple[str, float, str, str, int]:
        content = api.get(f"{ADDRESS}/explain", params=query).json()
        return (
            content["period"], content["actual"], content["status"], content["target_text"],
            content["target_version"],
        )  # fmt: skip

    assert explained() == ("2013-04", 22, "off_track", "<= 20", 2)
    assert explained(period="2013-03") == ("2013-03", 21, "at_risk", "<= 20", 2)
    then = {"as_of": "2014-01-06T12:00:00+08:00"}
    assert explained(**then) == ("2013-04", 22, "on_track", "<= 22.5", 1)
    assert explained(period="2013-Q1", **then) == ("2013-03", 23, "at_risk", "<= 22.5", 1)

    early = api.get(f"{ADDRESS}/explain", params={"as_of": "2014-01-06T03:59:59Z"}).json()
    assert (early["status"], early["as_of"]) == ("no_data", "2014-01-06T11:59:59+08:00")


def test_a_series_has_every_period_of_the_plan(api: Client) -> None:
    api.post_actuals(march("22", "2013-01"), march("23.5"), march("22", "2013-04", note="x"))
    api.post_actuals(march("22.4", reason="recount"))

    content = api.get(f"{ADDRESS}/series").json()

    points = {point.pop("period"): point for point in content["items"]}
    assert list(points) == [f"2013-{month:02d}" for month in range(1, 13)]
    assert points["2013-03"] == {
        "figure": 22.4, "actual": 22.4, "expected": 22.5, "ratio": 1.004444444444,
        "pace": 1.004444444444, "status": "on_track", "revision": 2, "target_version": 1,
        "definition_version": 1, "break_by": None,
    }  # fmt: skip
    assert points["2013-02"] == {
        "figure": None, "actual": None, "expected": 22.5, "ratio": None, "pace": None,
        "status": None, "revision": None, "target_version": 1, "definition_version": 1,
        "break_by": None,
    }  # fmt: skip

    several = api.get("/api/v1/targets/plan-2013/pendency/office/series").json()["items"][2]
    assert (several["actual"], several["figure"]) == (22.4, 22.4), "one department stands for it"


def test_a_series_of_a_flow_tells_the_month_from_the_sum(api: Client) -> None:
    target = {**TARGET, "kpi": "cases", "target": ">= 120", "trajectory": None}
    address = "/api/v1/targets/plan-2013/cases/exam"
    assert api.put(address, json=target, headers=api.bearing("planner")).status_code == 201
    rows = [{**march(10 * month, f"2013-0{month}"), "kpi": "cases"} for month in (1, 2, 3)]
    api.post_actuals(*rows)

    items = api.get(f"{address}/series").json()["items"]

    assert [(item["figure"], item["actual"]) for item in items[:4]] == [
        (10, 10), (20, 30), (30, 60), (None, None),
    ]  # fmt: skip


def test_what_has_no_target_has_no_explanation(api: Client) -> None:
    for tail in ("", "/explain", "/series"):
        for address in (
            "plan-2013/cases/exam", "none/pendency/exam", "plan-2013/pendency/%00",
            "plan-2013/pendency/law",
        ):  # fmt: skip
            assert api.get(f"/api/v1/targets/{address}{tail}").status_code == 404
    before = {"as_of": "2013-01-01T00:00:00Z"}
    assert api.get(f"{ADDRESS}/explain", params=before).status_code == 404
    assert api.get(f"{ADDRESS}/series", params=before).status_code == 404
