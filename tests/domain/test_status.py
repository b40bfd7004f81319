"""The status, in the order in which it is decided: not started, no data, and the pace's."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from fractions import Fraction

import pytest

from app.domain.attainment import Status, Verdict, assess
from app.domain.kpi import Kind
from app.domain.period import Frequency
from app.domain.target import Overshoot
from app.domain.trajectory import Shape
from tests.factories import (
    AFTER_THE_PLAN,
    figures,
    months,
    own,
    period,
    subject,
    target,
    verdict,
)

FLOW, MILESTONE = Kind.FLOW, Kind.MILESTONE
NOT_STARTED, NO_DATA = Status.NOT_STARTED, Status.NO_DATA
ATTAINED = Status.ATTAINED
ON_TRACK, AT_RISK, OFF_TRACK = Status.ON_TRACK, Status.AT_RISK, Status.OFF_TRACK
QUARTERLY, ANNUAL, MONTHLY = Frequency.QUARTERLY, Frequency.ANNUAL, Frequency.MONTHLY
BREACH = Overshoot.BREACH


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


# -- 3. attained, missed: see test_due_period -----------------------------------------------------


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


def test_a_period_is_judged_by_the_target_in_force_for_it() -> None:
    """At least 20; revised to 10 from July on, and to 30 from the fourth quarter on."""
    first = target(">= 20")
    july = replace(target(">= 10"), version=2, in_force_from=period("2013-07"))
    october = replace(target(">= 30"), version=3, in_force_from=period("2013-Q4"))
    one = replace(subject(october, own(months(*[15] * 11))), versions=(first, july, october))

    def judged(at: str) -> tuple[str, Status]:
        verdict = assess(one, AFTER_THE_PLAN, period(at))
        return str(one.at(period(at)).target.goal), verdict.status

    assert judged("2013-06") == (">= 20", Status.OFF_TRACK)
    assert judged("2013-07") == judged("2013-09") == (">= 10", Status.ON_TRACK)
    assert judged("2013-10") == (">= 30", Status.OFF_TRACK)
    june = one.at(period("2013-06"))
    assert june.at(period("2013-12")).target is october, "from any period to any other"
