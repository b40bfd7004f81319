"""Review in a browser: many approved, one returned, two at once, by keyboard, on paper."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import pytest

from app.domain.access import Role
from app.intake.acknowledgement import NoteResource, acknowledge
from app.ledger.database import Database
from app.ledger.migrating import migrate
from app.ledger.office import Office
from tests.browser.conftest import DESKTOP, PHONE, Site, answers
from tests.ledger.small_office import (
    ADMIN,
    add_user,
    department,
    fill,
    kpi,
    plan,
    row,
    send,
    target,
)
from tests.parts import Process, free_port
from tests.programs import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.browser.conftest import Look

pytestmark = [pytest.mark.part("chromium"), pytest.mark.xdist_group("browser")]

PASSWORD: Final = "correct horse battery"
CONFLICT: Final = "Failed to load resource: the server responded with a status of 409 (Conflict)"
SIGNED_OUT: Final = (
    "Failed to load resource: the server responded with a status of 401 (Unauthorized)"
)
NAMES: Final = {
    "pendency": ("发明专利审查周期", "Invention pendency"),
    "grants": ("授权量", "Grants"),
    "laws": ("出台规章数", "Rules issued"),
}
DEPARTMENTS: Final = {
    "exam": ("审查业务管理部", "Examination Management Department"),
    "law": ("条法司", "Legal Affairs Department"),
}
PAGES: Final = (
    "/review",
    "/review?state=approved",
    "/review/overdue",
    "/review/calendar?year=2013",
)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Two departments, three KPIs; nine months of 2013, the last of them odd and answered for.

    Each test has a month of its own.
    """
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('review') / 'review.db'}")
    migrate(database)
    office = Office(database, ZoneInfo("Asia/Shanghai"))
    fill(
        office,
        department("office", kind="office", parent=None),
        *(
            department(code, name=None, name_zh=zh, name_en=en)
            for code, (zh, en) in DEPARTMENTS.items()
        ),
        plan(),
        *(
            kpi(code, name=None, name_zh=zh, name_en=en, reported_by=list(DEPARTMENTS))
            for code, (zh, en) in NAMES.items()
        ),
        *(target("<= 22.5", kpi=code, department=of) for code in NAMES for of in DEPARTMENTS),
    )
    for month in range(1, 9):
        figures = (_row(code, of, month, 20 + month % 3) for code in NAMES for of in DEPARTMENTS)
        send(office, *figures)
    odd = [
        _row(code, of, 9, 60 if code == "pendency" else 21) for code in NAMES for of in DEPARTMENTS
    ]
    receipt = send(office, *odd)
    assert receipt.id is not None
    answer = NoteResource(finding=1, note="一批积压案件在本月结案 A backlog was closed this month")
    acknowledge(office, receipt.id, [answer], ADMIN)
    for name in ("boss", "other"):
        add_user(office, name, Role.APPROVER, password=PASSWORD)
    add_user(office, "reporter.exam", Role.REPORTER, "exam", password=PASSWORD)
    yield office
    database.close()


def _row(code: str, of: str, month: int, value: int) -> dict[str, object]:
    return row(str(value), f"2013-{month:02}", kpi=code, department=of)


@pytest.fixture(scope="module")
def site(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The service on that office's record."""
    port = free_port()
    settings = {
        "DABIAO_DATABASE_URL": office.database.url.render_as_string(),
        "DABIAO_PORT": str(port),
        "PYTHONPATH": str(ROOT),
    }
    words = (f"{name}={value}" for name, value in settings.items())
    run = (sys.executable, "-c", "from app.cli import main; main()", "serve")
    server = Process(["env", *words, *run], log=tmp_path_factory.mktemp("served") / "serve.log")
    url = f"http://127.0.0.1:{port}"
    try:
        server.wait_ready(lambda: answers(url), seconds=60)
        yield Site(url, "")
    finally:
        server.stop()


def sign_in(window: Look, name: str = "boss", then: str = "/review") -> Look:
    """Sign in, in either language, and go to a page."""
    window.open("/sign-in")
    window.page.locator("#name").fill(name)
    window.page.locator("#password").fill(PASSWORD)
    window.page.locator("#password").press("Enter")
    window.page.locator('form[action="/sign-out"]').wait_for()
    window.open(then)
    return window


def choose(window: Look, figure: str) -> None:
    """Tick a figure, as somebody clicks at its name."""
    window.page.locator(f'input.one[value$="/{figure}"]').check()


def test_many_are_approved_one_is_returned_and_the_reporter_sees_it(
    look: Callable[..., Look],
) -> None:
    boss = sign_in(look(language="en"), then="/review?department=exam&period=2013-09")
    page = boss.page
    page.get_by_text("Answer: 一批积压案件在本月结案 A backlog was closed").wait_for()
    choose(boss, "pendency/exam/2013-09")
    page.get_by_text("1 figures chosen").wait_for()
    page.get_by_label("Reason, to return").fill("60 months? 是否多录一位")
    page.get_by_role("button", name="Return the chosen").click()
    page.get_by_text("Returned: 1 figures.").wait_for()
    page.get_by_label("all 2 of this submission").check()
    page.get_by_text("2 figures chosen").wait_for()
    page.get_by_role("button", name="Approve the chosen").click()
    page.get_by_text("Approved: 2 figures.").wait_for()
    page.get_by_text("Nothing waits for approval.").wait_for()

    reporter = sign_in(look(PHONE, "zh"), "reporter.exam", "/review?state=returned")
    reporter.page.get_by_text("60 months? 是否多录一位").wait_for()
    reporter.open("/review/overdue")
    reporter.page.get_by_role("heading", name="已退回，尚未答复").wait_for()
    assert reporter.page.locator("input.one").count() == 0


def test_all_of_a_submission_are_ticked_at_once_and_counted(look: Callable[..., Look]) -> None:
    boss = sign_in(look(language="en"), then="/review?period=2013-03")
    page = boss.page
    whole = page.get_by_label("all 6 of this submission")
    whole.check()
    assert page.locator("input.one:checked").count() == 6
    page.get_by_text("6 figures chosen").wait_for()
    page.locator("input.one").first.uncheck()
    assert not whole.is_checked()
    page.get_by_text("5 figures chosen").wait_for()
    page.locator("input.one").first.check()
    assert whole.is_checked()


def test_of_two_reviewers_the_second_hears_what_the_first_did(look: Callable[..., Look]) -> None:
    address = "/review?period=2013-08"
    first = sign_in(look(language="en"), "other", address)
    second = sign_in(look(language="en"), "boss", address)
    second.page.get_by_label("all 6 of this submission").check()
    second.page.get_by_label("Reason, to return").fill("kept while somebody else is faster")
    choose(first, "pendency/law/2013-08")
    first.page.get_by_label("Reason, to return").fill("22 is not believed")
    first.page.get_by_role("button", name="Return the chosen").click()
    first.page.get_by_text("Returned: 1 figures.").wait_for()

    second.page.get_by_role("button", name="Approve the chosen").click()

    told = second.page.get_by_role("alert")
    told.get_by_text("Nothing was done with submission").wait_for()
    assert "returned · other" in told.inner_text()
    assert "22 is not believed" in told.inner_text()
    # Nothing of what was typed and ticked is lost, but for what is no longer there.
    kept = second.page.get_by_label("Reason, to return").input_value()
    assert kept == "kept while somebody else is faster"
    assert second.page.locator("input.one:checked").count() == 5
    second.page.get_by_role("button", name="Approve the chosen").click()
    second.page.get_by_text("Approved: 5 figures.").wait_for()
    assert second.troubles == [CONFLICT]
    second.troubles.clear()


def test_a_session_that_has_ended_is_told_and_nothing_goes_blank(
    look: Callable[..., Look],
) -> None:
    boss = sign_in(look(language="en"), then="/review?period=2013-07")
    boss.page.context.clear_cookies()
    boss.page.get_by_role("button", name="Approve these 6").click()
    boss.page.get_by_role("heading", name="Not signed in").wait_for()
    assert boss.troubles == [SIGNED_OUT]
    boss.troubles.clear()


def test_the_same_is_done_without_javascript(look: Callable[..., Look]) -> None:
    boss = sign_in(look(language="en", java_script_enabled=False), then="/review?period=2013-02")
    page = boss.page
    page.locator("input.one").first.focus()
    page.keyboard.press("Enter")
    page.get_by_label("all 6 of this submission").press("Enter")
    page.get_by_label("all 6 of this submission").check()
    page.get_by_role("button", name="Approve the chosen").click()
    assert page.get_by_text("Approved: 6 figures.").is_visible()
    page.get_by_role("link", name="approved").click()
    choose(boss, "laws/law/2013-02")
    page.get_by_label("Reason, to reopen").fill("audited")
    page.get_by_role("button", name="Reopen the chosen").click()
    assert page.get_by_text("Reopened: 1 figures.").is_visible()


def test_a_figure_is_approved_by_keyboard_alone(look: Callable[..., Look]) -> None:
    boss = sign_in(look(language="en"), then="/review?period=2013-06&kpi=laws&department=law")
    page, keys = boss.page, boss.page.keyboard

    def tab_to(selector: str) -> None:
        for _ in range(60):
            keys.press("Tab")
            if page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
        pytest.fail(f"{selector} is not reached")

    tab_to("input.one")
    keys.press("Space")
    # Enter in a field decides nothing.
    keys.press("Enter")
    assert page.locator("input.one").is_checked()
    page.get_by_text("1 figures chosen").wait_for()
    tab_to("button[value=approve]")
    keys.press("Enter")
    page.get_by_text("Approved: 1 figures.").wait_for()


def test_filters_change_the_list_and_the_address_without_a_new_page(
    look: Callable[..., Look],
) -> None:
    boss = sign_in(look(language="en"))
    boss.page.evaluate("window.stays = true")
    boss.page.get_by_label("period").select_option("2013-04")
    boss.page.wait_for_url("**period=2013-04**")
    boss.page.get_by_text("6 figures", exact=True).wait_for()
    assert boss.page.evaluate("window.stays") is True
    boss.page.get_by_role("link", name="Calendar").click()
    boss.page.locator('tfoot a[title^="Mar 2013"]').click()
    boss.page.get_by_text("6 figures", exact=True).wait_for()
    assert "period=2013-03" in boss.page.url


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_pages_fit_every_window_and_keep_nobody_out(
    look: Callable[..., Look], language: str
) -> None:
    of = {"zh": "exam", "en": "law"}[language]
    window = sign_in(
        look(PHONE, language, color_scheme="dark"), then=f"/review?period=2013-05&department={of}"
    )
    window.page.get_by_role("button", name=re.compile("^(Approve these|通过这)")).click()
    done = {"zh": "已审核通过 3 项数据。", "en": "Approved: 3 figures."}[language]
    window.page.get_by_text(done).wait_for()
    for address in PAGES:
        window.open(address)
        assert window.violations() == [], address
        for width in (320, PHONE, 768, DESKTOP, 1920):
            window.page.set_viewport_size({"width": width, "height": 800})
            assert window.sideways <= 0, (address, width)
        window.page.emulate_media(color_scheme="light")
        assert window.violations() == [], address
        window.page.emulate_media(color_scheme="dark")
        window.page.set_viewport_size({"width": PHONE, "height": 800})


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_calendar_is_one_sheet_of_paper(look: Callable[..., Look], language: str) -> None:
    window = look(language=language)
    window.open("/review/calendar?year=2013")
    pdf = window.page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    # A4 lying down, in points.
    box = re.search(rb"/MediaBox\s*\[\s*0 0 ([0-9.]+) ([0-9.]+)", pdf)
    assert box is not None
    assert (round(float(box[1])), round(float(box[2]))) == (842, 595)
