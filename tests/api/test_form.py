"""The form to fill in: what it asks, how it looks, and how it comes back from any program."""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import Workbook, load_workbook

from app.intake.submission import CSV, XLSX
from app.intake.turns import Turns
from tests.api.contract import findings
from tests.ledger.small_office import fill, kpi, target

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.ledger.office import Office
    from tests.api.contract import Client
    from tests.clock import Clock

ADDRESS = "/api/v1/reporting/form"
MARCH = {"period": "2013-03"}
EXAM = ("pendency", "exam", "2013-03")
EAST = ("pendency", "exam-east", "2013-03")


@pytest.fixture(autouse=True)
def _made_before_the_plan(clock: Clock) -> None:
    clock.set(2013, 1, 1)


@pytest.fixture
def small_office(office: Office) -> Office:
    """The small office, whose law department also reports a share, as a numerator and its base."""
    fill(office)
    share = kpi("share", kind="ratio", factor="100", maximum="100", definition="=Of all cases")
    return fill(office, share, target(">= 50", kpi="share", department="law"))


@pytest.fixture
def april(api: Client, clock: Clock) -> Client:
    """The fifth of April: the figures of March are due, those of February are in."""
    clock.set(2013, 3, 5)
    posted = api.post_actuals(
        {"kpi": "pendency", "department": "exam", "period": "2013-02", "value": 23.5},
        {"kpi": "pendency", "department": "exam-east", "period": "2013-02", "value": 1234,
         "denominator": 80, "observation_status": "M"} | {"value": 24, "observation_status": "A"},
        {"kpi": "share", "department": "law", "period": "2013-02", "numerator": 30,
         "denominator": 40},
    )  # fmt: skip
    assert posted.status_code == 201, posted.text
    clock.set(2013, 4, 5)
    return api


def get(api: Client, language: str = "en", **query: str) -> bytes:
    answer = api.get(ADDRESS, params=query, headers={"Accept-Language": language})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == XLSX
    assert answer.headers["content-language"] == language
    return answer.content


def opened(content: bytes) -> Any:  # noqa: ANN401 - as the library has it
    return load_workbook(io.BytesIO(content))


def saved(book: Any) -> bytes:  # noqa: ANN401 - as the library has it
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def columns(page: Any, row: int = 1) -> dict[str, int]:  # noqa: ANN401
    return {cell.value: cell.column for cell in page[row]}


def lines(content: bytes) -> dict[tuple[str, str, str], dict[str, Any]]:
    """Return what stands in a form's rows, by figure."""
    header, *rows = opened(content).worksheets[0].iter_rows(values_only=True)
    made = [dict(zip(header, row, strict=True)) for row in rows]
    return {(row["kpi"], row["department"], row["period"]): row for row in made}


def filled(content: bytes, entered: Mapping[tuple[str, str, str], Mapping[str, object]]) -> bytes:
    """Fill a form in as openpyxl does it, and save it."""
    book = opened(content)
    page = book.worksheets[0]
    fill_in(page, entered)
    return saved(book)


def fill_in(
    page: Any,  # noqa: ANN401 - as the library has it
    entered: Mapping[tuple[str, str, str], Mapping[str, object]],
    header: int = 1,
) -> None:
    at = columns(page, header)
    names = [name for name in ("kpi", "指标") if name in at]
    codes = [names[0], *(("department", "period") if names[0] == "kpi" else ("部门", "期间"))]
    for row in range(header + 1, page.max_row + 1):
        key = tuple(page.cell(row, at[name]).value for name in codes)
        for name, value in entered.get(key, {}).items():
            page.cell(row, at[name]).value = value


def post(api: Client, content: bytes, kind: str = XLSX, **query: str) -> Any:  # noqa: ANN401
    headers = {**api.bearing("admin"), "Content-Type": kind}
    return api.post("/api/v1/submissions", content=content, headers=headers, params=query)


def counts(answer: Any) -> tuple[int, int, int]:  # noqa: ANN401
    """Return how many rows were received, created, unchanged, of an answer without findings."""
    assert answer.status_code == 201, answer.text
    content = answer.json()
    assert content["findings"] == []
    return content["received"], content["created"], content["unchanged"]


def test_when_too_many_wait_one_is_told_to_come_back_and_loses_nothing(
    april: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = Turns(1, 0)
    monkeypatch.setattr("app.intake.workbook._TURNS", turns)
    content = filled(get(april, **MARCH, department="exam"), {EXAM: {"value": 23}})
    with turns.turn():
        answer = post(april, content)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
        assert answer.json()["type"] == "/problems/busy"
    assert counts(post(april, content)) == (1, 1, 0)


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


# --- how it comes back --------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "value", "base"), [("en", "value", "denominator"),
                                                         ("zh", "数值", "分母")])  # fmt: skip
def test_filled_in_it_is_posted_as_it_is(
    april: Client, language: str, value: str, base: str
) -> None:
    form = get(april, language, **MARCH, department="exam")
    content = filled(form, {EXAM: {value: 23.25}, EAST: {value: 24, base: 81}})
    assert counts(post(april, content)) == (2, 2, 0)
    assert counts(post(april, content)) == (2, 0, 2), "the same again"
    found = april.get("/api/v1/actuals", params={"from": "2013-03", "to": "2013-03"}).json()
    assert [(one["value"], one["denominator"]) for one in found["items"]] == [
        (23.25, None), (24, 81),
    ]  # fmt: skip


def test_what_is_left_blank_is_not_given_and_can_follow(april: Client) -> None:
    form = get(april, **MARCH, department="exam")
    assert findings(post(april, form)) == [("empty", None)]
    half = filled(form, {EXAM: {"value": 23}})
    assert counts(post(april, half)) == (1, 1, 0)
    whole = filled(half, {EAST: {"value": 24, "denominator": 81}})
    assert counts(post(april, whole)) == (2, 1, 1)


@pytest.mark.parametrize(
    ("entered", "code"),
    [
        ({"note": "comes later"}, "missing_value"),
        ({"reason": "why not"}, "missing_value"),
        ({"numerator": 3}, "numerator_without_denominator"),
        ({"observation_status": "X"}, "unknown_observation_status"),
        ({"value": "about 20"}, "not_a_number"),
        ({"value": 101}, "above_maximum"),
    ],
)
def test_a_row_that_was_begun_is_looked_at(
    april: Client, entered: dict[str, object], code: str
) -> None:
    form = get(april, **MARCH, department="exam")
    answer = post(april, filled(form, {EXAM: entered}))
    assert answer.status_code == 422
    assert code in {found["code"] for found in answer.json()["findings"]}
    assert {found["row"] for found in answer.json()["findings"]} == {2}


def test_missing_is_a_thing_to_say(april: Client) -> None:
    form = get(april, **MARCH, department="exam")
    assert counts(post(april, filled(form, {EXAM: {"observation_status": "M"}}))) == (1, 1, 0)


def test_filled_in_twice_with_other_figures_a_reason_is_asked_for(april: Client) -> None:
    form = get(april, **MARCH, department="exam")
    assert counts(post(april, filled(form, {EXAM: {"value": 23}}))) == (1, 1, 0)
    answer = post(april, filled(form, {EXAM: {"value": 22}}))
    assert findings(answer) == [("reason_missing", "reason")]
    why = {"value": 22, "reason": "Recounted"}
    assert post(april, filled(form, {EXAM: why})).json()["revised"] == 1


def test_two_rows_for_one_figure_are_told_apart_by_no_guess(april: Client) -> None:
    book = opened(filled(get(april, **MARCH, department="exam"), {EXAM: {"value": 23}}))
    page = book.worksheets[0]
    page.append([cell.value for cell in page[2]])
    answer = post(april, saved(book))
    assert [found["code"] for found in answer.json()["findings"]] == ["duplicate_row"]


def titled(page: Any) -> None:  # noqa: ANN401
    page.insert_rows(1, 2)
    page["A1"] = "三月份报表"
    page.merge_cells("A1:F2")


def dated(page: Any) -> None:  # noqa: ANN401
    for row in range(2, page.max_row + 1):
        cell = page.cell(row, columns(page)["period"])
        cell.value, cell.number_format = dt.datetime(2013, 3, 1), 'yyyy"年"m"月"'  # noqa: DTZ001


def named(page: Any) -> None:  # noqa: ANN401
    page.cell(2, columns(page)["kpi"]).value = "审查周期"
    page.cell(2, columns(page)["department"]).value = " Examination "


def hidden(page: Any) -> None:  # noqa: ANN401
    for name in ("unit", "target", "state", "KPI name in Chinese"):
        page.column_dimensions[page.cell(1, columns(page)[name]).column_letter].hidden = True


def without_information(page: Any) -> None:  # noqa: ANN401
    for name in ("returned because", "expected", "unit", "KPI name in English"):
        page.delete_cols(columns(page)[name])


def with_blanks(page: Any) -> None:  # noqa: ANN401
    page.cell(page.max_row + 40, 1).value = "  "
    page.cell(3, page.max_column + 3).value = " "


def with_other_sheets(page: Any) -> None:  # noqa: ANN401
    page.parent.create_sheet("草稿", 0)["B2"] = "23 + 0.25"
    page.parent.create_sheet("empty form").append(["kpi", "department", "period", "value"])


def moved(page: Any) -> None:  # noqa: ANN401
    """Put the columns into another order, as who copies them into a sheet of their own does."""
    rows = [[cell.value for cell in row] for row in page.iter_rows()]
    for number, row in enumerate(rows, 1):
        for place, value in enumerate(reversed(row), 1):
            page.cell(number, place).value = value


@pytest.mark.parametrize("value", [23.25, "23.2500", "２３．２５", " 23.250 "])
@pytest.mark.parametrize(
    "treat",
    [titled, dated, named, hidden, without_information, with_blanks, with_other_sheets, moved],
)
def test_whatever_a_program_made_of_it_it_is_read(
    april: Client, treat: Callable[[Any], None], value: object
) -> None:
    book = opened(get(april, **MARCH, department="exam"))
    page = book.worksheets[0]
    fill_in(page, {EXAM: {"value": value}})
    treat(page)
    assert counts(post(april, saved(book))) == (1, 1, 0)
    found = april.get("/api/v1/actuals", params={"from": "2013-03"}).json()["items"]
    assert [one["value"] for one in found] == [23.25]


def test_thousands_separators_are_read_in_a_form_too(april: Client) -> None:
    share = ("share", "law", "2013-03")
    form = get(april, **MARCH, kpi="share")
    entered = {share: {"numerator": "1,234.5", "denominator": "１２，３４５"}}
    assert counts(post(april, filled(form, entered))) == (1, 1, 0)


@pytest.mark.parametrize("cached", [None, "23.25"])
def test_a_formula_counts_by_its_computed_value(april: Client, cached: str | None) -> None:
    book = opened(get(april, **MARCH, department="exam"))
    fill_in(book.worksheets[0], {EXAM: {"value": "=46.5/2"}})
    content = saved(book)
    if cached is None:
        answer = post(april, content)
        assert [found["code"] for found in answer.json()["findings"]] == ["formula_without_value"]
        assert [found["row"] for found in answer.json()["findings"]] == [2], "no blank row is named"
    else:
        computed = patched(content, b"<f>46.5/2</f><v />", b"<f>46.5/2</f><v>23.25</v>")
        computed = patched(computed, b'fullCalcOnLoad="1"', b"", "xl/workbook.xml")
        assert counts(post(april, computed)) == (1, 1, 0)


def patched(
    content: bytes, old: bytes, new: bytes, within: str = "xl/worksheets/sheet1.xml"
) -> bytes:
    """Replace bytes in a part of a workbook; they must be there."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as read, zipfile.ZipFile(file, "w") as written:
        for name in read.namelist():
            part = read.read(name)
            if name == within:
                assert old in part
                part = part.replace(old, new)
            written.writestr(name, part)
    return file.getvalue()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_saved_as_csv_it_is_still_a_form(april: Client, delimiter: str, encoding: str) -> None:
    book = opened(filled(get(april, "zh", **MARCH, department="exam"), {EXAM: {"数值": 23.25}}))
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(book.worksheets[0].iter_rows(values_only=True))
    kind = f"{CSV}; charset={encoding.removesuffix('-sig')}"
    assert counts(post(april, text.getvalue().encode(encoding), kind)) == (1, 1, 0)


def test_elsewhere_a_row_without_a_figure_is_a_mistake_and_a_strange_column_unknown(
    april: Client,
) -> None:
    book = Workbook()
    page: Any = book.active
    page.append(["kpi", "department", "period", "value", "unit"])
    page.append(["pendency", "exam", "2013-03", None, "months"])
    assert sorted(findings(post(april, saved(book)))) == [
        ("missing_value", "value"), ("unknown_column", "unit"),
    ]  # fmt: skip


def test_a_strange_column_in_a_form_is_unknown_too(april: Client) -> None:
    book = opened(filled(get(april, **MARCH, department="exam"), {EXAM: {"value": 23}}))
    page = book.worksheets[0]
    page.cell(1, page.max_column + 1).value = "my own sum"
    assert findings(post(april, saved(book))) == [("unknown_column", "my own sum")]
