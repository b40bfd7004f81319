"""The target's grammar: the plan's words, how they are stored, and how they are written again."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.domain.number import fits_store, write_number
from app.domain.target import Comparator, Goal, GoalError, parse_goal

if TYPE_CHECKING:
    import random

AT_MOST, AT_LEAST = Comparator.AT_MOST, Comparator.AT_LEAST
ABOUT, BETWEEN, MILESTONE = Comparator.ABOUT, Comparator.BETWEEN, Comparator.MILESTONE


def goal(comparator: Comparator, **bounds: str) -> Goal:
    return Goal(comparator, **{name: Decimal(value) for name, value in bounds.items()})


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("<= 22.5", goal(AT_MOST, upper="22.5")),
        ("at most 22.5", goal(AT_MOST, upper="22.5")),
        ("≤22.5", goal(AT_MOST, upper="22.5")),
        (">= 3.3", goal(AT_LEAST, lower="3.3")),
        ("at least 3.3", goal(AT_LEAST, lower="3.3")),
        ("≥ 3.3", goal(AT_LEAST, lower="3.3")),
        ("~ 20", goal(ABOUT, nominal="20", lower="18", upper="22")),
        ("about 20", goal(ABOUT, nominal="20", lower="18", upper="22")),
        ("~ 20 +- 2", goal(ABOUT, nominal="20", lower="18", upper="22")),
        ("~ 20 +- 5", goal(ABOUT, nominal="20", lower="15", upper="25")),
        ("~ 20 ± 0.5", goal(ABOUT, nominal="20", lower="19.5", upper="20.5")),
        ("~ 20 +/- 25%", goal(ABOUT, nominal="20", lower="15", upper="25")),
        ("3..5", goal(BETWEEN, lower="3", upper="5")),
        ("3 .. 5", goal(BETWEEN, lower="3", upper="5")),
        ("2.5..3.5", goal(BETWEEN, lower="2.5", upper="3.5")),
        ("3..3", goal(BETWEEN, lower="3", upper="3")),
        ("done", goal(MILESTONE, lower="1")),
        ("<= 0", goal(AT_MOST, upper="0")),
        (">= -3.5", goal(AT_LEAST, lower="-3.5")),
        ("-5..-3", goal(BETWEEN, lower="-5", upper="-3")),
        ("-5..0", goal(BETWEEN, lower="-5", upper="0")),
        ("~ -20", goal(ABOUT, nominal="-20", lower="-22", upper="-18")),
        ("~ -20 +- 25%", goal(ABOUT, nominal="-20", lower="-25", upper="-15")),
        ("~ 0 +- 2", goal(ABOUT, nominal="0", lower="-2", upper="2")),
        ("  <=   22.50  ", goal(AT_MOST, upper="22.5")),
    ],
)
def test_the_plans_words_are_stored_as_comparator_and_bounds(text: str, stored: Goal) -> None:
    assert parse_goal(text) == stored


@pytest.mark.parametrize(
    ("text", "bound"),
    [("<= 22.5", "22.5"), (">= 3.3", "3.3"), ("~ 20", "18"), ("3..5", "3"), ("done", "1")],
)
def test_the_trajectory_leads_to_the_upper_bound_of_at_most_else_to_the_lower(
    text: str, bound: str
) -> None:
    assert parse_goal(text).bound == Decimal(bound)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("at most 22.50", "<= 22.5"),
        ("≥3.30", ">= 3.3"),
        ("about 20", "~ 20"),
        ("~20+-2", "~ 20"),
        ("~20+-2.5", "~ 20 +- 2.5"),
        ("~ 20 ± 25 %", "~ 20 +- 5"),
        ("3.0 .. 5", "3..5"),
        ("DONE", "done"),
        (">= -0", ">= 0"),
    ],
)
def test_a_target_is_written_in_one_way(text: str, written: str) -> None:
    assert str(parse_goal(text)) == written


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "not a target"),
        ("22.5", "not a target"),
        ("< 22.5", "not a target"),
        ("= 22.5", "not a target"),
        ("<= 22.5 months", "not a target"),
        ("<= 1,000", "not a target"),
        ("<= 1e3", "not a target"),
        ("<= ２２", "not a target"),
        ("<= nan", "not a target"),
        ("at most22.5", "not a target"),
        ("3...5", "not a target"),
        ("3..5..7", "not a target"),
        ("3-5", "not a target"),
        ("~ 20 +- -2", "not a target"),
        ("~ 20 +-", "not a target"),
        ("done 1", "not a target"),
        ("5..3", "lower bound comes first"),
        ("-3..-5", "lower bound comes first"),
        ("~ 0", "needs one"),
        ("~ 20 +- 0", "needs one"),
        ("~ 20 +- 0%", "needs one"),
        ("<= 1000000000000", "more digits than the store keeps"),
        (">= 0.0000001", "more digits than the store keeps"),
        ("3..0.00000001", "more digits than the store keeps"),
        ("~ 20 +- 0.0000001", "more digits than the store keeps"),
        ("~ 999999999999 +- 1", "the tolerance makes bounds of more than"),
        ("~ 0.000001", "the tolerance makes bounds of more than"),
        ("~ 999999999999.999999 +- 0.000001%", "the tolerance makes bounds of more than"),
        ("~ 999999999999 +- 999999999999%", "the tolerance makes bounds of more than"),
        ("<= " + "9" * 100_000, "more digits than the store keeps"),
    ],
    ids=lambda text: text[:40],
)
def test_what_is_no_target_is_refused_with_what_is_wrong(text: str, complaint: str) -> None:
    with pytest.raises(GoalError, match=complaint):
        parse_goal(text)


@given(st.text())
@settings(max_examples=200, deadline=None)
def test_any_text_is_a_target_or_a_goal_error(text: str) -> None:
    try:
        read = parse_goal(text)
    except GoalError:
        return
    assert parse_goal(str(read)) == read


numbers = st.builds(
    lambda digits, places: Decimal(digits).scaleb(-places),
    st.one_of(st.integers(-99, 99), st.integers(-(10**12) + 1, 10**12 - 1)),
    st.integers(0, 6),
)


@st.composite
def goals(draw: st.DrawFn) -> Goal:
    """Draw any goal that can be stored."""
    comparator: Comparator = draw(st.sampled_from(Comparator))
    one = draw(numbers)
    match comparator:
        case Comparator.AT_MOST:
            return Goal(comparator, upper=one)
        case Comparator.AT_LEAST:
            return Goal(comparator, lower=one)
        case Comparator.MILESTONE:
            return Goal(comparator, lower=Decimal(1))
        case Comparator.BETWEEN:
            lower, upper = sorted((one, draw(numbers)))
            return Goal(comparator, lower=lower, upper=upper)
        case Comparator.ABOUT:
            tolerance = abs(draw(numbers))
            lower, upper = one - tolerance, one + tolerance
            assume(tolerance > 0 and fits_store(lower) and fits_store(upper))
            return Goal(comparator, lower=lower, upper=upper, nominal=one)


@given(goals())
@settings(max_examples=300, deadline=None)
def test_parse_and_print_are_inverse(one: Goal) -> None:
    assert parse_goal(str(one)) == one
    assert str(parse_goal(str(one))) == str(one)


@given(numbers, numbers, st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_the_case_of_letters_never_matters(
    one: Decimal, other: Decimal, chance: random.Random
) -> None:
    words = ("at most {}", "at least {}", "about {} +- {}", "done")
    plain = chance.choice(words).format(write_number(one), write_number(abs(other) + 1))
    shouted = "".join(chance.choice((letter.upper(), letter.lower())) for letter in plain)

    try:
        read = parse_goal(plain)
    except GoalError:
        with pytest.raises(GoalError):
            parse_goal(shouted)
    else:
        assert parse_goal(shouted) == read


@pytest.mark.parametrize("comparator", [AT_MOST, AT_LEAST, ABOUT, BETWEEN])
def test_a_goal_without_its_bound_does_not_pass_for_one(comparator: Comparator) -> None:
    with pytest.raises(ValueError, match="without its bound"):
        _ = Goal(comparator).bound
