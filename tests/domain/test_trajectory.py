"""Trajectories: what is expected at each period, for every shape, with and without baseline."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.kpi import Kind
from app.domain.period import Frequency
from app.domain.trajectory import Shape, default_shape, expected_at
from tests.factories import kpi, period, plan, target

if TYPE_CHECKING:
    from app.domain.target import Target

LEVEL, STOCK, FLOW = Kind.LEVEL, Kind.STOCK, Kind.FLOW
RATIO, MILESTONE = Kind.RATIO, Kind.MILESTONE
FLAT, LINEAR, POINTS, STEP = Shape.FLAT, Shape.LINEAR, Shape.POINTS, Shape.STEP
NOTHING = None


def expected(
    one: Target, kind: Kind, at: str, frequency: Frequency = Frequency.MONTHLY
) -> Fraction | None:
    return expected_at(one, kpi(kind=kind, frequency=frequency), plan(), period(at))


@pytest.mark.parametrize(
    ("kind", "shape"),
    [(LEVEL, FLAT), (RATIO, FLAT), (STOCK, LINEAR), (FLOW, LINEAR), (MILESTONE, FLAT)],
)
def test_the_default_shape_goes_by_the_kind(kind: Kind, shape: Shape) -> None:
    assert default_shape(kind) is shape


GIVEN = {"2013-03": 6, "2013-06": 12}


@pytest.mark.parametrize(
    ("shape", "kind", "baseline", "points", "values"),
    [
        # the bound is 24, due 2013-12; columns: January, March, April, June, November, December
        pytest.param(FLAT, LEVEL, None, {}, (24, 24, 24, 24, 24, 24), id="flat-level"),
        pytest.param(FLAT, FLOW, None, {}, (24, 24, 24, 24, 24, 24), id="flat-flow"),
        pytest.param(
            FLAT, LEVEL, ("2012-12", 0), {}, (24, 24, 24, 24, 24, 24), id="flat-ignores-baseline"
        ),
        pytest.param(LINEAR, FLOW, None, {}, (2, 6, 8, 12, 22, 24), id="linear-flow-from-0"),
        pytest.param(LINEAR, STOCK, None, {}, (2, 6, 8, 12, 22, 24), id="linear-stock-from-0"),
        pytest.param(
            LINEAR, STOCK, ("2012-12", 12), {}, (13, 15, 16, 18, 23, 24), id="linear-baseline"
        ),
        pytest.param(
            LINEAR, LEVEL, ("2012-12", 36), {}, (35, 33, 32, 30, 25, 24), id="linear-downwards"
        ),
        pytest.param(
            LINEAR, LEVEL, ("2012", 36), {}, (35, 33, 32, 30, 25, 24), id="linear-annual-baseline"
        ),
        pytest.param(
            LINEAR, RATIO, ("2011-12", 0), {}, (13, 15, 16, 18, 23, 24), id="linear-older-baseline"
        ),
        pytest.param(
            LINEAR, LEVEL, ("2013-Q1", 6), {}, (6, 6, 8, 12, 22, 24), id="linear-baseline-in-plan"
        ),
        pytest.param(
            POINTS, LEVEL, None, GIVEN, (NOTHING, 6, 8, 12, 22, 24), id="points-nothing-before"
        ),
        pytest.param(
            POINTS, FLOW, None, GIVEN, (2, 6, 8, 12, 22, 24), id="points-flow-starts-at-0"
        ),
        pytest.param(
            POINTS, STOCK, None, GIVEN, (2, 6, 8, 12, 22, 24), id="points-stock-starts-at-0"
        ),
        pytest.param(
            POINTS, LEVEL, ("2012-12", 3), GIVEN, (4, 6, 8, 12, 22, 24), id="points-baseline"
        ),
        pytest.param(
            POINTS,
            LEVEL,
            None,
            {"2013-Q1": 6, "2013-Q2": 12},
            (NOTHING, 6, 8, 12, 22, 24),
            id="points-by-quarter",
        ),
        pytest.param(
            POINTS,
            LEVEL,
            ("2012-12", 3),
            {"2012-12": 0, **GIVEN},
            (2, 6, 8, 12, 22, 24),
            id="a-point-stands-over-the-baseline",
        ),
        pytest.param(
            STEP, LEVEL, None, GIVEN, (NOTHING, 6, 6, 12, 12, 24), id="step-nothing-before"
        ),
        pytest.param(STEP, STOCK, None, GIVEN, (0, 6, 6, 12, 12, 24), id="step-starts-at-0"),
        pytest.param(STEP, RATIO, ("2012-12", 3), GIVEN, (3, 6, 6, 12, 12, 24), id="step-baseline"),
        pytest.param(
            FLAT,
            MILESTONE,
            None,
            {},
            (NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, 24),
            id="milestone-at-due-only",
        ),
        pytest.param(
            POINTS, MILESTONE, None, GIVEN, (NOTHING, 6, 8, 12, 22, 24), id="milestone-points"
        ),
        pytest.param(
            STEP, MILESTONE, None, GIVEN, (NOTHING, 6, 6, 12, 12, 24), id="milestone-steps"
        ),
    ],
)
def test_what_is_expected_month_by_month(
    shape: Shape,
    kind: Kind,
    baseline: tuple[str, int] | None,
    points: dict[str, int],
    values: tuple[int | None, ...],
) -> None:
    one = target(">= 24", shape=shape, baseline=baseline, points=points)
    months = ("2013-01", "2013-03", "2013-04", "2013-06", "2013-11", "2013-12")

    assert tuple(expected(one, kind, month) for month in months) == values


@pytest.mark.parametrize("shape", Shape)
@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("at", ["2013-09", "2013-12", "2014-05"])
def test_from_the_due_period_on_the_bound_is_expected(shape: Shape, kind: Kind, at: str) -> None:
    one = target(">= 24", due="2013-09", shape=shape, baseline=("2012", 1), points={"2013-06": 9})

    assert expected(one, kind, at) == 24


def test_a_point_at_the_due_period_does_not_move_the_bound() -> None:
    one = target(">= 24", shape=POINTS, points={"2013-06": 12, "2013-12": 20})

    assert expected(one, LEVEL, "2013-12") == 24
    assert expected(one, LEVEL, "2013-09") == 18


@pytest.mark.parametrize(
    ("text", "june"),
    [("<= 24", 12), (">= 24", 12), ("~ 20", 9), ("~ 20 +- 8", 6), ("3..5", Fraction(3, 2))],
)
def test_the_trajectory_of_two_bounds_leads_to_the_lower(text: str, june: Fraction) -> None:
    assert expected(target(text, shape=LINEAR), FLOW, "2013-06") == june


@pytest.mark.parametrize(
    ("frequency", "due", "at", "value"),
    [
        (Frequency.QUARTERLY, "2013-12", "2013-Q1", 6),
        (Frequency.QUARTERLY, "2013-12", "2013-Q3", 18),
        (Frequency.QUARTERLY, "2013", "2013-Q4", 24),
        (Frequency.QUARTERLY, "2013-Q2", "2013-Q1", 12),
        (Frequency.QUARTERLY, "2013-05", "2013-Q2", 24),
        (Frequency.MONTHLY, "2013-Q2", "2013-03", 12),
        (Frequency.MONTHLY, "2013", "2013-06", 12),
        (Frequency.ANNUAL, "2013-12", "2013", 24),
    ],
)
def test_due_periods_of_another_frequency_mean_their_last_period(
    frequency: Frequency, due: str, at: str, value: int
) -> None:
    assert expected(target(">= 24", due=due, shape=LINEAR), FLOW, at, frequency) == value


def test_an_annual_kpi_goes_year_by_year_through_its_plan() -> None:
    five_years = plan(start="2011-01", end="2015-12")
    one = target(">= 3.3", due="2015", baseline=("2010-12", "1.7"), shape=LINEAR)
    annual = kpi(kind=RATIO, frequency=Frequency.ANNUAL)

    found = [expected_at(one, annual, five_years, period(str(year))) for year in range(2011, 2016)]

    assert found == [Fraction(17 + 16 * k / Fraction(5), 10) for k in range(1, 6)]


def test_straight_lines_are_exact() -> None:
    one = target(">= 1", due="2013-07", shape=LINEAR)

    assert expected(one, FLOW, "2013-01") == Fraction(1, 7)


@given(
    kind=st.sampled_from([STOCK, FLOW]),
    bound=st.integers(-1000, 1000),
    start=st.none() | st.integers(-1000, 1000),
)
@settings(max_examples=60, deadline=None)
def test_a_line_takes_equal_steps_and_ends_at_the_bound(
    kind: Kind, bound: int, start: int | None
) -> None:
    baseline = None if start is None else ("2012-12", Decimal(start))
    one = target(f">= {bound}", shape=LINEAR, baseline=baseline)
    row = [expected(one, kind, f"2013-{month:02d}") for month in range(1, 13)]
    way = [Fraction(start or 0), *(value for value in row if value is not None)]

    assert len(way) == 13
    assert {after - before for before, after in pairwise(way)} == {
        Fraction(bound - (start or 0), 12)
    }
    assert way[-1] == bound
