"""The calendar of a year: every state as a cell, what a cell leads to, the rates, the years."""

from __future__ import annotations

import datetime as dt
import html
import re
from typing import TYPE_CHECKING

import pytest

from app.domain.access import Role
from app.intake.review import approve, give_back
from app.web.review_calendar import default_year
from tests.factories import period
from tests.intake.reviewing import OTHER, post
from tests.ledger.small_office import APPROVER, fill, kpi, plan, row, target
from tests.web.reading import Read
from tests.web.reviewing import Person, sign_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.testclient import TestClient

    from app.ledger.office import Office
    from tests.clock import Clock

CALENDAR = "/review/calendar"


@pytest.fixture
def boss(browse: Callable[..., TestClient], office: Office, clock: Clock) -> Person:
    """An approver on the 5th of June 2013: May is due, April overdue."""
    clock.set(2013, 6, 5)
    fill(office)
    return sign_in(browse, office, "boss", Role.APPROVER)


def line(page: str, department: str) -> list[str]:
    """Return a department's cells as HTML, in the order of the columns."""
    found = next(
        part
        for part in page.split("<tr>")
        if re.search(rf'<th scope="row"[^>]*>{department}</th>', part)
    )
    return re.findall(r"<td.*?</td>", found, re.DOTALL)


def told(page: str, department: str) -> list[str]:
    return [Read(cell).text.strip() for cell in line(page, department)]


def test_every_state_has_its_cell_with_a_shape_a_word_a_colour_and_a_count(
    office: Office, boss: Person
) -> None:
    number = post(office, *(row("22", f"2013-0{month}") for month in (1, 2, 3)))
    approve(office, number, APPROVER, [("pendency", "exam", period("2013-01"))])
    give_back(office, number, OTHER, "digits?", [("pendency", "exam", period("2013-02"))])

    page = boss.get(CALENDAR)

    assert told(page, "Examination")[:7] == [
        "1 approved",
        "1 returned",
        "1 submitted",
        "1 overdue",
        "1 due",
        "1 not due",
        "1 not due",
    ]
    cells = line(page, "Examination")[:6]
    shapes = [re.search(r"<svg.*?</svg>", cell, re.DOTALL) for cell in cells]
    assert len({shape[0] for shape in shapes if shape}) == 6
    classes = [re.search(r'class="cell (\w+)"', cell) for cell in cells]
    assert [found[1] for found in classes if found] == [
        *("approved", "returned", "submitted", "overdue", "due", "not_due"),
    ]
    # 4 figures were due by now; 3 are in, all of them posted in June and so too late.
    assert told(page, "Examination")[-2:] == ["75% 3/4", "0% 0/4"]


def test_a_cell_of_several_figures_tells_the_most_urgent_and_how_many(
    office: Office, boss: Person
) -> None:
    law = {"department": "law"}
    number = post(
        office, row("4", kpi="platforms", **law), row("0.1", "2013-04", kpi="standard", **law)
    )
    approve(office, number, APPROVER)
    page = boss.get(CALENDAR)
    march = line(page, "law")[2]
    assert Read(march).text.strip() == "1/2 overdue"
    assert 'title="Mar 2013: overdue 1 · approved 1"' in march
    together = told(page, "together")
    # March is expected of exam, exam-east, and twice of law.
    assert together[2] == "3/4 overdue"


@pytest.mark.parametrize("state", ["approved", "returned", "submitted"])
def test_a_cell_leads_to_the_figures_that_it_counts(
    office: Office, boss: Person, state: str
) -> None:
    number = post(office, row("22"), row("23", department="exam-east"))
    march = [("pendency", code, period("2013-03")) for code in ("exam", "exam-east")]
    if state == "approved":
        approve(office, number, APPROVER, march)
    elif state == "returned":
        give_back(office, number, OTHER, "digits?", march)
    found = re.search(r'href="([^"]+)"', line(boss.get(CALENDAR), "Examination")[2])
    assert found is not None
    listed = boss.get(html.unescape(found[1]))
    # The department alone, though another one lies below it.
    assert re.findall(r'href="/figures/([^"]+)"', listed) == ["pendency/exam/2013-03"]


def test_a_cell_that_is_overdue_leads_to_the_department_that_is_late(boss: Person) -> None:
    found = re.search(r'href="([^"]+)"', line(boss.get(CALENDAR), "Examination")[3])
    assert found is not None
    late = boss.get(html.unescape(found[1]))
    assert re.findall(r'id="d-([a-z-]+)"', late) == ["exam"]
    assert "href" not in line(boss.get(CALENDAR), "Examination")[7]


def test_quarters_and_years_have_columns_of_their_own(office: Office, boss: Person) -> None:
    fill(office, target("<= 9", kpi="fees"))
    heads = re.findall(r'<abbr title="([^"]+)">([^<]+)</abbr>', boss.get(CALENDAR))
    assert [short for _, short in heads[-5:]] == ["Dec", "Q1", "Q2", "Q3", "Q4"]
    assert heads[12][0] == "Q1 2013"
    page = boss.get(CALENDAR)
    assert told(page, "Examination")[12] == "1 overdue"
    assert told(page, "law")[12] == "· nothing expected"


def test_the_rates_speak_of_what_was_due_by_now(
    browse: Callable[..., TestClient], office: Office, clock: Clock
) -> None:
    clock.set(2013, 2, 5)
    fill(office)
    post(office, row("22", "2013-01"))
    clock.set(2013, 4, 5)
    post(office, row("22", "2013-02"))
    boss = sign_in(browse, office, "boss", Role.APPROVER)
    # January in time, February late, March not yet due.
    assert told(boss.get(CALENDAR), "Examination")[-2:] == ["100% 2/2", "50% 1/2"]


@pytest.mark.parametrize(
    ("filled", "today", "shown"),
    [
        ({2013}, 2016, 2013),
        ({2012, 2013}, 2016, 2013),
        ({2013, 2015}, 2016, 2013),
        ({2015}, 2016, 2015),
        ({2013, 2015}, 2015, 2015),
        (set(), 2016, 2015),
    ],
)
def test_a_year_with_a_plan_s_last_few_figures_is_not_shown_for_a_whole_one(
    filled: set[int], today: int, shown: int
) -> None:
    years = {2012: 300, 2013: 240, 2014: 1, 2015: 1, 2019: 500}
    assert default_year(years, filled, dt.date(today, 3, 1)) == shown


def test_the_year_is_chosen_and_else_this_one_or_the_newest_with_figures(
    browse: Callable[..., TestClient], office: Office, boss: Person, clock: Clock
) -> None:
    def shown(query: str = "") -> str:
        found = re.search(r"<h1>Calendar of reporting, (\d+)</h1>", boss.get(CALENDAR + query))
        assert found is not None
        return found[1]

    assert shown() == "2013"
    assert shown("?year=2012") == "2012"
    assert "Nothing is expected in this year." in boss.text(f"{CALENDAR}?year=2012")
    later = plan("later", start="2014-01", end="2015-12")
    fill(office, later, target("<= 3", plan="later", due="2015-12"))
    post(office, row("22"))
    clock.set(2016, 3, 1)
    boss = sign_in(browse, office, "other", Role.APPROVER)
    assert shown() == "2013"
    clock.set(2014, 3, 1)
    assert boss.site.get(CALENDAR).status_code == 200
    assert shown() == "2014"
    assert re.findall(r'<option value="(\d+)"', boss.get(CALENDAR)) == ["2015", "2014", "2013"]


@pytest.mark.parametrize("year", ["soon", "1", "99999", "-2013"])
def test_a_year_that_is_none_is_refused(boss: Person, year: str) -> None:
    assert boss.site.get(f"{CALENDAR}?year={year}").status_code == 422


def test_reach_department_and_day_narrow_it_down(
    browse: Callable[..., TestClient], office: Office, boss: Person, clock: Clock
) -> None:
    def rows(page: str) -> list[str]:
        return re.findall(r'<th scope="row"[^>]*>([^<]+)</th>', page)[:-1]

    assert rows(boss.get(CALENDAR)) == ["Examination", "exam-east", "law"]
    assert rows(boss.get(f"{CALENDAR}?department=exam")) == ["Examination", "exam-east"]
    lawyer = sign_in(browse, office, "lawyer", Role.REPORTER, "law")
    assert rows(lawyer.get(CALENDAR)) == ["law"]
    clock.forward(days=2)
    boss = sign_in(browse, office, "other", Role.APPROVER)
    post(office, row("22"))
    assert told(boss.get(CALENDAR), "Examination")[2] == "1 submitted"
    past = boss.get(f"{CALENDAR}?year=2013&as_of=2013-06-05")
    assert told(past, "Examination")[2] == "1 overdue"
    assert "This page is as it was at the end of 2013-06-05." in past


def test_the_calendar_speaks_chinese(boss: Person) -> None:
    boss.site.headers["Accept-Language"] = "zh"
    text = boss.text(CALENDAR)
    assert "2013年填报日历" in text
    assert "逾期未报" in text


def test_a_kpi_of_nobody_changes_nothing(office: Office, boss: Person) -> None:
    before = boss.get(CALENDAR)
    fill(office, kpi("spare", reported_by=[]))
    # But for the form's token nothing differs.
    assert Read(boss.get(CALENDAR)).text == Read(before).text
