from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.utils.escape import unescape

from app.domain.number import parse_number, write_number
from app.intake.limits import BAD_CHARACTER
from app.intake.spelling import read_text, write_text
from app.intake.table import FIELDS
from app.intake.workbook import read_workbook
from app.intake.workbook_out import write_workbook

if TYPE_CHECKING:
    from decimal import Decimal

NUMERIC = ("value", "numerator", "denominator", "definition_version")
FORMULAS = (
    *("=1+1", "+1", "-1", "@SUM(A1)", "＝1", "'=1", "\t=1", '=HYPERLINK("x")', "{=1}"),
    *("https://example.com", "_x0041_", "1", "TRUE", "#N/A", "2013-03-01", "a\nb", " a", "<&>"),
)

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=60).map(
    lambda made: BAD_CHARACTER.sub("", made).replace("\r", "\n").strip()
)
"""Notes as they are on record: with one kind of line end, and trimmed."""
figures = st.decimals(-(10**12) + 1, 10**12 - 1, places=6, allow_nan=False)


def line(value: str = "22.5", note: str = "") -> list[str]:
    return ["pendency", "examination-1", "2013-03", value, "", "", "A", note, "", "1"]


def sheet_of(body: bytes) -> Any:  # noqa: ANN401 - as the library has it
    return load_workbook(io.BytesIO(body)).active


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(figures, text), min_size=1, max_size=40))
def test_what_is_written_is_read_again_unchanged(given_rows: list[tuple[Decimal, str]]) -> None:
    lines = [line(write_number(value), write_text(note)) for value, note in given_rows]
    table = read_workbook(write_workbook(FIELDS, lines, NUMERIC))
    assert table.findings == ()
    assert [parse_number(cell) for cell in table.columns["value"]] == [
        parse_number(write_number(value)) for value, _ in given_rows
    ]
    assert [read_text(cell) for cell in table.columns["note"]] == [note for _, note in given_rows]


@pytest.mark.parametrize("note", FORMULAS)
def test_text_is_text_whatever_it_looks_like(note: str) -> None:
    body = write_workbook(FIELDS, [line(note=note)], NUMERIC)
    cell = sheet_of(body)["H2"]
    # As `inlineStr`, of which the library leaves `_x005F_` to whoever reads the text.
    assert (cell.data_type, unescape(cell.value), cell.hyperlink) == ("s", note, None)
    assert read_workbook(body).columns["note"] == [note.strip()]


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        *(("22.54", "n"), ("-0.000001", "n"), ("123456789012.123", "n"), ("0", "n")),
        *(("123456789012.123456", "s"), ("1234567890.123456", "s"), ("=1", "s"), ("1e5", "s")),
    ],
)
def test_a_number_is_one_unless_digits_would_be_lost(value: str, kind: str) -> None:
    body = write_workbook(FIELDS, [line(value)], NUMERIC)
    assert sheet_of(body)["D2"].data_type == kind
    assert parse_or_same(read_workbook(body).columns["value"][0]) == parse_or_same(value)


def parse_or_same(value: str) -> object:
    return value if value.startswith("=") else parse_number(value)


def test_a_text_that_no_cell_can_hold_is_not_left_out_in_silence() -> None:
    with pytest.raises(ValueError, match="32767"):
        write_workbook(FIELDS, [line(note="x" * 32_768)])


def test_a_table_without_rows_is_a_header() -> None:
    page = sheet_of(write_workbook(FIELDS, []))
    assert [cell.value for cell in page[1]] == list(FIELDS)
    assert page.freeze_panes == "A2"
