"""The pictures of the READMEs: the main pages with the seeds and the illustrative year loaded.

Here each is taken and looked at for what it has to show; `make pictures` keeps them as well.
"""

from __future__ import annotations

import base64
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from tests.browser.conftest import ADMIN, DESKTOP, PASSWORD, PHONE, sign_in
from tests.programs import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.conftest import Look, Site

KEPT: Final = Path(__file__).parent / "pictures"
KEEP: Final = "KEEP_PICTURES"
"""Set, the pictures in the tree are made anew."""
LARGEST: Final = 150_000
SMALLEST: Final = 10_000
"""Bytes; a page on which nothing is drawn takes less."""
READMES: Final = {"en": ROOT / "README.md", "zh": ROOT / "README.zh-CN.md"}
HEIGHTS: Final = {DESKTOP: 900, PHONE: 740}


@dataclass(frozen=True)
class View:
    """A page to be taken: its address, the window's width, and what has to be seen on it."""

    name: str
    address: str
    shows: str
    width: int = DESKTOP
    at: str | None = None
    """What stands at the top of the picture; None for the page's beginning."""


YEAR: Final = "work-plan-2013"
DEPARTMENT: Final = "examination-management"
TARGET: Final = f"/targets/{YEAR}/invention-pendency/{DEPARTMENT}"
VIEWS: Final = (
    View("scoreboard", "/", "#targets"),
    View("scoreboard-phone", "/", ".status", PHONE),
    View("target", TARGET, "#chart canvas"),
    View(
        "target-phone", f"{TARGET}?period=2013-07", "#chart canvas", PHONE, at=".sheet:has(#chart)"
    ),
    View(
        "report",
        f"/report?period=2013-12&department={DEPARTMENT}&show=all",
        ".entry input[inputmode]",
    ),
    View("review", f"/review?department={DEPARTMENT}", "main h1"),
    View("calendar", "/review/calendar?year=2013", "main h1"),
    View("catalogue", f"/catalogue/target/{YEAR}/invention-pendency/{DEPARTMENT}", "h1"),
    View("bulletin", f"/bulletin/{YEAR}/2013-12", "main h1"),
)
LANGUAGES: Final = ("en", "zh")
TAKEN: Final = [(view, language) for view in VIEWS for language in LANGUAGES]


def file_of(view: View, language: str) -> str:
    return f"{view.name}.{language}.webp"


def picture(window: Look) -> bytes:
    """Return what the window shows, as WebP: a third of the bytes of a PNG."""
    session = window.page.context.new_cdp_session(window.page)
    taken = session.send("Page.captureScreenshot", {"format": "webp", "quality": 82})
    return base64.b64decode(taken["data"])


@pytest.mark.part("chromium")
@pytest.mark.xdist_group("browser")
@pytest.mark.parametrize(
    ("view", "language"), TAKEN, ids=[f"{view.name}-{language}" for view, language in TAKEN]
)
def test_a_picture_shows_its_page_and_is_small(
    administered: Site,
    look: Callable[..., Look],
    tmp_path: Path,
    view: View,
    language: str,
) -> None:
    assert administered.url
    window = look(view.width, "en", color_scheme="light", reduced_motion="reduce")
    sign_in(window, ADMIN, PASSWORD)
    window.page.set_viewport_size({"width": view.width, "height": HEIGHTS[view.width]})
    window.open(f"/language/{language}")
    window.open(view.address)
    assert window.page.locator(view.shows).first.is_visible()
    assert window.sideways <= 0
    assert window.page.locator(".banner.illustrative").is_visible(), "the year is made up"
    if view.at is not None:
        window.page.locator(view.at).evaluate("found => found.scrollIntoView()")
    taken = picture(window)
    assert SMALLEST < len(taken) < LARGEST
    folder = KEPT if os.environ.get(KEEP) else tmp_path
    folder.mkdir(exist_ok=True)
    (folder / file_of(view, language)).write_bytes(taken)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_readme_shows_the_pictures_of_its_language(language: str) -> None:
    folder = KEPT.relative_to(ROOT).as_posix()
    text = READMES[language].read_text("utf-8")
    shown = re.findall(rf"\(({folder}/[^)\s]+)\)|src=\"({folder}/[^\"]+)\"", text)
    named = {first or second for first, second in shown}
    assert named == {f"{folder}/{file_of(view, language)}" for view in VIEWS}


def test_the_pictures_that_are_kept_are_those_that_are_taken() -> None:
    assert {file.name for file in KEPT.iterdir()} == {file_of(*one) for one in TAKEN}
    for file in KEPT.iterdir():
        head = file.read_bytes()
        assert head[:4] + head[8:12] == b"RIFFWEBP", file.name
        assert SMALLEST < len(head) < LARGEST, file.name
