"""The pages: what they say, and that they load nothing from elsewhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import urljoin

import pytest

from app import __version__

if TYPE_CHECKING:
    from tests.api.contract import Client

PAGES = pytest.mark.parametrize("address", ["/", "/docs"])


class Links(HTMLParser):
    """Gathers what a page refers to, and its inline scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.found += [given[name] or "" for name in ("href", "src") if name in given]
        if tag == "style" or (tag == "script" and "src" not in given):
            self.inline.append(tag)
        self.inline += [name for name in given if name == "style" or name.startswith("on")]


def links(html: str) -> Links:
    parser = Links()
    parser.feed(html)
    return parser


@PAGES
def test_everything_a_page_refers_to_is_here(api: Client, address: str) -> None:
    page = api.get(address)

    found = links(page.text)
    assert found.found
    assert found.inline == []
    for link in found.found:
        assert not re.match(r"[a-z]+://|//", link)
        if not link.startswith("data:"):
            assert api.get(urljoin(address, link)).status_code == 200, link


@PAGES
def test_a_page_allows_nothing_but_what_is_ours(api: Client, address: str) -> None:
    headers = api.get(address).headers

    policy = dict(part.split(maxsplit=1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == "'self'"
    assert not re.search(r"unsafe|https?:|\*", headers["content-security-policy"])
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-type"] == "text/html; charset=utf-8"


def test_a_page_speaks_both_languages(api: Client) -> None:
    for asked, language, word in (("en", "en", "Scoreboard"), ("zh-TW", "zh", "目标看板")):
        page = api.get("/", headers={"Accept-Language": asked})
        assert word in page.text
        assert __version__ in page.text
        assert page.headers["content-language"] == language
        assert page.headers["vary"] == "Accept-Language, Cookie"


def test_the_apis_pages_come_with_their_licence(api: Client) -> None:
    folder = "/static/vendor/swagger-ui"
    assert "Apache License" in api.get(f"{folder}/LICENSE").text
    note = api.get(f"{folder}/README.md").text
    assert re.search(r"Swagger UI \d+\.\d+\.\d+", note)
    assert (
        api.get(f"{folder}/swagger-ui-bundle.js")
        .headers["content-type"]
        .startswith("text/javascript")
    )


@pytest.mark.parametrize("path", ["/static/../pages.py", "/static/%2e%2e/pages.py", "/static/"])
def test_only_what_is_meant_to_be_given_is_given(api: Client, path: str) -> None:
    assert api.get(path).status_code == 404
