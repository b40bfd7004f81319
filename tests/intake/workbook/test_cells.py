from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.domain.number import parse_number
from app.intake.workbook_child.book import Text
from app.intake.workbook_child.cells import (
    Look,
    date_text,
    iso_text,
    look_of,
    number_text,
    unescaped,
)

FIRST, LAST = dt.date(1900, 3, 1), dt.date(9999, 12, 31)

# --- numbers ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        ("22.539999999999999", "22.54"), ("22.54", "22.54"), ("22.50", "22.50"),
        ("0.30000000000000004", "0.3"), ("20.199999999999999", "20.2"), ("-3.3", "-3.3"),
        ("100", "100"), ("0", "0"), ("1E-3", "0.001"), ("1.0000000000000001E-5", "1e-05"),
        ("2.2539999999999999E1", "22.54"), ("+5", "5"), (".5", "0.5"), ("007", "7"),
        ("123456789012.123", "123456789012.123"), ("0.33333333333333331", "0.333333333333333"),
        ("999999999999999", "999999999999999"), ("1234567890123456", "1.23456789012346e+15"),
    ],
)  # fmt: skip
def test_a_stored_number_is_what_was_typed(stored: str, typed: str) -> None:
    assert number_text(stored) == typed


@pytest.mark.parametrize(
    "stored", ["NaN", "INF", "-INF", "1e400", "abc", "", "1,5", "１", "0x10", "1_000", "1e99999"]
)
def test_what_is_no_number_stays_as_it_is(stored: str) -> None:
    assert number_text(stored) == stored


@given(st.decimals(-(10**8), 10**8, allow_nan=False, allow_infinity=False, places=6))
@example(Decimal("22.54"))
def test_any_figure_comes_out_of_its_binary_float_as_it_was(figure: Decimal) -> None:
    for stored in (repr(float(figure)), f"{float(figure):.17g}", f"{float(figure):.16E}"):
        assert parse_number(number_text(stored)) == figure


# --- dates ------------------------------------------------------------------------------------


@given(st.dates(FIRST, LAST))
def test_a_day_is_that_day_in_both_calendars(day: dt.date) -> None:
    old = (day - dt.date(1899, 12, 30)).days
    assert date_text(str(old), since_1904=False) == day.isoformat()
    if day >= dt.date(1904, 1, 1):
        assert date_text(str(old - 1462), since_1904=True) == day.isoformat()


@pytest.mark.parametrize(
    ("stored", "day"),
    [
        ("1", "1900-01-01"), ("59", "1900-02-28"), ("61", "1900-03-01"), ("41334.0", "2013-03-01"),
        ("41334.25", "2013-03-01 06:00:00"), ("41333.999999999", "2013-03-01"),
        ("60", "60"), ("-1", "-1"), ("2958466", "2958466"), ("NaN", "NaN"), ("x", "x"),
    ],
)  # fmt: skip
def test_what_is_no_day_of_the_calendar_stays_as_it_is(stored: str, day: str) -> None:
    assert date_text(stored, since_1904=False) == day


def test_a_day_beyond_the_calendar_stays_as_it_is() -> None:
    assert date_text("2958465", since_1904=True) == "2958465"


@pytest.mark.parametrize(
    ("stored", "day"),
    [
        *(("2013-03-01T00:00:00", "2013-03-01"), ("2013-03-01T00:00:00.000Z", "2013-03-01")),
        *(("2013-03-01", "2013-03-01"), ("2013-03-01T06:00:00", "2013-03-01T06:00:00")),
    ],
)
def test_a_day_as_text_loses_its_midnight(stored: str, day: str) -> None:
    assert iso_text(stored) == day


# --- formats ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "code", "look"),
    [
        *((number, None, Look.DATE) for number in (14, 17, 22, 27, 31, 36, 45, 47, 50, 57, 58)),
        *((number, None, Look.PLAIN) for number in (0, 1, 4, 11, 13, 23, 37, 44, 48, 49, 59, 999)),
        *((number, None, Look.PERCENT) for number in (9, 10)),
        *((164, code, Look.DATE) for code in (
            "yyyy-mm", "yyyy\\-mm\\-dd", 'yyyy"年"m"月";@', "yyyy年m月", "[$-804]yyyy/m/d;@",
            "[h]:mm", "[h]", "[$-F800]dddd\\,\\ mmmm", "mmm-yy", "[DBNum1][$-804]yyyy", "e",
        )),
        *((164, code, Look.PLAIN) for code in (
            "General", "G/通用格式", "0.00", "#,##0.00_ ;[Red]\\-#,##0.00\\ ", '0"%"', "0\\%", "@",
            '_ "¥"* #,##0.00_ ', "0.00E+00", "##0.0e-0", '0.0"months"', "[Red]0", "[Color 5]0",
            "[>100]0;0.0", '0!.0,"万"', "", '"unclosed dates', "[unclosed", "0\\m", "0_d", "0*y",
        )),
        *((164, code, Look.PERCENT) for code in ("0%", "0.00%;[Red]-0.00%", '0.0"%"%', "0.0%\\ ")),
        *((14, code, Look.PLAIN) for code in ("0.00",)),
    ],
)  # fmt: skip
def test_formats_say_what_a_number_is(number: int, code: str | None, look: Look) -> None:
    assert look_of(number, code) is look


@given(st.text(max_size=255) | st.text('[]"\\_*;hmsdy0#%eE+-', max_size=255))
def test_any_format_is_one_of_the_three(code: str) -> None:
    assert look_of(164, code) in Look


# --- text -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stored", "text"),
    [
        ("plain", "plain"), ("a_x000D_b", "a\rb"), ("_x005F_x000D_", "_x000D_"),
        ("_x4e2d_文", "中文"), ("_xZZZZ_ _x12_", "_xZZZZ_ _x12_"), ("_x0000_", "\0"),
    ],
)  # fmt: skip
def test_escapes_are_read(stored: str, text: str) -> None:
    assert unescaped(stored) == text


@given(st.lists(st.text(max_size=20)), st.integers(1, 30))
def test_text_is_gathered_up_to_the_longest(pieces: list[str], longest: int) -> None:
    text = Text(longest)
    for piece in pieces:
        text.add(piece)
    whole = "".join(pieces)
    assert text.whole() == (whole if len(whole) <= longest else "#" * (longest + 1))
