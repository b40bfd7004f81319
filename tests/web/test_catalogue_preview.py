"""What a change of the catalogue would do is told before it is saved."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.ledger.small_office import fill, row, send, target
from tests.web.cataloguing import EDIT, PENDENCY, Planner, position, told
from tests.web.reading import Read

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.testclient import TestClient

    from app.ledger.office import Office


# --- the preview --------------------------------------------------------------------------------


def test_a_preview_tells_what_changes_now_and_at_a_month(
    planner: Planner, reported: Office
) -> None:
    before = position(reported)
    page = planner.post(EDIT, "preview", {"target": "<= 20", "reason": "as agreed"})
    text = told(page)

    assert "Targets that would have another verdict now: 1 of 1." in text
    assert "Past months with a verdict that would change: 12." in text
    assert "To keep past months judged by the version before" in text
    assert "pages as of an earlier day show the verdicts of that day" in text
    assert "Pendency Examination plan-2013 · Mar 2013 at risk off track 23.40" in text
    assert "96.0% → 83.0%" in text
    earlier = planner.post(EDIT, "preview", {"target": "<= 20", "preview": "2013-01"})
    text = told(earlier)
    assert "Verdicts that would change at Jan 2013: 1" in text
    assert "on track off track 22.10" in text
    later = planner.post(EDIT, "preview", {"target": "<= 20", "in_force_from": "2013-03"})
    assert "Past months with a verdict that would change: 10." in told(later)
    assert "To keep past months judged" not in told(later)
    assert "Feb 2013 <strong>0</strong>" in later.text
    assert planner.post(EDIT, "preview", {"preview": "January"}).status_code == 422
    assert position(reported) == before


def test_what_the_preview_says_is_what_the_pages_say_after_saving(planner: Planner) -> None:
    changed = {"target": "<= 21", "in_force_from": "2013-02", "reason": "as agreed"}
    rows = r'<td role="cell" data-label="status once saved"><span class="status (\w+)">'
    promised = {}
    for month in ("", "2013-01", "2013-02", "2013-03"):
        page = planner.post(EDIT, "preview", {**changed, "preview": month})
        promised[month] = re.findall(rows, page.text)
    assert promised == {
        "": ["off_track"],
        "2013-01": [],
        "2013-02": ["off_track"],
        "2013-03": ["off_track"],
    }

    assert planner.post(EDIT, "save", changed).is_redirect
    shown = r'aria-label="Verdict">\s*<p><span class="status (\w+)">'
    for month, statuses in promised.items():
        judged = planner.get(f"/targets/{PENDENCY}?period={month}").text
        assert re.findall(shown, judged) == (statuses or ["on_track"])


def test_a_preview_in_chinese(enter: Callable[..., Planner]) -> None:
    text = told(enter(language="zh-CN").post(EDIT, "preview", {"target": "<= 20"}))

    assert "现有判定会改变的目标：1 项中的 1 项。" in text
    assert "2013年3月" in text
    assert "有风险" in text
    assert "20个以内：不超过 20 即达标" in text


def test_a_changed_kpi_previews_every_target_of_it(planner: Planner, reported: Office) -> None:
    fill(reported, target(">= 30", kpi="cases"), target(">= 40", kpi="cases", department="office"))
    send(reported, row(9, "2013-01", kpi="cases"), row(9, "2013-02", kpi="cases"))
    text = told(planner.post("/catalogue/edit/kpi/cases", "preview", {"kind": "stock"}))

    assert "Targets that would have another verdict now: 2 of 2." in text


# --- what a target becomes, as it is typed ------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "reading"),
    [
        ("target=~ 20&kpi=platforms", "about 20 units: met from 18 to 22, and above, too"),
        ("target=3..5&kpi=x&overshoot=breach", "3 to 5: met from 3 to 5; above is a breach"),
        ("target=<%3D 22.5&kpi=pendency", "at most 22.5 units: met up to 22.5"),
        ("target=≥ 3.3", "at least 3.3: met from 3.3 on"),
        ("target=done", "to be done: met when all of it is done"),
        ("target=5..3", "the lower bound comes first: 3..5."),
        ("target=", ""),
    ],
)
def test_a_target_is_read_while_it_is_typed(site: TestClient, query: str, reading: str) -> None:
    page = site.get(f"/catalogue/reading?{query}")

    assert Read(page.text).text.strip() == reading
    assert 'id="reading"' in page.text
