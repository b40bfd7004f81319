"""Plans, departments and KPIs; what PUT depends on; lists page by page."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from tests.api.contract import findings

if TYPE_CHECKING:
    from app.ledger.office import Office
    from tests.api.contract import Client
    from tests.clock import Clock

PLAN = {
    "code": "plan-2014",
    "name_zh": "2014年计划",
    "name_en": "Plan of 2014",
    "start": "2014-01",
    "end": "2014-12",
    "source": None,
}
DEPARTMENT = {
    "code": "west",
    "name_zh": "西部",
    "name_en": "West",
    "kind": "region",
    "parent": "office",
}
KPI = {
    "code": "share",
    "name_zh": "占比",
    "name_en": "Share",
    "unit_zh": "%",
    "unit_en": "%",
    "kind": "ratio",
    "frequency": "Q",
    "direction": "higher",
    "decimals": 1,
    "due_days": 20,
    "factor": 100,
    "monotone": False,
    "minimum": 0,
    "maximum": 99.5,
    "definition": "What it is now",
    "early_figures": True,
    "sum_of": None,
    "reported_by": ["exam", "law"],
    "definitions": [
        {"version": 1, "since": None, "text": "What it was"},
        {"version": 2, "since": "2013-Q3", "text": "What it is now"},
    ],
}
RESOURCES = pytest.mark.parametrize(
    ("kind", "document"), [("plans", PLAN), ("departments", DEPARTMENT), ("kpis", KPI)]
)


def put(api: Client, address: str, document: object, **headers: str) -> Any:  # noqa: ANN401 - httpx's answer
    sent = {**api.bearing("planner"), **{name.replace("_", "-"): v for name, v in headers.items()}}
    return api.put(f"/api/v1/{address}", json=document, headers=sent)


@RESOURCES
def test_what_was_put_is_read_again_field_by_field(
    api: Client, kind: str, document: dict[str, object]
) -> None:
    address = f"{kind}/{document['code']}"
    made = put(api, address, document)
    assert (made.status_code, made.json()) == (201, document)
    assert made.headers["etag"] == '"1"'

    again = put(api, address, made.json())
    assert (again.status_code, again.headers["etag"]) == (200, '"1"'), "the same is no new version"

    renamed = {**document, "name_en": "Another name"}
    changed = put(api, address, renamed)
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')

    read = api.get(f"/api/v1/{address}")
    assert (read.json(), read.headers["etag"]) == (renamed, '"2"')
    assert renamed in api.get(f"/api/v1/{kind}").json()["items"]


PRECONDITIONS: tuple[tuple[dict[str, str], int], ...] = (
    ({"If_Match": '"{now}"'}, 200),
    ({"If_Match": '"999", "{now}"'}, 200),
    ({"If_Match": "*"}, 200),
    ({"If_None_Match": '"999"'}, 200),
    ({"If_Match": '"{now}"', "If_None_Match": '"999"'}, 200),
    ({"If_Match": '"999"'}, 412),
    ({"If_Match": "{now}"}, 412),
    ({"If_Match": 'W/"{now}"'}, 412),
    ({"If_Match": ""}, 412),
    ({"If_None_Match": "*"}, 412),
    ({"If_None_Match": '"{now}"'}, 412),
    ({"If_Match": '"{now}"', "If_None_Match": "*"}, 412),
)


def test_a_put_holds_what_it_depends_on(api: Client) -> None:
    for number, (headers, status) in enumerate(PRECONDITIONS):
        read = api.get("/api/v1/plans/plan-2013")
        version = read.headers["etag"].strip('"')
        given = {name: text.format(now=version) for name, text in headers.items()}
        changed = {**read.json(), "source": f"change {number}"}

        answer = put(api, "plans/plan-2013", changed, **given)

        assert answer.status_code == status, headers
        after = api.get("/api/v1/plans/plan-2013").json()
        assert after == (changed if status == 200 else read.json())


def test_only_a_new_one_is_made_where_none_may_be_there(api: Client) -> None:
    assert put(api, "plans/plan-2014", PLAN, If_Match="*").status_code == 412
    assert put(api, "plans/plan-2014", PLAN, If_Match='"1"').status_code == 412
    assert put(api, "plans/plan-2014", PLAN, If_None_Match="*").status_code == 201
    assert put(api, "plans/plan-2014", PLAN, If_None_Match="*").status_code == 412


def test_a_known_version_is_not_sent_again(api: Client) -> None:
    tags = {'"1"': 304, 'W/"1"': 304, "*": 304, '"7", "1"': 304, '"2"': 200, "1": 200}
    for address in ("kpis/pendency", "targets/plan-2013/pendency/exam"):
        for known, status in tags.items():
            answer = api.get(f"/api/v1/{address}", headers={"If-None-Match": known})
            assert (answer.status_code, answer.headers["etag"]) == (status, '"1"')


def test_the_body_is_the_one_that_the_address_names(api: Client) -> None:
    answer = put(api, "plans/plan-2015", PLAN)

    assert answer.status_code == 422
    assert findings(answer) == [("code_mismatch", "code")]


def test_everything_wrong_with_a_resource_is_told_at_once(api: Client) -> None:
    wrong = {**KPI, "code": "Share", "kind": "rate", "decimals": 7, "factor": 0, "x": 1}
    del wrong["name_zh"]

    answer = put(api, "kpis/share", wrong)

    assert answer.status_code == 422
    assert {column for _, column in findings(answer)} == {
        "code", "kind", "decimals", "factor", "x", "name_zh",
    }  # fmt: skip

    answer = put(api, "kpis/share", {**KPI, "reported_by": ["none"], "minimum": 100})
    assert set(findings(answer)) == {("unknown_department", "reported_by"), ("invalid", "minimum")}


def test_numbers_keep_every_digit(api: Client) -> None:
    body = b'{"code":"exact","name_zh":"e","name_en":"e","unit_zh":"e","unit_en":"e",'
    body += b'"kind":"level","frequency":"M","minimum":-0.000001,"maximum":"999999999999.999999"}'
    headers = {**api.bearing("planner"), "Content-Type": "application/json; charset=utf-8"}

    answer = api.put("/api/v1/kpis/exact", content=body, headers=headers)

    assert answer.status_code == 201
    assert b'"minimum":-0.000001,"maximum":999999999999.999999' in answer.content


# --- lists ------------------------------------------------------------------------------------


def pages(api: Client, address: str, **query: str | int) -> list[list[Any]]:
    """Go through a list page by page."""
    found: list[list[Any]] = []
    cursor: dict[str, str] = {}
    while True:
        content = api.get(f"/api/v1/{address}", params={**query, **cursor}).json()
        found.append(content["items"])
        if content["next"] is None:
            return found
        cursor = {"cursor": content["next"]}


@pytest.mark.parametrize("kind", ["plans", "departments", "kpis", "targets", "scoreboard"])
def test_the_pages_of_a_list_are_the_list(api: Client, kind: str) -> None:
    whole = api.get(f"/api/v1/{kind}").json()
    assert whole["next"] is None
    assert whole["items"]
    for size in (1, 2, 3, len(whole["items"])):
        listed = pages(api, kind, limit=size)
        assert [item for page in listed for item in page] == whole["items"]
        assert all(len(page) == size for page in listed[:-1])
        assert listed[-1]


def test_later_pages_see_what_the_first_saw(
    api: Client, small_office: Office, clock: Clock
) -> None:
    first = api.get("/api/v1/departments", params={"limit": 2}).json()
    before = api.get("/api/v1/departments").json()["items"]
    clock.forward(days=40)
    put(api, "departments/west", DEPARTMENT)
    put(api, "departments/law", {**before[2], "code": "law", "name_en": "Renamed"})

    rest = pages(api, "departments", limit=2, cursor=first["next"])

    assert first["items"] + [item for page in rest for item in page] == before
    assert small_office.today().month == 2


def test_a_cursor_of_nobodys_is_refused(api: Client) -> None:
    good = api.get("/api/v1/departments", params={"limit": 1}).json()["next"]
    content = orjson.loads(urlsafe_b64decode(good + "=="))
    bad = ["", "nonsense", good[:-4], good + "A", "ü", "A" * 5000, "W10", "bnVsbA"]
    for place, value in [
        (0, "other"), (1, -1), (1, 2**63), (1, "1"), (1, True), (1, None), (2, "yesterday"),
        (2, "0001-01-01T00:00:00+14:00"), (2, 3), (3, 7), (3, "\0"), (3, None), (3, []),
    ]:  # fmt: skip
        spoiled = [*content[:place], value, *content[place + 1 :]]
        bad.append(urlsafe_b64encode(orjson.dumps(spoiled)).decode())
    bad.append(urlsafe_b64encode(orjson.dumps([*content, "more"])).decode())

    for cursor in bad:
        answer = api.get("/api/v1/departments", params={"cursor": cursor})
        assert answer.status_code == 422, cursor
        assert findings(answer) == [("bad_cursor", "cursor")]


def test_a_cursor_belongs_to_its_list_and_filters(api: Client) -> None:
    cursor = api.get("/api/v1/targets", params={"limit": 1, "plan": "plan-2013"}).json()["next"]
    assert cursor
    fits = api.get("/api/v1/targets", params={"plan": "plan-2013", "cursor": cursor, "limit": 9})
    assert len(fits.json()["items"]) == 3

    for address, query in (("targets", {}), ("targets", {"kpi": "cases"}), ("plans", {})):
        answer = api.get(f"/api/v1/{address}", params={**query, "cursor": cursor})
        assert findings(answer) == [("bad_cursor", "cursor")]


def test_a_page_has_one_to_a_thousand_items(api: Client) -> None:
    for address in ("plans", "targets", "scoreboard", "submissions", "actuals"):
        for limit in ("0", "-1", "1001", "1.0", "1e2", "", "٣", " 1", "x"):
            answer = api.get(f"/api/v1/{address}", params={"limit": limit})
            assert findings(answer) == [("wrong_type", "limit")]
        assert api.get(f"/api/v1/{address}", params={"limit": "1000"}).status_code == 200
