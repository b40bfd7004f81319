from __future__ import annotations

from dataclasses import replace
from itertools import accumulate
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.finding import Severity, english
from app.domain.kpi import Definition, Kind, Over
from app.domain.plausibility.series import Point, Series
from app.domain.plausibility.sums import against_each_other, against_flow
from tests.domain.plausibility.making import exact, series
from tests.domain.plausibility.published import APPLICATIONS, EVER, MONTH, YEAR
from tests.factories import kpi, period

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain.finding import Finding
    from tests.domain.plausibility.making import Number

Cell = tuple[str, str]
"""A period and a KPI's code."""

CELLS: list[Cell] = [(at, code) for at, figures in APPLICATIONS.items() for code in figures]


def one(code: str, values: Sequence[Number | None], posted: Sequence[Number] = ()) -> Series:
    """Return the series of a KPI of that code, from January 2013."""
    kind = Kind.FLOW if code == MONTH else Kind.STOCK
    return series(values, posted, start="2013-01", of=kpi(code, kind=kind))


def published(
    wrong: dict[Cell, int] | None = None, *, rows: Sequence[Cell] = CELLS
) -> list[Finding]:
    """Return what is said of the published figures, some of them changed.

    rows: the figures that are delivered, the first in row 2; the others are on record.
    """

    def of(code: str) -> Series:
        points = [
            Point(
                period(at),
                exact((wrong or {}).get((at, code), figures[code])),
                rows.index((at, code)) + 2 if (at, code) in rows else None,
            )
            for at, figures in APPLICATIONS.items()
            if code in figures
        ]
        return Series(kpi(code), "D", points)

    month, year, ever = of(MONTH), of(YEAR), of(EVER)
    return [
        *against_flow(year, Over.YEAR, month),
        *against_flow(ever, Over.EVER, month),
        *against_each_other(ever, year),
    ]


def test_the_published_figures_fit() -> None:
    assert published() == []


@pytest.mark.parametrize("cell", CELLS, ids="/".join)
@pytest.mark.parametrize("by", [1, -1, 9_000])
def test_of_the_published_figures_a_wrong_one_is_told_where_another_holds_it(
    cell: Cell, by: int
) -> None:
    """October 2012 and April 2013 stand alone in their years; only January's month is held."""
    at, code = cell
    found = published({cell: APPLICATIONS[at][code] + by}, rows=[cell])
    alone = at in ("2012-10", "2013-04")
    if alone or (code == MONTH and not at.endswith("-01")):
        assert found == []
    else:
        assert found
        assert {(one.row, one.code, one.severity) for one in found} == {
            (2, "sum_differs", Severity.WARNING)
        }


def test_the_question_says_from_which_figures_the_sum_was_made() -> None:
    wrong = ("2014-08", YEAR)
    assert [english(one) for one in published({wrong: 471_606}, rows=[wrong])] == [
        (
            f"In 2014-08, {EVER} is 3501814, but 3141459 ({EVER} 2014-01) + 471606 ({YEAR} "
            f"2014-08) - 57251 ({YEAR} 2014-01) make 3555814."
        ),
        (
            f"In 2014-11, {EVER} is 3753903, but 3501814 ({EVER} 2014-08) + 669695 ({YEAR} "
            f"2014-11) - 471606 ({YEAR} 2014-08) make 3699903."
        ),
    ]
    wrong = ("2014-01", EVER)
    assert [english(one) for one in published({wrong: 3_141_495}, rows=[wrong])][:2] == [
        (
            f"In 2014-01, {EVER} is 3141495, but 3084208 ({EVER} 2013-12) + 57251 ({MONTH} "
            "2014-01) make 3141459."
        ),
        (
            f"In 2014-01, {EVER} is 3141495, but 3084208 ({EVER} 2013-12) + 57251 ({YEAR} 2014-01) "
            "make 3141459."
        ),
    ]


def test_what_is_on_record_is_not_asked_about_again() -> None:
    assert published({("2014-08", YEAR): 1}, rows=[]) == []
    assert published({("2014-08", YEAR): 1}, rows=[("2015-09", YEAR)]) == []


# --- a total and its flow ---------------------------------------------------------------------


def year_said(months: Sequence[Number | None], totals: Sequence[Number | None]) -> list[str]:
    """Return what is said when the last total is delivered in row 2."""
    *before, last = totals
    assert last is not None
    found = list(against_flow(one(YEAR, before, [last]), Over.YEAR, one(MONTH, months)))
    assert all(finding.row == 2 for finding in found)
    return [f"{finding.values['sum']} = {finding.values['figures']}" for finding in found]


def test_a_year_to_date_grows_by_the_month() -> None:
    assert year_said([10, 20, 30], [10, 30, 60]) == []
    assert year_said([10, 20, 30], [10, 30, 61]) == [
        f"60 = 30 ({YEAR} 2013-02) + 30 ({MONTH} 2013-03)"
    ]


def test_without_the_month_before_all_months_of_the_year_make_the_sum() -> None:
    assert year_said([10, 20, 30], [None, None, 60]) == []
    assert year_said([10, 20, 30], [None, None, 50]) == [
        f"60 = 10 ({MONTH} 2013-01) + 20 ({MONTH} 2013-02) + 30 ({MONTH} 2013-03)"
    ]


def test_where_a_month_is_missing_in_between_nothing_can_be_said() -> None:
    assert year_said([10, None, 30], [None, None, 50]) == []
    assert year_said([10, None, 30, 40], [10, None, None, 90]) == []
    assert len(year_said([None, None, 30, 40], [None, 20, None, 95])) == 1


def test_the_year_begins_again_and_the_total_ever_does_not() -> None:
    months = [10] * 13
    assert year_said(months, [*range(10, 130, 10), 10]) == []
    assert len(year_said(months, [*range(10, 130, 10), 130])) == 1
    month = one(MONTH, months)
    ever = [100 + 10 * n for n in range(1, 13)]
    assert list(against_flow(one(EVER, ever, [230]), Over.EVER, month)) == []
    assert len(list(against_flow(one(EVER, ever, [10]), Over.EVER, month))) == 1
    assert list(against_flow(one(EVER, [], [110]), Over.EVER, month)) == [], "of before is unknown"


def test_a_wrong_month_is_asked_about_at_its_own_row() -> None:
    totals = one(YEAR, [10, 30, 60])
    (found,) = against_flow(totals, Over.YEAR, one(MONTH, [10, 20], [33]))
    assert (found.row, found.values["kpi"], found.values["sum"]) == (2, YEAR, "63")


def test_a_long_sum_names_its_first_and_last_figures() -> None:
    ((found),) = year_said([10] * 12, [*[None] * 11, 119])
    assert found.count(MONTH) == 6
    assert found.endswith(f"+ … + 10 ({MONTH} 2013-12)")


def test_rounded_figures_may_differ_by_their_rounding() -> None:
    assert year_said(["0.34", "0.34", "0.34"], [None, None, "1.01"]) == []
    assert len(year_said(["0.34", "0.34", "0.34"], [None, None, "1.10"])) == 1


def test_quarters_make_years_as_months_do() -> None:
    quarters = series([5, 6, 7, 8, 9], start="2013-Q1", of=kpi(MONTH))
    year = series([5, 11, 18, 26], [9], start="2013-Q1", of=kpi(YEAR))
    assert list(against_flow(year, Over.YEAR, quarters)) == []
    wrong = series([5, 11, 18, 26], [35], start="2013-Q1", of=kpi(YEAR))
    assert len(list(against_flow(wrong, Over.YEAR, quarters))) == 1


# --- the two totals ---------------------------------------------------------------------------


def apart(evers: Sequence[Number | None], years: Sequence[Number | None]) -> int:
    """Count what is said when the last total ever is delivered."""
    *before, last = evers
    assert last is not None
    return len(list(against_each_other(one(EVER, before, [last]), one(YEAR, years))))


def test_the_two_totals_grow_alike_within_a_year() -> None:
    assert apart([110, None, None, 150], [10, None, None, 50]) == 0
    assert apart([110, None, None, 151], [10, None, None, 50]) == 1
    assert apart([110, None, None, 151], [None, None, None, 50]) == 0, "no total to begin from"


def test_a_total_that_stands_alone_hides_no_base() -> None:
    assert apart([110, 120, 150], [10, None, 50]) == 0
    assert apart([110, 120, 151], [10, None, 50]) == 1
    december: list[Number | None] = [*[None] * 11, 200]
    assert apart([*december, 210, 250], [*[None] * 13, 50]) == 0
    assert apart([*december, 210, 251], [*[None] * 13, 50]) == 1
    assert apart([200, None, 251], [None, None, 50]) == 0


def test_from_year_to_year_only_december_is_a_base() -> None:
    years: list[Number] = [10 * n for n in range(1, 13)]
    assert apart([*[100 + 10 * n for n in range(1, 13)], 227], [*years, 7]) == 0
    assert apart([*[100 + 10 * n for n in range(1, 13)], 228], [*years, 7]) == 1
    assert apart([*[100 + 10 * n for n in range(1, 12)], None, 228], [*years, 7]) == 0


@given(
    st.lists(st.integers(0, 10**9), min_size=1, max_size=40),
    st.integers(0, 10**9),
    st.data(),
)
def test_no_true_totals_are_asked_about_whatever_is_missing(
    flow: list[int], before: int, data: st.DataObject
) -> None:
    ever: list[Number | None] = [before + total for total in accumulate(flow)]
    year: list[Number | None] = [sum(flow[n - n % 12 : n + 1]) for n in range(len(flow))]
    month: list[Number | None] = list(flow)
    for values in (ever, year, month):
        for hole in data.draw(st.sets(st.integers(0, len(flow) - 1), max_size=20)):
            values[hole] = None
    posted = [
        Series(made.kpi, "D", [point._replace(row=2) for point in made.points])
        for made in (one(MONTH, month), one(YEAR, year), one(EVER, ever))
    ]
    assert list(against_flow(posted[1], Over.YEAR, posted[0])) == []
    assert list(against_flow(posted[2], Over.EVER, posted[0])) == []
    assert list(against_each_other(posted[2], posted[1])) == []


@pytest.mark.parametrize("of", [YEAR, EVER])
def test_across_a_break_in_a_total_nothing_is_said(of: str) -> None:
    """April's total was counted anew; from then on the months have to fit it again."""
    over = Over.YEAR if of == YEAR else Over.EVER
    month = one(MONTH, [], [10, 10, 10, 10, 10, 10])
    total = one(of, [], [10, 20, 30, 35, 45, 50])
    (marked,) = [point._replace(breaks=True) for point in total.points[3:4]]
    broken = Series(total.kpi, "D", [*total.points[:3], marked, *total.points[4:]])
    definitions = (Definition(1, None, "old"), Definition(2, period("2013-04"), "new"))
    redefined = Series(replace(total.kpi, definitions=definitions), "D", total.points)

    told = [found.values["period"] for found in against_flow(total, over, month)]
    assert told == ["2013-04", "2013-06"]
    for given_anew in (broken, redefined):
        found = against_flow(given_anew, over, month)
        assert [each.values["period"] for each in found] == ["2013-06"]


def test_totals_that_were_counted_anew_are_not_held_against_each_other() -> None:
    ever, year = one(EVER, [], [110, 120, 135, 145]), one(YEAR, [], [10, 20, 30, 40])
    marked = [point._replace(breaks=at == 2) for at, point in enumerate(ever.points)]

    assert [one.values["period"] for one in against_each_other(ever, year)] == ["2013-03"]
    assert list(against_each_other(Series(ever.kpi, "D", marked), year)) == []
