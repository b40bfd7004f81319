"""The form to fill in: what it asks, and how it looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.api.contract import findings
from tests.api.form.filling import (
    ADDRESS,
    EAST,
    EXAM,
    MARCH,
    columns,
    filled,
    get,
    lines,
    opened,
    post,
)

if TYPE_CHECKING:
    from tests.api.contract import Client
    from tests.clock import Clock

# --- what is asked ------------------------------------------------------------------------------


def test_just_the_figures_that_are_due_overdue_or_returned_are_asked(
    april: Client, clock: Clock
) -> None:
    law = [("platforms", "law", "2013-03"), ("share", "law", "2013-03")]
    everything = [EXAM, EAST, ("standard", "law", "2013-03"), *law]
    assert sorted(lines(get(april, **MARCH))) == sorted(everything)
    assert sorted(lines(get(april))) == sorted(everything), "the newest month unless asked"
    assert sorted(lines(get(april, **MARCH, department="exam"))) == [EXAM, EAST]
    assert sorted(lines(get(april, **MARCH, kpi="share", plan="plan-2013"))) == law[1:]
    assert lines(get(april, period="2013-04")) == {}, "not due yet"

    number = april.post_actuals(
        {"kpi": "pendency", "department": "exam", "period": "2013-03", "value": 23}
    ).json()["id"]
    assert sorted(lines(get(april, **MARCH, department="exam"))) == [EAST]
    headers = april.bearing("admin")
    reason = {"reason": "Counts the old files twice"}
    april.post(f"/api/v1/submissions/{number}/return", json=reason, headers=headers)
    clock.set(2013, 4, 20)
    again = lines(get(april, **MARCH, department="exam"))
    assert again[EXAM]["state"] == "returned"
    assert (again[EXAM]["on record"], again[EXAM]["returned because"]) == (23, reason["reason"])
    assert again[EAST]["state"] == "overdue"


def test_a_row_says_which_figure_it_is_and_what_to_expect(april: Client) -> None:
    asked = lines(get(april, **MARCH))
    assert asked[EXAM] == {
        "kpi": "pendency", "KPI name in English": "Pendency", "KPI name in Chinese": "审查周期",
        "department": "exam", "department name": "Examination", "period": "2013-03",
        "unit": "units", "to fill in": "the value", "previous figure": 23.5, "target": "<= 22.5",
        "expected": 22.5, "value": None, "numerator": None, "denominator": None,
        "observation_status": None, "note": None, "reason": None, "state": "due",
        "deadline": "2013-04-11 00:00", "on record": None, "returned because": None,
    }  # fmt: skip
    assert asked[EAST]["to fill in"] == "value and denominator", "as it was given last"
    assert asked[EAST]["target"] == "<= 22.5", "of the department above"
    share = asked["share", "law", "2013-03"]
    assert (share["to fill in"], share["previous figure"]) == ("numerator and denominator", 75)
    assert asked["platforms", "law", "2013-03"]["previous figure"] is None


def test_in_chinese_the_columns_are_those_that_the_intake_reads(april: Client) -> None:
    page = opened(get(april, "zh", **MARCH, department="exam")).worksheets[0]
    assert page.title == "应报数据"
    assert [cell.value for cell in page[1]][:11] == [
        "指标", "指标名称", "指标英文名称", "部门", "部门名称", "期间", "计量单位", "填报方式",
        "上期数", "目标", "本期应达",
    ]  # fmt: skip
    assert [cell.value for cell in page[2]][:8] == [
        "pendency", "审查周期", "Pendency", "exam", "审查部", "2013-03", "个", "数值",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["department", "kpi", "plan"])
def test_of_what_is_not_known_nothing_can_be_due(april: Client, name: str) -> None:
    answer = april.get(ADDRESS, params={name: "exma"})
    assert answer.status_code == 422
    assert findings(answer) == [(f"unknown_{name}", name)]


def test_where_nothing_is_due_the_form_says_so(april: Client) -> None:
    content = get(april, period="2013-02", department="exam")
    book = opened(content)
    assert book.active.title == "How to fill it in"
    assert book.active["A1"].value == "Nothing is due here."
    assert findings(post(april, content)) == [("empty", None)]


# --- how it looks -------------------------------------------------------------------------------


def test_only_what_is_to_be_entered_is_open(april: Client) -> None:
    page = opened(get(april, **MARCH)).worksheets[0]
    assert page.protection.sheet
    open_cells: dict[str, set[str]] = {}
    for row in page.iter_rows(min_row=2):
        given = {cell.column: cell for cell in row}
        names = {name for name, at in columns(page).items() if not given[at].protection.locked}
        open_cells[f"{row[0].value} {row[3].value}"] = names
    always = {"observation_status", "note", "reason"}
    assert open_cells == {
        "pendency exam": {"value", *always},
        "pendency exam-east": {"value", "denominator", *always},
        "share law": {"numerator", "denominator", *always},
        "platforms law": {"value", *always},
        "standard law": {"value", *always},
    }
    assert all(cell.protection.locked for cell in page[1])


def test_numbers_are_shown_with_the_kpis_decimals(april: Client) -> None:
    page = opened(get(april, **MARCH, department="exam")).worksheets[0]
    at = columns(page)
    for name in ("previous figure", "expected", "value"):
        assert page.cell(2, at[name]).number_format == "#,##0.00"
    assert page.cell(2, at["note"]).number_format == "General"


def test_what_can_be_chosen_is_offered_and_what_is_odd_is_asked_about(april: Client) -> None:
    page = opened(get(april, **MARCH, kpi="share")).worksheets[0]
    rules = {str(rule.sqref): rule for rule in page.data_validations.dataValidation}
    at = {name: page.cell(2, column).coordinate for name, column in columns(page).items()}
    status = rules[at["observation_status"]]
    assert (status.type, status.formula1) == ("list", '"A,P,E,B,M"')
    assert at["reason"] not in rules, "nothing is on record to be corrected"
    base = rules[at["denominator"]]
    assert (base.type, base.errorStyle) == ("decimal", "warning"), "full-width digits are text"
    comment = page[at["numerator"]].comment.text
    assert "Definition: =Of all cases" in comment
    assert "Not above 100." in comment
    assert "Shown with 2 decimals." in comment
    assert "Target of law in plan-2013: >= 50, due 2013-12; expected by now: 50." in comment


def test_reasons_are_offered_where_a_figure_was_returned(april: Client) -> None:
    posted = april.post_actuals(
        {"kpi": "pendency", "department": "exam", "period": "2013-03", "value": 23}
    )
    headers = april.bearing("admin")
    april.post(
        f"/api/v1/submissions/{posted.json()['id']}/return",
        json={"reason": "Counts twice"}, headers=headers,
    )  # fmt: skip
    page = opened(get(april, "zh", **MARCH, department="exam")).worksheets[0]
    reason = page.cell(2, columns(page)["更正原因"]).coordinate
    rules = {str(rule.sqref): rule for rule in page.data_validations.dataValidation}
    assert rules[reason].prompt == "Counts twice"
    assert not rules[reason].showErrorMessage, "any other reason can be typed"
    offered = rules[reason].formula1.strip('"').split(",")
    assert len(offered) == 4

    entered = {EXAM: {"数值": 22.75, "更正原因": offered[0]}}
    answer = post(april, filled(get(april, "zh", **MARCH, department="exam"), entered))
    assert (answer.json()["received"], answer.json()["revised"]) == (1, 1)


def test_it_prints_and_scrolls_as_a_list_does(april: Client) -> None:
    page = opened(get(april, **MARCH, department="exam")).worksheets[0]
    assert page.freeze_panes == "C2"  # the code and its name
    assert page.print_title_rows == "$1:$1"
    assert (page.page_setup.orientation, page.page_setup.paperSize) == ("landscape", 9)
    # The width is one page, which is what a program takes where it is not told.
    assert page.sheet_properties.pageSetUpPr.fitToPage
    assert page.page_setup.fitToHeight == 0
    assert page.oddHeader.left.text == "Dabiao · Examination · 2013-03"
    assert page.column_dimensions["B"].width > 20


def test_nothing_in_it_is_computed(april: Client) -> None:
    page = opened(get(april, **MARCH)).worksheets[0]
    assert {cell.data_type for row in page.iter_rows() for cell in row} <= {"s", "n"}
