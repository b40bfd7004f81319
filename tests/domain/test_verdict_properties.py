"""What holds for every verdict, whatever the target and the figures."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from app.domain.attainment import Status, assess, is_attained, pace_of, ratio_of
from app.domain.kpi import Kind
from app.domain.number import shown
from app.domain.target import Comparator, Goal, GoalError, Overshoot, parse_goal
from tests.factories import AFTER_THE_PLAN, figure, figures, kpi, months, subject, target

if TYPE_CHECKING:
    import random

HAIR = Fraction(1, 10**30)
GREENEST_FIRST = [Status.ATTAINED, Status.ON_TRACK, Status.AT_RISK, Status.OFF_TRACK]

small = st.integers(-40, 40).map(lambda n: Decimal(n) / 4)
storable = st.integers(-(10**18) + 1, 10**18 - 1).map(lambda n: Decimal(n).scaleb(-6))
bounds = st.one_of(small, storable)
overshoots = st.sampled_from(Overshoot)


@st.composite
def goals(draw: st.DrawFn, numbers: st.SearchStrategy[Decimal] = bounds) -> Goal:
    """Draw a goal through its text, as every goal comes in."""
    one, other = draw(numbers), draw(numbers)
    text = draw(
        st.sampled_from(["<= {0:f}", ">= {0:f}", "~ {0:f} +- {2:f}", "{0:f}..{1:f}", "done"])
    )
    lower, upper = sorted((one, other))
    try:
        return parse_goal(text.format(lower, upper, abs(other)))
    except GoalError:  # a tolerance of 0, or bounds that do not fit the store
        assume(False)
        raise


@st.composite
def actuals(draw: st.DrawFn, goal: Goal) -> Fraction:
    """Draw an actual: any, or a bound, or what lies a hair beside it."""
    near = [bound for bound in (goal.lower, goal.upper, Decimal(0)) if bound is not None]
    beside = st.builds(
        lambda bound, off: Fraction(bound) + off,
        st.sampled_from(near),
        st.sampled_from([0, HAIR, -HAIR, Fraction(1, 10**6), -Fraction(1, 10**6)]),
    )
    return draw(st.one_of(beside, bounds.map(Fraction), st.fractions(-100, 100)))


@given(st.data(), goals(), overshoots)
@settings(max_examples=250, deadline=None)
def test_the_ratio_is_at_least_1_exactly_when_attained_also_as_decimal_and_float(
    data: st.DataObject, goal: Goal, overshoot: Overshoot
) -> None:
    actual = data.draw(actuals(goal))
    attained = is_attained(goal, overshoot, actual)
    ratio = ratio_of(goal, overshoot, actual).value
    assume(ratio is not None)
    decimal = shown(ratio)

    assert ratio is not None
    assert decimal is not None
    assert (ratio >= 1) is attained
    assert (decimal >= 1) is attained
    assert (float(decimal) >= 1) is attained


@given(st.data(), goals(), overshoots, bounds.map(Fraction))
@settings(max_examples=120, deadline=None)
def test_the_pace_is_at_least_1_exactly_when_the_expected_value_is_met(
    data: st.DataObject, goal: Goal, overshoot: Overshoot, expected: Fraction
) -> None:
    actual = data.draw(st.one_of(actuals(goal), st.just(expected), st.just(expected - HAIR)))
    pace = pace_of(goal, overshoot, actual, expected).value
    assume(pace is not None)

    beyond = goal.upper is not None and actual > goal.upper
    if goal.comparator is Comparator.AT_MOST:
        met = actual <= expected
    else:
        met = overshoot is Overshoot.MET if beyond else actual >= expected
    assert pace is not None
    assert (pace >= 1) is met
    assert (float(shown(pace) or 0) >= 1) is met


@given(st.data(), goals(), overshoots)
@settings(max_examples=150, deadline=None)
def test_the_ratio_moves_in_the_right_direction(
    data: st.DataObject, goal: Goal, overshoot: Overshoot
) -> None:
    less, more = sorted((data.draw(actuals(goal)), data.draw(actuals(goal))))
    at_less = ratio_of(goal, overshoot, less).value
    at_more = ratio_of(goal, overshoot, more).value
    assume(at_less is not None and at_more is not None)

    assert at_less is not None
    assert at_more is not None
    if goal.comparator is Comparator.AT_MOST:
        assert at_less >= at_more
    elif overshoot is Overshoot.MET or goal.upper is None or more <= goal.upper:
        assert at_less <= at_more
    elif less >= goal.upper:
        assert at_less >= at_more


@given(
    text=small.map(lambda bound: f">= {bound:f}") | small.map(lambda bound: f"<= {bound:f}"),
    kind=st.sampled_from([Kind.LEVEL, Kind.STOCK, Kind.FLOW, Kind.RATIO]),
    at=st.sampled_from(["2013-01", "2013-06", "2013-12"]),
    pair=st.tuples(small, small),
    baseline=st.none() | small,
)
@settings(max_examples=120, deadline=None)
def test_a_better_figure_never_has_a_worse_status(
    text: str, kind: Kind, at: str, pair: tuple[Decimal, Decimal], baseline: Decimal | None
) -> None:
    start = None if baseline is None else ("2012-12", baseline)
    one = target(text, kind=kind, baseline=start)
    order = [*GREENEST_FIRST, Status.MISSED]
    lesser, greater = (
        assess(subject(one, {"D": figures({at: value})}, of_kpi=kpi(kind=kind)), AFTER_THE_PLAN)
        for value in sorted(pair)
    )
    better, worse = (lesser, greater) if text.startswith("<=") else (greater, lesser)

    assert order.index(better.status) <= order.index(worse.status)


@given(start=small, bound=small, pair=st.tuples(small, small))
@example(start=Decimal(30), bound=Decimal(20), pair=(Decimal(40), Decimal(10)))
@settings(max_examples=100, deadline=None)
def test_progress_grows_towards_the_bound_from_either_side(
    start: Decimal, bound: Decimal, pair: tuple[Decimal, Decimal]
) -> None:
    assume(start != bound)
    one = target(f">= {bound:f}", baseline=("2012-12", start))
    further, nearer = sorted(pair, key=lambda value: (value - start) * (bound - start))
    back, ahead = (
        assess(subject(one, {"D": figures({"2013-01": value})}), AFTER_THE_PLAN).progress
        for value in (further, nearer)
    )

    assert back is not None
    assert ahead is not None
    assert back <= ahead


@given(
    kind=st.sampled_from(Kind),
    values=st.dictionaries(
        st.sampled_from("ABC"), st.lists(small, min_size=1, max_size=5), min_size=1
    ),
    chance=st.randoms(use_true_random=False),
)
@settings(max_examples=100, deadline=None)
def test_the_order_of_figures_and_departments_never_matters(
    kind: Kind, values: dict[str, list[Decimal]], chance: random.Random
) -> None:
    weight = 2 if kind in (Kind.LEVEL, Kind.RATIO) else None
    members = {
        code: [
            figure(at, value, denominator=weight, department_code=code)
            for at, value in months(*row).items()
        ]
        for code, row in values.items()
    }
    codes = list(members)
    chance.shuffle(codes)
    shuffled = {code: chance.sample(members[code], len(members[code])) for code in codes}
    one = target(">= 5", kind=kind)

    plain, mixed = (
        assess(subject(one, put, of_kpi=kpi(kind=kind)), AFTER_THE_PLAN)
        for put in (members, shuffled)
    )
    assert plain == mixed


@given(goal=goals(small), overshoot=overshoots, value=small)
@settings(max_examples=150, deadline=None)
def test_the_last_word_at_the_due_period_is_the_comparison(
    goal: Goal, overshoot: Overshoot, value: Decimal
) -> None:
    one = target(str(goal), overshoot=overshoot)
    found = assess(subject(one, {"D": figures({"2013-12": value})}), AFTER_THE_PLAN)
    met = is_attained(goal, overshoot, Fraction(value))

    assert found.status is (Status.ATTAINED if met else Status.MISSED)
    assert found.attained is met
    assert found.gap is not None
    assert (found.gap > 0) is not met
