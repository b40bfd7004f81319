"""What is still needed: brought in just so, the target is met exactly."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.attainment import assess, is_attained
from app.domain.kpi import Kind
from app.domain.required import Need, Required, required
from app.domain.target import Overshoot
from tests.factories import AFTER_THE_PLAN, figure, figures, kpi, months, subject, target

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.domain.figure import Figure

FLOW, STOCK, LEVEL = Kind.FLOW, Kind.STOCK, Kind.LEVEL


def needed(
    text: str,
    members: Mapping[str, Sequence[Figure]],
    kind: Kind,
    *,
    due: str = "2013-12",
    overshoot: Overshoot = Overshoot.MET,
) -> Required:
    of = target(text, kind=kind, due=due, overshoot=overshoot)
    one = subject(of, members, of_kpi=kpi(kind=kind))
    return required(one, assess(one, AFTER_THE_PLAN))


def test_a_flow_s_remaining_months_bring_the_rest_together() -> None:
    found = needed(">= 120", {"D": figures(months(5, 10, 15))}, FLOW)

    assert (str(found.first), str(found.last), found.periods) == ("2013-04", "2013-12", 9)
    assert found.total == Need(lower=Fraction(90))
    assert found.a_period == Need(lower=Fraction(10))
    assert str(found.rule) == "T - A, over the 9 periods from 2013-04 to 2013-12"


def test_an_upper_bound_leaves_room_until_it_is_passed() -> None:
    room = needed("<= 40", {"D": figures(months(5, 10, 15))}, FLOW)
    passed = needed("<= 40", {"D": figures(months(25, 20))}, FLOW)

    assert (room.total, room.a_period) == (Need(upper=Fraction(10)), Need(upper=Fraction(10, 9)))
    assert passed.total == Need(upper=Fraction(-5))
    assert str(passed.rule).startswith("T is passed already by 5:")


def test_a_flow_that_is_there_already_needs_nothing_more() -> None:
    found = needed(">= 25", {"D": figures(months(30))}, FLOW)

    assert str(found.rule).startswith("T is reached already")
    assert found.total == Need(lower=Fraction(-5))


@pytest.mark.parametrize(
    ("overshoot", "total"),
    [
        (Overshoot.MET, Need(lower=Fraction(8))),
        (Overshoot.BREACH, Need(lower=Fraction(8), upper=Fraction(10))),
    ],
)
def test_the_upper_of_two_bounds_counts_where_more_is_a_breach(
    overshoot: Overshoot, total: Need
) -> None:
    found = needed("10..12", {"D": figures(months(2))}, FLOW, overshoot=overshoot)

    assert found.total == total


def test_a_stock_rises_to_its_bound() -> None:
    found = needed("~ 20", {"D": figures(months(3, 6))}, STOCK)

    assert found.total == Need(lower=Fraction(18))
    assert found.a_period == Need(lower=Fraction(12, 10))


@pytest.mark.parametrize("kind", [LEVEL, Kind.RATIO, Kind.MILESTONE])
def test_what_counts_by_its_newest_figure_needs_the_bound_at_the_due_period(kind: Kind) -> None:
    text, bound = ("done", 1) if kind is Kind.MILESTONE else (">= 20", 20)
    found = needed(text, {"D": figures(months("0.5"))}, kind, due="2013-06")

    assert (found.total, found.a_period) == (Need(lower=Fraction(bound)), None)
    assert str(found.rule) == "T at 2013-06, whatever stands there before"


def test_of_a_weighted_mean_no_department_can_be_told_its_part() -> None:
    members = {code: [figure("2013-01", 30, denominator=5)] for code in "AB"}
    found = needed("<= 22.5", members, LEVEL)

    assert (found.total, found.a_period) == (Need(upper=Fraction(45, 2)), None)
    assert "hangs on the weights of then" in str(found.rule)


def test_nothing_is_left_once_the_due_period_is_in() -> None:
    own = needed("<= 22.5", {"D": figures({"2013-06": 20})}, LEVEL, due="2013-06")
    half = needed(
        ">= 10", {"A": figures({"2013-06": 4}), "B": []}, STOCK, due="2013-06"
    )  # fmt: skip

    assert (own.total, own.periods) == (None, 0)
    assert str(own.rule) == "the due period has its figure: nothing is still to come"
    assert (str(half.first), half.total) == ("2013-06", Need(lower=Fraction(10)))


def test_before_the_first_figure_everything_is_still_to_come() -> None:
    found = needed(">= 120", {"D": []}, FLOW)

    assert (str(found.first), found.periods) == ("2013-01", 12)
    assert found.a_period == Need(lower=Fraction(10))


tenths = st.integers(-60, 60).map(lambda n: Decimal(n) / 10)


@given(
    text=st.one_of(
        tenths.map(lambda t: f">= {t}"),
        tenths.map(lambda t: f"<= {t}"),
        st.tuples(tenths, tenths).map(lambda pair: "{}..{}".format(*sorted(pair))),
    ),
    overshoot=st.sampled_from(Overshoot),
    kind=st.sampled_from([FLOW, STOCK]),
    values=st.lists(tenths, min_size=1, max_size=11),
)
@settings(max_examples=200, deadline=None)
def test_brought_in_evenly_the_bound_is_met_and_with_less_it_is_not(
    text: str, overshoot: Overshoot, kind: Kind, values: list[Decimal]
) -> None:
    found = needed(text, {"D": figures(months(*values))}, kind, overshoot=overshoot)
    goal = target(text).goal
    here = Fraction(sum(values)) if kind is FLOW else Fraction(values[-1])

    def met_with(a_period: Fraction) -> bool:
        return is_attained(goal, overshoot, here + found.periods * a_period)

    assert found.a_period is not None
    assert found.periods == 12 - len(values)
    least, most = found.a_period.lower, found.a_period.upper
    small = Fraction(1, 10**9)
    if least is not None:
        assert met_with(least)
        assert not met_with(least - small)
    if most is not None:
        assert met_with(most)
        assert not met_with(most + small)
    assert least is not None or most is not None
