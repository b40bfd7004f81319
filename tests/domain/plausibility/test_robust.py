"""Far from its own history: what must be asked about, and what must not."""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from fractions import Fraction
from functools import cache
from pathlib import Path
from random import Random

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from app.domain.finding import Severity, english
from app.domain.kpi import Kind
from app.domain.plausibility.robust import (
    FAR,
    NORMAL_QUARTILE,
    Yardstick,
    far_from_history,
    is_usual,
)
from app.domain.plausibility.series import Point, Series
from tests.domain.plausibility.making import Number, all_posted, series
from tests.factories import kpi, period

SEEDS = Path(__file__).parents[3] / "seeds"
STEADY = [22.5, 22.3, 22.6, 22.4, 22.7, 22.5, 22.4, 22.6]


def rows(given: Series) -> list[int | None]:
    return [found.row for found in far_from_history(given)]


# --- the yardstick ----------------------------------------------------------------------------


def test_the_score_is_the_one_of_the_book() -> None:
    """Deviations 2, 1, 0, 1, 93 of the median 3: MAD 1."""
    yardstick = Yardstick.of([1, 2, 3, 4, 96], least=0)
    assert (yardstick.centre, yardstick.spread) == (3, 1)
    assert yardstick.score(4) == pytest.approx(0.6745)
    assert yardstick.score(-5) == pytest.approx(-0.6745 * 8)
    low, high = yardstick.range
    assert yardstick.score(high) == pytest.approx(FAR)
    assert yardstick.score(low) == pytest.approx(-FAR)


def test_of_normal_figures_the_score_is_about_the_number_of_standard_deviations() -> None:
    random = Random(7)  # noqa: S311 - no secret
    yardstick = Yardstick.of([random.gauss(100, 15) for _ in range(20_000)], least=0)
    assert yardstick.spread / NORMAL_QUARTILE == pytest.approx(15, rel=0.03)
    assert yardstick.score(145) == pytest.approx(3, rel=0.05)


def test_where_mad_is_nothing_the_others_give_the_spread() -> None:
    assert Yardstick.of([0, 0, 0, 0, 0, 4, 6], least=1).spread == 5
    assert Yardstick.of([0, 0, 0, 0, 0, 4, 60], least=1, own=1).spread == 4
    assert Yardstick.of([0, 0, 0, 0, 0, 0, 60], least=1, own=1).spread == 1
    assert Yardstick.of([0, 0, 0, 0], least=1, own=2).spread == 1


def test_without_any_spread_nothing_can_be_said() -> None:
    assert Yardstick.of([0, 0, 0], least=0).score(5) == 0


# --- what is asked about ----------------------------------------------------------------------

ODD: dict[str, tuple[list[Number], Number]] = {
    "a point in the wrong place": ([*STEADY], 225),
    "a point too early": ([*STEADY], 2.25),
    "figures turned round": ([*STEADY], 25.2),
    "pieces instead of ten thousands": ([4.1, 4.3, 3.9, 4.0, 4.4, 4.2], 42_000),
    "a minus too much": ([*STEADY], -22.5),
    "a nought for steady figures": ([*STEADY], 0),
    "out of a constant": ([5] * 12, 50),
    "out of nothing": ([0] * 12, 40),
    "far beyond all bursts": ([0, 0, 0, 30, 0, 0, 0, 45, 0, 0, 0, 0], 900),
    "off a trend": ([100 + 2 * n for n in range(24)], 1480),
    "at a trend's beginning again": ([100 + 20 * n for n in range(24)], -900),
    "off a season": ([100 + 30 * math.sin(n * math.tau / 12) for n in range(36)], 1000),
}


@pytest.mark.parametrize(("before", "value"), ODD.values(), ids=ODD.keys())
def test_a_figure_far_from_its_history_is_asked_about(before: list[Number], value: Number) -> None:
    assert rows(series(before, [value])) == [2]


def test_the_question_says_what_was_expected_and_from_which_figures() -> None:
    (found,) = far_from_history(series(STEADY, [225], of=kpi("pendency")))
    assert found.severity is Severity.WARNING
    assert english(found) == (
        "225 is far from the other figures of pendency of D: the median of 8 figures from 2010-01 "
        "to 2010-08 is 22.5, and 20.1649 to 24.8351 would be usual."
    )


def test_several_months_posted_at_once_in_the_wrong_unit_are_all_told() -> None:
    assert rows(series(STEADY, [225, 224, 226])) == [2, 3, 4]


def test_a_correction_is_judged_by_the_figures_on_both_sides() -> None:
    given = series([*STEADY, *STEADY])
    wrong = given.points[5]._replace(value=Fraction(225), row=9)
    assert rows(Series(given.kpi, "D", [*given.points[:5], wrong, *given.points[6:]])) == [9]


def test_in_a_series_that_comes_as_a_whole_the_one_wild_figure_is_told() -> None:
    assert rows(all_posted([*STEADY, 225, *STEADY])) == [2 + len(STEADY)]
    assert rows(all_posted([*[5] * 8, 500, *[5] * 8])) == [10]


def test_a_correction_of_the_only_wild_figure_is_welcome() -> None:
    given = series([*STEADY, 225, *STEADY])
    right = given.points[8]._replace(value=Fraction("22.5"), row=2)
    assert rows(Series(given.kpi, "D", [*given.points[:8], right, *given.points[9:]])) == []


# --- what is not asked about ------------------------------------------------------------------


def smooth(n: int) -> float:
    return round(50 + 10 * math.tanh((n - 18) / 6), 2)


QUIET: dict[str, list[Number]] = {
    "constant": [5] * 36,
    "constant nought": [0] * 36,
    "a count that steps by one": [5, 5, 5, 5, 5, 5, 5, 6, 6, 6, 7, 7],
    "the first ones after nothing": [0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 5, 8, 10],
    "smooth": [smooth(n) for n in range(36)],
    "rising": [100 + 3 * n for n in range(60)],
    "falling": [f"{35 - n * 0.25:.2f}" for n in range(60)],
    "rising after a plateau": [*[100] * 12, *[100 + 3 * n for n in range(12)]],
    "growing by 3 % a month": [round(100 * 1.03**n) for n in range(60)],
    "growing by a half a year": [round(100 * 1.5**n) for n in range(36)],
    "growing by a tenth a month": [round(100 * 1.1**n) for n in range(36)],
    "seasonal": [round(100 + 60 * math.sin(n * math.tau / 12)) for n in range(60)],
    "seasonal and rising": [round(100 + n + 40 * math.sin(n * math.tau / 12)) for n in range(60)],
    "year to date": [sum(100 + m % 3 for m in range(n % 12 + 1)) for n in range(48)],
    "mostly nought": [0, 0, 1, 0, 0, 2, 0, 0, 0, 1, 3, 0, 0, 0, 0, 2, 1, 0, 0, 4, 0, 0],
    "bursts": [0, 0, 30, 0, 0, 45, 0, 0, 38, 0, 0, 60, 0, 0, 50, 0, 0, 41],
    "a tremor in the last digit": [20, 20, 20, 20, 20, 20, 20, "20.1", 20, "19.9", 20, "20.1"],
    "thirds": [Fraction(67, 3), Fraction(66, 3), Fraction(68, 3)] * 6,
}


@pytest.mark.parametrize("values", QUIET.values(), ids=QUIET.keys())
def test_an_ordinary_series_raises_nothing_month_by_month(values: list[Number]) -> None:
    for count in range(1, len(values)):
        assert rows(series(values[:count], [values[count]])) == [], f"after {count}"


@pytest.mark.parametrize("values", QUIET.values(), ids=QUIET.keys())
def test_nor_when_it_comes_as_a_whole_or_by_quarters(values: list[Number]) -> None:
    assert rows(all_posted(values)) == []
    for count in range(0, len(values), 3):
        assert rows(series(values[:count], values[count : count + 3])) == [], f"after {count}"


def test_a_year_end_rush_is_asked_about_once_and_not_every_year() -> None:
    year = [100, 101, 99, 100, 102, 98, 100, 101, 99, 100, 101]
    first = series([*year, 100, *year], [300])
    assert rows(first) == [2]
    assert rows(series([*year, 300, *year], [330])) == []
    assert rows(series([*year, 300, *year], [3000])) == [2]


def test_a_rush_in_annual_figures_has_no_season_to_hide_in() -> None:
    years = [
        Point(period(str(2000 + n)), Fraction(value))
        for n, value in enumerate([100, 101, 99, 100, 102, 98, 300])
    ]
    assert rows(Series(kpi(), "D", [*years, Point(period("2007"), Fraction(3000), row=2)])) == [2]


@pytest.mark.parametrize("count", range(6))
def test_fewer_than_six_figures_are_no_history(count: int) -> None:
    assert rows(series(STEADY[:count], [2250])) == []
    assert rows(all_posted([*STEADY[:count], 2250])) == []


def test_the_sixth_figure_makes_a_history() -> None:
    assert rows(series(STEADY[:6], [2250])) == [2]
    assert rows(all_posted([*STEADY[:6], 2250])) == [8]


def test_what_is_on_record_is_not_asked_about() -> None:
    assert rows(series([*STEADY, 2250, *STEADY], [22.5])) == []
    assert rows(series([*STEADY, 2250])) == []


def test_nothing_is_compared_across_a_break() -> None:
    given = series([*STEADY, 45, 45.1, 44.9], [45.2])
    broken = given.points[len(STEADY)]._replace(breaks=True)
    points = [*given.points[:8], broken, *given.points[9:]]
    before, after = Series(given.kpi, "D", points).unbroken()
    assert [len(before.points), len(after.points)] == [8, 4]
    assert rows(before) == rows(after) == []


def seeded() -> dict[str, list[tuple[str, str]]]:
    """Return every series of the seeds, month by month; the last revision counts."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for file in sorted(SEEDS.glob("*/figures/*.csv")):
        with file.open(encoding="utf-8-sig") as lines:
            for row in csv.DictReader(lines):
                value = row["value"]
                if not value:
                    fraction = Fraction(row["numerator"]) / Fraction(row["denominator"])
                    value = str(round(float(fraction), 2))
                found[f"{row['kpi']} {row['department']}"][row["period"]] = value
    return {name: sorted(figures.items()) for name, figures in found.items()}


@cache
def kinds() -> dict[str, Kind]:
    """Return the kind of every KPI of the seeds."""
    files = SEEDS.glob("*/kpis.yaml")
    listed = [one for file in files for one in yaml.safe_load(file.read_text("utf-8"))]
    return {one["code"]: Kind(one["kind"]) for one in listed}


def test_a_milestone_may_jump() -> None:
    assert rows(series([0] * 9, [1], of=kpi(kind=Kind.MILESTONE))) == []
    assert rows(series([0] * 8 + ["0.1"], [1], of=kpi(kind=Kind.LEVEL))) == [2]


@pytest.mark.parametrize(("name", "figures"), seeded().items(), ids=seeded().keys())
def test_the_figures_of_the_seeds_raise_nothing(name: str, figures: list[tuple[str, str]]) -> None:
    of = kpi(kind=kinds()[name.split(maxsplit=1)[0]])
    for count in range(1, len(figures) + 1):
        points = [Point(period(at), Fraction(value)) for at, value in figures[:count]]
        points[-1] = points[-1]._replace(row=2)
        assert rows(Series(of, "D", points)) == [], f"{name}, {points[-1].period}"
    points = [Point(period(at), Fraction(value), row=2) for at, value in figures]
    assert rows(Series(of, "D", points)) == []


@pytest.mark.parametrize(("before", "most"), [(6, 0.03), (12, 0.01), (36, 0.005)])
def test_of_ordinary_noise_hardly_anything_is_asked_about(before: int, most: float) -> None:
    random = Random(before)  # noqa: S311 - no secret
    count = 1000
    told = 0
    for _ in range(count):
        *past, newest = [round(random.gauss(100, 10), 2) for _ in range(before + 1)]
        told += len(rows(series(past, [newest])))
    assert told / count <= most


@given(st.lists(st.integers(-1000, 1000), max_size=30), st.lists(st.integers(-1000, 1000)))
def test_whatever_the_figures_only_delivered_rows_are_told(
    recorded: list[Number], posted: list[Number]
) -> None:
    told = rows(series(recorded, posted))
    assert set(told) <= set(range(2, 2 + len(posted)))
    assert len(set(told)) == len(told)


# --- at first sight ---------------------------------------------------------------------------

FIGURES = st.one_of(
    st.sampled_from(["22.5", "22.4", "22", "0", "5", "500", "-3"]),
    st.decimals(-1000, 1000, places=2).map(str),
)


@given(st.lists(FIGURES, max_size=16), FIGURES)
def test_of_what_is_usual_at_first_sight_nothing_is_said(recorded: list[str], value: str) -> None:
    if is_usual([float(one) for one in recorded], float(value)):
        assert rows(series(recorded, [value])) == []


def test_what_may_be_far_is_not_usual_at_first_sight() -> None:
    assert is_usual(STEADY, 22.8)
    assert not is_usual(STEADY, 52.5)
    assert is_usual(STEADY[:5], 52.5), "too few to say"
