"""The pages in a browser: on a phone, on a desk, on paper, in the dark, by keyboard, without JS."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import DESKTOP, PHONE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.conftest import Look

pytestmark = [pytest.mark.part("chromium"), pytest.mark.xdist_group("browser")]

BOARD = "/?plan=work-plan-2013"
TARGET = "/targets/work-plan-2013/invention-pendency/examination-management"
REVISED = "/targets/uspto-fiscal-2011/uspto-first-action-pendency/uspto"
AHEAD = f"{TARGET}?period=2013-09"
FIGURE = "/figures/uspto-first-action-pendency/uspto/2011-02"
RECEIPT = "/submissions/10"
ADDRESSES = (
    BOARD,
    f"{BOARD}&period=2013-07&status=slipping",
    TARGET,
    REVISED,
    AHEAD,
    "/targets/work-plan-2013/ip-finance-platforms/patent-management",
    FIGURE,
    RECEIPT,
)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_fits_every_window_and_keeps_nobody_out(
    look: Callable[..., Look], address: str, language: str
) -> None:
    window = look(PHONE, language, color_scheme="dark")
    window.open(address)
    assert window.violations() == []
    for width in (320, PHONE, 768, DESKTOP, 1920):
        window.page.set_viewport_size({"width": width, "height": 800})
        assert window.sideways <= 0, width
    window.page.emulate_media(color_scheme="light")
    assert window.violations() == []


@pytest.mark.parametrize("address", [BOARD, REVISED, FIGURE, RECEIPT])
def test_a_page_is_whole_without_javascript(look: Callable[..., Look], address: str) -> None:
    with_it, without = look(), look(java_script_enabled=False)
    with_it.open(address)
    without.open(address)
    # What the browser's chart adds is a legend; all that is said otherwise is said without it.
    told = without.page.locator("main").inner_text()
    for heading in with_it.page.locator("main h1, main h2").all_inner_texts():
        assert heading in told


def test_the_chart_that_is_drawn_by_the_server_stands_in_where_no_script_runs(
    look: Callable[..., Look],
) -> None:
    live, still = look(), look(java_script_enabled=False)
    live.open(REVISED)
    still.open(REVISED)
    assert live.page.locator("#chart canvas").is_visible()
    assert not live.page.locator(".chart > svg").is_visible()
    drawn = still.page.locator(".chart > svg")
    assert drawn.is_visible()
    revised = drawn.locator("a:has(.revised)").first
    revised.click()
    assert "/figures/uspto-first-action-pendency/uspto/" in still.page.url


def test_a_point_of_the_chart_tells_the_exact_figure_and_leads_to_its_history(
    look: Callable[..., Look],
) -> None:
    window = look(language="en")
    window.open(REVISED)
    over = window.page.locator("#chart .u-over")
    box = over.bounding_box()
    assert box is not None
    over.hover(position={"x": box["width"] * 4.5 / 12, "y": 40})
    legend = window.page.locator("#chart .u-legend").inner_text()
    assert "Feb 2011" in legend
    assert "24.5 months" in legend
    over.click(position={"x": box["width"] * 4.5 / 12, "y": 40})
    window.page.wait_for_url("**/figures/uspto-first-action-pendency/uspto/2011-02")


def test_a_point_ahead_tells_its_forecast_and_the_area_of_its_interval_is_drawn(
    look: Callable[..., Look],
) -> None:
    window = look(language="en")
    window.open(AHEAD)
    said = window.page.locator("#forecast").inner_text()
    assert "at Dec 2013" in said
    over = window.page.locator("#chart .u-over")
    box = over.bounding_box()
    assert box is not None
    over.hover(position={"x": box["width"] * 11.5 / 12, "y": 40})
    legend = window.page.locator("#chart .u-legend")
    assert "forecast, 80% interval" in legend.inner_text()
    assert re.search(r"22\.\d \(2\d\.\d–2\d\.\d\) months", legend.inner_text())
    # The edges of the area are no entries of their own.
    assert [row.is_visible() for row in legend.locator(".edge").all()] == [False, False]
    window.page.emulate_media(media="print")
    assert window.page.locator(".chart > svg .foreseen").is_visible()


def test_filters_change_the_list_and_the_address_without_a_new_page(
    look: Callable[..., Look],
) -> None:
    window = look(language="en")
    window.open(BOARD)
    window.page.evaluate("window.stays = true")
    window.page.get_by_label("status", exact=True).select_option("missed")
    window.page.wait_for_url("**status=missed**")
    window.page.get_by_text("9 targets", exact=True).wait_for()
    assert window.page.evaluate("window.stays") is True
    assert "plan=work-plan-2013" in window.page.url
    shared = window.page.url
    window.page.go_back()
    window.page.get_by_text("179 targets", exact=True).wait_for()

    other = look(language="en")
    other.page.goto(shared)
    assert other.page.get_by_text("9 targets", exact=True).is_visible()
    assert other.page.get_by_label("status", exact=True).input_value() == "missed"


def test_filters_work_without_javascript(look: Callable[..., Look]) -> None:
    window = look(language="en", java_script_enabled=False)
    window.open(BOARD)
    window.page.get_by_label("KPI or department").fill("Design Examination")
    window.page.get_by_label("KPI or department").press("Enter")
    assert "q=Design+Examination" in window.page.url
    assert window.page.get_by_text("3 targets", exact=True).is_visible()


def test_the_scoreboard_is_used_by_keyboard_alone(look: Callable[..., Look]) -> None:
    window = look(language="en")
    window.open(BOARD)
    window.page.keyboard.press("Tab")
    assert window.page.evaluate("document.activeElement.className") == "skip"
    window.page.keyboard.press("Enter")
    for _ in range(60):
        window.page.keyboard.press("Tab")
        address = window.page.evaluate("document.activeElement.getAttribute('href')")
        if address and address.startswith("/targets/"):
            break
    window.page.keyboard.press("Enter")
    window.page.wait_for_url(re.compile("/targets/work-plan-2013/"))


def test_language_and_colours_are_chosen_and_stay(look: Callable[..., Look]) -> None:
    window = look(language="zh", color_scheme="light")
    window.open(TARGET)
    light = window.page.evaluate("getComputedStyle(document.body).backgroundColor")
    window.page.get_by_text("English").click()
    window.page.get_by_role("heading", name="Invention pendency").wait_for()
    assert window.page.url.endswith(TARGET)
    window.page.get_by_text("Colours: as the machine").click()
    window.page.get_by_text("Colours: dark").wait_for()
    assert window.page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    window.open(BOARD)
    assert window.page.get_by_text("Colours: dark").is_visible()
    assert window.violations() == []


def test_on_paper_there_is_ink_on_white_and_nothing_to_press(look: Callable[..., Look]) -> None:
    window = look(color_scheme="dark")
    window.open(TARGET)
    window.page.emulate_media(media="print")
    assert window.page.locator(".chart > svg").is_visible()
    for part in ("nav", ".tools", "form", "#chart"):
        assert not window.page.locator(part).first.is_visible()
    white = window.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert white == "rgb(255, 255, 255)"
    # The mark of made-up figures is on paper, too.
    assert window.page.locator(".illustrative").is_visible()
    assert window.page.pdf(format="A4").startswith(b"%PDF")


def test_every_page_says_that_the_year_was_made_up(look: Callable[..., Look]) -> None:
    window = look(language="zh")
    for address in ADDRESSES:
        window.open(address)
        assert window.page.get_by_text("示意数据。").is_visible()
