"""The catalogue's pages: searched, told version by version, changed with a preview."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from decimal import Decimal
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event

from app.domain.access import Role
from app.ledger import journal, scoreboard, sessions
from tests.ledger.small_office import add_user, department, fill, kpi, plan, row, send, target
from tests.web.reading import Read

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from httpx2 import Response
    from starlette.testclient import TestClient

    from app.ledger.office import Office
    from tests.clock import Clock

PENDENCY = "plan-2013/pendency/exam"
EDIT = f"/catalogue/edit/target/{PENDENCY}"
ENTRY = f"/catalogue/target/{PENDENCY}"
HOSTILE = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(2)>&{{7*7}}"

Browse = "Callable[..., TestClient]"


@dataclass
class Planner:
    """Somebody who has signed in, and how a browser sends the forms that they fill in."""

    site: TestClient
    token: str

    def get(self, address: str) -> Response:
        return self.site.get(address)

    def fields(self, address: str) -> dict[str, list[str]]:
        """Return the fields of a form as it is given out, as a browser would send them back."""
        page = self.site.get(address)
        assert page.status_code == 200
        return form_of(page.text)

    def post(
        self, address: str, do: str, changed: Mapping[str, object], *, of: str | None = None
    ) -> Response:
        """Fill in a form anew from its page, press one of its buttons, and stay there."""
        given = {**(self.fields(of or address)), **changed}
        sent = {**given, "form_token": self.token, do: given.get(do, "")}
        return self.site.post(address, data=sent, follow_redirects=False)


def form_of(html: str) -> dict[str, list[str]]:
    """Return what a browser would send of the page's form, by the names of its fields."""
    form = html.partition('class="entry"')[2]
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"<input [^>]*>", form):
        given = dict(re.findall(r'([a-z-]+)="([^"]*)"', tag))
        if given.get("type") not in ("checkbox", "radio") or " checked" in tag:
            found.setdefault(given["name"], []).append(given["value"])
    for name, body in re.findall(r'<select [^>]*name="(\w+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        options = re.findall(r'<option value="([^"]*)"( selected)?', body)
        chosen = [value for value, selected in options if selected] or [options[0][0]]
        found[name] = chosen[:1]
    for name, body in re.findall(
        r'<textarea [^>]*name="(\w+)"[^>]*>\n(.*?)</textarea>', form, re.DOTALL
    ):
        found[name] = [body]
    return {name: [unescape(one) for one in values] for name, values in found.items()}


@pytest.fixture
def enter(browse: Callable[..., TestClient], reported: Office) -> Callable[..., Planner]:
    """Sign somebody in to the office that has reported; a planner unless told."""

    def sign_in(name: str = "li.hua", role: Role = Role.PLANNER, language: str = "en") -> Planner:
        user = add_user(reported, name, role)
        with reported.database.write() as connection:
            token = sessions.begin(connection, user.id, reported.clock())
        site = browse(language)
        site.headers.update({"Cookie": f"dabiao-session={token}"})
        return Planner(site, sessions.form_token(token))

    return sign_in


@pytest.fixture
def planner(enter: Callable[..., Planner]) -> Planner:
    """A planner who reads English."""
    return enter()


def told(page: Response, status: int = 200) -> str:
    assert page.status_code == status
    return Read(page.text).text


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


# --- saving -------------------------------------------------------------------------------------


def position(office: Office) -> int:
    with office.database.read() as connection:
        return journal.position(connection)


def test_a_saved_form_is_a_new_version_with_its_reason(planner: Planner, reported: Office) -> None:
    changed = {"target": "<= 24", "in_force_from": "2013年3月", "reason": "more came in"}
    done = planner.post(EDIT, "save", changed)

    assert done.status_code == 303
    assert done.headers["location"] == f"{ENTRY}?saved=2"
    text = told(planner.get(done.headers["location"]))
    assert "Version 2 is saved." in text
    assert "li.hua" in text
    with reported.database.read() as connection:
        stored = reported.catalogue(connection).catalogue.targets["plan-2013", "pendency", "exam"]
    assert (str(stored.goal), str(stored.in_force_from), stored.reason) == (
        "<= 24",
        "2013-03",
        "more came in",
    )


FORMS = (
    EDIT,
    "/catalogue/edit/target/plan-2013/platforms/law",
    "/catalogue/edit/target/plan-2013/cases/exam",
    "/catalogue/edit/plan/plan-2013",
    "/catalogue/edit/department/exam-east",
    "/catalogue/edit/kpi/per-capita",
    "/catalogue/edit/kpi/pendency",
    "/catalogue/edit/kpi/total",
)


def test_a_form_sent_back_as_it_is_changes_nothing(planner: Planner, reported: Office) -> None:
    fill(
        reported,
        target(
            ">= 9.50",
            kpi="cases",
            tolerance_band="0.1",
            weight="2.5",
            source="section 4\nparagraph 1",
            reason="as agreed",
            in_force_from="2013-02",
            baseline={"period": "2012", "value": "3"},
            trajectory={"shape": "points", "points": {"2013-06": "5", "2013-Q1": "4"}},
        ),
        kpi(
            "pendency",
            name_zh="审查周期",
            name_en="Pendency",
            name=None,
            maximum="100",
            definitions=[{"version": 1, "text": "x"}, {"version": 2, "since": "2013-04"}],
        ),
        kpi("total", kind="stock", monotone=True, sum_of={"kpi": "cases", "over": "ever"}),
    )
    before = position(reported)

    for address in FORMS:
        assert "no new version would be made" in told(planner.post(address, "preview", {}))
        done = planner.post(address, "save", {})
        assert done.headers["location"].endswith("?saved=same"), address
        assert "so no new version was made" in told(planner.get(done.headers["location"]))
    assert position(reported) == before


def test_signs_of_chinese_input_methods_are_read(planner: Planner, reported: Office) -> None:
    changed = {"target": "～２０ ＋－ ２", "due": "２０１３－１２", "tolerance_band": "０。１"}
    address = "/catalogue/edit/target/plan-2013/platforms/law"
    assert planner.post(address, "save", changed).status_code == 303

    with reported.database.read() as connection:
        stored = reported.catalogue(connection).catalogue.targets["plan-2013", "platforms", "law"]
    assert (str(stored.goal), stored.tolerance_band) == ("~ 20", Decimal("0.1"))


def test_the_longest_texts_that_are_kept_can_be_typed(planner: Planner, reported: Office) -> None:
    long = {"source": "据" * 4000, "reason": "因" * 4000}
    assert planner.post(EDIT, "save", {**long, "target": "<= 21"}).is_redirect
    too_long = planner.post(EDIT, "save", {**long, "reason": "因" * 4001, "target": "<= 20"})
    assert "longer than 4000 characters" in told(too_long, 422)

    with reported.database.read() as connection:
        stored = reported.catalogue(connection).catalogue.targets["plan-2013", "pendency", "exam"]
    assert (stored.source, stored.reason) == (long["source"], long["reason"])


WRONG: tuple[tuple[str, dict[str, Any], str, str], ...] = (
    (EDIT, {"target": "22.5"}, "target", "not a target; write"),
    (EDIT, {"target": "done"}, "target", "belongs to milestones"),
    (EDIT, {"due": "2014-12"}, "due", "does not lie within the plan"),
    (EDIT, {"due": "soon"}, "due", "“soon” is not a period"),
    (EDIT, {"tolerance_band": "much"}, "tolerance_band", "“much” is not a number"),
    (EDIT, {"in_force_from": "2012-12"}, "in_force_from", "can be in force from a period"),
    (EDIT, {"shape": "points"}, "trajectory", "needs points"),
    (
        EDIT,
        {"shape": "step", "point_period": ["2013-03", "2013年3月"], "point_value": ["1", "2"]},
        "trajectory",
        "A period stands there twice.",
    ),
    (EDIT, {"shape": "linear"}, "baseline_period", "needs a baseline"),
    (EDIT, {"baseline_value": "3"}, "baseline_period", "is not a period"),
    (EDIT, {"baseline_period": "2012"}, "baseline_value", "is not a number"),
    ("/catalogue/edit/plan/plan-2013", {"end": "2012"}, "end", "before the start"),
    ("/catalogue/edit/plan/plan-2013", {"name_en": " "}, "name_en", "not empty"),
    ("/catalogue/edit/department/exam", {"parent": "exam-east"}, "parent", "own ancestor"),
    ("/catalogue/edit/kpi/pendency", {"minimum": "200"}, "minimum", "above the maximum"),
    ("/catalogue/edit/kpi/pendency", {"sum_of": "cases"}, "sum_of", "Only a stock"),
    ("/catalogue/edit/kpi/pendency", {"frequency": "Q"}, "frequency", "cannot change"),
    ("/catalogue/new/plan", {"code": "Plan 1"}, "code", "lower-case letters"),
)
"""Per form: what is typed, the field beside which something is said of it, and what."""


@pytest.mark.parametrize("do", ["preview", "save"])
def test_findings_stand_beside_their_fields_and_nothing_is_lost(
    planner: Planner, reported: Office, do: str
) -> None:
    before = position(reported)
    for address, changed, field, message in WRONG:
        page = planner.post(address, do, changed)

        assert "Nothing was saved" in told(page, 422)
        beside = re.findall(rf'id="{field}-wrong-1">(.*?)</p>', page.text)
        assert [message in one for one in beside] == [True], (field, message)
        sent = form_of(page.text)
        for name, value in changed.items():
            given = value if isinstance(value, list) else [value.strip()]
            assert sent[name][: len(given)] == given
    assert position(reported) == before


def test_findings_of_what_hangs_on_it_name_the_target(planner: Planner) -> None:
    page = planner.post("/catalogue/edit/plan/plan-2013", "save", {"end": "2013-06"})

    assert "plan-2013/pendency/exam: due: 2013-12 does not lie within" in told(page, 422)


def test_nothing_is_saved_without_the_sessions_token(planner: Planner, reported: Office) -> None:
    given = {**planner.fields(EDIT), "target": "<= 1", "save": "yes"}
    before = position(reported)

    for token in ("", "another"):
        for address in (EDIT, "/catalogue/new/target"):
            sent = planner.site.post(address, data={**given, "form_token": token})
            assert sent.status_code == 403
    elsewhere = {"Origin": "https://elsewhere.example"}
    sent = planner.site.post(EDIT, data={**given, "form_token": planner.token}, headers=elsewhere)
    assert sent.status_code == 403
    assert position(reported) == before


def test_somebody_else_who_saved_meanwhile_is_told_and_nothing_lost(
    enter: Callable[..., Planner], reported: Office
) -> None:
    mine, theirs = enter("li.hua"), enter("wang.min")
    given = mine.fields(EDIT)
    theirs.post(EDIT, "save", {"target": "<= 24", "reason": "more came in"})
    sent = {**given, "target": "<= 23", "form_token": mine.token}

    newest: list[str] = []
    for do in ("preview", "save"):
        page = mine.site.post(EDIT, data={**sent, do: "yes"}, follow_redirects=False)
        newest, text = form_of(page.text)["version"], told(page, 412)
        assert "Somebody else saved meanwhile wang.min saved version 2 at 2014-01-05" in text
        assert "at most 22.5 units (<= 22.5) at most 24 units (<= 24)" in text
        assert "at most 24 units (<= 24) at most 23 units (<= 23)" in text
        assert form_of(page.text)["target"] == ["<= 23"]
    unread = mine.site.post(EDIT, data={**sent, "target": "23", "save": "yes"})
    text = told(unread, 412)
    assert "Somebody else saved meanwhile" in text
    assert "not a target; write" in text
    assert "is on record already" not in text
    again = {**sent, "version": newest, "save": "yes"}
    done = mine.site.post(EDIT, data=again, follow_redirects=False)
    assert done.headers["location"].endswith("?saved=3")
    text = told(mine.get(ENTRY))
    assert text.index("version 3") < text.index("version 2") < text.index("version 1")
    assert position(reported) > 0


# --- new resources ------------------------------------------------------------------------------

NAMES = {"name_zh": "新", "name_en": "New"}
NEW: dict[str, tuple[dict[str, object], str]] = {
    "plan": ({"code": "plan-2014", **NAMES, "start": "2014", "end": "2014"}, "plan-2014"),
    "department": ({"code": "new", **NAMES, "kind": "centre", "parent": "exam"}, "new"),
    "kpi": (
        {
            "code": "hours",
            **NAMES,
            "unit_zh": "时",
            "unit_en": "hours",
            "kind": "flow",
            "definition": "hours worked",
            "reported_by": ["law", "exam"],
        },
        "hours",
    ),
    "target": (
        {
            "plan": "plan-2013",
            "kpi": "cases",
            "department": "exam",
            "target": ">= 30",
            "due": "2013",
            "point_period": ["2013-03", "", "2013-06"],
            "point_value": ["5", "", "9.5"],
        },
        "plan-2013/cases/exam",
    ),
}


@pytest.mark.parametrize("kind", NEW)
def test_a_new_resource_is_made_once(planner: Planner, reported: Office, kind: str) -> None:
    given, code = NEW[kind]
    address = f"/catalogue/new/{kind}"
    assert "Preview: what would change" in told(planner.post(address, "preview", given))

    done = planner.post(address, "save", given)
    assert done.headers["location"] == f"/catalogue/{kind}/{code}?saved=1"
    assert "Version 1 is saved." in told(planner.get(done.headers["location"]))
    for do in ("preview", "save"):
        assert "There is one of this code already" in told(planner.post(address, do, given), 422)
    with reported.database.read() as connection:
        stored = reported.catalogue(connection)
    assert stored.versions[kind, code] == 1
    if kind == "target":
        points = stored.catalogue.targets["plan-2013", "cases", "exam"].trajectory.points
        assert {str(at): str(value) for at, value in points.items()} == {
            "2013-03": "5",
            "2013-06": "9.5",
        }
    if kind == "kpi":
        assert stored.catalogue.kpis["hours"].reported_by == ("exam", "law")


def test_more_rows_for_points_keep_what_was_typed(planner: Planner) -> None:
    changed = {"point_period": ["2013-03"], "point_value": ["5"], "target": "nonsense"}
    page = planner.post("/catalogue/new/target", "more", changed)

    assert page.status_code == 200
    sent = form_of(page.text)
    assert sent["target"] == ["nonsense"]
    assert sent["point_period"][0] == "2013-03"
    more = planner.site.post(
        "/catalogue/new/target", data={**sent, "more": "", "form_token": planner.token}
    )
    assert len(form_of(more.text)["point_value"]) > len(sent["point_value"])


# --- definitions --------------------------------------------------------------------------------

KPI = "/catalogue/edit/kpi/cases"


def definitions(office: Office) -> list[tuple[int, str | None, str | None]]:
    with office.database.read() as connection:
        found = office.catalogue(connection).catalogue.kpis["cases"]
    listed = [
        (one.version, None if one.since is None else str(one.since), one.text)
        for one in found.definitions
    ]
    return listed or [(1, None, found.definition)]


def test_whoever_changes_a_definition_says_what_changes(planner: Planner, reported: Office) -> None:
    assert planner.post(KPI, "save", {"definition": "closed\r\ncases"}).status_code == 303
    assert definitions(reported) == [(1, None, "closed\ncases")]

    unsaid = planner.post(KPI, "save", {"definition": "cases closed"})
    assert "Say whether what is measured changes, or only its words." in told(unsaid, 422)
    words = {"definition": "cases closed", "definition_is": "words"}
    assert planner.post(KPI, "save", words).status_code == 303
    assert definitions(reported) == [(1, None, "cases closed")]

    other: dict[str, object] = {"definition": "all cases", "definition_is": "other"}
    assert "Say from which period on" in told(planner.post(KPI, "save", other), 422)
    other["definition_since"] = "2013-05"
    assert planner.post(KPI, "save", other).status_code == 303
    assert definitions(reported) == [(1, None, "cases closed"), (2, "2013-05", "all cases")]

    assert planner.post(KPI, "save", {"newest_since": "2013-06"}).status_code == 303
    third = {"definition": "some", "definition_is": "other", "definition_since": "2013-04"}
    assert "begins after the one before it" in told(planner.post(KPI, "save", third), 422)
    assert planner.post(KPI, "save", {**third, "definition_since": "2013-08"}).is_redirect
    assert definitions(reported)[1:] == [(2, "2013-06", "all cases"), (3, "2013-08", "some")]
    assert "1 · from the beginning · cases closed" in told(planner.get("/catalogue/kpi/cases"))


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
    """Count the statements of a request, apart from those of the service's own threads."""
    found: list[str] = []

    def note(*given: object) -> None:
        if threading.current_thread().name.startswith("AnyIO worker"):
            found.append(str(given[2]))

    ask()
    engine = site.app.state.services.office.database.engine  # type: ignore[attr-defined]
    event.listen(engine, "before_cursor_execute", note)
    assert ask().status_code == 200
    event.remove(engine, "before_cursor_execute", note)
    return len([one for one in found if one.lstrip().upper().startswith("SELECT")])


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
