"""Attained and missed: who meets the bound early, and who has the last word when it is due."""

from __future__ import annotations

import datetime as dt

import pytest

from app.domain.attainment import Status
from app.domain.kpi import Kind
from app.domain.period import Frequency
from app.domain.trajectory import Shape
from tests.factories import figure, figures, months, own, plan, target, verdict

LEVEL, STOCK, FLOW = Kind.LEVEL, Kind.STOCK, Kind.FLOW
RATIO, MILESTONE = Kind.RATIO, Kind.MILESTONE
NO_DATA = Status.NO_DATA
ATTAINED, MISSED = Status.ATTAINED, Status.MISSED
ON_TRACK, AT_RISK, OFF_TRACK = Status.ON_TRACK, Status.AT_RISK, Status.OFF_TRACK
QUARTERLY, ANNUAL, MONTHLY = Frequency.QUARTERLY, Frequency.ANNUAL, Frequency.MONTHLY


# -- who meets the bound --------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [LEVEL, STOCK, FLOW, RATIO])
@pytest.mark.parametrize(("actual", "status"), [("20", ATTAINED), ("19.999999", MISSED)])
def test_the_due_period_has_the_last_word(kind: Kind, actual: str, status: Status) -> None:
    assert verdict(target(">= 20"), own({"2013-12": actual}), kind=kind).status is status


@pytest.mark.parametrize(("done", "status"), [("1", ATTAINED), ("0.999999", MISSED)])
def test_a_milestone_is_done_or_missed_at_its_due_period(done: str, status: Status) -> None:
    assert verdict(target("done"), own({"2013-12": done}), kind=MILESTONE).status is status


@pytest.mark.parametrize(
    ("kind", "text", "status"),
    [
        pytest.param(STOCK, ">= 20", ATTAINED, id="stock"),
        pytest.param(FLOW, ">= 20", ATTAINED, id="flow"),
        pytest.param(STOCK, "~ 20", ATTAINED, id="stock-about"),
        pytest.param(FLOW, "15..25", ATTAINED, id="flow-between"),
        pytest.param(LEVEL, ">= 20", ON_TRACK, id="level-not-yet"),
        pytest.param(RATIO, ">= 20", ON_TRACK, id="ratio-not-yet"),
    ],
)
def test_before_the_due_period_what_accumulates_is_attained_when_it_meets_its_bound(
    kind: Kind, text: str, status: Status
) -> None:
    assert verdict(target(text, kind=kind), own({"2013-05": 20}), kind=kind).status is status


def test_a_milestone_done_early_is_attained() -> None:
    assert verdict(target("done"), own({"2013-05": 1}), kind=MILESTONE).status is ATTAINED


def test_what_was_attained_early_can_be_missed_in_the_end() -> None:
    posted = own({"2013-05": 20, "2013-12": 19})

    assert verdict(target(">= 20"), posted, kind=STOCK, asked="2013-11").status is ATTAINED
    assert verdict(target(">= 20"), posted, kind=STOCK).status is MISSED


@pytest.mark.parametrize(
    ("values", "status"),
    [
        pytest.param([10] * 6, ATTAINED, id="under-the-bound-so-far"),
        pytest.param([20] * 6, ATTAINED, id="at-the-bound-so-far"),
        pytest.param([20] * 6 + [1], OFF_TRACK, id="over-it-before-the-due-period"),
        pytest.param([10] * 12, ATTAINED, id="at-the-bound-in-the-end"),
        pytest.param([10] * 11 + [11], MISSED, id="over-it-in-the-end"),
    ],
)
def test_a_flow_of_at_most_120_meets_its_bound_until_the_sum_exceeds_it(
    values: list[int], status: Status
) -> None:
    found = verdict(target("<= 120", kind=FLOW), own(months(*values)), kind=FLOW)

    assert found.status is status
    assert found.actual == sum(values)


@pytest.mark.parametrize(
    ("values", "status"),
    [
        pytest.param([10] * 5, ON_TRACK, id="as-expected"),
        pytest.param([10, None, 10, 10, 20], ON_TRACK, id="as-expected-with-a-gap"),
        pytest.param([10, None, 10, 10, 18], AT_RISK, id="a-little-behind-with-a-gap"),
        pytest.param([10, None, 10, 10, 10], OFF_TRACK, id="behind-with-a-gap"),
        pytest.param([10] * 12, ATTAINED, id="in-the-end"),
        pytest.param([10] * 11 + [9], MISSED, id="short-in-the-end"),
        pytest.param([30] * 4, ATTAINED, id="early"),
    ],
)
def test_a_flow_of_at_least_120_sums_up_to_its_bound(
    values: list[int | None], status: Status
) -> None:
    found = verdict(target(">= 120", kind=FLOW), own(months(*values)), kind=FLOW)

    assert found.status is status


# -- the due period, and who must have posted for it ----------------------------------------------


@pytest.mark.parametrize(
    ("frequency", "due", "posted", "status"),
    [
        (QUARTERLY, "2013-12", "2013-Q3", ON_TRACK),
        (QUARTERLY, "2013-12", "2013-Q4", ATTAINED),
        (QUARTERLY, "2013", "2013-Q4", ATTAINED),
        (QUARTERLY, "2013-Q2", "2013-Q2", ATTAINED),
        (MONTHLY, "2013-Q2", "2013-05", ON_TRACK),
        (MONTHLY, "2013-Q2", "2013-06", ATTAINED),
        (MONTHLY, "2013", "2013-12", ATTAINED),
        (ANNUAL, "2013-12", "2013", ATTAINED),
    ],
)
def test_a_due_period_of_another_frequency_means_its_last_period(
    frequency: Frequency, due: str, posted: str, status: Status
) -> None:
    assert verdict(target(">= 1", due=due), own({posted: 1}), frequency=frequency).status is status


def test_an_annual_kpi_of_a_five_year_plan() -> None:
    five_years = plan(start="2011-01", end="2015-12")
    one = target(">= 3.3", due="2015", shape=Shape.LINEAR, baseline=("2010-12", "1.7"))
    posted = own({"2011": "2.02", "2012": "2.34", "2013": "2.5", "2014": "2.9", "2015": "3.3"})

    said = [
        verdict(
            one, posted, kind=RATIO, frequency=ANNUAL, asked=str(year),
            of_plan=five_years, today=dt.date(2016, 3, 1),
        ).status
        for year in range(2011, 2016)
    ]  # fmt: skip

    assert said == [ON_TRACK, ON_TRACK, OFF_TRACK, AT_RISK, ATTAINED]


@pytest.mark.parametrize(
    ("asked", "at", "status"),
    [
        ("2013-05", "2013-05", ON_TRACK),
        ("2013-06", "2013-06", MISSED),
        ("2013-08", "2013-08", ATTAINED),
        ("2013-12", "2013-09", MISSED),
        (None, "2013-09", MISSED),
    ],
)
def test_after_the_due_period_the_newest_figure_up_to_the_period_asked_for_counts(
    asked: str | None, at: str, status: Status
) -> None:
    posted = own({"2013-05": 20, "2013-06": 10, "2013-08": 20, "2013-09": 19})
    found = verdict(target(">= 20", due="2013-06"), posted, asked=asked)

    assert (found.status, str(found.period)) == (status, at)


def test_a_due_period_without_its_figure_is_neither_attained_nor_missed() -> None:
    one = target(">= 20", due="2013-06")

    assert verdict(one, own({"2013-05": 20, "2013-07": 20})).status is ON_TRACK
    assert verdict(one, own({"2013-05": 20, "2013-07": 1})).status is OFF_TRACK


def test_a_period_of_a_longer_frequency_asked_for_means_its_last_period() -> None:
    posted = own(months(1, 2, 3, 4))

    assert verdict(target(">= 9"), posted, kind=FLOW, asked="2013-Q1").actual == 6
    assert verdict(target(">= 9"), posted, kind=FLOW, asked="2013").actual == 10


ROLLED_UP = [
    pytest.param({"A": 20, "B": 20}, ATTAINED, id="all-posted-met"),
    pytest.param({"A": 20, "B": 1}, MISSED, id="all-posted-not-met"),
    pytest.param({"A": 20, "B": None}, MISSED, id="one-posted-as-missing"),
    pytest.param({"A": 45, "B": None}, ATTAINED, id="one-posted-as-missing-met-all-the-same"),
    pytest.param({"A": 20}, OFF_TRACK, id="one-still-to-come"),
    pytest.param({"A": None, "B": None}, NO_DATA, id="all-posted-as-missing"),
]


@pytest.mark.parametrize(("december", "status"), ROLLED_UP)
def test_a_rolled_up_target_waits_for_every_department(
    december: dict[str, int | None], status: Status
) -> None:
    members = {code: own({"2013-12": december[code]})["D"] if code in december else []
               for code in "AB"}  # fmt: skip

    assert verdict(target(">= 40", kind=STOCK), members, kind=STOCK).status is status


def test_all_posted_as_missing_at_the_due_period_leaves_the_last_word_open() -> None:
    members = {code: figures({"2013-11": 20, "2013-12": None}) for code in "AB"}
    found = verdict(target(">= 50", kind=STOCK), members, kind=STOCK)

    assert (found.status, str(found.period)) == (OFF_TRACK, "2013-11")


def test_a_rolled_up_level_waits_too_and_is_on_track_meanwhile() -> None:
    first = [figure("2013-12", 20, denominator=3)]
    behind = [figure("2013-11", 20, denominator=1)]
    last = [*behind, figure("2013-12", 24, denominator=1)]

    assert verdict(target("<= 20"), {"A": first, "B": behind}).status is ON_TRACK
    assert verdict(target("<= 20"), {"A": first, "B": last}).status is MISSED
