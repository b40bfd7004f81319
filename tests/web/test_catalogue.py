"""The catalogue's pages: searched, and told version by version."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from app.domain.access import Role
from app.ledger import scoreboard
from tests.counting import asked_of, reads
from tests.ledger.small_office import department, fill, kpi, plan, row, send, target
from tests.web.cataloguing import EDIT, ENTRY, HOSTILE, Planner, told
from tests.web.reading import Read

if TYPE_CHECKING:
    from collections.abc import Callable

    from httpx2 import Response
    from starlette.testclient import TestClient

    from app.ledger.office import Office
    from tests.clock import Clock


# --- lists --------------------------------------------------------------------------------------


def test_the_list_counts_what_is_found_of_every_kind(site: TestClient) -> None:
    text = told(site.get("/catalogue"))

    assert "Plans 1 Departments 6 KPIs 8 Targets 4" in text
    assert "4 found" in text
    assert "at most 22.5 units <= 22.5 Dec 2013" in text
    assert "Plans 0 Departments 0 KPIs 1 Targets 2" in told(site.get("/catalogue?q=pendency"))
    assert "1 found" in told(site.get("/catalogue?q=审查周期&kind=kpi"))
    assert "0 found" in told(site.get("/catalogue?plan=plan-2014"))


def test_departments_stand_below_those_that_they_belong_to(site: TestClient) -> None:
    page = site.get("/catalogue?kind=department").text

    found = re.findall(r'class="depth-(\d)"><a href="/catalogue/department/([a-z-]+)"', page)
    assert found == [
        ("0", "office"), ("1", "exam"), ("2", "exam-east"), ("1", "law"), ("1", "north"),
        ("1", "south"),
    ]  # fmt: skip


def test_a_long_list_comes_in_pages(browse: Callable[..., TestClient], office: Office) -> None:
    wide(office, 60)
    site = browse()

    assert site.get("/catalogue?kind=department").text.count('role="rowheader"') == 50
    assert site.get("/catalogue?kind=department&page=2").text.count('role="rowheader"') == 11
    assert site.get("/catalogue?page=0").status_code == 422


ADDRESSES = (
    "/catalogue",
    "/catalogue?kind=plan",
    "/catalogue?kind=department&q=ex",
    "/catalogue?kind=kpi",
    ENTRY,
    "/catalogue/kpi/pendency",
    "/catalogue/plan/plan-2013",
    "/catalogue/department/exam",
    EDIT,
    "/catalogue/edit/kpi/pendency",
    "/catalogue/edit/plan/plan-2013",
    "/catalogue/edit/department/exam",
    "/catalogue/new/target?plan=plan-2013",
    "/catalogue/new/kpi",
    "/catalogue/new/plan",
    "/catalogue/new/department",
)
GIVEN = {"中文", "审查周期", "个", "审查部", "地方局", "双生"}
"""What stands in Chinese on English pages, too: names, and the switch."""


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_page_is_whole_in_either_language(
    enter: Callable[..., Planner], language: str
) -> None:
    planner = enter(language=language)
    linked: set[str] = set()
    for address in ADDRESSES:
        page = planner.get(address)
        assert page.status_code == 200, address
        found = Read(page.text)
        assert found.inline == []
        assert len(found.ids) == len(set(found.ids)), address
        assert found.fields <= found.labels, address
        assert found.tags.count("h1") == 1
        chinese = set(re.findall("[\u4e00-\u9fff]+", found.text))
        assert chinese <= GIVEN if language == "en" else "指标目录" in chinese
        linked |= {one.partition("#")[0] for one in found.addresses if "/catalogue" in one}
    assert len(linked) > len(ADDRESSES)
    for link in linked:
        assert planner.get(link).status_code == 200, link


def test_what_is_not_there_is_not_found(planner: Planner) -> None:
    for address in (
        "/catalogue/plan/none",
        "/catalogue/target/plan-2013",
        "/catalogue/nothing/exam",
        "/catalogue/edit/target/plan-2013/none/exam",
        "/catalogue/edit/nothing/exam",
        "/catalogue/new/nothing",
    ):
        assert planner.get(address).status_code == 404, address


# --- a resource and its versions ----------------------------------------------------------------


def test_each_version_says_who_when_what_and_why(
    planner: Planner, reported: Office, clock: Clock
) -> None:
    clock.forward(days=2)
    fill(reported, target("<= 24", in_force_from="2013-03", reason="more applications came in"))
    text = told(planner.get(ENTRY))

    newest, _, oldest = text.partition("version 2")[2].partition("version 1")
    assert "2014-01-07 12:00 · planner" in newest
    assert "Reason more applications came in" in newest
    assert "Target at most 22.5 units (<= 22.5) at most 24 units (<= 24)" in newest
    assert "In force from the plan's beginning Mar 2013" in newest
    assert "2014-01-05 12:00 · planner" in oldest
    assert "The first version." in oldest

    past = told(planner.get(f"{ENTRY}?as_of=2014-01-06"))
    assert "as it was at the end of 2014-01-06" in past
    assert "at most 22.5 units (<= 22.5)" in past
    assert "more applications" not in past
    assert "/catalogue/edit/" not in planner.get(f"{ENTRY}?as_of=2014-01-06").text


def test_versions_of_plans_departments_and_kpis_tell_field_by_field(
    planner: Planner, reported: Office
) -> None:
    fill(reported, plan(source="State Council"), department("exam-east", parent="law"))
    fill(reported, kpi("cases", kind="flow", reported_by=["exam"], due_days=5))

    assert "Source – State Council" in told(planner.get("/catalogue/plan/plan-2013"))
    assert "Belongs to Examination law" in told(planner.get("/catalogue/department/exam-east"))
    text = told(planner.get("/catalogue/kpi/cases"))
    assert "Days until the deadline 10 5" in text
    assert "Reported by Examination · exam-east Examination" in text


def test_who_may_not_change_it_is_not_asked_to(enter: Callable[..., Planner]) -> None:
    reader, planner = enter("reader", Role.READER), enter()

    for address in ("/catalogue", ENTRY):
        assert re.search(r"/catalogue/(new|edit)/", planner.get(address).text)
        assert not re.search(r"/catalogue/(new|edit)/", reader.get(address).text)
    assert reader.get(EDIT).status_code == 403


# --- what goes wrong quietly --------------------------------------------------------------------


def test_names_stay_text_wherever_they_stand(
    enter: Callable[..., Planner], reported: Office
) -> None:
    fill(
        reported,
        department("exam", parent="office", name=HOSTILE),
        plan(name=HOSTILE, source=HOSTILE),
        kpi(
            "pendency",
            name=HOSTILE,
            unit_zh=HOSTILE,
            unit_en=HOSTILE,
            definition=HOSTILE,
            reported_by=["exam"],
        ),
        target("<= 21", source=HOSTILE, reason=HOSTILE),
    )
    planner = enter()
    pages = [
        *map(planner.get, ("/catalogue", "/catalogue?kind=plan", "/catalogue?kind=kpi", ENTRY)),
        *map(planner.get, (EDIT, "/catalogue/edit/kpi/pendency", "/catalogue/plan/plan-2013")),
        planner.get("/catalogue?q=" + HOSTILE.replace("&", "%26").replace("#", "%23")),
        planner.get("/catalogue/reading?kpi=pendency&target=<%3D 3"),
        planner.get("/catalogue/reading?target=" + HOSTILE.replace("&", "%26")),
        planner.post(EDIT, "preview", {"target": "<= 3", "reason": HOSTILE}),
        planner.post(EDIT, "preview", {"target": HOSTILE, "due": HOSTILE}),
    ]
    for page in pages:
        assert page.status_code in (200, 422)
        assert "<script>alert" not in page.text
        assert "<img" not in page.text
        assert Read(page.text).inline == []
        assert "{{7*7}}" not in page.text or "&amp;{{7*7}}" in page.text
        assert "&49" not in Read(page.text).text


def wide(office: Office, departments: int) -> Office:
    """Make an office of so many departments, each with a target, and figures of three months."""
    codes = [f"d{number}" for number in range(departments)]
    fill(
        office,
        department("office", kind="office", parent=None),
        *(department(code) for code in codes),
        plan(),
        kpi("cases", kind="flow", reported_by=codes),
        *(target(">= 100", kpi="cases", department=code) for code in codes),
    )
    send(
        office,
        *(
            row(5, at, kpi="cases", department=code)
            for code in codes
            for at in ("2013-01", "2013-02", "2013-03")
        ),
    )
    return office


def queries(site: TestClient, ask: Callable[[], Response]) -> int:
    """Count the reads of a request that was made before."""
    ask()
    with asked_of(site) as seen:
        assert ask().status_code == 200
    return len(reads(seen))


def test_a_page_asks_the_database_as_often_for_many_targets_as_for_one(
    enter: Callable[..., Planner], reported: Office
) -> None:
    wide(reported, 60)
    fill(reported, kpi("few", kind="flow", reported_by=["law"]), target(">= 1", kpi="few"))
    planner = enter()

    def asked(address: str, **changed: object) -> int:
        if not changed:
            return queries(planner.site, lambda: planner.get(address))
        given = {**planner.fields(address), **changed, "form_token": planner.token, "preview": ""}
        return queries(planner.site, lambda: planner.site.post(address, data=given))

    assert 0 < asked("/catalogue") <= 9
    assert 0 < asked("/catalogue/kpi/few") == asked("/catalogue/kpi/cases") <= 12
    assert 0 < asked("/catalogue/edit/kpi/few") == asked("/catalogue/edit/kpi/cases") <= 14
    few = asked("/catalogue/edit/kpi/few", kind="stock")
    assert 0 < few == asked("/catalogue/edit/kpi/cases", kind="stock") <= 20


def test_verdicts_of_the_past_stay_what_they_were_whatever_is_saved(
    planner: Planner, reported: Office, clock: Clock
) -> None:
    before = reported.clock()
    clock.forward(hours=1)
    assert planner.post(EDIT, "save", {"target": "<= 20"}).is_redirect

    with reported.database.read() as connection:
        stored, seen = reported.seen(connection, before)
        (then,) = scoreboard.lines(connection, stored, seen, [("plan-2013", "pendency", "exam")])
    assert then.verdict.status == "at_risk"
