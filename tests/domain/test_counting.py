"""The actual that counts: how periods and departments add up, by the KPI's kind."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.counting import Counted, count
from app.domain.kpi import Kind
from app.domain.period import Frequency, Span
from tests.factories import figure, figures, kpi, months, period, plan

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping, Sequence

    from app.domain.figure import Figure
    from app.domain.kpi import Kpi

LEVEL, STOCK, FLOW = Kind.LEVEL, Kind.STOCK, Kind.FLOW
RATIO, MILESTONE = Kind.RATIO, Kind.MILESTONE


def counted(
    of: Kpi, members: Mapping[str, Sequence[Figure]], upto: str | None = None
) -> Counted | None:
    the_plan = plan()
    span = Span.of_plan(the_plan.start, the_plan.end, of.frequency)
    return count(of, members, span, period(upto) if upto else None)


def told(found: Counted | None) -> tuple[Fraction | int, str] | None:
    """Return the value, and the period that it speaks for."""
    return None if found is None else (found.value, str(found.period))


# -- over periods ---------------------------------------------------------------------------------

GAPPED = months(3, 5, None, 2)
"""January 3, February 5, no March, April 2."""


@pytest.mark.parametrize(
    ("kind", "upto", "expected"),
    [
        pytest.param(LEVEL, None, (2, "2013-04"), id="level-newest"),
        pytest.param(STOCK, None, (2, "2013-04"), id="stock-newest"),
        pytest.param(RATIO, None, (2, "2013-04"), id="ratio-newest"),
        pytest.param(MILESTONE, None, (2, "2013-04"), id="milestone-newest"),
        pytest.param(FLOW, None, (10, "2013-04"), id="flow-sum-over-a-gap"),
        pytest.param(LEVEL, "2013-02", (5, "2013-02"), id="level-asked"),
        pytest.param(FLOW, "2013-02", (8, "2013-02"), id="flow-asked"),
        pytest.param(LEVEL, "2013-03", (5, "2013-02"), id="level-asked-in-a-gap"),
        pytest.param(FLOW, "2013-03", (8, "2013-02"), id="flow-asked-in-a-gap"),
        pytest.param(STOCK, "2013-12", (2, "2013-04"), id="asked-beyond-the-newest"),
        pytest.param(FLOW, "2012-12", None, id="asked-before-the-plan"),
    ],
)
def test_over_periods(kind: Kind, upto: str | None, expected: tuple[int, str] | None) -> None:
    assert told(counted(kpi(kind=kind), {"D": figures(GAPPED)}, upto)) == expected


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize(
    "nothing",
    [
        pytest.param({}, id="no-figures"),
        pytest.param({"2013-01": None, "2013-02": None}, id="only-missing"),
        pytest.param({"2012-12": 7, "2014-01": 7}, id="only-outside-the-plan"),
    ],
)
def test_no_figure_counts(kind: Kind, nothing: dict[str, int | None]) -> None:
    assert counted(kpi(kind=kind), {"D": figures(nothing)}) is None


@pytest.mark.parametrize("kind", Kind)
def test_no_department_no_figure(kind: Kind) -> None:
    assert counted(kpi(kind=kind), {}) is None


def test_figures_outside_the_plan_do_not_count() -> None:
    posted = figures({"2012-12": 100, "2013-01": 1, "2013-12": 2, "2014-01": 100})

    assert told(counted(kpi(kind=FLOW), {"D": posted})) == (3, "2013-12")
    assert told(counted(kpi(kind=LEVEL), {"D": posted})) == (2, "2013-12")


def test_a_figure_reported_as_missing_counts_for_nothing() -> None:
    posted = figures({"2013-01": 4, "2013-02": None})

    assert told(counted(kpi(kind=STOCK), {"D": posted})) == (4, "2013-01")
    assert told(counted(kpi(kind=FLOW), {"D": posted})) == (4, "2013-01")


@pytest.mark.parametrize(
    ("frequency", "posted", "expected"),
    [
        (Frequency.QUARTERLY, {"2013-Q1": 3, "2013-Q3": 4}, (7, "2013-Q3")),
        (Frequency.ANNUAL, {"2012": 9, "2013": 5}, (5, "2013")),
    ],
)
def test_quarters_and_years_add_up_as_months_do(
    frequency: Frequency, posted: dict[str, int], expected: tuple[int, str]
) -> None:
    of = kpi(kind=FLOW, frequency=frequency)

    assert told(counted(of, {"D": figures(posted)})) == expected


def test_a_ratio_is_its_value_or_numerator_over_denominator_times_factor() -> None:
    per_10k = kpi(kind=RATIO, factor=10_000)

    by_parts = [figure("2013-01", numerator=7, denominator=30_000)]
    by_value = [figure("2013-01", "2.5")]

    assert told(counted(per_10k, {"D": by_parts})) == (Fraction(7, 3), "2013-01")
    assert told(counted(per_10k, {"D": by_value})) == (Fraction(5, 2), "2013-01")


# -- over departments -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        pytest.param(STOCK, 7, id="stock-sum"),
        pytest.param(FLOW, 12, id="flow-sum-of-sums"),
        pytest.param(MILESTONE, Fraction(7, 3), id="milestone-mean-missing-as-0"),
    ],
)
def test_over_departments_by_value(kind: Kind, expected: Fraction) -> None:
    members = {
        "A": figures({"2013-01": 2, "2013-02": 3}),
        "B": figures({"2013-01": 3, "2013-02": 4}),
        "C": figures({"2013-01": None}),
    }
    found = counted(kpi(kind=kind), members)

    assert told(found) == (expected, "2013-02")
    assert found is not None
    assert [part.department for part in found.parts] == ["A", "B"]
    assert found.missing == ("C",)


def test_a_level_is_the_mean_weighted_by_cases() -> None:
    members = {
        "A": [figure("2013-01", 20, denominator=300)],
        "B": [figure("2013-01", 30, denominator=100)],
    }

    assert told(counted(kpi(kind=LEVEL), members)) == (Fraction(45, 2), "2013-01")


def test_a_ratio_is_the_sum_of_numerators_over_the_sum_of_denominators() -> None:
    members = {
        "A": [figure("2013-01", numerator=1, denominator=10_000)],
        "B": [figure("2013-01", numerator=9, denominator=30_000)],
    }
    found = counted(kpi(kind=RATIO, factor=10_000), members)

    assert told(found) == (Fraction(5, 2), "2013-01"), "not 2, the mean of 1 and 3"


def test_a_ratio_posted_as_value_with_its_weight_is_weighed_by_it() -> None:
    members = {
        "A": [figure("2013-01", 1, denominator=10_000)],
        "B": [figure("2013-01", numerator=9, denominator=30_000)],
    }

    assert told(counted(kpi(kind=RATIO, factor=10_000), members)) == (Fraction(5, 2), "2013-01")


@pytest.mark.parametrize("kind", [LEVEL, RATIO])
def test_who_has_no_denominator_is_left_out_and_named(kind: Kind) -> None:
    members = {
        "A": [figure("2013-01", 20, denominator=3)],
        "B": [figure("2013-02", 99)],
        "C": [figure("2013-01", 30, denominator=1)],
        "D": [],
    }
    found = counted(kpi(kind=kind), members)

    assert told(found) == (Fraction(45, 2), "2013-01"), "B's February does not count either"
    assert found is not None
    assert found.missing == ("B", "D")


@pytest.mark.parametrize("kind", [LEVEL, RATIO])
def test_several_departments_none_of_them_with_a_denominator_have_no_figure(kind: Kind) -> None:
    members = {"A": figures({"2013-01": 1}), "B": figures({"2013-01": 2})}

    assert counted(kpi(kind=kind), members) is None


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        pytest.param(LEVEL, 15, id="level"),
        pytest.param(STOCK, 30, id="stock"),
        pytest.param(FLOW, 40, id="flow"),
        pytest.param(RATIO, 15, id="ratio"),
        pytest.param(MILESTONE, 15, id="milestone"),
    ],
)
def test_a_department_behind_counts_with_its_newest_figure(kind: Kind, expected: int) -> None:
    weight = 1 if kind in (LEVEL, RATIO) else None
    members = {
        "ahead": [
            figure("2013-01", 10, denominator=weight),
            figure("2013-02", 20, denominator=weight),
        ],
        "behind": [figure("2013-01", 10, denominator=weight)],
    }

    assert told(counted(kpi(kind=kind), members)) == (expected, "2013-02")


def test_the_figures_behind_a_part_are_named_in_order_of_time() -> None:
    posted = figures(months(1, 2, 3))
    members = {"D": [posted[2], posted[0], posted[1]]}

    flow, level = counted(kpi(kind=FLOW), members), counted(kpi(kind=LEVEL), members)

    assert flow is not None
    assert flow.parts[0].figures == tuple(posted)
    assert level is not None
    assert level.parts[0].figures == (posted[2],)


entries = st.dictionaries(
    st.integers(1, 12),
    st.tuples(st.none() | st.integers(-50, 50), st.none() | st.integers(1, 9)),
    max_size=4,
)


@given(
    kind=st.sampled_from(Kind),
    offices=st.dictionaries(st.sampled_from("ABCD"), entries, max_size=4),
    chance=st.randoms(use_true_random=False),
)
@settings(max_examples=100, deadline=None)
def test_the_order_of_figures_and_departments_never_matters(
    kind: Kind,
    offices: dict[str, dict[int, tuple[int | None, int | None]]],
    chance: random.Random,
) -> None:
    members = {
        code: [
            figure(f"2013-{month:02d}", value, denominator=weight, department_code=code)
            for month, (value, weight) in posted.items()
        ]
        for code, posted in offices.items()
    }
    codes = list(members)
    chance.shuffle(codes)
    shuffled = {code: chance.sample(members[code], len(members[code])) for code in codes}

    assert counted(kpi(kind=kind), shuffled) == counted(kpi(kind=kind), members)
