"""How numbers, periods and targets are written."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.period import Period
from app.domain.target import parse_goal
from app.translation import Language, Translator
from app.wording import charts, formats


def speak(language: Language) -> formats.Speak:
    def spoken(text: str, **values: object) -> str:
        return Translator().translate(text, language).format(**values)

    return spoken


@pytest.mark.parametrize(
    ("value", "decimals", "written"),
    [
        ("22.5", 2, "22.50"),
        ("22.345", 2, "22.35"),
        ("-22.345", 2, "−22.35"),
        ("0.004", 2, "0.00"),
        ("-0.004", 2, "0.00"),
        ("1234567.5", 0, "1,234,568"),
        ("2/3", 3, "0.667"),
        ("999999999999.999999", 6, "999,999,999,999.999999"),
    ],
)
def test_numbers_are_rounded_from_the_exact_value(value: str, decimals: int, written: str) -> None:
    assert formats.number(Fraction(value), decimals) == written


def test_none_is_a_dash() -> None:
    assert formats.number(None, 2) == formats.figure(None, 2) == formats.percent(None) == "–"
    assert formats.signed(None, 2) == formats.plain(None) == formats.ABSENT


@given(
    st.fractions(min_value=-1000, max_value=1000, max_denominator=10**6),
    st.decimals(-1000, 1000, places=2),
    st.integers(0, 4),
)
def test_a_figure_looks_like_a_bound_only_where_it_is(
    value: Fraction, bound: Decimal, decimals: int
) -> None:
    shown = formats.figure(value, decimals, bound)
    same = formats.number(bound, len(shown.partition(".")[2]))
    assert (shown == same) == (value == Fraction(bound))


@given(st.fractions(min_value=-2, max_value=2, max_denominator=10**9))
def test_a_ratio_below_one_never_reads_a_hundred_per_cent(ratio: Fraction) -> None:
    shown = Decimal(formats.percent(ratio).rstrip("%").replace("−", "-"))
    assert (shown >= 100) == (ratio >= 1)


def test_a_difference_bears_its_sign() -> None:
    assert formats.signed(Fraction(1, 2), 1) == "+0.5"
    assert formats.signed(Fraction(-1, 2), 1) == "−0.5"
    assert formats.signed(0, 1) == "0.0"


@pytest.mark.parametrize(
    ("text", "chinese", "english"),
    [
        ("2013-03", "2013年3月", "Mar 2013"),
        ("2013-Q1", "2013年第1季度", "Q1 2013"),
        ("2013", "2013年", "year 2013"),
    ],
)
def test_periods_are_written_as_they_are_read(text: str, chinese: str, english: str) -> None:
    assert formats.period(Period.parse(text), speak("zh")) == chinese
    assert formats.period(Period.parse(text), speak("en")) == english


@pytest.mark.parametrize(
    ("text", "chinese", "english"),
    [
        ("<= 22.5", "22.5个月以内", "at most 22.5 个月"),
        (">= 3.30", "不少于3.3个月", "at least 3.3 个月"),
        ("~ 20", "20个月左右", "about 20 个月"),
        ("3..5", "3至5个月", "3 to 5 个月"),
        ("done", "按期完成", "to be done"),
    ],
)
def test_a_target_is_told_in_a_plans_words(text: str, chinese: str, english: str) -> None:
    assert formats.goal(parse_goal(text), "个月", speak("zh")) == chinese
    assert formats.goal(parse_goal(text), "个月", speak("en")) == english


def test_a_small_chart_ends_at_its_last_value_and_stays_within_its_box() -> None:
    drawn = charts.spark([Fraction(1), Fraction(3), Fraction(2)], Fraction(3), "told")
    assert drawn is not None
    points = [tuple(map(float, pair.split())) for pair in drawn.path[1:].split("L")]
    assert len(points) == 3
    assert all(0 <= x <= drawn.width and 0 <= y <= drawn.height for x, y in points)
    assert (drawn.path.split("L")[-1].split(), drawn.text) == (list(drawn.last), "told")
    assert drawn.bound == f"{points[1][1]:.1f}"


def test_a_bound_far_away_does_not_flatten_a_small_chart() -> None:
    drawn = charts.spark([Fraction(1), Fraction(3)], Fraction(1000), "told")
    assert drawn is not None
    assert drawn.bound is None


def test_one_value_is_a_point_and_none_is_no_chart() -> None:
    assert charts.spark([], None, "") is None
    assert charts.spark([Fraction(5)], None, "") is not None
    assert charts.spark([Fraction(0)], Fraction(0), "") is not None
