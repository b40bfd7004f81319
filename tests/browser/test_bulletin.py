"""The bulletin in a browser: on every screen, on paper, leaf by leaf."""

from __future__ import annotations

import io
import re
import unicodedata
from typing import TYPE_CHECKING

import pytest
from pypdf import PdfReader

from tests.browser.conftest import DESKTOP, PHONE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.conftest import Look

pytestmark = [pytest.mark.part("chromium"), pytest.mark.xdist_group("browser")]

BULLETIN = "/bulletin/work-plan-2013/2013-09"
ADDRESSES = ("/bulletin", BULLETIN)
A4_ACROSS = (842, 595)
"""Points, rounded."""


def squeezed(text: str) -> str:
    """Return a text without blanks; browsers print some characters as their twins."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_it_fits_every_window_and_keeps_nobody_out(
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


@pytest.mark.parametrize(("language", "mark"), [("zh", "示意数据"), ("en", "Illustrative data")])
def test_on_paper_every_department_has_leaves_of_its_own_that_say_what_is_made_up(
    look: Callable[..., Look], language: str, mark: str
) -> None:
    window = look(language=language, color_scheme="dark")
    window.open(BULLETIN)
    heads = [
        squeezed(f"{above}{name}")
        for above, name in zip(
            window.page.locator("article[id] > p.small:first-child").all_inner_texts(),
            window.page.locator("article[id] > h2").all_inner_texts(),
            strict=True,
        )
    ]
    assert len(heads) > 15
    printed = PdfReader(io.BytesIO(window.page.pdf(prefer_css_page_size=True)))
    texts = [squeezed(page.extract_text()) for page in printed.pages]
    for page in printed.pages:
        assert (round(page.mediabox.width), round(page.mediabox.height)) == A4_ACROSS
    assert [text for text in texts if squeezed(mark) not in text] == []
    starts = [next(at for at, text in enumerate(texts) if head in text) for head in heads]
    assert len(set(starts)) == len(starts), "two departments on one leaf"
    assert starts == sorted(starts)


def test_on_paper_there_is_nothing_to_press_and_no_column_is_cut(
    look: Callable[..., Look],
) -> None:
    window = look(language="en", color_scheme="dark")
    window.open(BULLETIN)
    # What A4 across leaves between its margins, in the pixels of CSS.
    window.page.set_viewport_size({"width": 1031, "height": 700})
    window.page.emulate_media(media="print")
    for part in ("nav", ".tools", "form", ".bottom"):
        assert not window.page.locator(part).first.is_visible()
    assert window.sideways <= 0
    wide = window.page.evaluate(
        "[...document.querySelectorAll('table')]"
        ".filter(one => one.getBoundingClientRect().right > window.innerWidth).length"
    )
    assert wide == 0
    assert window.page.locator("article .spark").first.is_visible()


def test_the_files_and_the_edition_are_a_click_away_without_javascript(
    look: Callable[..., Look],
) -> None:
    window = look(language="en", java_script_enabled=False)
    window.open("/bulletin")
    window.page.locator(f"a[href='{BULLETIN}']").click()
    for text, start in (("As PDF", b"%PDF-1.7"), ("As a workbook", b"PK")):
        with window.page.expect_download() as download:
            window.page.get_by_role("link", name=text).click()
        with open(download.value.path(), "rb") as file:  # noqa: PTH123 - as the browser names it
            assert file.read().startswith(start)
    window.page.get_by_role("link", name="Link to this edition").click()
    assert "as_of=" in window.page.url
    window.page.get_by_text("Show it as it is now").click()
    assert window.page.url.endswith(BULLETIN)
    window.page.get_by_role("link", name="Invention pendency").first.click()
    assert "/targets/work-plan-2013/invention-pendency/" in window.page.url
