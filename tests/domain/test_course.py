"""The fast form of the verdict says what the rule says, whatever the target and the figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.attainment import Status, assess
from app.domain.course import Course
from app.domain.kpi import Kind
from app.domain.period import Period
from tests import factories
from tests.domain.drawn import SPAN, days, subjects

if TYPE_CHECKING:
    import datetime as dt

    from app.domain.attainment import Subject


@given(subjects(), days, st.none() | st.sampled_from([*SPAN, Period.parse("2013-Q2")]))
@settings(max_examples=600, deadline=None)
def test_the_fast_form_says_what_the_rule_says(
    subject: Subject, today: dt.date, asked: Period | None
) -> None:
    assert Course(subject).at(today, asked) == assess(subject, today, asked)


@given(subjects(), days)
@settings(max_examples=150, deadline=None)
def test_periods_in_a_row_are_those_that_the_rule_gives_a_status(
    subject: Subject, today: dt.date
) -> None:
    course, statuses = Course(subject), {Status.OFF_TRACK, Status.MISSED}

    found = course.in_a_row(today, statuses)

    assert found == course.periods[len(course.periods) - len(found) :][::-1]
    assert all(assess(subject, today, at).status in statuses for at in found)
    if before := course.periods[: len(course.periods) - len(found)]:
        assert assess(subject, today, before[-1]).status not in statuses


@pytest.mark.parametrize("kind", Kind)
def test_a_period_counts_that_has_a_value_within_the_plan(kind: Kind) -> None:
    posted = {"2012-12": 1, "2013-03": 2, "2013-01": 3, "2013-02": None, "2014-01": 4}
    subject = factories.subject(
        factories.target(">= 1", kind=kind), factories.own(posted), of_kpi=factories.kpi(kind=kind)
    )

    assert [str(at) for at in Course(subject).periods] == ["2013-01", "2013-03"]


@given(subjects(), st.none() | st.sampled_from(list(SPAN)))
@settings(max_examples=150, deadline=None)
def test_the_value_is_that_of_what_counts(subject: Subject, upto: Period | None) -> None:
    course = Course(subject)
    counted = course.counted(upto)

    assert course.value(upto) == (None if counted is None else counted.value)
