"""A planner revises the catalogue in a browser: looks up, previews, gives the reason, saves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from tests.browser.conftest import DESKTOP, PHONE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.conftest import Look, Site

pytestmark = [pytest.mark.part("chromium"), pytest.mark.xdist_group("browser")]

PASSWORD = "twelve quiet mountains"
REVISED = "uspto-fiscal-2011/uspto-total-pendency/uspto"
OTHER = "work-plan-2013/invention-pendency/examination-management"
EDIT = f"/catalogue/edit/target/{OTHER}"


@pytest.fixture(scope="module")
def planners(site: Site) -> tuple[str, str]:
    """Two users who may change the catalogue."""
    names = ("zhao.planner", "qian.planner")
    for name in names:
        user = {"name": name, "name_zh": "规划员", "name_en": "Planner", "role": "planner"}
        answer = httpx.post(
            f"{site.url}/api/v1/users",
            headers={"Authorization": f"Bearer {site.admin_key}"},
            json={**user, "password": PASSWORD},
            trust_env=False,
        )
        assert answer.status_code == 201, answer.text
    return names


@pytest.fixture
def enter(look: Callable[..., Look], planners: tuple[str, str]) -> Callable[..., Look]:
    """Open a window in which a planner has signed in."""

    def start(width: int = DESKTOP, language: str = "zh", who: int = 0, **options: object) -> Look:
        window = look(width, language, **options)
        window.open("/sign-in?next=/catalogue")
        window.page.locator("#name").fill(planners[who])
        window.page.locator("#password").fill(PASSWORD)
        window.page.locator("main button.primary").click()
        window.page.wait_for_url("**/catalogue")
        return window

    return start


def press(window: Look, name: str) -> None:
    """Press one of the form's buttons, and wait for what it says."""
    with window.page.expect_navigation():
        window.page.locator(f".actions button[name={name}]").click()
    window.page.wait_for_load_state("networkidle")


def refused(window: Look, status: int) -> None:
    """See that the browser noted nothing but that a form was not taken."""
    assert all(f"status of {status}" in one for one in window.troubles), window.troubles
    window.troubles.clear()


REVISIONS = {
    "zh": ("～ 33", "2011-04", "总周期", "33月左右", "请填写新版本的首个期间"),
    "en": ("<= 33", "2011-05", "total", "at most 33 months: met up to 33", "give the first period"),
}
"""Per language: the new target, from when on, what is searched for, and what the page says."""


@pytest.mark.parametrize("language", REVISIONS)
def test_a_planner_revises_a_target_in_mid_year(enter: Callable[..., Look], language: str) -> None:
    bound, since, search, reading, advice = REVISIONS[language]
    window = enter(PHONE if language == "zh" else DESKTOP, language)
    page = window.page
    page.locator("#q").fill(search)
    page.locator("#q").press("Enter")
    page.locator(f"main a[href*='/catalogue/target/{REVISED}']").click()
    page.locator(f"main a[href*='/catalogue/edit/target/{REVISED}']").click()
    page.locator("#target").fill(bound)
    page.locator("#reading", has_text=reading).wait_for()
    press(window, "preview")
    told = page.locator("#said")
    assert advice in told.inner_text()
    assert window.violations() == []
    assert window.sideways <= 0

    page.locator("#in_force_from").fill(since)
    reason = f"More applications came in than were planned for ({language})."
    page.locator("#reason").fill(reason)
    press(window, "preview")
    assert advice not in told.inner_text()
    with page.expect_navigation():
        page.locator(".months button[value='2011-07']").click()
    chosen = page.locator(".months button[aria-current]")
    assert chosen.get_attribute("value") == "2011-07"
    assert page.locator(".preview tbody tr").count() == 1
    press(window, "save")
    page.wait_for_url("**/catalogue/target/**")
    newest = page.locator(".versions > li").first.inner_text()
    assert "规划员" in newest or "zhao.planner" in newest
    assert reason in newest
    assert page.locator(".versions > li").count() >= 2
    assert window.violations() == []
    assert window.sideways <= 0


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_fits_every_window_and_keeps_nobody_out(
    enter: Callable[..., Look], language: str
) -> None:
    window = enter(PHONE, language, color_scheme="dark")
    for address in (
        "/catalogue",
        "/catalogue?kind=department",
        "/catalogue?kind=kpi",
        "/catalogue/kpi/invention-pendency",
        f"/catalogue/target/{OTHER}",
        EDIT,
        "/catalogue/edit/kpi/invention-pendency",
        "/catalogue/new/target",
    ):
        window.open(address)
        assert window.violations() == [], address
        for width in (320, PHONE, 768, DESKTOP):
            window.page.set_viewport_size({"width": width, "height": 800})
            assert window.sideways <= 0, (address, width)
        window.page.set_viewport_size({"width": PHONE, "height": 800})


def test_by_keyboard_alone_enter_previews_and_does_not_save(enter: Callable[..., Look]) -> None:
    window = enter(language="en")
    window.open(EDIT)
    page = window.page
    page.locator("#target").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("<= 20")
    page.keyboard.press("Enter")
    page.locator("#said").wait_for()
    assert (
        "Targets that would have another verdict now: 1 of 1." in page.locator("#said").inner_text()
    )
    window.open(f"/catalogue/target/{OTHER}")
    assert page.locator(".versions > li").count() == 1


def test_without_javascript_it_is_all_there(enter: Callable[..., Look]) -> None:
    window = enter(language="en", java_script_enabled=False)
    window.open(EDIT)
    window.page.locator("#target").fill("<= 20")
    press(window, "preview")
    assert "at most 20 months" in window.page.locator("#reading").inner_text()
    with window.page.expect_navigation():
        window.page.locator(".months button[value='2013-03']").click()
    assert "at Mar 2013: 1" in window.page.locator("#said").inner_text()


def test_what_is_wrong_stands_beside_its_field(enter: Callable[..., Look]) -> None:
    window = enter(PHONE, "zh")
    window.open(EDIT)
    window.page.locator("#target").fill("20个月左右")
    window.page.locator("#due").fill("2014-06")
    press(window, "preview")
    assert "目标" in window.page.locator("#target-wrong-1").inner_text()
    assert window.page.locator("#target").input_value() == "20个月左右"
    assert window.violations() == []
    assert window.sideways <= 0
    refused(window, 422)


def test_two_planners_at_once_lose_nothing(enter: Callable[..., Look]) -> None:
    mine, theirs = enter(language="en"), enter(language="en", who=1)
    address = "/catalogue/edit/plan/uspto-fiscal-2011"
    for window in (mine, theirs):
        window.open(address)
    theirs.page.locator("#source").fill("Performance budget, 2011")
    press(theirs, "save")
    mine.page.locator("#name_en").fill("Fiscal 2011")
    press(mine, "save")
    told = mine.page.locator("#said").inner_text()
    assert "qian.planner" in told
    assert "Performance budget, 2011" in told
    assert "Fiscal 2011" in told
    assert mine.violations() == []
    assert mine.page.locator("#name_en").input_value() == "Fiscal 2011"
    mine.page.get_by_role("link", name="Begin again from what is on record").click()
    assert mine.page.locator("#source").input_value() == "Performance budget, 2011"
    refused(mine, 412)
