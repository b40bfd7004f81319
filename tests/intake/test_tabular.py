from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.finding import TEMPLATES, Finding
from app.intake.limits import MAX_CELL, MAX_FINDINGS
from app.intake.table import FIELDS
from app.intake.tabular import CHINESE, arrange, read_csv

if TYPE_CHECKING:
    from app.intake.table import Table

HEADER = "kpi,department,period,value"
ROW = "pendency,examination-1,2013-03,22.5"
COLUMNS = {
    "kpi": ["pendency"],
    "department": ["examination-1"],
    "period": ["2013-03"],
    "value": ["22.5"],
}
CHINESE_FILE = "指标,部门,期间,数值,备注\n审查周期,审查一部,2013年3月,22.5,说明\n"


def read(text: str) -> Table:
    return read_csv(text.encode())


def test_a_file_becomes_columns_of_text() -> None:
    table = read(f"{HEADER}\n{ROW}\nquality, examination-2 ,2013-04,1e2\n")
    assert table.columns == {
        "kpi": ["pendency", "quality"],
        "department": ["examination-1", "examination-2"],
        "period": ["2013-03", "2013-04"],
        "value": ["22.5", "1e2"],
    }
    assert table.numbers == [2, 3]
    assert table.headers == {name: name for name in HEADER.split(",")}
    assert table.typed_by_people is True
    assert table.findings == ()


# --- encodings --------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "gb2312"])
def test_the_encodings_of_the_contract_are_read_undeclared(encoding: str) -> None:
    table = read_csv(CHINESE_FILE.encode(encoding))
    assert table.columns["kpi"] == ["审查周期"]
    assert table.findings == ()


@pytest.mark.parametrize(
    ("encoding", "charset"),
    [
        *(("utf-8", "utf-8"), ("utf-8-sig", "UTF-8"), ("utf-8", "utf8"), ("utf-8", '"utf-8"')),
        *(("gb18030", "GB18030"), ("gbk", "gbk"), ("gb2312", "gb2312"), ("gb18030", "gbk")),
    ],
)
def test_a_declared_charset_is_used(encoding: str, charset: str) -> None:
    table = read_csv(CHINESE_FILE.encode(encoding), charset)
    assert table.columns["kpi"] == ["审查周期"]
    assert table.findings == ()


@pytest.mark.parametrize(
    ("body", "charset"),
    [
        *((CHINESE_FILE.encode("gb18030"), "utf-8"), (CHINESE_FILE.encode("utf-16"), None)),
        *(
            (CHINESE_FILE.encode(), charset)
            for charset in ("latin-1", "utf-16", "utf-7", "hex", "")
        ),
        *((b"caf\xe9\n", None), (b"\xff\xfe", None), (b"\xe6\n", "gbk")),
    ],
)
def test_text_in_another_encoding_is_refused(body: bytes, charset: str | None) -> None:
    table = read_csv(body, charset)
    assert table.findings == (Finding("unreadable_encoding"),)
    assert len(table) == 0


def test_a_byte_order_mark_is_no_part_of_the_first_header() -> None:
    text = f"\ufeff{HEADER}\n{ROW}"
    assert read_csv(text.encode()).columns == COLUMNS
    assert read_csv(text.encode("gb18030")).columns == COLUMNS


# --- delimiters and line ends -----------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiter_and_line_ends_are_found_out(delimiter: str, end: str) -> None:
    text = f"{HEADER},note\n{ROW},a b".replace(",", delimiter).replace("\n", end)
    table = read(text + end)
    assert table.columns == {**COLUMNS, "note": ["a b"]}
    assert table.numbers == [2]
    assert table.findings == ()


def test_the_header_decides_the_delimiter_and_not_the_rows() -> None:
    table = read(f"{HEADER.replace(',', ';')};note\n{ROW.replace(',', ';')};a,b,c,d,e,f\n")
    assert table.columns["note"] == ["a,b,c,d,e,f"]


@pytest.mark.parametrize("line", ["sep=;", "SEP=;", '"sep=;"'])
def test_a_line_that_names_the_delimiter_is_followed_and_counted(line: str) -> None:
    table = read(f"{line}\r\nkpi;department;period;value;a,b\r\n;;;;\r\n{ROW.replace(',', ';')}")
    assert table.columns == COLUMNS
    assert table.numbers == [4]
    assert [(finding.code, finding.row) for finding in table.findings] == [("unknown_column", 2)]


def test_a_quoted_cell_holds_delimiters_quotes_and_lines() -> None:
    table = read(f'{HEADER},note\n{ROW},"a, ""b""\r\nc"\n{ROW},d\n')
    assert table.columns["note"] == ['a, "b"\nc', "d"]
    assert table.numbers == [2, 3]


# --- the header -------------------------------------------------------------------------------


def test_headers_are_read_in_chinese_in_any_order() -> None:
    names = dict(reversed(CHINESE.items()))
    table = read(",".join(names.values()) + "\n" + ",".join(names))
    assert table.columns == {name: [name] for name in FIELDS}
    assert table.headers == CHINESE
    assert table.findings == ()


def test_headers_are_read_in_any_case_and_width_and_kept_as_they_are() -> None:
    table = read(
        f" KPI ,\uff24\uff25\uff30\uff21\uff32\uff34\uff2d\uff25\uff2e\uff34,Period,数值\n{ROW}"
    )
    assert table.columns == COLUMNS
    assert (
        table.headers["department"]
        == "\uff24\uff25\uff30\uff21\uff32\uff34\uff2d\uff25\uff2e\uff34"
    )
    assert table.headers["kpi"] == "KPI"


def test_everything_wrong_with_the_header_is_found_and_names_its_row() -> None:
    table = read(f"\nkpi,KPI,数据,department,value,数值\n{ROW}")
    assert list(table.findings) == [
        Finding("duplicate_column", 2, "KPI", {"name": "KPI"}),
        Finding("unknown_column", 2, "数据", {"name": "数据"}),
        Finding("duplicate_column", 2, "数值", {"name": "数值"}),
        Finding("missing_column", 2, None, {"name": "period"}),
    ]
    assert table.columns["kpi"] == ["pendency"]
    assert 2 not in table.numbers


@pytest.mark.parametrize(
    ("header", "missing"),
    [
        ("value", ["kpi", "department", "period"]),
        ("kpi,department,period", ["value"]),
        ("kpi,department,period,denominator", ["value"]),
        ("kpi,department,period,numerator", []),
        ("指标,部门", ["期间", "数值"]),
    ],
)
def test_a_missing_column_is_named_in_the_headers_language(header: str, missing: list[str]) -> None:
    findings = read(f"{header}\nx,y,z").findings
    assert [f.values["name"] for f in findings if f.code == "missing_column"] == missing


def test_a_file_without_any_known_column_has_no_header() -> None:
    assert read(f"\n{ROW}\n{ROW}\n").findings == (Finding("no_header", 2),)


@pytest.mark.parametrize("text", ["", "\n\n", " , ,\n", "\ufeff", "sep=;\n"])
def test_a_file_without_anything_is_empty(text: str) -> None:
    table = read(text)
    assert table.findings == (Finding("empty"),)
    assert len(table) == 0


def test_a_header_without_rows_is_empty() -> None:
    assert read(f"{HEADER}\n,,,\n").findings == (Finding("empty"),)


# --- rows -------------------------------------------------------------------------------------


def test_blank_rows_are_skipped_and_counted() -> None:
    table = read(f"\n{HEADER}\n\n{ROW}\n,,,\n \u3000,\u00a0\n{ROW}\n\n")
    assert table.numbers == [4, 7]
    assert table.findings == ()


def test_a_short_row_has_empty_cells() -> None:
    table = read(f"{HEADER},note\npendency\n{ROW}\n")
    assert table.columns["value"] == ["", "22.5"]
    assert table.columns["note"] == ["", ""]
    assert table.findings == ()


def test_cells_without_a_header_must_be_empty() -> None:
    table = read(f"{HEADER},,note,,\n{ROW},,x,,,,\n{ROW},,x,y\n{ROW},,x,,,,z\n{ROW},w,x\n")
    assert table.findings == tuple(Finding("too_many_cells", row) for row in (3, 4, 5))
    assert table.numbers == [2, 3, 4, 5]


def test_a_wide_header_costs_nothing_per_row() -> None:
    table = read("," * 200_000 + HEADER + "\n" + "x\n" * 5_000)
    assert len(table) == 5_000
    assert {finding.code for finding in table.findings} == {"too_many_cells"}


def test_characters_that_cannot_be_kept_are_found_and_taken_out() -> None:
    table = read(f"{HEADER},note\n{ROW},a\x00b\n{ROW},tab\there\n{ROW},\x1b[1m\x9b\n")
    assert table.findings == (
        Finding("bad_character", 2, "note", {"character": "U+0000"}),
        Finding("bad_character", 4, "note", {"character": "U+001B"}),
    )
    assert table.columns["note"] == ["a\ufffdb", "tab\there", "\ufffd[1m\ufffd"]


def test_a_formula_is_text_like_any_other() -> None:
    assert read(f"{HEADER}\nk,d,2013,=1+1").columns["value"] == ["=1+1"]


def test_a_cell_that_is_too_long_is_found() -> None:
    table = read(f"{HEADER},备注\n{ROW},{'x' * MAX_CELL}\n{ROW},{'x' * (MAX_CELL + 1)}\n")
    assert table.findings == (Finding("too_long", 3, "备注", {"limit": str(MAX_CELL)}),)


def test_a_cell_beyond_what_the_reader_holds_is_found_and_reading_goes_on() -> None:
    table = read(f"{HEADER},note\n{ROW},{'x' * 200_000}\n{ROW},y\n")
    assert table.findings == (Finding("too_long", 2, None, {"limit": str(MAX_CELL)}),)
    assert table.numbers == [3]


def test_text_after_a_closed_quotation_is_found_and_reading_goes_on() -> None:
    table = read(f'{HEADER},note\n{ROW},"x"y\n{ROW},z\n')
    problem = {"problem": "text follows a closed quotation"}
    assert table.findings == (Finding("unreadable_csv", 2, None, problem),)
    assert table.numbers == [3]


def test_a_quotation_without_end_is_found_where_it_begins() -> None:
    table = read(f'{HEADER},note\n{ROW},x\n{ROW},"y\n{ROW},z\n{ROW},z\n')
    problem = {"problem": "a quoted cell is not closed"}
    assert table.findings == (Finding("unreadable_csv", 3, None, problem),)
    assert table.numbers == [2]


def test_a_broken_header_is_not_called_missing() -> None:
    table = read(f'"kpi"x,{HEADER}\n{ROW}\n')
    assert [finding.code for finding in table.findings] == ["unreadable_csv"]
    assert len(table) == 0


def test_the_reader_survives_another_limit_of_the_process() -> None:
    before = csv.field_size_limit(8)
    try:
        table = read(f"{HEADER}\n{ROW}\n")
    finally:
        csv.field_size_limit(before)
    assert {finding.code for finding in table.findings} == {"too_long"}


@pytest.mark.parametrize("row", [f"{ROW},x", f'"a"b,{ROW}', f"{ROW}\x01"])
def test_a_flood_of_faults_ends_in_one_that_refuses_the_whole(row: str) -> None:
    findings = read(f"{HEADER}\n" + f"{row}\n" * (MAX_FINDINGS + 1)).findings
    assert len(findings) == MAX_FINDINGS + 1
    assert findings[-1] == Finding("too_many_findings", values={"limit": str(MAX_FINDINGS)})


def test_findings_stand_in_the_order_of_the_rows() -> None:
    findings = read(f'{HEADER}\n{ROW}\x01\n{ROW},x\n"a"b\n{ROW}\x01\n').findings
    assert [finding.row for finding in findings] == [2, 3, 4, 5]


# --- rows of another reader -------------------------------------------------------------------


def test_rows_of_another_reader_keep_their_addresses() -> None:
    records = [(3, HEADER.split(",")), (5, ROW.split(",")), (9, ["", " "]), (1000, ROW.split(","))]
    table = arrange(records, [Finding("bad_character", 5, "A5", {"character": "U+0000"})])
    assert table.numbers == [5, 1000]
    assert [finding.row for finding in table.findings] == [5]


def test_what_another_reader_finds_while_it_reads_is_taken_over() -> None:
    found: list[Finding] = []

    def records() -> object:
        yield 1, HEADER.split(",")
        yield 2, ROW.split(",")
        found.append(Finding("empty"))

    assert arrange(records(), found).findings == (Finding("empty"),)  # type: ignore[arg-type]


# --- any bytes --------------------------------------------------------------------------------

PIECES = st.lists(
    st.sampled_from(
        [
            *(HEADER, ROW, "指标", "\n", "\r\n", "\r", ",", ";", "\t", '"', '""', " ", "x", "\x00"),
            *(
                "\ufeff",
                "sep=;",
                "value",
                "=1+1",
                "\uff0c",
                "\u2028",
                "\x1c",
                "\x85",
                "x" * 200_000,
            ),
        ]
    ),
    max_size=12,
)


@given(
    st.one_of(st.binary(), PIECES.map(lambda parts: "".join(parts).encode())),
    st.sampled_from([None, "utf-8", "gb18030", "gbk", "latin-1"]),
)
def test_no_bytes_raise_and_the_table_is_always_even(body: bytes, charset: str | None) -> None:
    table = read_csv(body, charset)
    assert len(table) or table.findings
    assert {len(column) for column in table.columns.values()} <= {len(table)}
    assert table.columns.keys() == table.headers.keys()
    assert list(table.numbers) == sorted(set(table.numbers))
    for finding in table.findings:
        TEMPLATES[finding.code].format(**finding.values).encode()


CELLS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"])) | st.sampled_from(
    ['a "b" c', "a, b; c", "a\nb", '"', ""]
)


@given(
    st.lists(st.lists(CELLS, min_size=4, max_size=4).filter(any), min_size=1),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["utf-8-sig", "gb18030"]),
)
def test_what_a_csv_writer_wrote_is_read_back(
    rows: list[list[str]], delimiter: str, encoding: str
) -> None:
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter).writerows([HEADER.split(","), *rows])
    table = read_csv(file.getvalue().encode(encoding), encoding.removesuffix("-sig"))
    assert table.findings == ()
    assert [list(row) for row in zip(*table.columns.values(), strict=True)] == rows
    assert table.numbers == list(range(2, len(rows) + 2))


@pytest.mark.parametrize(
    "start", [b"PK\x03\x04\x14\x00", bytes.fromhex("D0CF11E0A1B11AE1")], ids=["new", "old"]
)
def test_a_workbook_sent_as_csv_is_told(start: bytes) -> None:
    assert [found.code for found in read_csv(start + b"kpi,period\n").findings] == [
        "workbook_not_text"
    ]
