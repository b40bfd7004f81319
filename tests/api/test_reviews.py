"""Approvals, returns and reopenings over HTTP, and why a figure cannot be posted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.domain.access import Role
from tests.api.conftest import issue
from tests.api.contract import findings

if TYPE_CHECKING:
    from httpx2 import Response

    from app.ledger.office import Office
    from tests.api.contract import Client
    from tests.clock import Clock

ADDRESS = "/api/v1/submissions"
WHY = {"reason": "The cases of the last week are not in it"}
REOPENING = {"kpi": "pendency", "department": "exam", "period": "2013-03", "reason": "the audit"}


@pytest.fixture(autouse=True)
def _made_in_april(clock: Clock) -> None:
    """Let the office be made in April 2013: along the journal, time never runs backwards."""
    clock.set(2013, 4, 1)


def march(value: object = 22.5, at: str = "2013-03", **more: object) -> dict[str, object]:
    return {"kpi": "pendency", "department": "exam", "period": at, "value": value, **more}


def post(api: Client, *rows: dict[str, object]) -> int:
    answer = api.post_actuals(*(rows or (march(),)), key="reporter")
    assert answer.status_code == 201, answer.text
    number: int = answer.json()["id"]
    return number


def act(api: Client, number: object, action: str, key: str = "approver", **more: Any) -> Response:  # noqa: ANN401 - as the client's
    answer: Response = api.post(f"{ADDRESS}/{number}/{action}", headers=api.bearing(key), **more)
    return answer


def reopen(api: Client, key: str = "approver", **more: object) -> Response:
    answer: Response = api.post(
        "/api/v1/reopen", json={**REOPENING, **more}, headers=api.bearing(key)
    )
    return answer


def test_an_approval_answers_with_where_the_figures_stand(api: Client, clock: Clock) -> None:
    clock.set(2013, 4, 8)
    number = post(api, march(), march(22.6, "2013-02"))
    clock.set(2013, 4, 9)

    answer = act(api, number, "approve")

    assert answer.status_code == 200
    figure = {
        "kpi": "pendency", "department": "exam", "revision": 1, "submission": number,
        "state": "approved", "reviewed_at": "2013-04-09T12:00:00+08:00",
        "reviewed_by": "approver", "reason": None,
    }  # fmt: skip
    assert answer.json() == {
        "figures": [{**figure, "period": "2013-02"}, {**figure, "period": "2013-03"}],
        "superseded": [],
    }
    clock.set(2013, 4, 10)
    for again in (act(api, number, "approve", "admin"), act(api, number, "approve", json={})):
        assert (again.status_code, again.json()) == (200, answer.json())


def test_a_return_a_correction_an_approval_a_reopening(api: Client, clock: Clock) -> None:
    clock.set(2013, 4, 8)
    first = post(api)
    returned = act(api, first, "return", json=WHY).json()["figures"]
    assert [(f["state"], f["reason"]) for f in returned] == [("returned", WHY["reason"])]

    second = post(api, march(23, reason="counted them"))
    assert act(api, first, "approve").json()["type"] == "/problems/nothing-to-review"
    assert act(api, second, "approve").json()["figures"][0]["state"] == "approved"
    answer = reopen(api).json()
    assert [(f["state"], f["reason"]) for f in answer["figures"]] == [("submitted", "the audit")]
    third = post(api, march(22.9, reason="as audited"))
    act(api, third, "approve")

    def passed(number: int) -> list[tuple[str, str | None]]:
        items = api.get(f"{ADDRESS}/{number}/reviews").json()["items"]
        return [(item["action"], item["reason"]) for item in items]

    assert passed(first) == [("return", WHY["reason"])]
    assert passed(second) == [("approve", None), ("reopen", "the audit")]
    assert passed(third) == [("approve", None)]


def test_why_a_figure_cannot_be_posted_has_four_answers(api: Client, clock: Clock) -> None:
    clock.set(2013, 5, 2, 9)
    act(api, post(api, march(22.5, "2013-01")), "approve")
    act(api, post(api, march(22.5, "2013-02")), "return", json=WHY)

    answer = api.post_actuals(
        march(1, "2013-06"), march(1, "2013-05"), march(1, "2013-01", reason="so"),
        march(1, "2013-02"), {**march(3), "kpi": "platforms", "department": "law"}, key="exam",
    )  # fmt: skip

    told = [(found["code"], found["message"]) for found in answer.json()["findings"]]
    assert [code for code, _ in told] == [
        "period_not_begun", "period_not_ended", "period_locked", "figure_returned",
        "not_permitted",
    ]  # fmt: skip
    locked, returned = told[2][1], told[3][1]
    assert locked.startswith("2013-01 is locked: approver approved it on 2013-05-02 09:00.")
    for part in ("approver returned", "2013-02", "2013-05-02 09:00", WHY["reason"], "exam is awai"):
        assert part in returned
    assert len({message for _, message in told}) == len(told)


@pytest.mark.parametrize(
    ("prepare", "action", "problem", "state"),
    [
        ("approve", "return", "figure-locked", "approved"),
        ("return", "approve", "figure-returned", "returned"),
        ("", "reopen", "not-approved", "submitted"),
        ("return", "reopen", "not-approved", "returned"),
    ],
)
def test_what_stands_in_the_way_is_told_in_both_languages(
    api: Client, prepare: str, action: str, problem: str, state: str
) -> None:
    number = post(api)
    if prepare:
        act(api, number, prepare, json=WHY if prepare == "return" else {})

    for language in ("en", "zh"):
        api.headers["Accept-Language"] = language
        if action == "reopen":
            answer = reopen(api)
        else:
            answer = act(api, number, action, json=WHY if action == "return" else {})
        assert answer.status_code == 409
        document = answer.json()
        assert document["type"] == f"/problems/{problem}"
        place = {"kpi": "pendency", "department": "exam", "period": "2013-03"}
        assert document["figures"] == [{**place, "state": state}]
        assert ("审核" in document["detail"] or "锁定" in document["detail"]) == (language == "zh")


def test_a_refused_submission_has_nothing_to_review(api: Client) -> None:
    refused = api.post_actuals(march("x")).json()["id"]

    for action, body in (("approve", {}), ("return", WHY)):
        answer = act(api, refused, action, json=body)
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/nothing-to-review")
        assert answer.json()["figures"] == []
    assert api.get(f"{ADDRESS}/{refused}/reviews").json() == {
        "items": [],
        "acknowledgements": [],
    }


def test_bodies_are_read_strictly(api: Client) -> None:
    number = post(api)
    for body, found in (
        ({}, [("missing_field", "reason")]),
        ({"reason": " "}, [("wrong_type", "reason")]),
        ({"reason": None}, [("wrong_type", "reason")]),
        ({"reason": "x" * 4001}, [("too_long", "reason")]),
        ({"reason": "\x00"}, [("bad_character", "reason")]),
        ({**WHY, "note": "x"}, [("unknown_field", "note")]),
    ):
        answer = act(api, number, "return", json=body)
        assert (answer.status_code, findings(answer)) == (422, found)
    answer = act(api, number, "approve", json=WHY)
    assert (answer.status_code, findings(answer)) == (422, [("unknown_field", "reason")])
    assert act(api, number, "approve", content=b"[]").status_code == 415
    json = {"Content-Type": "application/json", **api.bearing("approver")}
    assert api.post(f"{ADDRESS}/{number}/approve", content=b"[]", headers=json).status_code == 422
    assert act(api, number, "return").status_code == 415
    assert act(api, "0", "approve").status_code == 422
    answer = reopen(api, kpi="none", period="2013-Q1")
    assert (answer.status_code, findings(answer)) == (422, [("unknown_kpi", "kpi")])
    assert api.get("/api/v1/reporting?period=2013-03").json()["items"][0]["state"] == "submitted"


def test_an_approver_reaches_its_departments_and_those_below(
    api: Client, small_office: Office
) -> None:
    api.keys["of law"] = issue(small_office, "of law", Role.APPROVER, "law")
    api.keys["of exam"] = issue(small_office, "of exam", Role.APPROVER, "exam")
    below = post(api, march(1, department="exam-east"))
    mixed = post(api, march(), {**march(3), "kpi": "platforms", "department": "law"})

    for key, number, status in (
        ("of law", below, 403), ("of law", mixed, 403), ("of exam", mixed, 403),
        ("of law", 10_000, 404), ("of exam", below, 200), ("approver", mixed, 200),
    ):  # fmt: skip
        assert act(api, number, "approve", key=key).status_code == status
    out_of_reach = {
        reopen(api, "of law", department=department, kpi=kpi).text
        for department in ("exam", "exam-east", "nowhere")
        for kpi in ("pendency", "none")
    }
    assert len(out_of_reach) == 1
    assert '"status":403' in out_of_reach.pop()
    assert reopen(api, "of exam").status_code == 200


def test_nobody_else_reviews_and_nothing_is_kept_of_the_attempt(api: Client) -> None:
    number = post(api)
    for key in ("reader", "reporter", "planner", "exam"):
        assert act(api, number, "approve", key=key).status_code == 403
        assert act(api, number, "return", key=key, json=WHY).status_code == 403
        assert reopen(api, key).status_code == 403
    assert api.get(f"{ADDRESS}/{number}/reviews").json()["items"] == []
    assert api.get(f"{ADDRESS}/10000/reviews").status_code == 404
