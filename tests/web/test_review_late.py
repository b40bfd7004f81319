"""Who has not reported: which periods, how many days, and the text of a reminder."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

import pytest

from app.domain.access import Role
from app.intake.review import give_back
from tests.factories import period
from tests.intake.reviewing import OTHER, post
from tests.ledger.small_office import department, fill, kpi, plan, row, target
from tests.web.reading import Read
from tests.web.reviewing import Person, sign_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.testclient import TestClient

    from app.intake.resources import AnyResource
    from app.ledger.office import Office
    from tests.clock import Clock

LATE = "/review/overdue"


@pytest.fixture
def boss(browse: Callable[..., TestClient], office: Office, clock: Clock) -> Person:
    """An approver on the 20th of May 2013: April is overdue since the 11th, the tenth day."""
    clock.set(2013, 5, 20)
    fill(office)
    return sign_in(browse, office, "boss", Role.APPROVER)


def section(page: str, department: str) -> str:
    """Return what is said of a department."""
    return Read(re.split(r"<section", page.partition(f'id="d-{department}"')[2])[0]).text


def test_each_department_stands_with_its_periods_and_days(office: Office, boss: Person) -> None:
    post(office, row("22"), row("22", "2013-01"))
    page = boss.get(LATE)

    exam = section(page, "exam")
    assert "2 overdue, up to 71 days" in exam
    # The 11th of March is day 1, the 20th of May day 71.
    assert "Pendency Feb 2013 · Apr 2013 2 2013-03-11 00:00 71" in exam
    assert "Jan 2013 – Apr 2013 4 2013-02-11 00:00 99" in section(page, "law")
    # The longest overdue come first.
    assert page.index('id="d-law"') < page.index('id="d-exam"')


def test_what_is_due_is_not_called_late(
    browse: Callable[..., TestClient], office: Office, clock: Clock
) -> None:
    clock.set(2013, 3, 10, 23)
    fill(office, *_one_kpi())
    boss = sign_in(browse, office, "boss", Role.APPROVER)
    post(office, row("5", "2013-01", kpi="heads", department="law"))
    told = section(boss.get(LATE), "law")
    assert "1 due, not yet late" in told
    assert "Feb 2013 1 2013-03-11 00:00 not yet late" in told
    clock.forward(hours=1)
    assert "1 overdue, up to 1 days" in section(boss.get(LATE), "law")


def _one_kpi() -> tuple[AnyResource, ...]:
    return (
        department("office", kind="office", parent=None),
        department("law"),
        plan(),
        kpi("heads"),
        target("<= 9", kpi="heads", department="law"),
    )


def test_what_came_back_awaits_the_department_too(office: Office, boss: Person) -> None:
    number = post(office, *(row("22", f"2013-0{month}") for month in range(1, 5)))
    give_back(office, number, OTHER, "two <digits>?", [("pendency", "exam", period("2013-03"))])
    page = boss.get(LATE)
    told = section(page, "exam")
    assert "1 returned" in told
    assert "Pendency · Mar 2013 other approver · 2013-05-20 12:00 two <digits>?" in told
    assert "<digits>" not in page
    post(office, row("21", reason="recount"))
    assert 'id="d-exam"' not in boss.get(LATE)


def test_a_reminder_can_be_copied(office: Office, boss: Person) -> None:
    number = post(office, row("22"))
    give_back(office, number, OTHER, "digits?")
    found = re.search(r'id="t-exam"[^>]*>(.*?)</textarea>', boss.get(LATE), re.DOTALL)
    assert found is not None
    lines = html.unescape(found[1]).splitlines()
    assert lines == [
        "Examination: 3 figures are overdue, the oldest by 99 days.",
        "Pendency: Jan 2013 – Feb 2013 · Apr 2013 missing",
        "Pendency: Mar 2013 came back: digits?",
        "To be reported at http://testserver/report",
    ]


def test_department_plan_reach_and_day_narrow_it_down(
    browse: Callable[..., TestClient], office: Office, boss: Person, clock: Clock
) -> None:
    def named(page: str) -> list[str]:
        return re.findall(r'id="d-([a-z-]+)"', page)

    everybody = {"exam", "exam-east", "law"}
    assert set(named(boss.get(LATE))) == everybody
    assert named(boss.get(f"{LATE}?department=law")) == ["law"]
    assert set(named(boss.get(f"{LATE}?department=exam"))) == {"exam", "exam-east"}
    assert named(boss.get(f"{LATE}?department=exam&alone=yes")) == ["exam"]
    assert named(boss.get(f"{LATE}?plan=none")) == []
    assert "Everybody has reported." in boss.get(f"{LATE}?plan=none")
    lawyer = sign_in(browse, office, "lawyer", Role.REPORTER, "law")
    assert named(lawyer.get(LATE)) == ["law"]
    clock.forward(days=2)
    boss = sign_in(browse, office, "other", Role.APPROVER)
    post(office, *(row("22", f"2013-0{month}") for month in range(1, 5)))
    assert "exam" not in named(boss.get(LATE))
    past = boss.get(f"{LATE}?as_of=2013-05-20")
    assert "exam" in named(past)
    assert "This page is as it was at the end of 2013-05-20." in past
