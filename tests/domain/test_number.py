"""Numbers: read strictly, kept exactly, rounded down only where they leave the domain."""

from __future__ import annotations

import time
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.domain.number import NumberError, exact, fits_store, parse_number, shown, write_number

valid_decimals = st.builds(
    lambda digits, places: Decimal(digits).scaleb(-places),
    st.integers(-(10**12) + 1, 10**12 - 1),
    st.integers(0, 6),
)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", "0"),
        ("-0", "0"),
        ("-0.00", "0"),
        ("22.5", "22.5"),
        ("20.20", "20.2"),
        ("-3.3", "-3.3"),
        ("007", "7"),
        ("999999999999.999999", "999999999999.999999"),
        ("-999999999999.999999", "-999999999999.999999"),
        ("0000000000000000000001.5", "1.5"),
        ("1e3", "1000"),
        ("1E+3", "1000"),
        ("25e-1", "2.5"),
        ("1e-6", "0.000001"),
        ("1e11", "100000000000"),
        ("0e999", "0"),
        ("1e" + "0" * 100_000 + "3", "1000"),
    ],
    ids=lambda text: text[:24],
)
def test_a_decimal_is_read_exactly(text: str, number: str) -> None:
    assert parse_number(text) == Decimal(number)
    assert not parse_number(text).is_signed() or number.startswith("-")


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 1",
        "1 ",
        "1\n",
        "+1",
        "--1",
        ".5",
        "5.",
        "1_000",
        "1,000",
        "0x10",
        "1e",
        "1e5.0",
        "1 000",
        "NaN",
        "nan",
        "sNaN",
        "Infinity",
        "-inf",
        "１２",
        "٣",
        "३",
        "²",
        "−1",
        "1。5",
        "\ud800",
        "1\x00",
        "1/2",
        "50%",
    ],
    ids=ascii,
)
def test_what_is_no_ascii_decimal_is_not_a_number(text: str) -> None:
    with pytest.raises(NumberError) as caught:
        parse_number(text)
    assert caught.value.code == "not_a_number"


@pytest.mark.parametrize(
    "text",
    [
        "1000000000000",
        "-1000000000000",
        "0.0000001",
        "1.0000000",
        "1e12",
        "1e-7",
        "12345.6e-6",
        "1e999",
        "1E+1000000",
        "1e-1000000",
        "1e999999999999999999999",
        "0e999999999999999999999",
        "-1e-999999999999999999999",
        "9" * 1_000_000,
        "0." + "1" * 1_000_000,
        "1e" + "9" * 1_000_000,
        "9" * 1_000_000 + "e-999990",
    ],
    ids=lambda text: f"{text[:24]}({len(text)})",
)
def test_more_digits_than_the_store_keeps_are_refused_at_once(text: str) -> None:
    before = time.process_time()

    with pytest.raises(NumberError) as caught:
        parse_number(text)

    assert caught.value.code == "too_many_digits"
    assert time.process_time() - before < 1, "the work grew with the exponent"


number_like = st.from_regex(r"\A-?[0-9]{0,20}\.?[0-9]{0,10}([eE][+-]?[0-9]{1,20})?\Z")


@given(st.one_of(st.text(), number_like))
@example("1e" + "9" * 30)
@settings(max_examples=300, deadline=None)
def test_any_text_is_a_number_that_fits_or_a_number_error(text: str) -> None:
    try:
        number = parse_number(text)
    except NumberError:
        return
    assert fits_store(number)
    assert exact(number) == Fraction(text), "read as another number than the text says"


@given(valid_decimals)
@settings(max_examples=200, deadline=None)
def test_every_valid_decimal_survives_writing_and_reading(number: Decimal) -> None:
    text = write_number(number)

    assert parse_number(text) == number
    assert write_number(parse_number(text)) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("22.50", "22.5"),
        ("20.200000", "20.2"),
        ("100", "100"),
        ("1E+2", "100"),
        ("1E-6", "0.000001"),
        ("0.0", "0"),
        ("-0.00", "0"),
        ("-1.50", "-1.5"),
        ("1200", "1200"),
    ],
)
def test_written_without_exponent_and_trailing_zeros(number: str, text: str) -> None:
    assert write_number(Decimal(number)) == text


@pytest.mark.parametrize(
    ("number", "fits"),
    [
        ("999999999999.999999", True),
        ("1000000000000", False),
        ("-1000000000000", False),
        ("0.0000001", False),
        ("1.0000000", True),
        ("1E+11", True),
        ("1E+12", False),
        ("NaN", False),
        ("-Infinity", False),
        ("1." + "0" * 40, False),
    ],
)
def test_twelve_digits_before_and_six_after_the_point_fit(
    number: str,
    fits: bool,  # noqa: FBT001 - a column of the table
) -> None:
    assert fits_store(Decimal(number)) is fits


@pytest.mark.parametrize(
    ("value", "decimal"),
    [
        (None, None),
        (Fraction(0), "0"),
        (Fraction(45, 2), "22.5"),
        (Fraction(1, 3), "0.333333333333"),
        (Fraction(2, 3), "0.666666666666"),
        (Fraction(-1, 3), "-0.333333333334"),
        (1 - Fraction(1, 10**30), "0.999999999999"),
        (1 + Fraction(1, 10**30), "1"),
        (Fraction(-1, 10**30), "-0.000000000001"),
        (Fraction(10**30 + 1), str(10**30 + 1)),
    ],
    ids=str,
)
def test_numbers_leave_the_domain_rounded_down_at_the_twelfth_decimal(
    value: Fraction | None, decimal: str | None
) -> None:
    assert shown(value) == (None if decimal is None else Decimal(decimal))


@given(st.fractions())
@settings(max_examples=200, deadline=None)
def test_shown_is_at_most_the_value_and_less_than_1e_12_below_it(value: Fraction) -> None:
    decimal = shown(value)

    assert decimal is not None
    assert 0 <= value - Fraction(decimal) < Fraction(1, 10**12)


@given(st.fractions(min_value=-2, max_value=2), st.integers(0, 2))
@example(1 - Fraction(1, 10**40), 1)
@settings(max_examples=200, deadline=None)
def test_below_a_whole_number_never_shows_as_that_number(value: Fraction, bound: int) -> None:
    decimal = shown(value)

    assert decimal is not None
    assert (decimal >= bound) == (value >= bound)
    assert (float(decimal) >= bound) == (value >= bound)


@given(valid_decimals)
@settings(max_examples=100, deadline=None)
def test_a_valid_decimal_is_shown_as_itself(number: Decimal) -> None:
    assert shown(exact(number)) == number
