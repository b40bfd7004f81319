"""A target's page, a figure's history, a receipt: from the verdict down to who said what."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from app.forecasting import asking
from app.intake.review import give_back
from tests.ledger.small_office import APPROVER, fill, row, send, target
from tests.web.conftest import FIGURE, TARGET
from tests.web.reading import Read

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.testclient import TestClient

    from app.ledger.office import Office
    from tests.clock import Clock


def told(site: TestClient, address: str) -> str:
    page = site.get(address)
    assert page.status_code == 200
    return Read(page.text).text


def chart_data(html: str) -> dict[str, list[object]]:
    found = re.search(r'id="chart-data">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    data: dict[str, list[object]] = json.loads(found[1])
    return data


def test_the_verdict_is_told_with_its_arithmetic(site: TestClient) -> None:
    text = told(site, TARGET)

    assert "at risk 0.90 units above the target" in text
    assert "A ≤ T 23.4 ≤ 22.5" in text
    assert "1 + (22.5 − 23.4) / |22.5| = 0.96" in text
    assert "pace 0.96" in text


def test_each_number_leads_to_its_revisions_and_to_its_submission(site: TestClient) -> None:
    page = site.get(TARGET).text
    arithmetic = page.partition('id="arithmetic"')[2]

    assert f'<a href="{FIGURE}">23.4</a>' in arithmetic
    assert 'href="/submissions/5"' in arithmetic
    counted = arithmetic.partition('id="figures"')[2].partition("</table>")[0]
    assert "<td>Examination</td>" in counted
    history = told(site, FIGURE)
    assert "a case was counted twice" in history
    assert "−0.50" in history
    assert history.index("23.4 ") < history.index("23.9 ")


def test_the_figures_of_a_flow_stand_in_its_sum_one_by_one(
    browse: Callable[..., TestClient], office: Office
) -> None:
    fill(office)
    fill(office, target(">= 30", kpi="cases"))
    for at, value in (("2013-01", "7"), ("2013-02", "8")):
        send(office, row(value, at, kpi="cases"))
    page = browse().get("/targets/plan-2013/cases/exam").text

    links = [f'<a href="/figures/cases/exam/{at}">' for at in ("2013-01", "2013-02")]
    assert f"{links[0]}7</a> + {links[1]}8</a> = 15" in page
    assert "In each of the 10 periods: at least 1.50 units" in Read(page).text


def test_the_chart_is_there_without_javascript_and_its_numbers_as_a_table(
    site: TestClient,
) -> None:
    page = site.get(TARGET).text

    data = chart_data(page)
    assert data["actual"][:4] == [22.1, 22.6, 23.4, None]
    assert data["actual_text"][:3] == ["22.10", "22.60", "23.40"]
    assert data["revised"][:3] == [None, None, 23.4]
    assert page.count('class="point') >= 3
    assert "Mar 2013: 23.40 units · revision 2" in page
    table = Read(page).text.partition("Period by period")[2]
    for shown in ("22.10", "22.60", "23.40", "at risk", "on track", "Dec 2013"):
        assert shown in table


def test_a_target_without_figures_says_so_and_what_is_needed(site: TestClient) -> None:
    text = told(site, "/targets/plan-2013/standard/law")
    assert "no data" in text
    assert "No figure is in yet." in text
    assert "What is still needed at least 100%" in text


def test_a_target_over_departments_tells_who_contributes_and_who_is_missing(
    browse: Callable[..., TestClient], office: Office
) -> None:
    fill(office)
    fill(office, target("<= 100", kpi="cases", department="office"))
    send(office, row("7", kpi="cases"))
    text = told(browse(), "/targets/plan-2013/cases/office")
    assert "What each department contributes" in text
    assert "Examination" in text


def test_versions_of_a_target_come_with_their_reasons(
    browse: Callable[..., TestClient], reported: Office
) -> None:
    revised = target("<= 24", reason="more applications than planned", in_force_from="2013-03")
    fill(reported, revised)
    text = told(browse(), TARGET)

    assert "more applications than planned" in text
    assert "at most 22.5 units" in text
    assert "at most 24 units" in text
    assert "Mar 2013" in text


def test_the_target_as_it_was(
    browse: Callable[..., TestClient], reported: Office, clock: Clock
) -> None:
    clock.forward(days=3)
    send(reported, row("21.37", reason="recounted once more"))
    site = browse()

    assert "21.37" in told(site, TARGET)
    past = told(site, f"{TARGET}?as_of=2014-01-06")
    assert "as it was at the end of 2014-01-06" in past
    # Whoever goes on from there stays there.
    assert f'href="{FIGURE}?as_of=2014-01-06"' in site.get(f"{TARGET}?as_of=2014-01-06").text
    assert f'href="{TARGET}?as_of=2014-01-06"' in site.get(f"{FIGURE}?as_of=2014-01-06").text
    assert f'href="{TARGET}?as_of=2014-01-06"' in site.get("/?as_of=2014-01-06").text
    assert "21.37" not in past
    assert "recounted" not in told(site, f"{FIGURE}?as_of=2014-01-06")
    assert "recounted" in told(site, FIGURE)


def test_a_receipt_tells_counts_findings_and_what_approvers_did(
    browse: Callable[..., TestClient], reported: Office
) -> None:
    give_back(reported, 2, APPROVER, "why so many?")
    site = browse()

    accepted, refused = told(site, "/submissions/2"), told(site, "/submissions/7")
    assert "accepted" in accepted
    assert "why so many?" in accepted
    assert "refused" in refused
    assert "“nonsense” is not a number" in refused
    assert "SHA-256" in refused


@pytest.fixture
def forecast(browse: Callable[..., TestClient], office: Office) -> TestClient:
    """The pages of an office whose exam's pendency has come as far as September."""
    fill(office)
    send(office, *(row(f"{20 + month / 4}", f"2013-{month:02}") for month in range(1, 10)))
    return browse()


def test_how_the_course_goes_on_is_said_and_drawn(forecast: TestClient) -> None:
    page = forecast.get(TARGET).text
    text = Read(page).text

    assert (
        "At this course it will be 23.00 units at Dec 2013 (23.00 to 23.00):"
        " the target will likely be missed." in text
    )
    assert "from 9 figures since 2013-01; 80 % interval. It has no part in the verdict." in text
    assert 'class="forecast" d="M' in page
    assert "forecast, 80% interval" in text
    data = chart_data(page)
    assert data["forecast"][:8] == [None] * 8
    assert data["forecast"][8:] == pytest.approx([22.25, 22.5, 22.75, 23])
    assert data["forecast_text"][11] == "23.00"


def test_it_is_said_in_chinese(browse: Callable[..., TestClient], forecast: TestClient) -> None:
    assert forecast.get(TARGET).status_code == 200
    text = told(browse("zh"), TARGET)

    assert "照此走势，到2013年12月将为23.00 个（23.00 至 23.00）：目标很可能达不到。" in text


def test_at_a_period_only_what_was_there_by_then_goes_on(forecast: TestClient) -> None:
    assert "at Dec 2013" in told(forecast, f"{TARGET}?period=2013-08")
    early = told(forecast, f"{TARGET}?period=2013-06")
    assert (
        "No forecast: a forecast needs 8 figures without a break in series; there are 6." in early
    )
    assert "80% interval" not in early


def test_a_forecast_as_it_was_then_knows_nothing_of_later_figures(
    forecast: TestClient, office: Office, clock: Clock
) -> None:
    before = told(forecast, TARGET)
    clock.forward(days=3)
    send(office, row("30", "2013-10"))

    assert "will be 23.00 units" not in told(forecast, TARGET)
    past = told(forecast, f"{TARGET}?as_of=2014-01-06")
    for sentence in ("At this course it will be 23.00 units", "from 9 figures since 2013-01"):
        assert sentence in before
        assert sentence in past


def test_where_the_due_period_has_its_figure_nothing_is_forecast(
    forecast: TestClient, office: Office
) -> None:
    send(office, row("22.5", "2013-12"))
    page = forecast.get(TARGET).text

    assert 'id="forecast"' not in page
    assert "forecast" not in Read(page).text


def test_a_model_that_fails_keeps_no_page_back(
    forecast: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "_START", "raise SystemExit(1)")

    assert "No forecast: it could not be computed just now." in told(forecast, TARGET)
