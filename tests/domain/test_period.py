"""Periods: three spellings, three frequencies, and where each begins and ends."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.period import FIRST_YEAR, LAST_YEAR, Frequency, Period, Span, containing
from tests.factories import period

A, Q, M = Frequency.ANNUAL, Frequency.QUARTERLY, Frequency.MONTHLY
SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")

days = st.dates(dt.date(FIRST_YEAR, 1, 1), dt.date(LAST_YEAR, 12, 31))
frequencies = st.sampled_from(Frequency)
periods = st.builds(containing, days, frequencies)


@pytest.mark.parametrize(
    ("text", "frequency", "first_day", "last_day"),
    [
        ("2013", A, dt.date(2013, 1, 1), dt.date(2013, 12, 31)),
        ("2013-Q1", Q, dt.date(2013, 1, 1), dt.date(2013, 3, 31)),
        ("2013-Q4", Q, dt.date(2013, 10, 1), dt.date(2013, 12, 31)),
        ("2013-01", M, dt.date(2013, 1, 1), dt.date(2013, 1, 31)),
        ("2013-02", M, dt.date(2013, 2, 1), dt.date(2013, 2, 28)),
        ("2012-02", M, dt.date(2012, 2, 1), dt.date(2012, 2, 29)),
        ("2013-12", M, dt.date(2013, 12, 1), dt.date(2013, 12, 31)),
        ("1900", A, dt.date(1900, 1, 1), dt.date(1900, 12, 31)),
        ("2199-12", M, dt.date(2199, 12, 1), dt.date(2199, 12, 31)),
    ],
)
def test_a_spelling_says_frequency_and_days(
    text: str, frequency: Frequency, first_day: dt.date, last_day: dt.date
) -> None:
    read = Period.parse(text)

    assert (read.frequency, read.first_day, read.last_day) == (frequency, first_day, last_day)
    assert str(read) == text


@given(
    year=st.integers(FIRST_YEAR, LAST_YEAR),
    index=st.none() | st.integers(1, 12),
    is_month=st.booleans(),
)
def test_a_spelling_is_read_as_its_parts_say_however_often(
    year: int, index: int | None, *, is_month: bool
) -> None:
    if index is None:
        text, made = f"{year}", Period.of(year)
    elif is_month:
        text, made = f"{year}-{index:02d}", Period.of(year, month=index)
    else:
        quarter = (index + 2) // 3
        text, made = f"{year}-Q{quarter}", Period.of(year, quarter=quarter)
    assert Period.parse(text) == made
    assert Period.parse("".join(list(text))) == made


@given(st.text(alphabet="0123456789-Qq一 \n", max_size=9))
def test_what_is_read_is_written_the_same_and_what_is_not_stays_unread(text: str) -> None:
    for _ in range(2):
        try:
            read = Period.parse(text)
        except ValueError:
            read = None
        assert read is None or str(read) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "13",
        "2013-00",
        "2013-13",
        "2013-3",
        "2013-Q0",
        "2013-Q5",
        "2013-q1",
        "2013Q1",
        "201303",
        "2013-03-01",
        "2013年3月",
        " 2013",
        "2013\n",
        "2013-03\n",
        "-2013",
        "1899",
        "2200-01",
        "0000",
        "２０１３",
        "٢٠١٣",
    ],
)
def test_any_other_spelling_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a period|outside 1900\.\.2199"):
        Period.parse(text)


@pytest.mark.parametrize(
    ("month", "quarter"), [(0, None), (13, None), (-1, None), (None, 0), (None, 5)]
)
def test_no_month_or_quarter_runs_over_into_another_year(
    month: int | None, quarter: int | None
) -> None:
    with pytest.raises(ValueError, match=r"(month|quarter) -?\d+ is outside"):
        Period.of(2013, month=month, quarter=quarter)


@given(periods)
@settings(max_examples=100, deadline=None)
def test_parse_and_print_are_inverse(one: Period) -> None:
    assert Period.parse(str(one)) == one


@given(st.text(max_size=12))
@settings(max_examples=100, deadline=None)
def test_any_text_is_a_period_or_a_value_error(text: str) -> None:
    try:
        read = Period.parse(text)
    except ValueError:
        return
    assert str(read) == text


@pytest.mark.parametrize(
    ("text", "count", "expected"),
    [
        ("2013-12", 1, "2014-01"),
        ("2013-01", -1, "2012-12"),
        ("2013-01", 25, "2015-02"),
        ("2013-Q4", 1, "2014-Q1"),
        ("2013", -2, "2011"),
        ("2013-06", 0, "2013-06"),
    ],
)
def test_shift_counts_periods_across_years(text: str, count: int, expected: str) -> None:
    assert str(period(text).shift(count)) == expected


@given(days, frequencies)
@settings(max_examples=100, deadline=None)
def test_every_day_lies_in_exactly_one_period(day: dt.date, frequency: Frequency) -> None:
    one = containing(day, frequency)

    assert one.first_day <= day <= one.last_day
    assert one.shift(-1).last_day < day < one.shift(1).first_day


@pytest.mark.parametrize(
    ("text", "frequency", "first", "last"),
    [
        ("2013", M, "2013-01", "2013-12"),
        ("2013", Q, "2013-Q1", "2013-Q4"),
        ("2013-Q2", M, "2013-04", "2013-06"),
        ("2013-Q2", A, "2013", "2013"),
        ("2013-05", Q, "2013-Q2", "2013-Q2"),
        ("2013-05", A, "2013", "2013"),
        ("2013-05", M, "2013-05", "2013-05"),
    ],
)
def test_first_and_last_period_of_another_frequency(
    text: str, frequency: Frequency, first: str, last: str
) -> None:
    assert str(period(text).first_of(frequency)) == first
    assert str(period(text).last_of(frequency)) == last


@pytest.mark.parametrize(
    ("today", "begun", "ended"),
    [
        (dt.date(2013, 2, 28), False, False),
        (dt.date(2013, 3, 1), True, False),
        (dt.date(2013, 3, 31), True, False),
        (dt.date(2013, 4, 1), True, True),
    ],
    ids=["day-before", "first-day", "last-day", "day-after"],
)
def test_march_has_begun_on_its_first_day_and_ended_after_its_last(
    today: dt.date,
    begun: bool,  # noqa: FBT001 - a column of the table
    ended: bool,  # noqa: FBT001 - a column of the table
) -> None:
    march = period("2013-03")

    assert (march.has_begun(today), march.has_ended(today)) == (begun, ended)


@pytest.mark.parametrize(
    ("text", "zone", "utc"),
    [
        ("2013-01", SHANGHAI, dt.datetime(2013, 1, 31, 16, tzinfo=dt.UTC)),
        ("2013-Q1", SHANGHAI, dt.datetime(2013, 3, 31, 16, tzinfo=dt.UTC)),
        ("2013", SHANGHAI, dt.datetime(2013, 12, 31, 16, tzinfo=dt.UTC)),
        ("2013-02", BERLIN, dt.datetime(2013, 2, 28, 23, tzinfo=dt.UTC)),
        ("2013-06", BERLIN, dt.datetime(2013, 6, 30, 22, tzinfo=dt.UTC)),
    ],
)
def test_a_period_ends_at_midnight_in_the_offices_zone(
    text: str, zone: ZoneInfo, utc: dt.datetime
) -> None:
    assert period(text).end(zone) == utc


@pytest.mark.parametrize(
    ("plan", "frequency", "first", "last", "length"),
    [
        (("2013-01", "2013-12"), M, "2013-01", "2013-12", 12),
        (("2013-01", "2013-12"), Q, "2013-Q1", "2013-Q4", 4),
        (("2013-01", "2013-12"), A, "2013", "2013", 1),
        (("2011-01", "2015-12"), A, "2011", "2015", 5),
        (("2013", "2013"), M, "2013-01", "2013-12", 12),
        (("2010-10", "2011-09"), Q, "2010-Q4", "2011-Q3", 4),
    ],
)
def test_the_periods_of_a_plan(
    plan: tuple[str, str], frequency: Frequency, first: str, last: str, length: int
) -> None:
    start, end = map(period, plan)
    span = Span.of_plan(start, end, frequency)
    row = list(span)

    assert (str(row[0]), str(row[-1]), len(row), len(span)) == (first, last, length, length)
    assert all(one in span for one in row)
    assert row[0].shift(-1) not in span
    assert row[-1].shift(1) not in span


def test_a_period_of_another_frequency_is_not_one_of_the_plans() -> None:
    span = Span.of_plan(period("2013-01"), period("2013-12"), M)

    assert period("2013-Q1") not in span
    assert period("2013") not in span


def test_a_span_whose_end_lies_before_its_start_is_empty() -> None:
    span = Span(period("2013-03"), period("2013-01"))

    assert (len(span), list(span)) == (0, [])
