from __future__ import annotations

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.figure import ObservationStatus
from app.domain.number import NumberError, parse_number, write_number
from app.domain.period import Frequency, Period
from app.intake.spelling import read_number, read_period, read_status


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("22.5", "22.5"),
        ("-3", "-3"),
        ("0", "0"),
        ("1.2e3", "1200"),
        (" 22.5\t", "22.5"),
        ("\u00a022.5\u00a0", "22.5"),
        ("\u300022.5\u3000", "22.5"),
        ("\ufeff22.5\u200b", "22.5"),
        ("\uff12\uff12\uff0e\uff15", "22.5"),
        ("22。5", "22.5"),
        ("22\uff615", "22.5"),
        ("\u22123", "-3"),
        ("\uff0d3", "-3"),
        ("1,234,567.8", "1234567.8"),
        ("-1,234", "-1234"),
        ("12,345", "12345"),
        ("\uff11\uff0c\uff12\uff13\uff14", "1234"),
        ("999,999,999,999.999999", "999999999999.999999"),
    ],
)
def test_numbers_are_read_as_people_write_them(text: str, number: str) -> None:
    assert read_number(text) == Decimal(number)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "1,23",
            "12,5",
            "22,5",
            "1234,567",
            "1,2345",
            "1,,234",
            ",123",
            "1,234,",
            "0,123",
            "012,345",
        ),
        *("1.234.567", "1.234,5", "1,234e3", "1 234", "1\u00a0234", "1、234", "1'234", "1_000"),
        *(
            "22.5%",
            "22.5\uff05",
            "(5)",
            "5-",
            "--5",
            "+5",
            "- 5",
            "\u20135",
            "5.",
            ".5",
            "5 6",
            "5/6",
        ),
        *("", " ", "-", ".", ",", "n/a", "nan", "inf", "=1+1", "0x10", "\u200b"),
        *("\u0663\u0664", "\u096a", "三", "\u00b2", "\u2460", "5\u00005"),
    ],
)
def test_a_doubtful_number_is_refused(text: str) -> None:
    with pytest.raises(NumberError) as caught:
        read_number(text)
    assert caught.value.code == "not_a_number"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1,234.5", "1234.5"),
        ("1,234,567", "1234567"),
        ("-1,234,567.8", "-1234567.8"),
        ("22.5", "22.5"),
    ],
)
def test_thousands_are_read_beside_semicolons_where_no_decimal_comma_can_be_meant(
    text: str, number: str
) -> None:
    assert read_number(text, comma_is_doubtful=True) == Decimal(number)
    assert read_number(full_width(text), comma_is_doubtful=True) == Decimal(number)


@pytest.mark.parametrize(
    "text", ["1,234", "-1,234", "22,5", "1.234,5", "\uff11\uff0c\uff12\uff13\uff14"]
)
def test_one_comma_beside_semicolons_may_be_a_decimal_one(text: str) -> None:
    with pytest.raises(NumberError):
        read_number(text, comma_is_doubtful=True)


@pytest.mark.parametrize("text", ["1234567890123", "1,234,567,890,123", "0.1234567", "1e999999999"])
def test_a_number_beyond_what_is_kept_says_so(text: str) -> None:
    with pytest.raises(NumberError) as caught:
        read_number(text)
    assert caught.value.code == "too_many_digits"


def full_width(text: str) -> str:
    return "".join(chr(ord(letter) + 0xFEE0) for letter in text)


@given(st.decimals(-(10**12) + 1, 10**12 - 1, places=6))
def test_every_number_is_read_back_plain_grouped_and_full_width(number: Decimal) -> None:
    assert read_number(write_number(number)) == number
    assert read_number(f"{number:,}") == number
    assert read_number(full_width(write_number(number))) == number


@given(st.text("0123456789.,-eE+ "))
def test_what_is_read_without_separators_is_what_the_strict_reader_reads(text: str) -> None:
    try:
        number = read_number(text)
    except NumberError:
        return
    assert number == parse_number(text.strip().replace(",", ""))


@given(st.text())
def test_any_text_is_a_number_a_period_or_refused(text: str) -> None:
    with suppress(NumberError):
        assert read_number(text).is_finite()
    with suppress(ValueError):
        assert Period.parse(str(read_period(text))) == read_period(text)


@pytest.mark.parametrize(
    ("text", "period"),
    [
        *(("2013", "2013"), ("2013年", "2013"), (" 2013 ", "2013")),
        ("\uff12\uff10\uff11\uff13", "2013"),
        *(("2013-Q1", "2013-Q1"), ("2013Q1", "2013-Q1"), ("2013q4", "2013-Q4")),
        *(("2013 Q2", "2013-Q2"), ("2013\uff31\uff12", "2013-Q2")),
        *(("2013年第1季度", "2013-Q1"), ("2013年一季度", "2013-Q1"), ("2013年第四季度", "2013-Q4")),
        *(("2013-03", "2013-03"), ("2013-3", "2013-03"), ("2013-12", "2013-12")),
        *(("2013/3", "2013-03"), ("2013/03", "2013-03"), ("2013\uff0f3", "2013-03")),
        *(("201303", "2013-03"), ("201312", "2013-12")),
        *(("2013年3月", "2013-03"), ("2013年03月", "2013-03"), ("2013年12月", "2013-12")),
        *(
            ("2013 年 3 月", "2013-03"),
            ("2013\u3000年3月份", "2013-03"),
            ("2013年\uff13月", "2013-03"),
        ),
        *(("2013-03-01", "2013-03"), ("2013/3/1", "2013-03"), ("2013年3月1日", "2013-03")),
        *(("2013-03-01 00:00:00", "2013-03"), ("2013-03-01T00:00:00", "2013-03")),
        *(("2013-03-01T00:00:00.000", "2013-03"), ("2013/3/1 0:00", "2013-03")),
    ],
)
def test_periods_are_read_as_people_and_spreadsheets_write_them(text: str, period: str) -> None:
    assert str(read_period(text)) == period


@pytest.mark.parametrize(
    "text",
    [
        *("2013.03", "2013.1", "2013.10", "2013。3", "2013.0"),
        *("2013-03-02", "2013-03-31", "2013/3/15", "2013年3月2日", "2013-3/1", "2013-03-00"),
        *("2013-03-01 12:00:00", "2013-03-01T00:00:01", "2013-03-01T00:00:00+08:00"),
        *(
            "2013-13",
            "2013-00",
            "2013-0",
            "201313",
            "201300",
            "20133",
            "20130301",
            "2013-Q5",
            "2013Q",
        ),
        *("2013年5季度", "2013年第五季度", "2013年0月", "2013年13月", "2013年第3月"),
        *(
            "13-03",
            "03/2013",
            "3/1/2013",
            "Mar-13",
            "41334",
            "2013-03 2013-04",
            "2013--03",
            "",
            "年",
        ),
        *("1899", "2200-01", "0000", "\u0662\u0660\u0661\u0663", "2013-\u0663"),
    ],
)
def test_what_is_not_surely_a_period_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_period(text)


@given(st.sampled_from(Frequency), st.integers(1900, 2199), st.integers(0, 11))
def test_every_canonical_period_is_read_back(frequency: Frequency, year: int, index: int) -> None:
    period = Period(frequency, year * frequency.per_year + index % frequency.per_year)
    assert read_period(str(period)) == period
    assert read_period(full_width(str(period))) == period


@pytest.mark.parametrize(
    ("text", "status"),
    [("A", "A"), ("p", "P"), (" e ", "E"), ("\uff22", "B"), ("\uff4d\u3000", "M")],
)
def test_statuses_are_read_in_any_case_and_width(text: str, status: str) -> None:
    assert read_status(text) is ObservationStatus(status)


@pytest.mark.parametrize("text", ["", "AA", "N", "normal", "\u0410"])
def test_another_status_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_status(text)
