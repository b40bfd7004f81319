"""A long text without quotation marks is cut up, and read as the reader of CSV reads it."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.intake import tabular, unquoted
from app.intake.limits import BAD_CHARACTER, MAX_CELL, is_clean
from app.intake.tabular import read_csv

CELLS = st.sampled_from(["pendency", "审查", " x ", "\N{IDEOGRAPHIC SPACE}", "", "", "1", "\x1c",
                         "1.50", "\tx", "\N{NO-BREAK SPACE}y", "x" * (MAX_CELL + 1)])  # fmt: skip
HEADERS = st.sampled_from(
    [["kpi", "department", "period", "value"], ["kpi", "value", ""], ["指标", "数值", "?", ""],
     ["value"], ["x"], [], ["kpi", "本期数值", "value", "note"]]
)  # fmt: skip
ENDS = st.sampled_from(["\n", "\n", "\r\n", "\r", "\n\n", "\n \n"])


@st.composite
def texts(draw: st.DrawFn) -> str:
    delimiter = draw(st.sampled_from([",", ";", "\t"]))
    header = draw(HEADERS)
    width = len(header)
    regular = st.lists(CELLS, min_size=width, max_size=width)
    rows = draw(st.lists(regular | st.lists(CELLS, max_size=5), max_size=8))
    text = draw(st.sampled_from(["", "", "\n", "sep=;\n"]))
    for cells in [header, *rows]:
        text += delimiter.join(cells) + draw(ENDS)
    return text.rstrip("\n") if draw(st.booleans()) else text


@settings(deadline=None)
@given(texts(), st.integers(1, 60))
@example("kpi,value\nx,1\n,\ny,2\n", 4)
def test_a_text_is_read_the_same_either_way(text: str, stretch: int) -> None:
    expected = read_csv(text.encode())
    with patch.object(tabular, "LONG", 0), patch.object(unquoted, "_STRETCH", stretch):
        assert read_csv(text.encode()) == expected


def test_a_regular_text_is_cut_up() -> None:
    body = b"kpi,value\n" + b"x,1\n" * 5
    with (
        patch.object(tabular, "LONG", 0),
        patch.object(unquoted, "_STRETCH", 12),
        patch.object(tabular._Rows, "add", side_effect=AssertionError),
    ):
        assert read_csv(body).columns == {"kpi": ["x"] * 5, "value": ["1"] * 5}


@given(st.text(st.characters() | st.sampled_from("\x00\x0b\x7f\x80\x9f\ud800\ufffe\uffff\t\r\n审")))
def test_a_clean_text_is_one_without_a_bad_character(text: str) -> None:
    assert is_clean(text) is (BAD_CHARACTER.search(text) is None)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_every_encoding_is_cut_up_alike(encoding: str) -> None:
    body = "指标,部门,期间,数值\n审查周期,审查部,2013-03,1\n".encode(encoding)
    with patch.object(tabular, "LONG", 0):
        assert read_csv(body).columns["kpi"] == ["审查周期"]
