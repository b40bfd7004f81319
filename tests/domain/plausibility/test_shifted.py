"""A table whose labels slipped by some rows, and tables that only look like one."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.finding import Severity, english
from app.domain.plausibility.shifted import Line, Usual, shifted
from tests.domain.plausibility.making import exact, series

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.domain.plausibility.making import Number

SIZES = [820, 90, 310, 45, 1500, 640, 205, 77, 2100, 380, 130, 1250]


def history(size: float, months: int = 12, *, noise: float = 0.04, seed: int = 1) -> list[Number]:
    random = Random(f"{size} {seed}")  # noqa: S311 - no secret
    return [round(size * (1 + random.uniform(-noise, noise))) for _ in range(months)]


def lines(
    values: Sequence[Number], histories: Sequence[Sequence[Number]] | None = None
) -> list[Line]:
    """Return the rows of one period: `d0`, `d1`, ... in the rows 2, 3, ..."""
    histories = histories or [history(size) for size in SIZES]
    return [
        Line(row, "cases", f"d{row - 2}", exact(value), changes=True,
             usual=Usual.of(series(past).points))
        for row, (value, past) in enumerate(zip(values, histories, strict=True), 2)
    ]  # fmt: skip


def rows(given: Sequence[Line]) -> list[int | None]:
    return [found.row for found in shifted(given)]


def homes(given: Sequence[Line]) -> dict[int | None, str]:
    return {found.row: found.values["neighbour"] for found in shifted(given)}


def usual_month(seed: int = 2) -> list[Number]:
    return [history(size, 1, seed=seed)[0] for size in SIZES]


def slipped(
    values: Sequence[Number], shift: int, first: int = 0, last: int | None = None
) -> list[Number]:
    """Return the values with those from `first` to before `last` moved round by `shift` rows."""
    part = list(values[first:last])
    part = [*part[-shift % len(part) :], *part[: -shift % len(part)]]
    return [*values[:first], *part, *(values[last:] if last is not None else [])]


def test_the_right_table_raises_nothing() -> None:
    assert rows(lines(usual_month())) == []


@pytest.mark.parametrize("shift", [1, 2, 3, 5, -1, -2, -3, -5])
def test_every_row_of_a_slipped_table_is_told_with_the_row_that_it_fits(shift: int) -> None:
    given = lines(slipped(usual_month(), shift))
    count = len(SIZES)
    assert homes(given) == {
        row: f"d{(row - 2 - shift) % count}" for row in range(2, count + 2)
    }  # fmt: skip


@pytest.mark.parametrize("shift", [1, -1, 2])
def test_of_a_slip_in_the_middle_only_the_slipped_rows_are_told(shift: int) -> None:
    given = lines(slipped(usual_month(), shift, 3, 9))
    assert set(rows(given)) <= set(range(5, 11))
    assert len(rows(given)) >= 5


def test_the_question_names_the_rows_and_both_figures() -> None:
    values = slipped([str(history(size)[-1]) for size in SIZES], 1)
    found = {one.row: one for one in shifted(lines(values))}
    own, other = history(SIZES[4])[-1], history(SIZES[3])[-1]
    assert found[6].severity is Severity.WARNING
    assert english(found[6]) == (
        f"{other} fits cases of d3 in row 5 (last figure {other}) better than cases of d4 (last "
        f"figure {own}): the rows 2 to 13 look shifted against each other."
    )


def test_two_rows_that_changed_places_are_no_slip() -> None:
    values = usual_month()
    values[2], values[3] = values[3], values[2]
    assert rows(lines(values)) == []


def test_a_row_too_many_at_the_top_moves_the_rest_down() -> None:
    """The last figure fell off, so the total is another; but some rose and others fell."""
    values = [12, *usual_month()[:-1]]
    assert set(range(3, 14)) == set(rows(lines(values)))


def test_a_common_rise_of_a_table_in_order_of_size_is_no_slip() -> None:
    sizes = [round(4000 / 1.25**n) for n in range(12)]
    histories = [history(size, noise=0.01) for size in sizes]
    grown: list[Number] = [round(size * 1.25) for size in sizes]
    assert rows(lines(grown, histories)) == []
    fallen: list[Number] = [round(size / 1.25) for size in sizes]
    assert rows(lines(fallen, histories)) == []


def test_rows_that_are_alike_raise_nothing() -> None:
    histories = [[100, 101, 99, 100, 102, 98]] * 12
    assert rows(lines([100 + n % 3 for n in range(12)], histories)) == []
    assert rows(lines([500] * 12, histories)) == []


def test_noughts_and_ones_raise_nothing() -> None:
    random = Random(3)  # noqa: S311 - no secret
    for _ in range(50):
        histories = [[random.randint(0, 1) for _ in range(12)] for _ in SIZES]
        assert rows(lines([random.randint(0, 1) for _ in SIZES], histories)) == []


def test_without_a_history_nothing_is_said() -> None:
    histories = [history(size, 2) for size in SIZES]
    assert rows(lines(slipped(usual_month(), 1), histories)) == []
    histories = [history(size, 3) for size in SIZES]
    assert len(rows(lines(slipped(usual_month(), 1), histories))) >= 10


def test_a_row_without_history_among_others_stops_nothing_else() -> None:
    histories = [history(size) for size in SIZES]
    histories[0] = []
    told = rows(lines(slipped(usual_month(), 1), histories))
    assert set(range(4, 14)) <= set(told)
    assert 3 not in told, "its figure belongs to the row that has no history"


def test_rows_that_change_nothing_are_not_told() -> None:
    given = [replace(line, changes=line.row > 6) for line in lines(slipped(usual_month(), 1))]
    assert set(rows(given)) == set(range(7, 14))


def test_trending_histories_are_measured_from_their_newest_figures() -> None:
    histories: list[list[Number]] = [
        [round(size * 1.05**month) for month in range(12)] for size in SIZES
    ]
    values: list[Number] = [round(size * 1.05**12) for size in SIZES]
    assert rows(lines(values, histories)) == []
    assert len(rows(lines(slipped(values, 1), histories))) >= 10


def test_ordinary_months_of_many_offices_are_hardly_ever_told() -> None:
    told = 0
    for seed in range(300):
        random = Random(seed)  # noqa: S311 - no secret
        sizes = [round(10 ** random.uniform(0, 4)) for _ in range(30)]
        spread = random.choice([0.02, 0.1, 0.3])
        past = [[max(0, round(random.gauss(s, s * spread))) for _ in range(8)] for s in sizes]
        now: list[Number] = [max(0, round(random.gauss(s, s * spread))) for s in sizes]
        told += bool(rows(lines(now, past)))
    assert told == 0


@given(st.lists(st.integers(0, 10_000), min_size=12, max_size=12), st.integers(2, 12))
def test_whatever_comes_no_row_is_told_twice_nor_sent_home_to_itself(
    values: list[Number], months: int
) -> None:
    given = lines(values, [history(size, months) for size in SIZES])
    told = list(shifted(given))
    assert len({found.row for found in told}) == len(told)
    assert all(found.values["neighbour_row"] != str(found.row) for found in told)
