"""Which sheet, which row, which cells: what people do to a table before they send it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.domain.finding import Severity, english
from app.intake.limits import MAX_CELL, MAX_FINDINGS
from app.intake.tabular import read_csv
from app.intake.workbook import read_workbook
from tests.intake.workbook.files import (
    GOOD,
    HEADER,
    book,
    number,
    row,
    rows,
    sheet,
    styles,
    text,
    with_value,
)

if TYPE_CHECKING:
    from app.domain.finding import Finding
    from app.intake.table import Table

PLAIN = sheet(rows(HEADER, GOOD))
NUMBERS = styles(0, "0.0%", 14, 10)
UNCOMPUTED = '<calcPr fullCalcOnLoad="1"/>'
NOTES = (*HEADER, "note")


def read(data: str, before: str = "", after: str = "") -> Table:
    return read_workbook(book(sheet(data, before, after)))


def told(table: Table) -> list[tuple[str, int | None, str | None]]:
    return [(found.code, found.row, found.column) for found in table.findings]


def only(body: bytes) -> Finding:
    (finding,) = read_workbook(body).findings
    assert english(finding)
    return finding


def test_a_sheet_is_the_table_that_the_same_csv_is() -> None:
    lines = [
        (*NOTES, "denominator"),
        (*GOOD, "a", "1"),
        ("", ""),
        ("pendency", "examination-2", "２０１３年３月", "１，２３４．５", " b ", "1,000"),
        ("quality", "", "2013-04", "22.5%"),
    ]
    csv = "\n".join(",".join(f'"{cell}"' for cell in line) for line in lines)
    table, same = read(rows(*lines)), read_csv(csv.encode())
    assert table == same
    assert table.numbers == [2, 4, 5]


# --- the header -------------------------------------------------------------------------------


def test_title_rows_above_the_header_are_passed_over() -> None:
    data = (
        row(1, "2013年3月指标填报表")
        + row(2, "部门", "审查一部", "期间", "2013-03")
        + row(5, "指标", "", "部门", "期间", "数值")
        + row(6, "周期", "", "一部", "2013-03", "22.5")
        + row(9, "周期", "", "二部", "2013-03", "21")
    )
    table = read(data, after='<mergeCells><mergeCell ref="A1:H1"/></mergeCells>')
    assert told(table) == []
    assert table.numbers == [6, 9]
    assert table.columns["department"] == ["一部", "二部"]
    assert table.headers["kpi"] == "指标"


def test_headers_in_full_width_letters_and_any_case_are_known() -> None:
    table = read(rows(("ＫＰＩ", "Department", " PERIOD ", "value"), GOOD))
    assert told(table) == []
    assert table.headers == {
        "kpi": "ＫＰＩ", "department": "Department", "period": "PERIOD", "value": "value"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("header", "findings"),
    [
        (("kpi", "department", "value"), [("missing_column", 1, None)]),
        (("指标", "期间", "数值"), [("missing_column", 1, None)]),
        (("kpi", "department", "period"), [("missing_column", 1, None)]),
        ((*HEADER, "Unit"), [("unknown_column", 1, "Unit")]),
        ((*HEADER, "数值"), [("duplicate_column", 1, "数值")]),
        (("kpi", "unit"), [("no_header", None, None)]),
        (("a", "b"), [("no_header", None, None)]),
    ],
)
def test_a_header_that_is_not_right_is_told_as_in_csv(
    header: tuple[str, ...], findings: list[tuple[str, int | None, str | None]]
) -> None:
    assert told(read(rows(header, GOOD[: len(header)]))) == findings


def test_of_incomplete_headers_the_one_that_names_most_is_meant() -> None:
    table = read(rows(("department", "period"), ("kpi", "department", "value"), GOOD[:3]))
    assert told(table) == [("missing_column", 2, None)]


def test_a_header_is_sought_among_the_first_hundred_rows() -> None:
    above = [("title",)] * 99
    assert told(read(rows(*above, HEADER, GOOD))) == []
    assert told(read(rows(*above, ("title",), HEADER, GOOD))) == [("no_header", None, None)]


def test_cells_beyond_the_header_are_told() -> None:
    table = read(rows(HEADER, (*GOOD, "", "beyond"), GOOD))
    assert told(table) == [("too_many_cells", 2, None)]


def test_cells_under_a_column_without_a_name_are_told() -> None:
    header = ("kpi", "department", "period", "", "value")
    table = read(rows(header, (*GOOD[:3], "", "1"), (*GOOD[:3], "?", "2")))
    assert told(table) == [("too_many_cells", 3, None)]
    assert table.columns["value"] == ["1", "2"]


# --- several sheets ---------------------------------------------------------------------------


def test_the_sheet_with_the_header_is_the_one() -> None:
    body = book(sheet(rows(("说明",), ("请填写下表",))), PLAIN, sheet(""), names=["说明", "填报"])
    table = read_workbook(body)
    assert told(table) == []
    assert table.columns["value"] == ["22.5"]


def test_a_sheet_with_nothing_below_its_header_is_passed_over() -> None:
    body = book(sheet(rows(HEADER)), PLAIN, sheet(rows(HEADER)))
    assert read_workbook(body).columns["value"] == ["22.5"]


def test_when_two_sheets_could_be_meant_it_is_asked_which() -> None:
    finding = only(book(PLAIN, sheet(""), PLAIN, names=["一月", "空", "二月"]))
    assert finding.code == "several_sheets"
    assert finding.values == {"names": "“一月”, “二月”"}


def test_a_hidden_sheet_counts_too() -> None:
    assert only(book(PLAIN, PLAIN, states=["hidden"])).code == "several_sheets"
    finding = only(book(PLAIN, states=["veryHidden"], names=["旧"]))
    assert (finding.code, finding.severity) == ("hidden_sheet", Severity.WARNING)
    assert finding.values == {"name": "旧"}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (book(sheet("")), "empty"),
        (book(sheet(""), sheet(row(3, " ", "\n"))), "empty"),
        (book(sheet(rows(HEADER))), "empty"),
        (book(), "empty"),
    ],
)
def test_a_workbook_without_figures_is_empty(body: bytes, code: str) -> None:
    assert only(body).code == code


# --- what is hidden or merged -----------------------------------------------------------------


def test_hidden_rows_are_read_and_told() -> None:
    hidden = ' hidden="1"'
    data = rows(HEADER, GOOD) + "".join(
        row(place, *GOOD, more=hidden if place in (4, 5, 9) else "") for place in range(3, 11)
    )
    table = read(data + '<row r="12" hidden="1"/>')
    assert told(table) == [("hidden_rows", 4, None), ("hidden_rows", 9, None)]
    assert {found.severity for found in table.findings} == {Severity.WARNING}
    assert [found.values["rows"] for found in table.findings] == ["4-5", "9"]
    assert table.numbers == list(range(2, 11))


def test_of_very_many_hidden_ranges_the_first_are_named() -> None:
    data = rows(HEADER) + "".join(
        row(place, *GOOD, more=" hidden='1'" if place % 2 else "") for place in range(2, 400)
    )
    named = [(found.row, found.values["rows"]) for found in read(data).findings]
    assert named == [*((row, str(row)) for row in range(3, 41, 2)), (41, "41, …")]


def test_hidden_columns_are_read_and_told() -> None:
    before = '<cols><col min="2" max="3" hidden="1"/><col min="8" max="16384" hidden="1"/></cols>'
    table = read(rows(HEADER, GOOD), before)
    assert told(table) == [("hidden_column", None, "department"), ("hidden_column", None, "period")]
    assert {found.severity for found in table.findings} == {Severity.WARNING}
    assert table.columns["department"] == ["examination-1"]


def merged(*areas: str) -> str:
    listed = "".join(f'<mergeCell ref="{area}"/>' for area in areas)
    return f"<mergeCells>{listed}</mergeCells>"


def test_a_cell_that_stands_for_several_rows_is_told_in_each() -> None:
    data = rows(HEADER, GOOD, ("pendency", "", "2013-04", "22"), GOOD)
    table = read(data, after=merged("B2:B3"))
    assert told(table) == [("merged_cell", 2, "department"), ("merged_cell", 3, "department")]
    assert table.findings[0].values == {"range": "B2:B3"}


def test_a_cell_that_stands_for_several_known_columns_is_told_in_each() -> None:
    table = read(rows(HEADER, ("一、审查",), GOOD), after=merged("A2:D2"))
    assert told(table) == [("merged_cell", 2, name) for name in HEADER]


@pytest.mark.parametrize("area", ["A1:A2", "D2:F2", "F2:G9", "A1:D1", "A4:D9", "D2"])
def test_merged_cells_that_leave_no_doubt_are_read(area: str) -> None:
    assert told(read(rows(HEADER, GOOD, GOOD), after=merged(area))) == []


# --- cells ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "code", "values"),
    [
        ('<c r="D2" t="e"><v>#N/A</v></c>', "error_cell", {"text": "#N/A"}),
        ('<c r="D2" t="e"><f>1/0</f><v>#DIV/0!</v></c>', "error_cell", {"text": "#DIV/0!"}),
        ('<c r="D2" t="b"><v>1</v></c>', "boolean_cell", {"text": "TRUE"}),
        ('<c r="D2" t="b"><v>0</v></c>', "boolean_cell", {"text": "FALSE"}),
        (number("D2", "0.85399999999999998", ' s="1"'), "percent_cell", {"text": "0.854"}),
        (number("D2", "1", ' s="3"'), "percent_cell", {"text": "1"}),
        ('<c r="D2"><f>1+1</f></c>', "formula_without_value", {}),
        ('<c r="D2"><f>1+1</f><v></v></c>', "formula_without_value", {}),
        ('<c r="D2"><f>1+1</f><v/></c>', "formula_without_value", {}),
        ('<c r="D2" t="str"><f>A1</f></c>', "formula_without_value", {}),
        ('<c r="D2"><f t="shared" si="0"/></c>', "formula_without_value", {}),
    ],
)
def test_a_doubtful_cell_is_a_finding_with_its_place(
    cell: str, code: str, values: dict[str, str]
) -> None:
    body = with_value(cell, styles=NUMBERS)
    finding = only(body)
    assert (finding.code, finding.row, finding.column) == (code, 2, "value")
    assert (finding.values, finding.severity) == (values, Severity.ERROR)
    assert read_workbook(body).columns["value"] == [""]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (number("D2", "22.539999999999999"), "22.54"),
        (number("D2", " 22.5\n"), "22.5"),
        (number("D2", "41334", ' s="2"'), "2013-03-01"),
        (number("D2", "22", ' s="99"'), "22"),
        ('<c r="D2"><f>11*2</f><v>22</v></c>', "22"),
        ('<c r="D2" t="str"><f>"a"</f><v>22</v></c>', "22"),
        ('<c r="D2" t="str"><f>""</f><v></v></c>', ""),
        ('<c r="D2" s="1"/>', ""),
        ('<c r="D2" t="inlineStr"><is/></c>', ""),
        ('<c r="D2" t="inlineStr"><is><r><t>２</t></r><rPh><t>に</t></rPh></is></c>', "２"),
        ('<c t="inlineStr"><is><t>22</t></is></c>', "22"),
    ],
)
def test_a_cell_without_doubt_is_its_text(cell: str, value: str) -> None:
    table = read_workbook(with_value(cell, styles=NUMBERS))
    assert told(table) == []
    assert table.columns["value"] == [value]


def test_no_value_counts_that_was_to_be_computed_first() -> None:
    data = sheet(rows(HEADER, (*GOOD[:3], '<c r="D2"><f>20+2.5</f><v>0</v></c>')))
    assert only(book(data, about=UNCOMPUTED)).code == "formula_without_value"
    assert told(read_workbook(book(PLAIN, about=UNCOMPUTED))) == []


def test_doubts_under_no_known_name_are_nobodys() -> None:
    header = (*HEADER, "Unit")
    error = '<c r="E2" t="e"><v>#N/A</v></c>'
    assert told(read(rows(header, (*GOOD, error)))) == [("unknown_column", 1, "Unit")]
    assert told(read(rows(HEADER, (*GOOD, error)))) == [("too_many_cells", 2, None)]
    assert told(read(rows(HEADER, (*GOOD, '<c r="E2"><f>1</f></c>')))) == []


def test_text_is_kept_up_to_the_longest_and_told_beyond() -> None:
    longest = "x" * MAX_CELL
    assert told(read(rows(NOTES, (*GOOD, longest)))) == []
    for beyond in (f"{longest}x", longest + " " * 9 + "x", longest * 40):
        assert told(read(rows(NOTES, (*GOOD, beyond)))) == [("too_long", 2, "note")]


@pytest.mark.parametrize("escape", ["_x0000_", "_xD800_", "_xFFFF_"])
def test_characters_that_cannot_be_kept_are_told(escape: str) -> None:
    assert told(read(rows(NOTES, (*GOOD, f"a{escape}b")))) == [("bad_character", 2, "note")]


def test_a_flood_of_doubts_ends_at_the_most_that_are_told() -> None:
    error = '<c t="e"><v>#N/A</v></c>'
    data = rows(HEADER) + f"<row>{error * 4}</row>" * MAX_FINDINGS
    findings = read(data).findings
    assert len(findings) == MAX_FINDINGS + 1
    assert findings[-1].code == "too_many_findings"


def test_a_flood_of_merged_cells_ends_there_too() -> None:
    data = rows(HEADER, *[GOOD] * (MAX_FINDINGS // 4 + 10))
    findings = read(data, after=merged("A2:D1048576")).findings
    assert len(findings) == MAX_FINDINGS + 1
    assert findings[-1].code == "too_many_findings"


# --- where rows and cells are -----------------------------------------------------------------


def test_rows_and_cells_without_names_follow_each_other() -> None:
    line = "".join(f"<c t='str'><v>{cell}</v></c>" for cell in GOOD)
    table = read(f"{rows(HEADER)}<row>{line}</row><row r='7'>{line}</row><row>{line}</row>")
    assert told(table) == []
    assert table.numbers == [2, 7, 8]


@pytest.mark.parametrize(
    "wrong",
    [
        row(1, *GOOD), row(0, *GOOD), '<row r="-3"/>', '<row r="x"/>', '<row r="1048577"/>',
        '<row r="２"/>', '<row r="99999999999999999999"/>',
        *(f'<row r="2">{number(name, "1")}</row>' for name in (
            "A3", "2", "A", "XFE2", "AAAA2", "é2", "A２", "$A$2", "R2C1", "A02",
        )),
        f'<row r="2">{number("B2", "1")}{number("A2", "1")}</row>',
        f'<row r="2">{number("B2", "1")}{number("B2", "1")}</row>',
        f'<row r="2">{number("XFD2", "1")}<c><v>1</v></c></row>',
        '<row r="2"><c r="A2" t="s"><v>7</v></c></row>', '<row r="2"><c t="s"><v>-1</v></c></row>',
        '<row r="2"><c t="s"><v>x</v></c></row>', '<row r="2"><c t="surprise"><v>1</v></c></row>',
        '<row r="2"><c s="x"><v>1</v></c></row>', "<row><c></row>", "<row", "\0", "&unknown;",
    ],
)  # fmt: skip
def test_a_sheet_that_contradicts_itself_is_damaged(wrong: str) -> None:
    assert only(book(sheet(rows(HEADER) + wrong))).code == "damaged_workbook"


def test_the_last_cell_of_the_last_row_is_in_its_place() -> None:
    header = '<row r="1048575"><c r="XFA1048575" t="str"><v>kpi</v></c>' + "".join(
        f'<c r="{name}1048575" t="str"><v>{field}</v></c>'
        for name, field in zip(("XFB", "XFC", "XFD"), HEADER[1:], strict=True)
    )
    figures = "".join(
        text(f"{name}1048576", cell)
        for name, cell in zip(("XFA", "XFB", "XFC", "XFD"), GOOD, strict=True)
    )
    table = read(f'{header}</row><row r="1048576">{figures}</row>')
    assert told(table) == []
    assert table.numbers == [1_048_576]
    assert table.columns["value"] == ["22.5"]
