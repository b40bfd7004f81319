"""Errors: a page for a browser, a problem document for a program, the same status for both."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.ledger import overview
from tests.web.conftest import TARGET
from tests.web.reading import Read

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.testclient import TestClient


PROBLEM = "application/problem+json"


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/nowhere", 404),
        ("/?plan=none", 404),
        ("/targets/plan-2013/pendency/none", 404),
        ("/figures/pendency/exam/2013-09", 404),
        ("/figures/pendency/exam/nonsense", 404),
        ("/figures/none/exam/2013-03", 404),
        ("/submissions/99", 404),
        ("/submissions/9999999999999999999999", 404),
        ("/submissions/x", 404),
        ("/?as_of=yesterday", 422),
        ("/?as_of=2013-02-30", 422),
        ("/?period=March", 422),
        ("/?page=0", 422),
        (f"{TARGET}?period=2013-13", 422),
        ("/language/fr", 422),
    ],
)
def test_a_browser_gets_a_page_and_a_program_a_problem(
    site: TestClient, address: str, status: int
) -> None:
    page, problem = site.get(address), site.get(address, headers={"Accept": "*/*"})

    assert page.status_code == problem.status_code == status
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert problem.headers["content-type"] == PROBLEM
    told = Read(page.text)
    assert problem.json()["title"] in told.text
    assert problem.json()["detail"] in told.text
    for found in problem.json().get("findings", ()):
        assert found["message"] in told.text
    assert "Back to the scoreboard" in told.text


@pytest.mark.parametrize("address", ["/api/v1/plans/none", "/api/v1/nowhere", "/metrics/none"])
def test_the_apis_errors_stay_problems_whatever_is_accepted(site: TestClient, address: str) -> None:
    answer = site.get(address)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == PROBLEM


@pytest.mark.usefixtures("reported")
def test_who_has_no_key_where_one_is_needed_is_told_so_on_a_page(
    browse: Callable[..., TestClient],
) -> None:
    site = browse(read_access="key")

    page = site.get(TARGET)
    assert page.status_code == 401
    assert page.headers["www-authenticate"]
    assert "Not signed in" in Read(page.text).text
    assert "23.4" not in page.text
    # The switch of languages tells nothing of the record, and works without a key.
    assert site.get("/language/zh", follow_redirects=False).status_code == 303


def test_a_method_that_is_not_taken_is_named_on_a_page(site: TestClient) -> None:
    page = site.post("/")
    assert page.status_code == 405
    assert page.headers["allow"] == "GET, HEAD"


def test_what_goes_wrong_on_our_side_tells_nothing(
    site: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(overview.Glances, "at", broken)
    page = site.get("/")
    assert page.status_code == 500
    assert "Internal error" in Read(page.text).text
    assert "secret" not in page.text


def test_a_database_that_is_away_is_told_on_a_page(browse: Callable[..., TestClient]) -> None:
    site = browse(database_url="postgresql+psycopg://nobody@127.0.0.1:1/none")
    page = site.get("/")
    assert page.status_code == 503
    assert page.headers["retry-after"]
    assert "does not answer" in Read(page.text).text
