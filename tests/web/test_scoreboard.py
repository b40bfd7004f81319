"""The scoreboard's page: what slips, by how much, since when; filters; the page as it was."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from app.ledger import overview
from tests.counting import reads_of
from tests.ledger.small_office import department, fill, kpi, plan, row, send, target
from tests.web.reading import Read

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.testclient import TestClient

    from app.ledger.office import Office
    from tests.clock import Clock


def told(site: TestClient, address: str = "/") -> str:
    page = site.get(address)
    assert page.status_code == 200
    return Read(page.text).text


def listed(site: TestClient, address: str) -> list[str]:
    """Return the targets of the list, by KPI and department, in its order."""
    _, _, table = site.get(address).text.partition('id="targets"')
    found = re.findall(r"/targets/plan-2013/([a-z-]+)/([a-z0-9-]+)[\"?]", table)
    return ["/".join(pair) for pair in found]


def test_what_slips_comes_first_with_its_amount_and_since_when(site: TestClient) -> None:
    text = told(site)

    assert "What slips most" in text
    first = text.partition("What slips most")[2]
    assert first.index("Pendency") < first.index("By department")
    assert "0.90 units above the target" in first
    assert "since Feb 2013" in first
    assert "at most 22.5 units" in first


def test_a_figure_never_looks_like_the_bound_that_it_misses(
    browse: Callable[..., TestClient], office: Office
) -> None:
    fill(office)
    send(office, row("22.504", "2013-12"))
    text = told(browse())
    assert "22.504" in text
    assert "0.004 units above the target" in text


def test_counts_by_status_lead_to_the_targets_counted(site: TestClient) -> None:
    page = site.get("/").text
    tiles = dict(re.findall(r'class="tile (\w+)" href="([^"]+)"', page))
    counts = dict(re.findall(r'class="tile (\w+)".*?class="big">(\d+)<', page, re.DOTALL))

    assert set(tiles) == {"at_risk", "on_track", "no_data"}
    for status, address in tiles.items():
        assert len(listed(site, address.replace("&amp;", "&"))) == int(counts[status])


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=platf", ["platforms/law"]),
        ("q=EXAMINATION", ["pendency/exam"]),
        ("department=exam", ["pendency/exam"]),
        ("status=no_data", ["standard/law"]),
        ("status=at_risk", ["pendency/exam"]),
        ("q=nothing+like+this", []),
        ("status=nonsense&q=platf&unknown=1", ["platforms/law"]),
        (
            "sort=kpi",
            ["pendency/exam", "pendency/office", "platforms/law", "standard/law"],
        ),
        (
            "sort=department&q=pend",
            ["pendency/exam", "pendency/office"],
        ),
    ],
)
def test_filters_and_order_stand_in_the_address(
    site: TestClient, query: str, expected: list[str]
) -> None:
    assert listed(site, f"/?{query}") == expected


def test_the_page_at_a_month_says_what_was_expected_then(site: TestClient) -> None:
    text = told(site, "/?period=2013-01")
    assert "Figures up to Jan 2013" in text
    assert "22.10" in text
    assert "23.40" not in text


def test_a_change_of_status_within_a_month_is_told(site: TestClient) -> None:
    assert listed(site, "/?status=changed&period=2013-02") == ["pendency/exam"]
    assert "a month before: on track" in told(site, "/?period=2013-02")


def test_the_page_as_it_was_bears_a_banner_and_keeps_the_filters(
    browse: Callable[..., TestClient], reported: Office, clock: Clock
) -> None:
    clock.forward(days=3)
    send(reported, row("22", reason="recounted once more"))
    site = browse()

    assert "22.00" in told(site)
    past = site.get("/?as_of=2014-01-06&q=pend")
    text = Read(past.text).text
    assert "23.40" in text
    assert "22.00" not in text
    assert "This page is as it was at the end of 2014-01-06." in text
    assert 'href="/?q=pend">Show it as it is now' in past.text
    # Today and later are what is now.
    assert "as it was" not in told(site, "/?as_of=2014-01-08")
    assert "as it was" not in told(site, "/?as_of=2100-01-01")


def test_before_anything_was_on_record_the_page_says_so(site: TestClient) -> None:
    for address in ("/?as_of=2014-01-01", "/?plan=plan-2013&as_of=2014-01-01"):
        assert "nothing was on record yet" in told(site, address)


@pytest.mark.usefixtures("office")
def test_an_office_without_a_plan_is_told_how_to_get_one(
    browse: Callable[..., TestClient],
) -> None:
    assert "There is no plan yet" in told(browse())


def opened(site: TestClient, address: str = "/") -> str:
    """Return the plan that an address opens."""
    found = re.search(r"<h1>(.*?)</h1>", site.get(address).text)
    assert found is not None
    return found[1]


def test_the_plan_with_the_newest_figures_is_shown_first(
    browse: Callable[..., TestClient], office: Office, clock: Clock
) -> None:
    clock.set(2014, 3, 1)
    fill(office)
    fill(
        office,
        plan("later", start="2014-01", end="2014-12"),
        plan("earlier", start="2010-01", end="2012-12"),
        target("<= 3", plan="later", due="2014-12"),
        target("<= 3", plan="earlier", due="2012-12"),
    )
    site = browse()

    assert opened(site) == "later"
    send(office, row("3", "2012-11"))
    assert opened(site) == "earlier"
    send(office, row("3", "2013-02"))
    assert opened(site) == "plan-2013"
    send(office, row("3", "2014-01"))
    assert opened(site) == "later"


def test_a_plan_of_years_does_not_stand_before_the_year_with_more_targets_reported(
    browse: Callable[..., TestClient], office: Office, clock: Clock
) -> None:
    clock.set(2016, 3, 1)
    fill(office)
    fill(
        office,
        plan("five-years", start="2011-01", end="2015-12"),
        target("<= 3", plan="five-years", due="2015-12"),
    )
    site = browse()

    send(office, row("3", "2015-11"))
    assert opened(site) == "five-years"
    send(office, row("5", "2013-03", kpi="platforms", department="law"))
    assert opened(site) == "five-years", "one and one: the newer figure decides"
    send(office, row("3", "2013-03"))
    assert opened(site) == "plan-2013", "three and one"
    assert opened(site, "/?plan=five-years") == "five-years"


def test_a_plan_of_another_office_does_not_stand_before_a_newer_one(
    browse: Callable[..., TestClient], office: Office
) -> None:
    fill(office)
    fill(
        office,
        department("abroad", kind="office", parent=None),
        kpi("grants", reported_by=["abroad"]),
        kpi("refusals", reported_by=["abroad"]),
        plan("theirs", start="2012-07", end="2013-06"),
        *(
            target("<= 3", plan="theirs", kpi=code, department="abroad", due="2013-06")
            for code in ("grants", "refusals")
        ),
    )
    site = browse()

    for code in ("grants", "refusals"):
        send(office, row("3", "2013-06", kpi=code, department="abroad"))
    assert opened(site) == "theirs"
    send(office, row("5", "2013-07", kpi="platforms", department="law"))
    assert opened(site) == "plan-2013"


@pytest.mark.parametrize(
    ("start", "end", "shared"),
    [
        ("2012-01", "2012-12", False),
        ("2012-01", "2013-01", True),
        ("2013-Q3", "2014-Q2", True),
        ("2013", "2013", True),
        ("2014", "2015", False),
    ],
)
def test_plans_overlap_where_a_day_lies_in_both(start: str, end: str, *, shared: bool) -> None:
    year, other = plan().to_domain(), plan("other", start=start, end=end).to_domain()
    assert year.overlaps(other) is shared
    assert other.overlaps(year) is shared


def test_who_has_not_reported_is_told_with_since_when(site: TestClient) -> None:
    text = told(site).partition("By department")[2].partition("KPI or department")[0]
    assert "3/11" in text
    assert "since Apr 2013" in text


def wide(office: Office, departments: int) -> Office:
    """Fill an office with a target and figures of three months for each of many departments."""
    codes = [f"d{number}" for number in range(departments)]
    fill(
        office,
        department("office", kind="office", parent=None),
        *(department(code) for code in codes),
        plan(),
        kpi("cases", kind="flow", reported_by=codes),
        *(target(">= 100", kpi="cases", department=code) for code in codes),
    )
    rows = (
        row(5, at, kpi="cases", department=code)
        for code in codes
        for at in ("2013-01", "2013-02", "2013-03")
    )
    assert send(office, *rows).result.counts.created == 3 * departments
    return office


def queries(site: TestClient, address: str) -> int:
    """Count the statements of a page that nobody has looked at since the record changed."""
    site.get(address)
    site.app.application.state.site.glances = overview.Glances()  # type: ignore[attr-defined]
    return reads_of(site, address)


def test_a_page_asks_the_database_as_often_for_many_targets_as_for_one(
    browse: Callable[..., TestClient], office: Office
) -> None:
    wide(office, 130)
    site = browse()

    assert 0 < queries(site, "/?department=d1") == queries(site, "/") <= 8
    assert 0 < queries(site, "/targets/plan-2013/cases/d1") <= 6


def test_looked_at_again_a_page_shows_what_came_in_since(
    browse: Callable[..., TestClient], office: Office, clock: Clock
) -> None:
    wide(office, 1)
    site = browse()
    assert "3/11" in told(site)
    for value, sum_so_far in (("41", "51"), ("42", "52")):
        reason = f"recounted as {value}"
        send(office, row(value, "2013-03", kpi="cases", department="d0", reason=reason))
        assert sum_so_far in told(site).partition("to be reached")[2]
    clock.forward(days=9)
    assert "3/12" in told(site)


def test_a_long_list_comes_in_pages(browse: Callable[..., TestClient], office: Office) -> None:
    wide(office, 130)
    site = browse()

    pages = [listed(site, f"/?sort=department&page={number}") for number in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [50, 50, 30, 0]
    assert len({one for page in pages for one in page}) == 130
