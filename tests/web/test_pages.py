"""What holds of every page: where it leads, what it loads, how it speaks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urljoin

import pytest

from app import __version__
from app.web.preferences import local
from tests.ledger.small_office import department, fill, kpi, plan, row, send, target
from tests.web.conftest import FIGURE, TARGET
from tests.web.reading import Read

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.testclient import TestClient

    from app.ledger.office import Office

ADDRESSES = (
    "/",
    "/?status=slipping&sort=pace&q=pend&department=exam&period=2013-02",
    TARGET,
    f"{TARGET}?period=2013-02",
    "/targets/plan-2013/pendency/office",
    "/targets/plan-2013/standard/law",
    FIGURE,
    "/submissions/2",
    "/submissions/7",
    "/docs",
)
PAGES = pytest.mark.parametrize("address", ADDRESSES)


@PAGES
def test_everything_a_page_refers_to_is_here(site: TestClient, address: str) -> None:
    page = site.get(address)
    assert page.status_code == 200

    found = Read(page.text)
    assert found.addresses
    assert found.inline == []
    for link in found.addresses:
        assert not re.match(r"[a-z]+://|//", link)
        if not link.startswith(("data:", "#")):
            answer = site.get(urljoin(address, link), follow_redirects=True)
            assert answer.status_code == 200, link


@PAGES
def test_a_page_allows_nothing_but_what_is_ours(site: TestClient, address: str) -> None:
    headers = site.get(address).headers

    policy = dict(part.split(maxsplit=1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == policy["form-action"] == "'self'"
    assert not re.search(r"unsafe|https?:|\*", headers["content-security-policy"])
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["content-type"] == "text/html; charset=utf-8"


@PAGES
def test_a_page_has_one_heading_labels_for_its_fields_and_no_id_twice(
    site: TestClient, address: str
) -> None:
    found = Read(site.get(address).text)

    assert len(found.ids) == len(set(found.ids))
    assert found.fields <= found.labels
    if address != "/docs":
        assert found.tags.count("h1") == found.tags.count("main") == 1


@pytest.mark.usefixtures("reported")
@pytest.mark.parametrize("address", ADDRESSES[:-1])
def test_a_page_is_whole_in_either_language(
    browse: Callable[..., TestClient], address: str
) -> None:
    chinese, english = browse("zh-CN").get(address), browse("en").get(address)

    assert [page.headers["content-language"] for page in (chinese, english)] == ["zh", "en"]
    for page in (chinese, english):
        assert page.headers["vary"] == "Accept-Language, Cookie"
    assert '<html lang="zh-Hans"' in chinese.text
    assert '<html lang="en"' in english.text
    assert __version__ in english.text
    assert re.findall("[\u4e00-\u9fff]+", Read(english.text).text) == ["中文"]
    assert "目标看板" in Read(chinese.text).text


def test_the_language_that_was_chosen_stays(site: TestClient) -> None:
    asked = site.get(
        "/language/zh", params={"next": f"{TARGET}?period=2013-02"}, follow_redirects=False
    )

    assert asked.status_code == 303
    assert asked.headers["location"] == f"{TARGET}?period=2013-02"
    assert "HttpOnly" in asked.headers["set-cookie"]
    assert "SameSite=lax" in asked.headers["set-cookie"]
    assert "目标看板" in site.get("/").text
    assert "没有" in site.get("/nowhere").text
    site.get("/language/en")
    assert "Scoreboard" in site.get("/").text


def test_colours_follow_the_machine_until_chosen(site: TestClient) -> None:
    assert 'data-theme="auto"' in site.get("/").text
    site.get("/colours/dark")
    assert 'data-theme="dark"' in site.get("/").text
    assert site.get("/colours/pink").status_code == 422


@pytest.mark.parametrize(
    ("asked", "gone_to"),
    [
        ("/?plan=a", "/?plan=a"),
        ("", "/"),
        ("https://elsewhere.example/", "/"),
        ("//elsewhere.example/", "/"),
        ("/\\elsewhere.example/", "/"),
        ("/\t/elsewhere.example/", "/"),
        ("/a\nSet-Cookie: b", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_nobody_is_sent_elsewhere(asked: str, gone_to: str) -> None:
    assert local(asked) == gone_to


HOSTILE = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(2)>&{{7*7}}"


def test_names_stay_text_wherever_they_stand(
    browse: Callable[..., TestClient], office: Office
) -> None:
    fill(
        office,
        department("office", kind="office", parent=None, name=HOSTILE),
        department("law", name=HOSTILE),
        plan(name=HOSTILE),
        kpi("cases", kind="stock", name=HOSTILE, unit_zh=HOSTILE, unit_en=HOSTILE),
        target(">= 3", kpi="cases", department="law", source=HOSTILE),
    )
    send(office, row(5, kpi="cases", department="law", note=HOSTILE))
    site = browse()

    for address in (
        "/",
        "/?q=" + HOSTILE.replace("&", "%26").replace("#", "%23"),
        "/targets/plan-2013/cases/law",
        "/figures/cases/law/2013-03",
        "/submissions/2",
    ):
        page = site.get(address)
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "<img" not in page.text
        assert "&{{7*7}}" not in page.text
        assert "49" not in Read(page.text).text
    told = Read(site.get("/targets/plan-2013/cases/law").text)
    assert HOSTILE in told.text
    assert told.inline == []


def test_the_apis_pages_come_with_their_licence(site: TestClient) -> None:
    for name, licence in (
        ("swagger-ui", "Apache License"),
        ("htmx", "Zero-Clause BSD"),
        ("uplot", "MIT License"),
    ):
        folder = f"/static/vendor/{name}"
        assert licence in site.get(f"{folder}/LICENSE").text
        note = site.get(f"{folder}/README.md").text
        assert re.search(r"\d+\.\d+\.\d+, from the npm package", note)


@pytest.mark.parametrize("path", ["/static/../pages.py", "/static/%2e%2e/pages.py", "/static/"])
def test_only_what_is_meant_to_be_given_is_given(site: TestClient, path: str) -> None:
    assert site.get(path).status_code == 404
