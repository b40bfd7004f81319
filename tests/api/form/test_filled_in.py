"""The form to fill in: how it comes back, from any program."""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
from itertools import cycle
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import Workbook

from app.intake.submission import CSV
from app.intake.turns import Turns
from tests.api.contract import findings
from tests.api.form.filling import (
    EAST,
    EXAM,
    MARCH,
    columns,
    counts,
    fill_in,
    filled,
    get,
    opened,
    post,
    saved,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.api.contract import Client


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


SPELLINGS = (23.25, "23.2500", "２３．２５", " 23.250 ")
TREATMENTS = (
    titled, dated, named, hidden, without_information, with_blanks, with_other_sheets, moved,
)  # fmt: skip


@pytest.mark.parametrize(("treat", "value"), list(zip(TREATMENTS, cycle(SPELLINGS), strict=False)))
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
