"""Review: what came in, what it is held against, and who may look and press."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from app.domain.access import Role
from app.domain.lifecycle import State
from app.intake.acknowledgement import NoteResource, acknowledge
from app.intake.review import approve
from tests.counting import reads_of
from tests.factories import period
from tests.intake.reviewing import post
from tests.ledger.small_office import (
    APPROVER,
    REPORTER,
    department,
    fill,
    kpi,
    plan,
    row,
    send,
    target,
)
from tests.web.reading import Read
from tests.web.reviewing import Person, sign_in, standing

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.testclient import TestClient

    from app.ledger.office import Office
    from tests.clock import Clock

    Browse = Callable[..., TestClient]

MARCH = "pendency/exam/2013-03"


@pytest.fixture
def filled(office: Office) -> Office:
    return fill(office)


@pytest.fixture
def boss(browse: Browse, filled: Office) -> Person:
    """An approver of all departments."""
    return sign_in(browse, filled, "boss", Role.APPROVER)


@pytest.fixture
def nobody(browse: Browse, filled: Office) -> Person:  # noqa: ARG001 - filled before it is browsed
    return Person(browse())


def cells(page: str, figure: str) -> list[str]:
    """Return the texts of a figure's line, cell by cell."""
    line = next(
        part for part in re.split(r"<tr role=\"row\"", page) if f'href="/figures/{figure}"' in part
    )
    return [Read(cell).text.strip() for cell in re.split(r"</t[hd]>", line)][:-1]


# --- what is shown ----------------------------------------------------------------------------


def test_a_figure_stands_beside_the_last_one_and_that_of_the_year_before(
    filled: Office, boss: Person
) -> None:
    for at, value in (("2012-03", "20"), ("2013-02", "22.6"), ("2013-03", "23.9")):
        post(filled, row(value, at))
    post(filled, row("23.4", reason="a case was counted twice", note="checked by hand"))

    shown = cells(boss.get(), MARCH)

    assert "Pendency" in shown[0]
    assert "Examination · Mar 2013" in shown[0]
    assert shown[1] == "23.40 units revision 2 · before: 23.90"
    assert shown[2] == "+0.80 +3.5% Feb 2013 22.60"
    assert shown[3] == "+3.40 +17.0% Mar 2012 20.00"
    assert "at risk" in shown[5]
    assert "at most 22.5 units" in shown[5]
    assert "Reason: a case was counted twice" in shown[6]
    assert "Note: checked by hand" in shown[6]


@pytest.mark.parametrize(
    ("marked", "said"),
    [
        ({"observation_status": "B"}, "break in series at Mar 2013"),
        ({}, "another definition since Feb 2013"),
    ],
)
def test_what_compares_across_a_break_says_so(
    filled: Office, boss: Person, marked: dict[str, str], said: str
) -> None:
    if not marked:
        versions = [{"version": 1, "text": "old"}, {"version": 2, "since": "2013-02", "text": "n"}]
        changed = kpi("pendency", definitions=versions, definition="n", reported_by=["exam"])
        fill(filled, changed)
    post(filled, row("20", "2012-03"), row("22.6", "2013-02"), row("23.4", **marked))

    shown = cells(boss.get(), MARCH)

    assert said in shown[3]
    # February belongs to the new definition already; a marked figure breaks with February, too.
    assert (said in shown[2]) is bool(marked)


def test_the_difference_of_a_milestone_is_told_in_points_and_a_small_one_never_as_nothing(
    filled: Office, boss: Person
) -> None:
    done = {"kpi": "standard", "department": "law"}
    post(filled, row("0.25", "2013-02", **done), row("0.5", **done))
    post(filled, row("22.5", "2013-02"), row("22.504"))
    page = boss.get()

    assert "+25 points" in cells(page, "standard/law/2013-03")[2]
    assert cells(page, MARCH)[1].startswith("22.504 units")
    assert cells(page, MARCH)[2].startswith("+0.004")


def test_a_figure_without_a_value_or_a_past_is_held_against_nothing(
    filled: Office, boss: Person
) -> None:
    post(filled, row("22", "2013-01"), row(None, "2013-02", observation_status="M"), row("23"))
    page = boss.get()
    assert cells(page, "pendency/exam/2013-01")[2:4] == ["–", "–"]
    assert cells(page, "pendency/exam/2013-02")[1].startswith("– units M")
    assert cells(page, MARCH)[2] == "–"


def test_warnings_stand_with_what_the_reporter_says_to_them(filled: Office, boss: Person) -> None:
    months = [f"2012-{month:02}" for month in range(5, 13)]
    post(filled, *(row(str(22 + place % 3 / 10), at) for place, at in enumerate(months)))
    receipt = send(filled, row("60", "2013-01"), row("61", "2013-02"))
    assert receipt.id is not None
    assert len(receipt.result.findings) == 2
    acknowledge(filled, receipt.id, [NoteResource(finding=1, note="a flood <of> cases")], REPORTER)

    page = boss.get()

    first, second = (cells(page, f"pendency/exam/2013-0{month}")[6] for month in (1, 2))
    assert "Answer: a flood <of> cases (reporter, 2014-01-05 12:00)" in first
    assert "<of>" not in page
    assert "not answered" in second


def test_each_submission_says_who_when_and_how_and_leads_on(filled: Office, boss: Person) -> None:
    number = post(filled, row("22.5"))
    page = boss.get()
    told = Read(page).text
    assert f"submission {number} 2014-01-05 12:00 · reporter · api" in told
    for address in (
        f"/submissions/{number}",
        f"/figures/{MARCH}",
        "/targets/plan-2013/pendency/exam",
    ):
        assert f'href="{address}"' in page


def test_filters_and_states_stand_in_the_address(filled: Office, boss: Person) -> None:
    law = {"kpi": "platforms", "department": "law"}
    east = row("5", kpi="pendency", department="exam-east")
    number = post(filled, row("22.5"), row("22", "2013-02"), row("5", **law), east)
    post(filled, row("21", "2013-01"))
    only = [("pendency", "exam", period("2013-02"))]
    approve(filled, number, APPROVER, only)

    def found(query: str) -> list[str]:
        return sorted(one.partition("/")[2] for one in boss.choices(f"/review?{query}"))

    assert found("department=law") == ["platforms/law/2013-03"]
    assert found("department=exam&period=2013-03") == [
        "pendency/exam-east/2013-03",
        MARCH,
    ]
    assert found("department=exam&alone=yes&period=2013-Q1") == ["pendency/exam/2013-01", MARCH]
    assert found("kpi=platforms") == ["platforms/law/2013-03"]
    assert found(f"submission={number}&kpi=pendency&department=exam&alone=yes") == [MARCH]
    assert found("state=approved") == ["pendency/exam/2013-02"]
    assert found("state=returned") == found("department=none") == []
    assert "Nothing waits for approval." in boss.text("/review?department=none")


@pytest.mark.parametrize("query", ["period=yesterday", "as_of=soon", "page=-1", "submission=x"])
def test_what_cannot_be_read_is_refused(boss: Person, query: str) -> None:
    assert boss.site.get(f"/review?{query}").status_code == 422


def test_the_page_as_it_was_shows_what_waited_then_and_asks_for_nothing(
    filled: Office, boss: Person, clock: Clock
) -> None:
    number = post(filled, row("22.5"))
    clock.forward(days=2)
    sign_in_again = boss.site.get("/review")
    assert sign_in_again.status_code == 200
    approve(filled, number, APPROVER)

    past = boss.get("/review?as_of=2014-01-06")

    assert "This page is as it was at the end of 2014-01-06." in past
    assert "22.50" in past
    assert 'name="figure"' not in past
    assert "Nothing waits for approval." in boss.text()


# --- who may ----------------------------------------------------------------------------------


def test_an_approver_sees_the_departments_within_reach_and_reviews_no_others(
    browse: Browse, filled: Office
) -> None:
    law = {"kpi": "platforms", "department": "law"}
    number = post(filled, row("22.5"), row("5", **law))
    lawyer = sign_in(browse, filled, "lawyer", Role.APPROVER, "law")

    assert lawyer.choices() == [f"{number}/platforms/law/2013-03"]
    assert "of your departments: law" in lawyer.text()
    # Reading is for all; what is out of reach has nothing to tick.
    assert "22.50" in lawyer.text("/review?department=office")
    assert lawyer.choices("/review?department=exam") == []
    assert lawyer.post(do="approve", figure=f"{number}/{MARCH}").status_code == 403
    assert lawyer.post(whole=str(number), do="approve").status_code == 303
    assert standing(filled, State.APPROVED) == ["platforms/law/2013-03"]


@pytest.mark.parametrize("role", [Role.READER, Role.REPORTER, Role.PLANNER])
def test_others_look_and_press_nothing(browse: Browse, filled: Office, role: Role) -> None:
    number = post(filled)
    person = sign_in(browse, filled, "somebody", role)
    assert "22.50" in person.text()
    assert person.choices() == []
    assert person.post(do="approve", figure=f"{number}/{MARCH}").status_code == 403
    assert standing(filled, State.APPROVED) == []


def test_who_has_not_signed_in_looks_where_reading_is_open(
    browse: Browse, filled: Office, nobody: Person
) -> None:
    number = post(filled)
    assert "22.50" in nobody.text()
    assert nobody.choices() == []
    assert nobody.post(do="approve", figure=f"{number}/{MARCH}").status_code == 401
    closed = browse(read_access="key")
    for address in ("/review", "/review/overdue", "/review/calendar"):
        assert closed.get(address).status_code == 401


@pytest.mark.parametrize("forged", ["no token", "wrong token", "another site"])
def test_a_form_that_is_none_of_ours_does_nothing(
    filled: Office, boss: Person, forged: str
) -> None:
    number = post(filled)
    token = {"no token": "", "wrong token": "x"}.get(forged, boss.token)
    headers = {"Origin": "https://elsewhere.example"} if forged == "another site" else {}
    given = {"do": "approve", "figure": f"{number}/{MARCH}", "form_token": token}

    assert boss.site.post("/review", data=given, headers=headers).status_code == 403
    assert standing(filled, State.APPROVED) == []


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"do": "delete"},
        {"do": "approve", "figure": "1/pendency/exam"},
        {"do": "approve", "figure": "1/pendency/exam/soon"},
        {"do": "approve", "figure": f"x/{MARCH}"},
        {"do": "approve", "figure": f"{2**70}/{MARCH}"},
        {"do": "approve", "whole": "-1"},
        {"approve": "one"},
        {"do": "approve", "whole": "1", "seen": ""},
    ],
    ids=str,
)
def test_a_form_that_no_page_makes_is_refused(boss: Person, fields: dict[str, str]) -> None:
    assert boss.post(**fields).status_code == 422


@pytest.mark.parametrize("figure", [f"999/{MARCH}", "1/none/exam/2013-03", "1/pendency/none/2013"])
def test_a_figure_that_is_not_there_is_not_found(boss: Person, figure: str) -> None:
    assert boss.post(do="approve", figure=figure).status_code == 404


# --- what it costs, and how it is made ----------------------------------------------------------


def wide(office: Office, departments: int) -> Office:
    """Fill an office with a KPI of many departments, two figures of each with a warning's worth."""
    codes = [f"d{number}" for number in range(departments)]
    fill(
        office,
        department("office", kind="office", parent=None),
        *(department(code) for code in codes),
        plan(),
        kpi("cases", kind="flow", reported_by=codes),
        *(target(">= 100", kpi="cases", department=code) for code in codes),
    )
    for at in ("2013-01", "2013-02"):
        send(office, *(row("5", at, kpi="cases", department=code) for code in codes))
    again = [row("6", "2013-02", kpi="cases", department=code, reason="so") for code in codes]
    send(office, *again)
    return office


@pytest.mark.parametrize("address", ["/review", "/review/overdue", "/review/calendar?year=2013"])
def test_a_page_asks_the_database_as_often_for_many_figures_as_for_few(
    browse: Browse, office: Office, address: str
) -> None:
    wide(office, 60)
    boss = sign_in(browse, office, "boss", Role.APPROVER)

    def queries(query: str) -> int:
        boss.get(address + query)
        return reads_of(boss.site, address + query)

    joined = "&" if "?" in address else "?"
    assert queries(f"{joined}department=d1") == queries("") <= 15


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "address",
    ["/review", "/review?state=approved", "/review/overdue", "/review/calendar?year=2013"],
)
def test_a_page_is_whole_strict_and_labelled(
    browse: Browse, filled: Office, address: str, language: str
) -> None:
    number = post(filled, row("22.5"), row("22.6", "2013-02"))
    approve(filled, number, APPROVER, [("pendency", "exam", period("2013-02"))])
    boss = sign_in(browse, filled, "boss", Role.APPROVER)
    boss.site.headers["Accept-Language"] = language

    found = Read(boss.get(address))

    assert found.inline == []
    assert len(found.ids) == len(set(found.ids))
    assert found.fields <= found.labels
    assert found.tags.count("h1") == found.tags.count("main") == 1
    for link in found.addresses:
        if link.startswith("/") and not link.startswith("/sign-out"):
            assert boss.site.get(link).status_code in {200, 303}, link


def test_admins_reach_everything(browse: Browse, filled: Office) -> None:
    number = post(filled)
    admin = sign_in(browse, filled, "root", Role.ADMIN, "law")
    assert f"{number}/{MARCH}" in admin.choices("/review?department=exam")
    assert admin.post(do="approve", figure=f"{number}/{MARCH}").status_code == 303
