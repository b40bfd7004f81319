"""Answers to warnings: who may give them, what they name, and that they stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.intake.submission import XLSX
from tests.api.contract import findings
from tests.intake.workbook.files import book, rows, sheet
from tests.ledger.small_office import row

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.api.contract import Client
    from tests.clock import Clock

SUBMISSIONS = "/api/v1/submissions"
NOTE = "Two bureaus were merged in July"


def month(number: int, value: str, department: str = "exam", **more: str) -> dict[str, object]:
    return row(value, f"2012-{number:02d}", department=department, **more)


@pytest.fixture
def odd(api: Client) -> int:
    """Post half a year of both departments, then a figure of each that is far out of the usual."""
    usual = [
        month(number, f"20.{number}", department)
        for number in range(1, 8)
        for department in ("exam", "exam-east")
    ]
    assert api.post_actuals(*usual).json()["findings"] == []
    posted = api.post_actuals(month(8, "90"), month(8, "91", "exam-east"))
    assert posted.status_code == 201, posted.text
    assert [(one["code"], one["row"]) for one in posted.json()["findings"]] == [
        ("far_from_history", 1), ("far_from_history", 2),
    ]  # fmt: skip
    number: int = posted.json()["id"]
    return number


def say(api: Client, number: int, *answers: Mapping[str, object], key: str = "reporter") -> Any:  # noqa: ANN401
    return api.post(
        f"{SUBMISSIONS}/{number}/acknowledgements",
        json={"acknowledgements": answers},
        headers=api.bearing(key),
    )


def standing(api: Client, number: int, **query: str) -> list[tuple[int, str, str]]:
    content = api.get(f"{SUBMISSIONS}/{number}", params=query).json()
    return [
        (one["finding"], one["note"], one["acknowledged_by"]) for one in content["acknowledgements"]
    ]


def test_a_warning_is_answered_with_a_note_that_the_receipt_shows(
    api: Client, odd: int, clock: Clock
) -> None:
    clock.forward(hours=1)
    answer = say(api, odd, {"finding": 1, "note": f"  {NOTE}\n"})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["recorded"], answer.json()["unchanged"]) == (1, 0)
    (said,) = answer.json()["acknowledgements"]
    assert said == {
        "finding": 1, "code": "far_from_history", "row": 1, "note": NOTE,
        "acknowledged_by": "reporter", "acknowledged_at": "2014-01-05T13:00:00+08:00",
    }  # fmt: skip
    assert api.get(f"{SUBMISSIONS}/{odd}").json()["acknowledgements"] == [said]
    assert api.get(f"{SUBMISSIONS}/{odd}/reviews").json()["acknowledgements"] == [said]


def test_a_warning_is_named_by_its_place_or_by_its_code_and_row(api: Client, odd: int) -> None:
    second = {"code": "far_from_history", "row": 2, "note": "Checked"}
    assert say(api, odd, {"finding": 1, "note": NOTE}, second).status_code == 200
    assert standing(api, odd) == [(1, NOTE, "reporter"), (2, "Checked", "reporter")]


def test_the_same_again_changes_nothing_and_other_words_come_after_it(
    api: Client, odd: int, clock: Clock
) -> None:
    assert say(api, odd, {"finding": 1, "note": NOTE}).json()["recorded"] == 1
    then = clock.now.isoformat()
    clock.forward(days=1)
    for key in ("reporter", "admin"):
        again = say(api, odd, {"finding": 1, "note": NOTE}, key=key).json()
        assert (again["recorded"], again["unchanged"]) == (0, 1)
        assert again["acknowledgements"][0]["acknowledged_by"] == "reporter"
    more = say(api, odd, {"finding": 1, "note": "Counted"}, {"finding": 2, "note": NOTE}).json()
    assert (more["recorded"], more["unchanged"]) == (2, 0)

    assert standing(api, odd) == [(1, "Counted", "reporter"), (2, NOTE, "reporter")]
    assert standing(api, odd, as_of=then) == [(1, NOTE, "reporter")]
    every = api.get(f"{SUBMISSIONS}/{odd}/reviews").json()["acknowledgements"]
    assert [(one["finding"], one["note"]) for one in every] == [
        (1, NOTE), (1, "Counted"), (2, NOTE),
    ]  # fmt: skip
    earlier = api.get(f"{SUBMISSIONS}/{odd}/reviews", params={"as_of": then}).json()
    assert [one["note"] for one in earlier["acknowledgements"]] == [NOTE]


def test_a_receipt_is_not_there_before_it_came(api: Client, odd: int) -> None:
    before = {"as_of": "2013-12-31T00:00:00+08:00"}
    for address in (f"{SUBMISSIONS}/{odd}", f"{SUBMISSIONS}/{odd}/reviews"):
        assert api.get(address, params=before).status_code == 404


@pytest.mark.parametrize(
    ("answers", "found"),
    [
        ([{"finding": 3, "note": NOTE}], [("no_such_finding", "finding")]),
        ([{"code": "fell", "row": 1, "note": NOTE}], [("no_such_finding", "code")]),
        ([{"code": "far_from_history", "note": NOTE}], [("no_such_finding", "code")]),
        (
            [{"finding": 1, "note": NOTE}, {"code": "far_from_history", "row": 1, "note": "x"}],
            [("finding_answered_twice", "code")],
        ),
        ([{"finding": 1}], [("missing_field", "acknowledgements.0.note")]),
        ([{"finding": 1, "note": " "}], [("wrong_type", "acknowledgements.0.note")]),
        ([{"note": NOTE}], [("finding_unnamed", "acknowledgements.0")]),
        ([{"row": 1, "note": NOTE}], [("finding_unnamed", "acknowledgements.0")]),
        (
            [{"finding": 1, "code": "far_from_history", "note": NOTE}],
            [("finding_unnamed", "acknowledgements.0")],
        ),
        ([{"finding": 1, "row": 1, "note": NOTE}], [("finding_unnamed", "acknowledgements.0")]),
        ([{"finding": 1, "note": NOTE, "by": "x"}], [("unknown_field", "acknowledgements.0.by")]),
        ([], [("wrong_type", "acknowledgements")]),
    ],
)
def test_what_names_no_warning_refuses_all(
    api: Client, odd: int, answers: list[dict[str, object]], found: list[tuple[str, str]]
) -> None:
    answer = say(api, odd, *answers)
    assert answer.status_code == 422, answer.text
    assert findings(answer) == found
    assert standing(api, odd) == []


def test_an_error_is_no_warning(api: Client, odd: int) -> None:
    assert odd
    posted = api.post_actuals(month(9, "20.1"), month(9, "20.2", "law"), on_error="skip").json()
    assert [one["severity"] for one in posted["findings"]] == ["error"]
    answer = say(api, posted["id"], {"finding": 1, "note": NOTE})
    assert findings(answer) == [("not_a_warning", "finding")]


def test_findings_of_one_code_and_row_have_to_be_told_apart(api: Client, odd: int) -> None:
    assert odd
    wrong = month(10, "x", "none", observation_status="X")
    posted = api.post_actuals(month(10, "20"), wrong | {"reason": "y" * 2001, "note": "y" * 2001},
                              on_error="skip").json()  # fmt: skip
    answer = say(api, posted["id"], {"code": "too_long", "row": 2, "note": NOTE})
    assert findings(answer) == [("several_findings", "code")]


def test_of_a_refused_submission_nothing_is_left_to_answer_for(api: Client) -> None:
    posted = post_workbook(api, _with_a_hidden_column("x"))
    assert posted.status_code == 422
    assert [one["code"] for one in posted.json()["findings"]] == ["hidden_column", "not_a_number"]
    answer = say(api, posted.json()["id"], {"finding": 1, "note": NOTE})
    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/nothing-to-review"


def test_reporters_answer_for_their_own_departments(api: Client, odd: int) -> None:
    for answers in ({"finding": 1, "note": NOTE}, {"finding": 9, "note": NOTE}):
        answer = say(api, odd, answers, key="law")
        assert answer.status_code == 403
    assert say(api, odd, {"finding": 1, "note": NOTE}, key="exam").status_code == 200
    assert say(api, odd, {"finding": 2, "note": NOTE}, key="exam").status_code == 200, "below it"
    assert say(api, odd, {"finding": 1, "note": NOTE}, key="approver").status_code == 403
    assert say(api, 10**6, {"finding": 1, "note": NOTE}).status_code == 404


def test_for_a_whole_file_answers_who_may_for_all_of_it(api: Client) -> None:
    posted = post_workbook(api, _with_a_hidden_column("20"))
    assert [one["code"] for one in posted.json()["findings"]] == ["hidden_column"]
    number = posted.json()["id"]
    note = {"code": "hidden_column", "note": "Hidden to print it"}
    assert say(api, number, note, key="exam").status_code == 403, "law's figures are in it too"
    assert say(api, number, note).status_code == 200


def post_workbook(api: Client, content: bytes) -> Any:  # noqa: ANN401
    headers = {**api.bearing("admin"), "Content-Type": XLSX}
    return api.post(SUBMISSIONS, content=content, headers=headers)


def _with_a_hidden_column(value: str) -> bytes:
    data = rows(
        ("kpi", "department", "period", "value", "note"),
        ("pendency", "exam", "2012-01", "20", ""),
        ("twin-a", "law", "2012-01", value, ""),
    )
    return book(sheet(data, '<cols><col min="5" max="5" hidden="1"/></cols>'))
