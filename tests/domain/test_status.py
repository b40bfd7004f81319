"""The status, in the order in which it is decided, and the period that the verdict speaks for."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from app.domain.attainment import Status, Verdict, assess
from app.domain.kpi import Kind
from app.domain.period import Frequency
from app.domain.target import Overshoot, Target
from app.domain.trajectory import Shape
from tests.factories import (
    AFTER_THE_PLAN,
    figure,
    figures,
    kpi,
    months,
    period,
    plan,
    subject,
    target,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.domain.figure import Figure
    from app.domain.kpi import Plan
    from tests.factories import Number

LEVEL, STOCK, FLOW = Kind.LEVEL, Kind.STOCK, Kind.FLOW
RATIO, MILESTONE = Kind.RATIO, Kind.MILESTONE
NOT_STARTED, NO_DATA = Status.NOT_STARTED, Status.NO_DATA
ATTAINED, MISSED = Status.ATTAINED, Status.MISSED
ON_TRACK, AT_RISK, OFF_TRACK = Status.ON_TRACK, Status.AT_RISK, Status.OFF_TRACK
QUARTERLY, ANNUAL, MONTHLY = Frequency.QUARTERLY, Frequency.ANNUAL, Frequency.MONTHLY
BREACH = Overshoot.BREACH


def verdict(
    of: Target,
    members: Mapping[str, Sequence[Figure]],
    *,
    kind: Kind = LEVEL,
    frequency: Frequency = MONTHLY,
    asked: str | None = None,
    today: dt.date = AFTER_THE_PLAN,
    of_plan: Plan | None = None,
) -> Verdict:
    one = subject(of, members, of_kpi=kpi(kind=kind, frequency=frequency), of_plan=of_plan)
    return assess(one, today, period(asked) if asked else None)


def own(posted: Mapping[str, Number | None]) -> dict[str, list[Figure]]:
    """Return one department's figures."""
    return {"D": figures(posted)}


# -- 1. not started -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frequency", "posted", "today", "status"),
    [
        (MONTHLY, "2013-01", dt.date(2012, 12, 1), NOT_STARTED),
        (MONTHLY, "2013-01", dt.date(2013, 1, 31), NOT_STARTED),
        (MONTHLY, "2013-01", dt.date(2013, 2, 1), ON_TRACK),
        (QUARTERLY, "2013-Q1", dt.date(2013, 3, 31), NOT_STARTED),
        (QUARTERLY, "2013-Q1", dt.date(2013, 4, 1), ON_TRACK),
        (ANNUAL, "2013", dt.date(2013, 12, 31), NOT_STARTED),
        (ANNUAL, "2013", dt.date(2014, 1, 1), ATTAINED),
    ],
)
def test_not_started_until_the_plans_first_period_has_ended(
    frequency: Frequency, posted: str, today: dt.date, status: Status
) -> None:
    found = verdict(target(">= 1"), own({posted: 1}), frequency=frequency, today=today)

    assert found.status is status


@pytest.mark.parametrize(
    ("frequency", "asked"), [(MONTHLY, "2012-12"), (MONTHLY, "2012"), (QUARTERLY, "2012-Q4")]
)
def test_not_started_when_asked_for_a_period_before_the_plan(
    frequency: Frequency, asked: str
) -> None:
    found = verdict(target(">= 1"), own({"2012-12": 5}), frequency=frequency, asked=asked)

    assert found == Verdict(NOT_STARTED)


# -- 2. no data -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize(
    ("posted", "asked"),
    [
        pytest.param({}, None, id="nothing-posted"),
        pytest.param({"2013-01": None}, None, id="posted-as-missing"),
        pytest.param({"2013-12": None}, None, id="due-period-posted-as-missing"),
        pytest.param({"2012-12": 1}, None, id="only-before-the-plan"),
        pytest.param({"2013-06": 1}, "2013-05", id="only-after-the-period-asked-for"),
    ],
)
def test_no_figure_is_no_data_never_green(
    kind: Kind, posted: dict[str, int | None], asked: str | None
) -> None:
    assert verdict(target(">= 0"), own(posted), kind=kind, asked=asked) == Verdict(NO_DATA)


# -- 3. attained, missed --------------------------------------------------------------------------


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


# -- 4. on track, at risk, off track --------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "actual", "band", "status"),
    [
        pytest.param(">= 100", "100", "0.05", ON_TRACK, id="pace=1"),
        pytest.param(">= 100", "99.999999", "0.05", AT_RISK, id="pace-just-below-1"),
        pytest.param(">= 100", "95", "0.05", AT_RISK, id="pace=1-band"),
        pytest.param(">= 100", "94.999999", "0.05", OFF_TRACK, id="pace-just-below-1-band"),
        pytest.param(">= 100", "90", "0.1", AT_RISK, id="a-wider-band"),
        pytest.param(">= 100", "99.999999", "0", OFF_TRACK, id="no-band"),
        pytest.param("<= 22.5", "22.5", "0.05", ON_TRACK, id="at_most-equal"),
        pytest.param("<= 22.5", "22.54", "0.05", AT_RISK, id="at_most-22.54"),
        pytest.param("<= 20", "21", "0.05", AT_RISK, id="at_most-pace=1-band"),
        pytest.param("<= 20", "21.000001", "0.05", OFF_TRACK, id="at_most-below-the-band"),
        pytest.param(">= -20", "-21", "0.05", AT_RISK, id="negative-bound-pace=1-band"),
        pytest.param(">= -20", "-21.1", "0.05", OFF_TRACK, id="negative-bound-below"),
        pytest.param("~ 20", "23", "0.05", ON_TRACK, id="about-overshoot-met"),
    ],
)
def test_pace_decides_before_the_due_period(
    text: str, actual: str, band: str, status: Status
) -> None:
    one = target(text, tolerance_band=band)

    assert verdict(one, own({"2013-06": actual})).status is status


@pytest.mark.parametrize(
    ("actual", "status"),
    [("3.5", ON_TRACK), ("3.6", AT_RISK), ("4.2", OFF_TRACK), ("2.4", AT_RISK), ("2", OFF_TRACK)],
)
def test_an_overshoot_that_breaches_is_behind(actual: str, status: Status) -> None:
    one = target("2.5..3.5", overshoot=BREACH)

    assert verdict(one, own({"2013-06": actual})).status is status


@pytest.mark.parametrize(
    ("text", "overshoot", "actual", "status"),
    [
        # expected 0 at 2013-06: pace is absent, on track unless worse than 0
        pytest.param(">= 10", Overshoot.MET, 0, ON_TRACK, id="at_least-equal"),
        pytest.param(">= 10", Overshoot.MET, 3, ON_TRACK, id="at_least-better"),
        pytest.param(">= 10", Overshoot.MET, -1, OFF_TRACK, id="at_least-worse"),
        pytest.param("<= -10", Overshoot.MET, 0, ON_TRACK, id="at_most-equal"),
        pytest.param("<= -10", Overshoot.MET, -3, ON_TRACK, id="at_most-better"),
        pytest.param("<= -10", Overshoot.MET, 1, OFF_TRACK, id="at_most-worse"),
        pytest.param("10..12", BREACH, 0, ON_TRACK, id="between-equal"),
        pytest.param("10..12", BREACH, 11, ON_TRACK, id="between-inside"),
        pytest.param("10..12", BREACH, -1, OFF_TRACK, id="between-worse"),
        pytest.param("10..12", BREACH, 15, OFF_TRACK, id="between-above-breach"),
        pytest.param("10..12", Overshoot.MET, 15, ON_TRACK, id="between-above-met"),
    ],
)
def test_where_0_is_expected(text: str, overshoot: Overshoot, actual: int, status: Status) -> None:
    one = target(text, overshoot=overshoot, shape=Shape.STEP, points={"2013-06": 0})
    found = verdict(one, own({"2013-06": actual}))

    assert found.expected == 0
    assert found.status is status


@pytest.mark.parametrize(
    ("text", "overshoot", "actual", "status"),
    [
        # T = 0 and a flat trajectory
        pytest.param("<= 0", Overshoot.MET, 0, ON_TRACK, id="at_most-0-equal"),
        pytest.param("<= 0", Overshoot.MET, 1, OFF_TRACK, id="at_most-0-worse"),
        pytest.param(">= 0", Overshoot.MET, -1, OFF_TRACK, id="at_least-0-worse"),
        pytest.param("0..5", BREACH, -1, OFF_TRACK, id="between-lower=0-worse"),
        pytest.param("0..5", BREACH, 6, OFF_TRACK, id="between-lower=0-above-breach"),
        # above an upper bound of 0 there is no ratio, so no pace; it is worse than 0 all the same
        pytest.param("-5..0", BREACH, 1, OFF_TRACK, id="between-upper=0-above-breach"),
        pytest.param("-5..0", Overshoot.MET, 1, ON_TRACK, id="between-upper=0-above-met"),
        pytest.param("-5..0", BREACH, 0, ON_TRACK, id="between-upper=0-equal"),
        pytest.param("-5..0", BREACH, -6, OFF_TRACK, id="between-upper=0-below"),
    ],
)
def test_where_the_bound_is_0(text: str, overshoot: Overshoot, actual: int, status: Status) -> None:
    one = target(text, overshoot=overshoot)

    assert verdict(one, own({"2013-06": actual})).status is status


@pytest.mark.parametrize("shape", [Shape.POINTS, Shape.STEP])
def test_before_the_first_given_point_nothing_is_expected_so_it_is_on_track(shape: Shape) -> None:
    found = verdict(target(">= 20", shape=shape, points={"2013-06": 12}), own({"2013-05": -99}))

    assert (found.status, found.expected, found.pace.value) == (ON_TRACK, None, None)


@pytest.mark.parametrize(
    ("points", "done", "status"),
    [
        pytest.param({}, "0", ON_TRACK, id="expected-at-due-only"),
        pytest.param({"2013-03": "0.5"}, "0.5", ON_TRACK, id="at-its-point"),
        pytest.param({"2013-03": "0.5"}, "0.4", OFF_TRACK, id="behind-its-point"),
        pytest.param({"2013-09": "0.5"}, "0", ON_TRACK, id="before-its-point"),
    ],
)
def test_a_milestone_before_its_due_period(
    points: dict[str, str], done: str, status: Status
) -> None:
    shape = Shape.STEP if points else Shape.FLAT
    found = verdict(target("done", shape=shape, points=points), own({"2013-06": done}),
                    kind=MILESTONE)  # fmt: skip

    assert found.status is status


def test_milestones_of_several_departments_are_attained_when_all_are_done() -> None:
    done, open_ = figures({"2013-05": 1}), figures({"2013-05": "0.5"})

    assert verdict(target("done"), {"A": done, "B": done}, kind=MILESTONE).status is ATTAINED
    half = verdict(target("done"), {"A": done, "B": open_, "C": []}, kind=MILESTONE)
    assert (half.status, half.ratio.value) == (ON_TRACK, Fraction(1, 2))


def test_an_old_figure_turns_nothing_red_and_the_verdict_says_which_period_it_is_of() -> None:
    found = verdict(target(">= 120", kind=FLOW), own(months(10, 10)), kind=FLOW, asked="2013-09")

    assert (found.status, str(found.period)) == (ON_TRACK, "2013-02")
    assert found.expected == 20


def test_attainment_pace_and_progress_are_three_numbers() -> None:
    one = target(">= 120", kind=FLOW, baseline=("2012-12", 0))
    found = verdict(one, own(months(10, 20)), kind=FLOW)

    assert found.ratio.value == Fraction(30, 120)
    assert found.pace.value == Fraction(30, 20)
    assert found.progress == Fraction(30, 120)
    assert (found.status, found.attained) == (ON_TRACK, False)
    assert found.gap == 90
