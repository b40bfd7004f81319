from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from app.domain.kpi import Definition
from app.domain.plausibility.series import Series, about, places, rounding, written
from tests.domain.plausibility.making import exact, series


@pytest.mark.parametrize(
    ("value", "text"),
    [("22.50", "22.5"), ("-0.000001", "-0.000001"), ("1000000", "1000000"), ("0", "0")],
)
def test_a_figure_is_written_as_it_is(value: str, text: str) -> None:
    assert written(exact(value)) == text


def test_a_quotient_is_written_as_far_as_figures_go() -> None:
    assert written(Fraction(2, 3)) == "0.666667"


@pytest.mark.parametrize(
    ("value", "text"),
    [(22.449999999999, "22.45"), (1234567.0, "1234570"), (0.0, "0"), (-3.5, "-3.5")],
)
def test_a_statistic_is_written_with_the_digits_that_mean_something(
    value: float, text: str
) -> None:
    assert about(value) == text


@pytest.mark.parametrize(
    ("values", "digits"),
    [
        ([1, 2], 0), ([1, "2.5"], 1), (["0.25", "0.5"], 2),
        (["0.000001"], 6), ([Fraction(1, 3)], None), ([], 0),
    ],
)  # fmt: skip
def test_the_digits_of_figures_are_told(values: list[str], digits: int | None) -> None:
    assert places([exact(value) for value in values]) == digits


def test_whole_numbers_are_counts_and_others_may_be_rounded() -> None:
    assert rounding([Fraction(1), Fraction(2)]) == 0
    assert rounding([exact("1.5"), exact("2.25")]) == pytest.approx(0.01)
    assert rounding([Fraction(1, 3)]) == pytest.approx(5e-7)


def test_delivered_figures_and_those_on_record_are_told_apart() -> None:
    given = series([1, None, 2], [3])
    assert [point.value for point in given.recorded] == [1, 2]
    assert [point.row for point in given.posted] == [2]
    assert [str(point.period) for point in given.points] == ["2010-01", "2010-03", "2010-04"]


def test_a_series_is_cut_before_every_break() -> None:
    given = series([1, 2, 3, 4])
    assert list(given.unbroken()) == [given]
    marked = [point._replace(breaks=point.value in (1, 3)) for point in given.points]
    pieces = list(Series(given.kpi, given.department, marked).unbroken())
    assert [[int(point.value) for point in piece.points] for piece in pieces] == [[1, 2], [3, 4]]


def test_a_series_is_cut_where_another_definition_begins_or_would_have() -> None:
    given = series([1, None, 3, 4])
    since = given.points[0].period.shift(1)  # nobody posted for the period itself
    definitions = (Definition(1, None, "old"), Definition(2, since, "new"))
    pieces = list(replace(given, kpi=replace(given.kpi, definitions=definitions)).unbroken())
    assert [[int(point.value) for point in piece.points] for piece in pieces] == [[1], [3, 4]]


def test_an_empty_series_is_one_empty_piece() -> None:
    assert [piece.points for piece in series([]).unbroken()] == [[]]
