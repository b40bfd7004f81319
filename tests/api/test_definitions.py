"""A definition that changed in mid-series: every face marks the break, and what crosses it."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import pytest

from tests.api.contract import findings
from tests.ledger.small_office import row

if TYPE_CHECKING:
    from tests.api.contract import Client
    from tests.clock import Clock

KPI = "/api/v1/kpis/cases"
TARGET = "/api/v1/targets/plan-2013/cases/exam"
OLD = {"version": 1, "since": None, "text": "Cases closed, withdrawn ones included"}
NEW = {"version": 2, "since": "2013-04", "text": "Cases closed, withdrawn ones left out"}


def redefine(api: Client, *definitions: dict[str, Any]) -> None:
    read = api.get(KPI)
    changed = {**read.json(), "definition": None, "definitions": definitions}
    headers = {**api.bearing("planner"), "If-Match": read.headers["etag"]}
    assert api.put(KPI, json=changed, headers=headers).status_code == 200


def cases(value: object, at: str, **more: object) -> dict[str, object]:
    return row(value, at, kpi="cases", **more)


@pytest.fixture
def redefined(api: Client, clock: Clock) -> Client:
    """Closed cases of January to May, the definition changed in April."""
    target = {"target": ">= 120", "due": "2013-12"}
    assert api.put(TARGET, json=target, headers=api.bearing("planner")).status_code == 201
    posted = [cases(10 * month, f"2013-0{month}") for month in range(1, 6)]
    assert api.post_actuals(*posted).status_code == 201
    clock.forward(days=1)
    redefine(api, OLD, NEW)
    return api


def test_a_series_marks_the_break_and_every_figure_its_definition(redefined: Client) -> None:
    items = redefined.get(f"{TARGET}/series").json()["items"]

    told = {item["period"]: (item["definition_version"], item["break_by"]) for item in items}
    assert told["2013-03"] == (1, None)
    assert told["2013-04"] == (2, "definition")
    assert told["2013-05"] == (2, None)
    figures = redefined.get("/api/v1/actuals", params={"kpi": "cases"}).json()["items"]
    assert [one["definition_version"] for one in figures] == [1, 1, 1, 2, 2]


def test_a_sum_across_the_break_says_so_in_the_reader_s_language(redefined: Client) -> None:
    (line,) = redefined.get("/api/v1/scoreboard", params={"kpi": "cases"}).json()["items"]
    assert (line["definition_version"], line["breaks"]) == (2, ["2013-04"])

    explained = redefined.get(f"{TARGET}/explain").json()
    assert explained["definition"] == NEW
    (crossing,) = explained["crossings"]
    assert crossing["definition"] == NEW
    assert crossing["note"] == "the sum adds figures from before and after the break at 2013-04"
    chinese = redefined.get(f"{TARGET}/explain", headers={"Accept-Language": "zh"}).json()
    assert chinese["crossings"][0]["note"] == "合计含2013-04口径变化前后两段的数据"

    before = redefined.get(f"{TARGET}/explain", params={"period": "2013-03"}).json()
    assert (before["definition"]["version"], before["breaks"], before["crossings"]) == (1, [], [])


def test_an_earlier_instant_knows_the_earlier_definition_alone(
    redefined: Client, clock: Clock
) -> None:
    clock.forward(days=-1)
    then = {"as_of": clock().isoformat()}

    explained = redefined.get(f"{TARGET}/explain", params=then).json()

    assert (explained["definition"]["version"], explained["breaks"]) == (1, [])
    items = redefined.get(f"{TARGET}/series", params=then).json()["items"]
    assert {item["break_by"] for item in items} == {None}


def test_a_figure_marked_as_a_break_is_one(redefined: Client) -> None:
    posted = cases(60, "2013-06", observation_status="B")
    assert redefined.post_actuals(posted).status_code == 201

    items = {item["period"]: item for item in redefined.get(f"{TARGET}/series").json()["items"]}
    assert items["2013-06"]["break_by"] == "observation_status"
    crossings = redefined.get(f"{TARGET}/explain").json()["crossings"]
    assert [(one["period"], one["departments"]) for one in crossings] == [
        ("2013-04", []), ("2013-06", ["exam"]),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("form", "media_type"),
    [
        ("csv", "text/csv"),
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ],
)
def test_an_export_tells_the_definition_and_is_posted_again_unchanged(
    redefined: Client, form: str, media_type: str
) -> None:
    query = {"format": form, "kpi": "cases"}
    export = redefined.get("/api/v1/actuals", params=query)

    headers = {**redefined.bearing("admin"), "Content-Type": media_type}
    again = redefined.post("/api/v1/submissions", content=export.content, headers=headers)

    assert again.status_code == 201, again.text
    assert again.json()["unchanged"] == again.json()["received"] == 5
    sdmx = redefined.get("/api/v1/actuals", params={**query, "format": "sdmx-csv"}).text
    column = [line["DEFINITION_VERSION"] for line in csv.DictReader(io.StringIO(sdmx))]
    assert column == ["1", "1", "1", "2", "2"]


def test_a_figure_counted_by_the_old_definition_is_refused_in_the_new_one(
    redefined: Client,
) -> None:
    late = cases(70, "2013-07", definition_version=1)

    answer = redefined.post_actuals(late)

    assert findings(answer) == [("wrong_definition", "definition_version")]
    assert redefined.post_actuals({**late, "definition_version": "2"}).status_code == 201


def test_no_figure_is_asked_about_for_what_the_old_definition_counted(api: Client) -> None:
    """Seven figures near 100, then one of 40: odd, unless it counts something else."""
    near = [100, 101, 99, 102, 98, 101, 100]
    posted = [cases(value, f"2012-{month:02d}") for month, value in enumerate(near, 1)]
    assert api.post_actuals(*posted).status_code == 201

    odd = api.post_actuals(cases(40, "2012-08"), dry_run="true").json()
    redefine(api, OLD, {**NEW, "since": "2012-08"})
    redefined = api.post_actuals(cases(40, "2012-08"), dry_run="true").json()

    assert [found["code"] for found in odd["findings"]] == ["far_from_history"]
    assert redefined["findings"] == []
