"""The catalogue's forms: what is saved, what is refused, and that nothing typed is lost."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.ledger.small_office import fill, kpi, target
from tests.web.cataloguing import EDIT, ENTRY, Planner, form_of, position, told

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.ledger.office import Office


# --- saving -------------------------------------------------------------------------------------


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
