"""The model: what simple courses come to, whatever the numbers."""

from __future__ import annotations

import math
import random
from contextlib import closing
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.forecast import Estimate, Question
from app.forecasting.asking import Forecaster

if TYPE_CHECKING:
    from collections.abc import Iterator

LENGTH = st.integers(8, 20)
SCALE = st.sampled_from([1e-3, 1.0, 37.5, 1e6, 1e11])


@pytest.fixture(scope="module")
def model() -> Iterator[Forecaster]:
    """The process that fits: one thread for its algebra, as in use."""
    with closing(Forecaster()) as opened:
        yield opened


def estimates(model: Forecaster, question: Question) -> list[Estimate]:
    (found,) = model.answers([question])
    assert found is not None
    return found


def ask(
    values: list[float | None], *, steps: int = 4, season: int = 12, adds_up: bool = False
) -> Question:
    return Question(tuple(values), season, steps, adds_up)


def noisy(count: int, seed: int, slope: float = 0.0, noise: float = 3.0) -> list[float | None]:
    chance = random.Random(seed)  # noqa: S311 - the same courses each time
    return [100 + slope * place + chance.gauss(0, noise) for place in range(count)]


@given(count=LENGTH, value=st.floats(-1e9, 1e9), steps=st.integers(1, 8), adds_up=st.booleans())
@settings(max_examples=30, deadline=None)
def test_what_never_changed_stays(
    model: Forecaster, count: int, value: float, steps: int, *, adds_up: bool
) -> None:
    for step, one in enumerate(
        estimates(model, ask([value] * count, steps=steps, adds_up=adds_up)), 1
    ):
        expected = value * step if adds_up else value
        assert (one.value, one.lower, one.upper) == pytest.approx([expected] * 3)


@given(
    count=LENGTH, start=st.integers(-50, 50), slope=st.sampled_from([-3, -0.5, 0.25, 2]), by=SCALE
)
@settings(max_examples=20, deadline=None)
def test_a_straight_line_goes_on(
    model: Forecaster, count: int, start: int, slope: float, by: float
) -> None:
    line = [by * (start + slope * place) for place in range(count + 4)]
    found = estimates(model, ask([*line[:count]]))

    assert [one.value for one in found] == pytest.approx(line[count:], rel=1e-6, abs=by * 1e-6)
    assert found[-1].upper - found[-1].lower < by * abs(slope) * 0.01


def test_a_line_with_gaps_goes_on_all_the_same(model: Forecaster) -> None:
    line: list[float | None] = [float(place) for place in range(14)]
    for gap in (2, 5, 6, 9):
        line[gap] = None

    assert [one.value for one in estimates(model, ask(line))] == pytest.approx(
        [14, 15, 16, 17], abs=1e-5
    )


@given(seed=st.integers(0, 10_000), slope=st.sampled_from([-2.0, 0.0, 1.0]), adds_up=st.booleans())
@settings(max_examples=20, deadline=None)
def test_the_interval_has_the_value_in_it_and_widens(
    model: Forecaster, seed: int, slope: float, *, adds_up: bool
) -> None:
    found = estimates(model, ask(noisy(12, seed, slope), steps=6, adds_up=adds_up))
    widths = [one.upper - one.lower for one in found]

    assert all(one.lower < one.value < one.upper for one in found)
    assert all(later >= earlier * (1 - 1e-9) for earlier, later in pairwise(widths))
    assert widths[0] > 0


def test_a_sum_is_that_of_its_steps_and_less_sure_than_any_of_them(model: Forecaster) -> None:
    values = noisy(14, 4, 1.0)
    alone, together = estimates(model, ask(values)), estimates(model, ask(values, adds_up=True))

    assert together[-1].value == pytest.approx(sum(one.value for one in alone))
    assert together[0] == pytest.approx(alone[0])
    assert together[-1].upper - together[-1].lower > alone[-1].upper - alone[-1].lower


def test_what_is_noise_around_a_level_has_no_drift(model: Forecaster) -> None:
    found = estimates(model, ask(noisy(24, 7)))

    assert len({round(one.value, 6) for one in found}) == 1
    assert found[0].value == pytest.approx(100, abs=3)


def test_the_same_figures_give_the_same_answer(model: Forecaster) -> None:
    with closing(Forecaster()) as another:
        assert estimates(model, ask(noisy(15, 3))) == estimates(another, ask(noisy(15, 3)))


def test_a_season_of_three_years_is_seen(model: Forecaster) -> None:
    months: list[float | None] = [
        50 + 20 * math.sin(place * math.pi / 6) + noise
        for place, noise in zip(
            range(36), (value for value in noisy(36, 1, noise=1.0)), strict=True
        )
        if noise is not None
    ]
    found = estimates(model, ask(months, steps=12))

    expected = [150 + 20 * math.sin(place * math.pi / 6) for place in range(36, 48)]
    assert [one.value for one in found] == pytest.approx(expected, abs=4)


def test_of_two_years_no_season_is_claimed(model: Forecaster) -> None:
    months: list[float | None] = [50 + 20 * math.sin(place * math.pi / 6) for place in range(30)]

    assert len({round(one.value, 6) for one in estimates(model, ask(months, steps=3))}) <= 3


def test_most_of_what_comes_lies_within(model: Forecaster) -> None:
    """Of courses as the model takes them to be, about eight in ten."""
    rounds = 60
    courses = [course_of(seed) for seed in range(rounds)]
    answers = model.answers([ask([*course[:24]]) for course in courses])
    inside = sum(
        answer is not None and answer[-1].lower <= course[27] <= answer[-1].upper
        for course, answer in zip(courses, answers, strict=True)
    )

    assert 0.65 <= inside / rounds <= 0.95


def course_of(seed: int) -> list[float]:
    chance = random.Random(seed)  # noqa: S311 - the same courses each time
    level, course = 100.0, []
    for _ in range(28):
        surprise = chance.gauss(0, 5)
        course.append(level + surprise)
        level += 0.4 * surprise
    return course
