from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from app.domain.catalogue import Catalogue
from app.domain.expectation import (
    ExpectedFigure,
    Reports,
    expected_figures,
    newest_due,
    oldest_missing,
    reports,
)
from app.domain.period import Frequency
from tests import factories
from tests.factories import period

if TYPE_CHECKING:
    from app.domain.kpi import Department, Kpi, Plan
    from app.domain.target import Target

ZONE = ZoneInfo("Asia/Shanghai")
TREE = (
    factories.department("office"),
    factories.department("bureau", parent="office"),
    factories.department("D", parent="bureau"),
    factories.department("E", parent="bureau"),
)


def catalogue(
    *targets: Target,
    kpis: tuple[Kpi, ...] = (factories.kpi(),),
    plans: tuple[Plan, ...] = (factories.plan(start="2013-01", end="2013-03"),),
    departments: tuple[Department, ...] = TREE,
) -> Catalogue:
    return Catalogue(
        plans={plan.code: plan for plan in plans},
        departments={department.code: department for department in departments},
        kpis={kpi.code: kpi for kpi in kpis},
        targets={(one.plan, one.kpi, one.department): one for one in targets},
    )


def periods(of: Catalogue) -> dict[tuple[str, str], list[str]]:
    return {
        place: [str(figure.period) for figure in listed]
        for place, listed in expected_figures(of, ZONE).items()
    }


def expected(kpi: str, department: str, at: str, due_days: int = 10) -> ExpectedFigure:
    day = period(at).last_day + dt.timedelta(days=1 + due_days)
    return ExpectedFigure(
        kpi, department, period(at), dt.datetime.combine(day, dt.time(), tzinfo=ZONE)
    )


def at_noon(year: int, month: int, day: int) -> dt.datetime:
    return dt.datetime(year, month, day, 12, tzinfo=ZONE)


QUARTER = ["2013-01", "2013-02", "2013-03"]


@pytest.mark.parametrize("above", ["D", "bureau", "office"])
def test_a_target_at_the_department_or_above_makes_its_figures_expected(above: str) -> None:
    assert periods(catalogue(factories.target("<= 22.5", department_code=above))) == {
        ("K", "D"): QUARTER
    }


@pytest.mark.parametrize("elsewhere", ["E"])
def test_a_target_elsewhere_does_not(elsewhere: str) -> None:
    assert periods(catalogue(factories.target("<= 22.5", department_code=elsewhere))) == {}


def test_without_a_target_nothing_is_expected() -> None:
    assert periods(catalogue()) == {}


def test_who_does_not_report_is_not_expected_to() -> None:
    kpi = factories.kpi(reported_by=("E",))

    assert periods(catalogue(factories.target("<= 1", department_code="office"), kpis=(kpi,))) == {
        ("K", "E"): QUARTER
    }


def test_everybody_who_reports_below_a_target_is_expected_to() -> None:
    kpi = factories.kpi(reported_by=("E", "D", "office"))

    found = periods(catalogue(factories.target("<= 1", department_code="office"), kpis=(kpi,)))

    assert list(found) == [("K", "D"), ("K", "E"), ("K", "office")]


def test_a_figure_that_several_plans_ask_for_is_expected_once() -> None:
    plans = (
        factories.plan("P", start="2013-01", end="2013-02"),
        factories.plan("Q", start="2012-12", end="2013-01"),
    )
    targets = (
        factories.target("<= 1", plan_code="P"),
        factories.target("<= 1", plan_code="Q", department_code="office"),
    )

    assert periods(catalogue(*targets, plans=plans)) == {
        ("K", "D"): ["2012-12", "2013-01", "2013-02"]
    }


@pytest.mark.parametrize(
    ("frequency", "found"),
    [(Frequency.QUARTERLY, ["2013-Q1"]), (Frequency.ANNUAL, ["2013"])],
)
def test_periods_are_of_the_kpis_own_frequency(frequency: Frequency, found: list[str]) -> None:
    kpi = factories.kpi(frequency=frequency)

    assert periods(catalogue(factories.target("<= 1"), kpis=(kpi,))) == {("K", "D"): found}


def test_the_deadline_is_the_kpis_own_in_the_offices_zone() -> None:
    kpi = factories.kpi(due_days=5)

    found = expected_figures(catalogue(factories.target("<= 1"), kpis=(kpi,)), ZONE)

    assert found["K", "D"][0].deadline == dt.datetime(2013, 2, 6, tzinfo=ZONE)
    assert found["K", "D"][0].key == ("K", "D", period("2013-01"))


def test_the_oldest_missing_is_the_first_gap() -> None:
    listed = [expected("K", "D", at) for at in QUARTER]

    assert oldest_missing(listed, {period("2013-01"), period("2013-03")}) == listed[1]
    assert oldest_missing(listed, set()) == listed[0]
    assert oldest_missing(listed, {figure.period for figure in listed}) is None
    assert oldest_missing([], set()) is None


def test_before_the_first_deadline_no_figure_is_due() -> None:
    assert newest_due([expected("K", "D", "2013-01")], at_noon(2013, 2, 10)) == {}


def test_a_figure_is_due_from_the_instant_of_its_deadline() -> None:
    figure = expected("K", "D", "2013-01")

    assert newest_due([figure], figure.deadline) == {"D": [figure]}
    assert newest_due([figure], figure.deadline - dt.timedelta(microseconds=1)) == {}


def test_only_the_newest_period_end_counts_for_each_department_alone() -> None:
    listed = [expected("K", who, at) for who in "DE" for at in QUARTER]
    late = replace(listed[-1], deadline=at_noon(2014, 1, 1))

    found = newest_due([*listed[:-1], late], at_noon(2013, 5, 1))

    assert found == {"D": [listed[2]], "E": [listed[4]]}


def test_periods_of_every_frequency_that_end_together_count_together() -> None:
    december = [expected("a", "D", "2013-12"), expected("b", "D", "2013-Q4")]
    year = expected("c", "D", "2013", due_days=60)
    listed = [year, expected("a", "D", "2013-11"), *december]

    assert newest_due(listed, at_noon(2014, 1, 11)) == {"D": december}
    assert newest_due(listed, at_noon(2014, 3, 10)) == {"D": [year, *december]}


def test_reports_count_what_is_in_and_what_came_before_the_deadline() -> None:
    listed = [expected(kpi, "D", "2013-01") for kpi in ("a", "b", "c", "d")]
    end = listed[0].deadline
    first = {
        listed[0].key: end - dt.timedelta(microseconds=1),
        listed[1].key: end,
        listed[2].key: end + dt.timedelta(days=1),
        ("e", "D", period("2013-01")): end - dt.timedelta(days=1),
    }

    assert reports(listed, first) == Reports(expected=4, received=3, on_time=1)
    assert reports([], first) == Reports(0, 0, 0)
