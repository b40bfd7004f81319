from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.finding import Severity, english
from app.domain.kpi import Kind
from app.domain.plausibility.parts import Family
from tests.domain.plausibility.making import series
from tests.factories import kpi

if TYPE_CHECKING:
    from app.domain.plausibility.series import Series
    from tests.domain.plausibility.making import Number

CASES = kpi("cases", kind=Kind.FLOW)


def one(department: str, value: Number, row: int | None) -> Series:
    """Return a series of one figure, delivered in a row or (None) on record."""
    if row is None:
        return series([value], of=CASES, department=department)
    made = series([], [value], of=CASES, department=department)
    return type(made)(CASES, department, [type(p)(p.period, p.value, row) for p in made.points])


def said(family: Family) -> list[tuple[int | None, str]]:
    return [(found.row, found.code) for found in family.findings()]


def province(whole: Number, *cities: Number, row: int | None = 2, complete: bool = True) -> Family:
    """Return a province in row 2 unless told, and its cities in the rows 3, 4, ..."""
    parts = [one(f"city-{n}", value, n + 2) for n, value in enumerate(cities, 1)]
    return Family(one("province", whole, row), parts, complete=complete)


def test_parts_that_do_not_add_up_are_asked_about_at_the_whole() -> None:
    (found,) = province(60, 10, 20, 40).findings()
    assert (found.row, found.severity) == (2, Severity.WARNING)
    assert english(found) == (
        "In 2010-01, cases of province is 60, but its parts add up to 70: "
        "city-1 10 + city-2 20 + city-3 40."
    )


def test_or_at_the_last_part_where_the_whole_is_on_record() -> None:
    assert said(province(60, 10, 20, 40, row=None)) == [(5, "parts_differ")]


@pytest.mark.parametrize("complete", [True, False])
@pytest.mark.parametrize("figures", [(70, 10, 20, 40), (0, 0, 0), ("1.5", "0.5", "1")])
def test_parts_that_add_up_are_not(figures: tuple[Number, ...], complete: bool) -> None:  # noqa: FBT001
    assert said(province(*figures, complete=complete)) == []


def test_some_of_the_parts_may_be_less_than_the_whole_and_not_more() -> None:
    assert said(province(100, 10, 20, complete=False)) == []
    (found,) = province(25, 10, 20, complete=False).findings()
    assert (found.row, found.code) == (2, "parts_differ")


def test_as_long_as_a_part_is_missing_nothing_is_said_of_the_sum() -> None:
    whole = one("province", 60, 2)
    parts = [one("city-1", 10, 3), series([], of=CASES, department="city-2")]
    assert said(Family(whole, parts, complete=True)) == []


def test_a_part_that_is_more_than_its_whole_is_asked_about_and_the_sum_then_not() -> None:
    (found,) = province(60, 10, 70).findings()
    assert (found.row, found.code) == (4, "part_exceeds_whole")
    assert english(found) == (
        "In 2010-01, cases of city-2 is 70: more than the 60 of province, to which it belongs."
    )
    assert said(province(60, 10, 70, complete=False)) == [(4, "part_exceeds_whole")]


def test_the_whole_is_asked_about_where_the_part_is_on_record() -> None:
    family = Family(one("province", 60, 2), [one("city", 70, None)], complete=False)
    assert said(family) == [(2, "part_exceeds_whole")]


def test_below_nought_nothing_is_known_of_parts() -> None:
    assert said(province(-60, -70, 5, complete=False)) == []
    assert said(province(-60, -70, 5)) == [(2, "parts_differ")]
    assert said(province(-65, -70, 5)) == []


def test_what_is_all_on_record_is_not_asked_about_again() -> None:
    parts = [one("city-1", 70, None), one("city-2", 70, None)]
    assert said(Family(one("province", 60, None), parts, complete=True)) == []


def test_rounded_figures_may_differ_by_their_rounding() -> None:
    assert said(province("1.01", "0.34", "0.33", "0.33")) == []
    assert said(province("1.05", "0.33", "0.33", "0.33")) == [(2, "parts_differ")]
    assert said(province(101, 34, 33, 33)) == [(2, "parts_differ")], "counts are not rounded"


def family_of(wholes: list[Number], cities: list[list[Number]], posted: int) -> Family:
    """Return a family over months, the last `posted` of which are delivered."""
    cut = len(wholes) - posted

    def of(code: str, values: list[Number]) -> Series:
        return series(values[:cut], values[cut:], of=CASES, department=code)

    parts = [of(f"city-{n}", values) for n, values in enumerate(cities)]
    return Family(of("province", wholes), parts, complete=True)


def test_a_whole_that_never_was_the_sum_of_its_parts_is_left_in_peace() -> None:
    cities: list[list[Number]] = [[10] * 5, [20] * 5]
    assert said(family_of([40] * 5, cities, 1)) == []
    assert said(family_of([40, 30, 40, 40, 40], cities, 1)) == [(2, "parts_differ")]
    assert said(family_of([40, 40, 40], [[10] * 3, [20] * 3], 1)) == [(2, "parts_differ")]


def test_a_first_load_asks_three_times_and_not_for_every_month() -> None:
    assert said(family_of([40] * 36, [[10] * 36, [20] * 36], 36)) == [
        (row, "parts_differ") for row in (2, 3, 4)
    ]


def test_a_long_list_of_parts_is_cut_short() -> None:
    (found,) = province(1, *[0] * 30).findings()
    assert found.values["figures"].count("city") == 10
    assert found.values["figures"].endswith("+ …")


@given(st.lists(st.integers(0, 10**9), min_size=2, max_size=20))
def test_no_sum_of_its_parts_is_asked_about(parts: list[int]) -> None:
    assert said(province(sum(parts), *parts)) == []
