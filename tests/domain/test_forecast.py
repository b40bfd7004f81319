"""What a forecast is made from, and what it says of the target."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.attainment import Subject, assess, is_attained, ratio_of
from app.domain.figure import ObservationStatus
from app.domain.forecast import (
    LEAST_FIGURES,
    Basis,
    Estimate,
    Forecast,
    Outlook,
    basis_of,
    forecast_of,
)
from app.domain.kpi import Definition, Kind
from app.domain.period import Frequency, Period
from app.domain.saying import Saying
from app.domain.target import Overshoot
from tests.factories import AFTER_THE_PLAN, figure, figures, kpi, months, own, subject, target

if TYPE_CHECKING:
    from app.domain.figure import Figure

LEVEL, STOCK, FLOW, RATIO = Kind.LEVEL, Kind.STOCK, Kind.FLOW, Kind.RATIO
EIGHT = months(1, 2, 3, 4, 5, 6, 7, 8)


def basis(of: Subject, asked: str | None = None) -> Basis:
    found = basis_of(of, Period.parse(asked) if asked else None)
    assert isinstance(found, Basis), str(found)
    return found


def why_not(of: Subject, asked: str | None = None) -> str:
    found = basis_of(of, Period.parse(asked) if asked else None)
    assert isinstance(found, Saying)
    return str(found)


def of_kind(kind: Kind, members: dict[str, list[Figure]], text: str = ">= 12") -> Subject:
    return subject(target(text, kind=kind), members, of_kpi=kpi(kind=kind))


# --- what it is made from -----------------------------------------------------------------------


@pytest.mark.parametrize("kind", [LEVEL, STOCK, RATIO])
def test_the_course_goes_on_to_the_due_period(kind: Kind) -> None:
    found = basis(of_kind(kind, own(EIGHT)))

    assert list(found.question.values) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert found.question.steps == 4
    assert not found.question.adds_up
    assert (str(found.first), str(found.last), str(found.due)) == ("2013-01", "2013-08", "2013-12")
    assert found.so_far == 0


def test_figures_from_before_the_plan_are_of_the_course() -> None:
    before = months(*range(1, 13), year=2012)
    found = basis(of_kind(LEVEL, own(before | months(13, 14))))

    assert found.question.values == tuple(range(1, 15))
    assert str(found.first) == "2012-01"


def test_a_flow_adds_the_months_to_come_to_what_the_plan_s_have_brought() -> None:
    before = months(*[7] * 12, year=2012)
    found = basis(of_kind(FLOW, own(before | months(5, 6))))

    assert list(found.question.values) == [*[7] * 12, 5, 6]
    assert found.question.steps == 10
    assert found.question.adds_up
    assert found.so_far == 11


def test_a_month_that_is_left_out_or_posted_as_missing_is_a_gap() -> None:
    left_out = basis(of_kind(LEVEL, own(months(1, 2, None, 4, 5, 6, 7, 8, 9))))
    posted = own(months(1, 2, None, 4, 5, 6, 7, 8, 9))
    posted["D"].append(figure("2013-03"))

    assert list(left_out.question.values) == [1, 2, None, 4, 5, 6, 7, 8, 9]
    assert basis(of_kind(LEVEL, posted)).question == left_out.question
    assert basis(of_kind(FLOW, posted)).question.values == left_out.question.values


def test_a_flow_s_last_month_without_a_value_is_behind_it() -> None:
    posted = own(EIGHT)
    posted["D"].append(figure("2013-09"))
    found = basis(of_kind(FLOW, posted))

    assert found.question.values[-2:] == (8, None)
    assert (str(found.last), found.question.steps, int(found.so_far)) == ("2013-09", 3, 36)


def test_departments_come_together_as_in_the_verdict() -> None:
    a = [figure(at, value, denominator=100) for at, value in EIGHT.items()]
    b = [figure(at, 10, denominator=300, department_code="E") for at in EIGHT]
    of = of_kind(LEVEL, {"D": a, "E": b})
    found = basis(of)

    for place, at in enumerate(EIGHT):
        counted = assess(of, AFTER_THE_PLAN, Period.parse(at)).actual
        assert counted is not None
        assert found.question.values[place] == float(counted)


def test_a_month_that_a_department_owes_is_yet_to_come() -> None:
    late = months(10, 10, 10, 10, 10, 10, 10, 10)
    of = of_kind(FLOW, {"D": figures(EIGHT | {"2013-09": 9}), "E": figures(late), "F": []})
    found = basis(of)

    assert found.question.values == tuple(range(11, 19))
    assert (str(found.last), found.question.steps) == ("2013-08", 4)
    assert found.so_far == sum(range(11, 19))


def test_a_department_is_waited_for_from_its_first_figure_on() -> None:
    joined = {f"2013-{month:02}": 10 for month in range(5, 9)}
    found = basis(of_kind(FLOW, {"D": figures(EIGHT), "E": figures(joined)}))

    assert found.question.values == (1, 2, 3, 4, 15, 16, 17, 18)


def test_only_what_a_past_period_knew_counts_there() -> None:
    year = own(months(*range(1, 12)))

    assert basis(of_kind(STOCK, year), "2013-08").question.values == (1, 2, 3, 4, 5, 6, 7, 8)
    assert basis(of_kind(FLOW, year), "2013-08").so_far == 36
    assert why_not(of_kind(STOCK, year), "2013-05") == (
        "a forecast needs 8 figures without a break in series; there are 5"
    )


def test_a_break_is_not_looked_across() -> None:
    posted = own(months(*range(1, 12)))
    marked = replace(posted["D"][2], observation_status=ObservationStatus.BREAK)
    posted["D"][2] = marked
    found = basis(of_kind(LEVEL, posted))
    assert (found.question.values, str(found.first)) == (tuple(range(3, 12)), "2013-03")

    posted["D"][5] = replace(posted["D"][5], observation_status=ObservationStatus.BREAK)
    assert "there are 6" in why_not(of_kind(LEVEL, posted))


@pytest.mark.parametrize(
    ("since", "told"),
    [
        ("2013-03", "there are 6"),
        ("2013-09", "another definition begins at 2013-09"),
        ("2013-12", "another definition begins at 2013-12"),
    ],
)
def test_nor_is_another_definition(since: str, told: str) -> None:
    versions = (Definition(1, None, "a"), Definition(2, Period.parse(since), "b"))
    of = of_kind(LEVEL, own(EIGHT))

    assert told in why_not(replace(of, kpi=replace(of.kpi, definitions=versions)))


def test_a_definition_that_begins_behind_the_due_period_is_nobody_s() -> None:
    versions = (Definition(1, None, "a"), Definition(2, Period.parse("2014-01"), "b"))
    of = of_kind(LEVEL, own(EIGHT))

    assert basis(replace(of, kpi=replace(of.kpi, definitions=versions))) is not None


@pytest.mark.parametrize(
    ("kind", "posted", "told"),
    [
        (Kind.MILESTONE, months(*["0.1"] * 8), "a milestone is not forecast"),
        (LEVEL, {}, "there is no figure to go by"),
        (FLOW, {}, "there is no figure to go by"),
        (LEVEL, months(1, 2, 3, 4, 5, 6, 7), "a forecast needs 8 figures"),
        (FLOW, months(1, 2, 3, 4, 5, 6, 7), "there are 7"),
        (LEVEL, months(*range(1, 13)), "the due period has its figure"),
        (FLOW, months(*range(1, 13)), "the due period has its figure"),
    ],
)
def test_why_there_is_none(kind: Kind, posted: dict[str, int], told: str) -> None:
    assert told in why_not(of_kind(kind, own(posted)))


def test_nothing_is_said_of_what_is_further_ahead_than_the_figures_reach_back() -> None:
    of = of_kind(LEVEL, own(EIGHT))
    far = [replace(of.target, due=Period.parse(due)) for due in ("2014-04", "2014-05")]

    assert basis(replace(of, target=far[0])).question.steps == 8
    assert why_not(replace(of, target=far[1])).startswith("the due period is further ahead")


@pytest.mark.parametrize(("frequency", "season"), [(Frequency.QUARTERLY, 4), (Frequency.ANNUAL, 1)])
def test_quarters_and_years_have_their_own_steps(frequency: Frequency, season: int) -> None:
    due = Period.parse("2013-12").last_of(frequency)
    posted = [figure(str(due.shift(-back)), back) for back in range(2, 2 + LEAST_FIGURES)]
    of = subject(target(">= 1", due=str(due)), {"D": posted}, of_kpi=kpi(frequency=frequency))

    assert (basis(of).question.season, basis(of).question.steps) == (season, 2)


def test_the_due_period_is_judged_by_the_version_that_is_in_force_there() -> None:
    first = target(">= 10")
    later = replace(target(">= 20"), version=2, in_force_from=Period.parse("2013-10"))
    of = replace(subject(first, own(EIGHT)), versions=(first, later))

    assert basis(of).subject.target is later


# --- what it says -------------------------------------------------------------------------------


def said(of: Subject, *estimates: tuple[float, float, float]) -> Forecast:
    found = basis(of)
    return forecast_of(found, [Estimate(*one) for one in estimates])


def test_a_flow_s_forecast_is_the_sum() -> None:
    found = said(
        of_kind(FLOW, own(EIGHT), ">= 70"), (9, 8, 10), (19, 17, 21), (30, 27, 33), (42, 38, 46)
    )

    assert [int(one.value) for one in found.points] == [45, 55, 66, 78]
    assert [found.due.lower, found.due.upper] == [74, 82]
    assert str(found.due.period) == "2013-12"
    assert found.ratio == Fraction(78, 70)
    assert found.outlook is Outlook.REACHED


FLAT = [(0.0, 0.0, 0.0)] * 3


@pytest.mark.parametrize(
    ("text", "overshoot", "interval", "outlook"),
    [
        (">= 10", Overshoot.MET, (10, 10, 12), Outlook.REACHED),
        (">= 10", Overshoot.MET, (10, 9.99, 12), Outlook.OPEN),
        (">= 10", Overshoot.MET, (9, 8, 9.99), Outlook.MISSED),
        ("<= 10", Overshoot.MET, (9, 8, 10), Outlook.REACHED),
        ("<= 10", Overshoot.MET, (11, 10, 12), Outlook.OPEN),
        ("<= 10", Overshoot.MET, (11, 10.01, 12), Outlook.MISSED),
        ("3..5", Overshoot.MET, (9, 5, 12), Outlook.REACHED),
        ("3..5", Overshoot.BREACH, (4, 3, 5), Outlook.REACHED),
        ("3..5", Overshoot.BREACH, (4, 2, 6), Outlook.OPEN),
        ("3..5", Overshoot.BREACH, (5, 4, 6), Outlook.OPEN),
        ("3..5", Overshoot.BREACH, (6, 5.01, 7), Outlook.MISSED),
        ("3..5", Overshoot.BREACH, (2, 1, 2.99), Outlook.MISSED),
        ("~ 10 +- 1", Overshoot.BREACH, (7, 6, 8), Outlook.MISSED),
    ],
)
def test_the_outlook_is_what_the_whole_interval_says(
    text: str, overshoot: Overshoot, interval: tuple[float, float, float], outlook: Outlook
) -> None:
    of = subject(target(text, overshoot=overshoot), own(EIGHT))

    assert said(of, *FLAT, interval).outlook is outlook


@given(
    text=st.sampled_from(["<= 4", ">= 4", "3..5", "~ 4 +- 1", "<= 0", ">= 0"]),
    overshoot=st.sampled_from(Overshoot),
    ends=st.tuples(*[st.integers(-20, 60)] * 3).map(sorted),
)
@settings(max_examples=200, deadline=None)
def test_the_outlook_and_the_ratio_are_those_of_the_verdict_s_own_rules(
    text: str, overshoot: Overshoot, ends: list[int]
) -> None:
    lower, value, upper = (end / 8 for end in ends)
    of = subject(target(text, overshoot=overshoot), own(EIGHT))
    found = said(of, *FLAT, (value, lower, upper))
    goal = of.target.goal
    everywhere = {
        is_attained(goal, overshoot, Fraction(place, 16))
        for place in range(2 * ends[0], 2 * ends[2] + 1)
    }

    told = {(True,): Outlook.REACHED, (False,): Outlook.MISSED, (False, True): Outlook.OPEN}
    assert found.outlook is told[tuple(sorted(everywhere))]
    assert found.ratio == ratio_of(goal, overshoot, Fraction(value)).value


def test_no_figure_passes_its_kpi_s_limits_nor_does_what_only_rises_fall() -> None:
    limited = subject(target(">= 10"), own(EIGHT), of_kpi=kpi(minimum=0, maximum=9))
    rising = subject(target(">= 10"), own(EIGHT), of_kpi=kpi(kind=STOCK, monotone=True))
    flow = subject(target(">= 10"), own(EIGHT), of_kpi=kpi(kind=FLOW, minimum=0, maximum=2))

    wide = said(limited, *FLAT, (9.5, -1, 20)).due
    assert [wide.value, wide.lower, wide.upper] == [9, 0, 9]
    assert said(rising, *FLAT, (9, 7, 11)).due.lower == 8
    sum_ = said(flow, *FLAT, (5, -3, 9)).due
    assert [sum_.lower, sum_.value, sum_.upper] == [36, 41, 44]


def test_what_it_comes_from_is_told() -> None:
    note = str(basis(of_kind(LEVEL, own(EIGHT))).note)

    assert note == "from 8 figures since 2013-01; 80 % interval"
