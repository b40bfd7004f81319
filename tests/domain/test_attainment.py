"""The verdict, row by row of the rules: attained, ratio, progress, pace, gap."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from app.domain.attainment import Rule, assess, is_attained, pace_of, ratio_of
from app.domain.kpi import Kind
from app.domain.number import shown
from app.domain.period import Frequency
from app.domain.target import Overshoot, parse_goal
from tests.factories import AFTER_THE_PLAN, figures, kpi, own, subject, target, verdict

MET, BREACH = Overshoot.MET, Overshoot.BREACH
ABSENT = None
F = Fraction

RATIOS = [
    # at_least T: 1 + (A - T) / |T|
    pytest.param(">= 20", MET, "25", True, F(5, 4), id="at_least-above"),
    pytest.param(">= 20", MET, "20", True, 1, id="at_least-equal"),
    pytest.param(">= 20", MET, "15", False, F(3, 4), id="at_least-below"),
    pytest.param(">= 20", MET, "0", False, 0, id="at_least-A=0"),
    pytest.param(">= 20", MET, "-20", False, -1, id="at_least-A<0"),
    pytest.param(">= 20.2", MET, "20.20", True, 1, id="at_least-20.2-against-20.20"),
    pytest.param(">= -20", MET, "-15", True, F(5, 4), id="at_least-T<0-above"),
    pytest.param(">= -20", MET, "-20", True, 1, id="at_least-T<0-equal"),
    pytest.param(">= -20", MET, "-25", False, F(3, 4), id="at_least-T<0-below"),
    pytest.param(">= 0", MET, "0", True, ABSENT, id="at_least-T=0-equal"),
    pytest.param(">= 0", MET, "1", True, ABSENT, id="at_least-T=0-above"),
    pytest.param(">= 0", MET, "-0.000001", False, ABSENT, id="at_least-T=0-below"),
    # at_most T: 1 + (T - A) / |T|
    pytest.param("<= 22.5", MET, "20.25", True, F(11, 10), id="at_most-below"),
    pytest.param("<= 22.5", MET, "22.5", True, 1, id="at_most-equal"),
    pytest.param("<= 22.5", MET, "22.54", False, 2 - F("22.54") / F("22.5"), id="at_most-22.54"),
    pytest.param("<= 22.5", MET, "45", False, 0, id="at_most-twice"),
    pytest.param("<= 22.5", MET, "67.5", False, -1, id="at_most-three-times"),
    pytest.param("<= 22.5", MET, "0", True, 2, id="at_most-A=0"),
    pytest.param("<= -20", MET, "-25", True, F(5, 4), id="at_most-T<0-below"),
    pytest.param("<= -20", MET, "-20", True, 1, id="at_most-T<0-equal"),
    pytest.param("<= -20", MET, "-15", False, F(3, 4), id="at_most-T<0-above"),
    pytest.param("<= 0", MET, "0", True, ABSENT, id="at_most-T=0-equal"),
    pytest.param("<= 0", MET, "0.000001", False, ABSENT, id="at_most-T=0-above"),
    pytest.param("<= 0", MET, "-1", True, ABSENT, id="at_most-T=0-below"),
    # about 20: lower 18, upper 22
    pytest.param("~ 20", MET, "18", True, 1, id="about-at-lower"),
    pytest.param("~ 20", MET, "20", True, 1, id="about-inside"),
    pytest.param("~ 20", MET, "22", True, 1, id="about-at-upper"),
    pytest.param("~ 20", MET, "17", False, F(17, 18), id="about-below=at_least-lower"),
    pytest.param("~ 20", MET, "33", True, F(3, 2), id="about-above-met=at_least-upper"),
    pytest.param("~ 20", BREACH, "33", False, F(1, 2), id="about-above-breach=at_most-upper"),
    pytest.param("~ 20", BREACH, "22", True, 1, id="about-at-upper-breach"),
    pytest.param("~ 20", BREACH, "17", False, F(17, 18), id="about-below-breach"),
    pytest.param("~ -20", MET, "-22", True, 1, id="about-T<0-at-lower"),
    pytest.param("~ -20", MET, "-33", False, F(1, 2), id="about-T<0-below"),
    pytest.param("~ -20", MET, "-9", True, F(3, 2), id="about-T<0-above-met"),
    pytest.param("~ -20", BREACH, "-9", False, F(1, 2), id="about-T<0-above-breach"),
    # between 2.5 and 3.5
    pytest.param("2.5..3.5", BREACH, "2.5", True, 1, id="between-at-lower"),
    pytest.param("2.5..3.5", BREACH, "3.5", True, 1, id="between-at-upper"),
    pytest.param("2.5..3.5", BREACH, "2", False, F(4, 5), id="between-below=at_least-lower"),
    pytest.param("2.5..3.5", BREACH, "4.2", False, F(4, 5), id="between-above-breach"),
    pytest.param("2.5..3.5", MET, "4.2", True, F(6, 5), id="between-above-met"),
    pytest.param("3..3", BREACH, "3", True, 1, id="between-equal-bounds"),
    pytest.param("0..5", MET, "3", True, 1, id="between-lower=0-inside"),
    pytest.param("0..5", MET, "-1", False, ABSENT, id="between-lower=0-below:T=0"),
    pytest.param("-5..0", MET, "1", True, ABSENT, id="between-upper=0-above-met:T=0"),
    pytest.param("-5..0", BREACH, "1", False, ABSENT, id="between-upper=0-above-breach:T=0"),
    pytest.param("-5..0", BREACH, "-6", False, F(4, 5), id="between-upper=0-below"),
    # milestone: the fraction
    pytest.param("done", MET, "1", True, 1, id="milestone-done"),
    pytest.param("done", MET, "0.4", False, F(2, 5), id="milestone-part"),
    pytest.param("done", MET, "0", False, 0, id="milestone-none"),
    pytest.param("done", BREACH, "1", True, 1, id="milestone-breach-means-nothing"),
]


@pytest.mark.parametrize(("text", "overshoot", "actual", "attained", "ratio"), RATIOS)
def test_attained_by_the_comparison_alone_and_ratio_by_its_formula(
    text: str,
    overshoot: Overshoot,
    actual: str,
    attained: bool,  # noqa: FBT001 - a column of the table
    ratio: Fraction | None,
) -> None:
    goal = parse_goal(text)

    assert is_attained(goal, overshoot, F(actual)) is attained
    assert ratio_of(goal, overshoot, F(actual)).value == ratio
    assert ratio is None or (ratio >= 1) == attained, "the table itself is wrong"


@pytest.mark.parametrize(
    ("text", "overshoot", "actual", "rule", "bound"),
    [
        (">= 20", MET, 25, Rule.AT_LEAST, 20),
        ("<= 20", MET, 25, Rule.AT_MOST, 20),
        ("3..5", MET, 4, Rule.INSIDE, 3),
        ("3..5", MET, 2, Rule.AT_LEAST, 3),
        ("3..5", MET, 6, Rule.AT_LEAST, 5),
        ("3..5", BREACH, 6, Rule.AT_MOST, 5),
        ("done", MET, F(1, 2), Rule.FRACTION, 1),
        (">= 0", MET, 1, Rule.ABSENT, None),
    ],
)
def test_the_ratio_names_the_row_it_came_from_and_its_bound(
    text: str, overshoot: Overshoot, actual: Fraction, rule: Rule, bound: int | None
) -> None:
    measure = ratio_of(parse_goal(text), overshoot, F(actual))

    assert (measure.rule, measure.bound) == (rule, bound)


def test_22_54_is_not_at_most_22_5_however_it_is_shown() -> None:
    ratio = shown(ratio_of(parse_goal("<= 22.5"), MET, F("22.54")).value)

    assert f"{Decimal('22.54'):.1f}" == "22.5"
    assert ratio == Decimal("0.998222222222")


def test_a_mean_just_under_the_bound_never_shows_as_met() -> None:
    almost = F(20) - F(1, 10**15)
    ratio = shown(ratio_of(parse_goal(">= 20"), MET, almost).value)

    assert ratio == Decimal("0.999999999999")
    assert float(ratio) < 1


@pytest.mark.parametrize(
    ("text", "baseline", "actual", "progress"),
    [
        pytest.param(">= 20", "10", "15", F(1, 2), id="half-way-up"),
        pytest.param("<= 20", "30", "25", F(1, 2), id="half-way-down"),
        pytest.param(">= 20", "10", "20", 1, id="there"),
        pytest.param(">= 20", "10", "10", 0, id="not-moved"),
        pytest.param(">= 20", "10", "5", F(-1, 2), id="below-0-shown-as-it-is"),
        pytest.param("<= 20", "30", "15", F(3, 2), id="above-1-shown-as-it-is"),
        pytest.param(">= 0", "-10", "-5", F(1, 2), id="T=0"),
        pytest.param(">= 20", "0", "5", F(1, 4), id="B=0"),
        pytest.param("~ 20", "8", "13", F(1, 2), id="about-to-the-lower-bound"),
        pytest.param("3..5", "1", "5", 2, id="between-to-the-lower-bound"),
        pytest.param(">= 20", "20", "25", ABSENT, id="T=B"),
        pytest.param(">= 20", None, "25", ABSENT, id="no-baseline"),
    ],
)
def test_progress_runs_from_the_baseline(
    text: str, baseline: str | None, actual: str, progress: Fraction | None
) -> None:
    one = target(text, baseline=("2012-12", baseline) if baseline else None)
    found = assess(subject(one, {"D": figures({"2013-01": actual})}), AFTER_THE_PLAN)

    assert found.progress == progress


def test_progress_of_a_milestone_runs_from_its_baseline_to_1() -> None:
    one = target("done", baseline=("2012-12", "0.2"))
    members = {"D": figures({"2013-01": "0.6"})}
    found = assess(subject(one, members, of_kpi=kpi(kind=Kind.MILESTONE)), AFTER_THE_PLAN)

    assert found.progress == F(1, 2)


@pytest.mark.parametrize(
    ("text", "overshoot", "expected", "actual", "pace"),
    [
        # the ratio's formula with E in the bound's place
        pytest.param(">= 20", MET, 10, 12, F(6, 5), id="at_least-E>0"),
        pytest.param(">= 20", MET, 10, 10, 1, id="at_least-equal"),
        pytest.param(">= 20", MET, 10, 9, F(9, 10), id="at_least-behind"),
        pytest.param(">= 20", MET, -10, -12, F(4, 5), id="at_least-E<0"),
        pytest.param(">= 20", MET, 0, 5, ABSENT, id="at_least-E=0"),
        pytest.param(">= 20", MET, None, 5, ABSENT, id="at_least-nothing-expected"),
        pytest.param("<= 20", MET, 30, 33, F(9, 10), id="at_most-behind"),
        pytest.param("<= 20", MET, 30, 27, F(11, 10), id="at_most-ahead"),
        pytest.param("<= 20", MET, -10, -12, F(6, 5), id="at_most-E<0"),
        pytest.param("<= 20", MET, 0, 5, ABSENT, id="at_most-E=0"),
        # about and between: E leads to the lower bound; above the upper, the rule of the ratio
        pytest.param("~ 20", MET, 9, 6, F(2, 3), id="about-below-E"),
        pytest.param("~ 20", MET, 9, 9, 1, id="about-at-E"),
        pytest.param("~ 20", MET, 9, 15, 1, id="about-between-E-and-upper"),
        pytest.param("~ 20", MET, 9, 33, F(3, 2), id="about-above-upper-met"),
        pytest.param("~ 20", BREACH, 9, 33, F(1, 2), id="about-above-upper-breach"),
        pytest.param("3..5", BREACH, 0, 6, F(4, 5), id="between-E=0-above-upper-breach"),
        pytest.param("3..5", MET, 0, 6, F(6, 5), id="between-E=0-above-upper-met"),
        pytest.param("3..5", MET, 0, 4, ABSENT, id="between-E=0-inside"),
        pytest.param("-5..0", BREACH, -5, 1, ABSENT, id="between-above-upper=0:T=0"),
        pytest.param("3..5", MET, None, 4, ABSENT, id="between-nothing-expected"),
        # a milestone
        pytest.param("done", MET, F(1, 2), F(1, 4), F(1, 2), id="milestone-against-its-point"),
        pytest.param("done", MET, 1, F(3, 4), F(3, 4), id="milestone-at-due"),
        pytest.param("done", MET, None, 0, ABSENT, id="milestone-before-due"),
    ],
)
def test_pace_is_the_ratio_to_what_is_expected(
    text: str,
    overshoot: Overshoot,
    expected: Fraction | None,
    actual: Fraction,
    pace: Fraction | None,
) -> None:
    at = None if expected is None else F(expected)

    assert pace_of(parse_goal(text), overshoot, F(actual), at).value == pace


@pytest.mark.parametrize(
    ("text", "overshoot", "actual", "gap"),
    [
        pytest.param(">= 20", MET, "15", 5, id="at_least-short"),
        pytest.param(">= 20", MET, "25", -5, id="at_least-beyond"),
        pytest.param("<= 20", MET, "25", 5, id="at_most-over"),
        pytest.param("<= 20", MET, "15", -5, id="at_most-under"),
        pytest.param("3..5", MET, "2", 1, id="between-short"),
        pytest.param("3..5", MET, "4", 0, id="between-inside"),
        pytest.param("3..5", MET, "7", -2, id="between-beyond-met"),
        pytest.param("3..5", BREACH, "7", 2, id="between-beyond-breach"),
        pytest.param("0..5", BREACH, "-2", 2, id="T=0-has-a-gap"),
    ],
)
def test_the_gap_is_positive_while_the_target_is_not_met(
    text: str, overshoot: Overshoot, actual: str, gap: int
) -> None:
    one = target(text, overshoot=overshoot)
    found = assess(subject(one, {"D": figures({"2013-01": actual})}), AFTER_THE_PLAN)

    assert found.gap == gap
    assert (gap > 0) == (found.attained is False)


@pytest.mark.parametrize(
    ("asked", "counts"),
    [
        pytest.param("2013-05", "2013-Q1", id="a month in the second quarter: the first is over"),
        pytest.param("2013-06", "2013-Q2", id="the last month of a quarter: that quarter"),
        pytest.param("2013-Q3", "2013-Q3", id="the quarter itself"),
        pytest.param("2013", "2013-Q4", id="a year: its last quarter"),
    ],
)
def test_a_period_of_another_frequency_asks_for_what_is_over_by_its_end(
    asked: str, counts: str
) -> None:
    quarters = own({f"2013-Q{quarter}": quarter for quarter in (1, 2, 3, 4)})
    said = verdict(target(">= 1"), quarters, frequency=Frequency.QUARTERLY, asked=asked)
    assert str(said.period) == counts
