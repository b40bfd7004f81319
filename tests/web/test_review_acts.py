"""Review: what approvers do with what came in, alone and two at once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from app.domain.access import Role
from app.domain.lifecycle import State
from app.intake.review import approve, give_back
from tests.factories import period
from tests.intake.reviewing import OTHER, count_of_entries, post
from tests.ledger.small_office import (
    APPROVER,
    fill,
    row,
)
from tests.web.reading import Read
from tests.web.reviewing import Person, sign_in, standing

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.testclient import TestClient

    from app.ledger.office import Office

    Browse = Callable[..., TestClient]

MARCH = "pendency/exam/2013-03"


@pytest.fixture
def filled(office: Office) -> Office:
    return fill(office)


@pytest.fixture
def boss(browse: Browse, filled: Office) -> Person:
    """An approver of all departments."""
    return sign_in(browse, filled, "boss", Role.APPROVER)


# --- what is done -----------------------------------------------------------------------------


def test_many_are_approved_at_once_and_one_is_returned_with_a_reason(
    filled: Office, boss: Person
) -> None:
    first = post(filled, row("22.5"), row("22.6", "2013-02"))
    second = post(filled, row("21", "2013-01"))
    chosen = [f"{first}/{MARCH}", f"{second}/pendency/exam/2013-01"]

    done = boss.post(do="approve", figure=chosen, to="/review?department=exam")

    assert done.status_code == 303
    assert "Approved: 2 figures." in boss.text(done.headers["location"])
    assert done.headers["location"].startswith("/review?department=exam&")
    assert standing(filled, State.APPROVED) == ["pendency/exam/2013-01", MARCH]

    back = boss.post(
        do="return", figure=f"{first}/pendency/exam/2013-02", reason="digits <swapped>?"
    )
    assert "Returned: 1 figures." in boss.text(back.headers["location"])
    assert standing(filled, State.RETURNED) == ["pendency/exam/2013-02"]
    page = boss.get("/review?state=returned")
    assert "return · boss · 2014-01-05 12:00 · digits &lt;swapped&gt;?" in page
    assert "<swapped>" not in page


def test_a_return_wants_a_reason_and_loses_nothing(filled: Office, boss: Person) -> None:
    number = post(filled, row("22.5"), row("22.6", "2013-02"))
    before = count_of_entries(filled)

    for reason, said in ((" ", "Give a reason"), ("x" * 4001, "longer than 4000")):
        answer = boss.post(do="return", figure=f"{number}/{MARCH}", reason=reason)
        assert answer.status_code == 422
        assert said in Read(answer.text).text
        assert re.search(rf'value="{number}/{MARCH}"[^>]* checked', answer.text)
        assert answer.text.count(" checked") == 1
        assert f">{reason}</textarea>" in answer.text
    assert count_of_entries(filled) == before


def test_nothing_chosen_is_said(filled: Office, boss: Person) -> None:
    post(filled)
    answer = boss.post(do="approve")
    assert answer.status_code == 422
    assert "Choose at least one figure." in answer.text


def test_a_whole_submission_is_what_the_list_held_of_it(filled: Office, boss: Person) -> None:
    law = {"kpi": "platforms", "department": "law"}
    months = [f"2003-{month:02}" for month in range(1, 13)]
    months += [f"{year}-{month:02}" for year in range(2004, 2013) for month in range(1, 13)]
    number = post(filled, row("5", **law), *(row("22", at) for at in months))
    page = boss.get("/review?department=exam")
    assert "100 of its 120 figures stand on this page." in page
    assert page.count('name="figure"') == 100

    done = boss.post(approve=str(number), to="/review?department=exam")

    assert done.headers["location"].endswith("done=approve&figures=120")
    assert standing(filled, State.SUBMITTED) == ["platforms/law/2013-03"]


def test_a_whole_submission_is_as_it_was_seen(filled: Office, boss: Person) -> None:
    number = post(filled, row("22.5"), row("22.6", "2013-02"))
    seen = re.search(r'name="seen" value="(\d+)"', boss.get())
    assert seen is not None
    give_back(filled, number, OTHER, "a digit too many?", [("pendency", "exam", period("2013-02"))])
    before = count_of_entries(filled)

    answer = boss.post(whole=str(number), do="approve", seen=seen[1])

    assert answer.status_code == 409
    assert count_of_entries(filled) == before
    # Seen as it is now, what is left of it is approved.
    assert boss.post(whole=str(number), do="approve").status_code == 303
    assert standing(filled, State.APPROVED) == [MARCH]


def test_an_approved_figure_is_reopened_with_a_reason(filled: Office, boss: Person) -> None:
    number = post(filled, row("22.5"), row("22.6", "2013-02"))
    approve(filled, number, APPROVER)
    address = "/review?state=approved"
    page = boss.get(address)
    assert "Reopen the chosen" in page
    assert "Approve" not in Read(page).text.partition("As on record")[2]
    assert boss.post(do="reopen", figure=f"{number}/{MARCH}", to=address).status_code == 422

    done = boss.post(do="reopen", figure=f"{number}/{MARCH}", reason="audited", to=address)

    assert "Reopened: 1 figures." in boss.text(done.headers["location"])
    assert standing(filled, State.SUBMITTED) == [MARCH]
    again = boss.post(do="reopen", figure=f"{number}/{MARCH}", reason="once more", to=address)
    assert again.status_code == 409
    assert "submitted · boss · 2014-01-05 12:00 · audited" in Read(again.text).text


# --- two at once ------------------------------------------------------------------------------


def test_the_second_reviewer_hears_that_the_first_approved(filled: Office, boss: Person) -> None:
    number = post(filled, row("22.5"), row("22.6", "2013-02"))
    chosen = boss.choices()
    approve(filled, number, OTHER, [("pendency", "exam", period("2013-03"))])

    answer = boss.post(do="approve", figure=chosen)

    told = Read(answer.text).text
    assert answer.status_code == 200
    assert "Approved: 1 figures." in told
    assert f"Done before you, in submission {number}:" in told
    assert "Pendency · Examination · Mar 2013: approved · other approver · 2014-01-05" in told


def test_the_second_reviewer_is_stopped_by_what_the_first_returned(
    filled: Office, boss: Person
) -> None:
    number = post(filled, row("22.5"), row("22.6", "2013-02"))
    other = post(filled, row("21", "2013-01"))
    chosen = boss.choices()
    give_back(filled, number, OTHER, "two <digits>?", [("pendency", "exam", period("2013-03"))])

    answer = boss.post(do="approve", figure=chosen)

    told = Read(answer.text).text
    assert answer.status_code == 409
    # All or none of a submission, each by itself.
    assert f"Nothing was done with submission {number}." in told
    assert "Mar 2013: returned · other approver · 2014-01-05 12:00 · two <digits>?" in told
    assert "<digits>" not in answer.text
    assert "Approved: 1 figures." in told
    assert standing(filled, State.APPROVED) == ["pendency/exam/2013-01"]
    assert other > number
    # What is left of the choice is still chosen.
    assert re.search(rf'value="{number}/pendency/exam/2013-02"[^>]* checked', answer.text)


def test_a_figure_in_whose_place_a_newer_one_came_is_left_and_named(
    filled: Office, boss: Person
) -> None:
    number = post(filled, row("22.5"), row("22.6", "2013-02"))
    chosen = boss.choices()
    post(filled, row("22.4", reason="recount"))

    answer = boss.post(do="approve", figure=chosen)

    told = Read(answer.text).text
    assert f"Left as they are in submission {number}, since newer figures came in:" in told
    assert standing(filled, State.APPROVED) == ["pendency/exam/2013-02"]
    assert standing(filled, State.SUBMITTED) == [MARCH]
