from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.finding import Severity, english
from app.domain.kpi import Kind
from app.domain.plausibility.monotone import fell
from app.domain.plausibility.series import Series
from tests.domain.plausibility.making import series
from tests.factories import kpi

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from tests.domain.plausibility.making import Number

PLATFORMS = kpi("platforms", kind=Kind.STOCK, monotone=True)


def said(recorded: Sequence[Number | None], *posted: Number) -> list[tuple[int | None, str]]:
    found = fell(series(recorded, posted, of=PLATFORMS))
    return [(one.row, one.code) for one in found]


def test_a_stock_that_fell_is_asked_about() -> None:
    (found,) = fell(series([3, 5], [4], of=PLATFORMS))
    assert (found.row, found.severity) == (2, Severity.WARNING)
    assert english(found) == "platforms is not expected to fall: 4 is below the 5 of 2010-02."


@pytest.mark.parametrize(
    "figures", [[3, 5, 5, 5, 6], [0, 0, 0, 0, 1], [5, 5], [-2, -1, 0], ["0.1", "0.2"], [7], []]
)
def test_a_stock_that_rose_or_stood_is_not(figures: list[Number]) -> None:
    assert said(figures) == []
    assert said([], *figures) == []
    assert said(figures[:1], *figures[1:]) == []


def test_a_gap_hides_no_fall() -> None:
    assert said([3, 5, None, None], 4) == [(2, "fell")]


def test_of_several_months_only_the_one_that_fell_is_told() -> None:
    assert said([5], 6, 4, 7) == [(3, "fell")]
    assert said([5], 4, 4, 4) == [(2, "fell")]


def test_an_earlier_month_that_comes_late_is_asked_about_itself() -> None:
    whole = series([3, 9, 5], of=PLATFORMS)
    late = whole.points[1]._replace(row=8)
    (found,) = fell(Series(PLATFORMS, "D", [whole.points[0], late, whole.points[2]]))
    assert (found.row, found.code) == (8, "falls_later")
    assert english(found) == (
        "platforms is not expected to fall: 9 is above the later 5 of 2010-03."
    )


def test_a_fall_that_is_on_record_is_not_asked_about_again() -> None:
    assert said([9, 5], 6) == []


def test_what_is_not_marked_may_fall() -> None:
    for kind in (Kind.STOCK, Kind.LEVEL, Kind.FLOW):
        assert not list(fell(series([9], [5], of=kpi(kind=kind))))


def test_a_break_begins_anew() -> None:
    whole = series([9], [5], of=PLATFORMS)
    broken = Series(PLATFORMS, "D", [whole.points[0], whole.points[1]._replace(breaks=True)])
    assert not [found for piece in broken.unbroken() for found in fell(piece)]


@given(st.lists(st.fractions(), max_size=30))
def test_no_rising_series_is_asked_about(values: list[Fraction]) -> None:
    assert not list(fell(series([], sorted(values), of=PLATFORMS)))


@given(st.lists(st.integers(0, 5), max_size=30))
def test_every_fall_of_delivered_rows_is_told_once(values: list[Number]) -> None:
    falls = [row for row in range(3, len(values) + 2) if values[row - 2] < values[row - 3]]  # type: ignore[operator]
    assert [row for row, _ in said([], *values)] == falls
