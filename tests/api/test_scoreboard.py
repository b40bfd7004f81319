"""The scoreboard: its rows, its filters, and its two moments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.api.contract import findings
from tests.ledger.small_office import row

if TYPE_CHECKING:
    import pytest

    from tests.api.contract import Client
    from tests.clock import Clock

ADDRESS = "/api/v1/scoreboard"
MEMBERS = [
    "plan", "kpi", "kpi_name", "department", "department_name", "unit", "comparator", "lower",
    "upper", "target_text", "target_version", "due", "period", "actual", "expected", "ratio",
    "pace", "progress", "gap", "status", "revision", "submitted_at",
]  # fmt: skip
ADDED = [
    "target_recorded_at", "target_in_force_from", "target_reason", "target_text_before",
    "definition_version", "breaks",
]  # fmt: skip


def statuses(api: Client, **query: str) -> dict[tuple[str, str], str]:
    items = api.get(ADDRESS, params=query).json()["items"]
    return {(item["kpi"], item["department"]): item["status"] for item in items}


def test_a_row_has_the_members_of_the_contract_and_then_what_was_added(api: Client) -> None:
    api.post_actuals(row("22.54"))

    answer = api.get(ADDRESS, params={"kpi": "pendency", "department": "exam"})

    (line,) = answer.json()["items"]
    assert list(line) == MEMBERS + ADDED
    assert line == {
        "plan": "plan-2013",
        "kpi": "pendency",
        "kpi_name": "Pendency",
        "department": "exam",
        "department_name": "Examination",
        "unit": "units",
        "comparator": "at_most",
        "lower": None,
        "upper": 22.5,
        "target_text": "<= 22.5",
        "target_version": 1,
        "due": "2013-12",
        "period": "2013-03",
        "actual": 22.54,
        "expected": 22.5,
        "ratio": 0.998222222222,
        "pace": 0.998222222222,
        "progress": None,
        "gap": 0.04,
        "status": "at_risk",
        "revision": 1,
        "submitted_at": "2014-01-05T12:00:00+08:00",
        "target_recorded_at": "2014-01-05T12:00:00+08:00",
        "target_in_force_from": None,
        "target_reason": None,
        "target_text_before": None,
        "definition_version": 1,
        "breaks": [],
    }
    assert b'"gap":0.04,' in answer.content


def test_names_and_units_are_in_the_language_asked_for(api: Client) -> None:
    for asked, kpi, department, unit in (
        ("zh-CN", "审查周期", "审查部", "个"),
        ("en-GB", "Pendency", "Examination", "units"),
    ):
        answer = api.get(f"{ADDRESS}?department=exam", headers={"Accept-Language": asked})
        (line,) = answer.json()["items"]
        assert (line["kpi_name"], line["department_name"], line["unit"]) == (kpi, department, unit)
        assert answer.headers["content-language"] == asked[:2]
        assert answer.headers["vary"] == "Accept-Language"


def test_lines_are_found_by_plan_kpi_branch_and_status(api: Client) -> None:
    api.post_actuals(row("22"), {**row("1"), "kpi": "standard", "department": "law"})

    everything = statuses(api)
    assert everything == {
        ("pendency", "exam"): "on_track",
        ("pendency", "office"): "on_track",
        ("platforms", "law"): "no_data",
        ("standard", "law"): "attained",
    }
    assert set(statuses(api, department="law")) == {("platforms", "law"), ("standard", "law")}
    assert set(statuses(api, kpi="pendency")) == {("pendency", "exam"), ("pendency", "office")}
    assert statuses(api, status="attained", plan="plan-2013") == {("standard", "law"): "attained"}
    assert statuses(api, status="missed") == statuses(api, plan="none") == {}


def test_pages_of_a_status_hold_what_they_promise(
    api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.ledger.standings.AT_ONCE", 2)
    query = {"status": "no_data", "limit": "1"}
    seen = []
    while True:
        page = api.get(ADDRESS, params=query).json()
        seen += [(item["kpi"], item["department"]) for item in page["items"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]

    assert seen == sorted(statuses(api, status="no_data"))
    assert len(seen) == 4


def test_the_scoreboard_at_a_period_and_as_of_an_instant(api: Client, clock: Clock) -> None:
    api.post_actuals(row("22"), row("25", "2013-04"))
    clock.forward(days=1)
    api.post_actuals(row("22.4", "2013-04", reason="recount"))

    def exam(**query: str) -> tuple[str, str]:
        (line,) = api.get(ADDRESS, params={"department": "exam", **query}).json()["items"]
        return line["period"], line["status"]

    assert exam() == ("2013-04", "on_track")
    assert exam(period="2013-03") == exam(period="2013-Q1") == ("2013-03", "on_track")
    assert exam(as_of="2014-01-05T23:59:59+08:00") == ("2013-04", "off_track")
    assert exam(as_of="2014-01-05T23:59:59 08:00", period="2013-03") == ("2013-03", "on_track")


def test_wrong_parameters_are_named(api: Client) -> None:
    answer = api.get(ADDRESS, params={"period": "2013-3", "status": "green", "as_of": "yesterday"})

    assert answer.status_code == 422
    assert set(findings(answer)) == {
        ("unknown_period", "period"), ("wrong_type", "status"), ("bad_instant", "as_of"),
    }  # fmt: skip
    for instant in ("2013-01-01", "2013-01-01T00:00:00", "0001-01-01T00:00:00+14:00", "2013",
                    "9999-12-31T23:59:59-14:00", "2013-02-30T00:00:00Z", "2013-01-01T00:00:60Z",
                    "2013-01-01T24:00:00Z", "2013-01-01T00:00:00+24:00", "1700000000", "",
                    "2013-01-01T00:00:00+08:00Z", "٢٠١٣-01-01T00:00:00Z"):  # fmt: skip
        answer = api.get(ADDRESS, params={"as_of": instant})
        assert findings(answer) == [("bad_instant", "as_of")], instant


def test_parameters_that_are_not_read_are_refused_everywhere(api: Client) -> None:
    for path, methods in api.contract.document["paths"].items():
        if not path.startswith("/api/v1") or "get" not in methods:
            continue
        address = path.replace("{period}", "2013").replace("{number}", "1").replace("{", "")
        answer = api.get(
            f"{address.replace('}', '')}?kpis=x&no=1&no=2&%00=", headers=api.bearing("admin")
        )
        assert answer.status_code == 422, path
        assert ("unknown_parameter", "kpis") in findings(answer)
        assert ("repeated_parameter", "no") in findings(answer)
    assert findings(api.get(f"{ADDRESS}?kpi=a&kpi=a")) == [("repeated_parameter", "kpi")]
    answer = api.post("/api/v1/submissions?dryrun=true", headers=api.bearing("admin"))
    assert findings(answer) == [("unknown_parameter", "dryrun")]
    for flag in ("1", "yes", "True", ""):
        answer = api.post(f"/api/v1/submissions?dry_run={flag}", headers=api.bearing("admin"))
        assert answer.status_code in (415, 422)
