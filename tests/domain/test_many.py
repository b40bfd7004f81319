"""Many verdicts at once say what the rule says of each, to the last digit, or hand it back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain import grid as grids
from app.domain.attainment import assess, is_not_started
from app.domain.grid import NOTHING, Grid, amounts
from app.domain.kpi import Kind
from app.domain.many import STATUSES, Terms, is_plain, judge
from app.domain.period import Frequency, Period
from tests import factories
from tests.domain import drawn
from tests.domain.drawn import SPAN, days

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from decimal import Decimal

    from app.domain.attainment import Subject
    from app.domain.figure import Figure
    from app.domain.grid import Whole
    from app.domain.kpi import Kpi
    from app.domain.many import Judged
    from app.domain.target import Target

LARGE = ["999999999999.999999", "-999999999999.999999", "123456789", "0.000001", "3.333333"]


def _array(value: Decimal | None) -> Whole:
    millionths = NOTHING if value is None else int(value.scaleb(6))
    return np.array([millionths], dtype=np.int64)


def _grid(kpi: Kpi, subjects: Sequence[Subject]) -> Grid:
    """Lay the figures of each subject's one department out in a row."""
    span = subjects[0].span
    shape = (len(subjects), len(span))
    value, weight = np.zeros(shape, dtype=np.int64), np.ones(shape, dtype=np.int64)
    state = np.full(shape, grids.EMPTY, dtype=np.int8)
    for row, subject in enumerate(subjects):
        (figures,) = subject.members.values()
        for one in figures:
            if one.period in span:
                at = row, one.period.ordinal - span.first.ordinal
                value[at], weight[at], state[at] = _cell(kpi, one)
    return Grid(span, value, None if (weight == 1).all() else weight, state)


def _cell(kpi: Kpi, figure: Figure) -> tuple[int, int, int]:
    amount = figure.amount
    above, below = _array(amount.numerator), _array(amount.denominator)
    value, weight, state = amounts(_array(amount.value), above, below, kpi.factor)
    return int(value[0]), int(weight[0]), int(state[0])


def _judged(subjects: Sequence[Subject], today: dt.date, asked: Period | None) -> Judged:
    first = subjects[0]
    upto = None if asked is None else asked.last_ended(first.kpi.frequency)
    terms = Terms.of(subjects)
    last = None if upto is None else upto.ordinal
    grid, rows = _grid(first.kpi, subjects), np.arange(len(subjects))
    actuals = grids.count(grid, first.kpi.kind, terms.due, rows, last)
    return judge(terms, actuals, is_started=not is_not_started(first, today, upto))


def _holds(subject: Subject, judged: Judged, row: int, today: dt.date, at: Period | None) -> None:
    verdict = assess(subject, today, at)
    assert STATUSES[judged.status[row]] is verdict.status
    assert judged.is_attained[row] == bool(verdict.attained)
    if verdict.period is not None:
        assert judged.period[row] == verdict.period.ordinal
    for name, value in (
        ("actual", verdict.actual),
        ("expected", verdict.expected),
        ("ratio", verdict.ratio.value),
        ("pace", verdict.pace.value),
        ("progress", verdict.progress),
        ("gap", verdict.gap),
    ):
        assert getattr(judged, name).at(row) == value, name


@st.composite
def offices(draw: st.DrawFn, numbers: st.SearchStrategy[str]) -> list[Subject]:
    """Draw targets on one KPI, each of a department of its own."""
    kind, frequency = draw(st.sampled_from(Kind)), draw(st.sampled_from(Frequency))
    kpi = factories.kpi(kind=kind, frequency=frequency, factor=draw(st.sampled_from([1, 100])))
    found = []
    for _ in range(draw(st.integers(1, 4))):
        target = draw(drawn.targets(kind, numbers))
        versions = draw(st.sampled_from([(), (target,)]))
        members = {"D": draw(drawn.figures("D", frequency, numbers))}
        subject = factories.subject(target, members, of_kpi=kpi)
        found.append(replace(subject, versions=versions))
    return found


ASKED = st.none() | st.sampled_from([*SPAN, Period.parse("2013-Q2")])


@given(offices(drawn.numbers), days, ASKED)
@settings(max_examples=500, deadline=None)
def test_what_is_plain_is_said_as_the_rule_says_it(
    subjects: list[Subject], today: dt.date, asked: Period | None
) -> None:
    judged = _judged(subjects, today, asked)

    for row, subject in enumerate(subjects):
        weighed = any(one.amount.denominator for one in subject.members["D"])
        if is_plain(subject) and not (weighed and subject.kpi.kind is Kind.FLOW):
            assert judged.is_exact[row]
        if judged.is_exact[row]:
            assert is_plain(subject)
            _holds(subject, judged, row, today, asked)


@given(offices(drawn.numbers | st.sampled_from(LARGE)), days, ASKED)
@settings(max_examples=300, deadline=None)
def test_what_64_bits_cannot_hold_is_handed_back(
    subjects: list[Subject], today: dt.date, asked: Period | None
) -> None:
    judged = _judged(subjects, today, asked)

    for row, subject in enumerate(subjects):
        if judged.is_exact[row]:
            _holds(subject, judged, row, today, asked)


@pytest.mark.parametrize(
    "target",
    [
        pytest.param(factories.target(">= 4", points={"2013-03": 1}), id="points on the way"),
        pytest.param(factories.target(">= 4", tolerance_band=2), id="a band wider than the ratio"),
        pytest.param(factories.target(">= 4", due="2014-01"), id="due outside of the plan"),
    ],
)
def test_a_target_that_is_not_plain_is_handed_back(target: Target) -> None:
    subject = factories.subject(target, factories.own({"2013-03": 5}))

    assert not _judged([subject], factories.AFTER_THE_PLAN, None).is_exact[0]


def test_a_revised_target_and_one_of_several_departments_are_handed_back() -> None:
    one = factories.subject(factories.target(">= 4"), factories.own({"2013-03": 5}))
    revised = replace(one, versions=(one.target, replace(one.target, version=2)))
    several = replace(one, members={"a": (), "b": ()})

    assert [is_plain(subject) for subject in (one, revised, several)] == [True, False, False]
