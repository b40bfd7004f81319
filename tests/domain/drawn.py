"""Targets with figures of every kind, drawn for the tests that hold fast forms to the rule."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from app.domain.kpi import Kind
from app.domain.period import Frequency, Period, Span
from app.domain.target import Overshoot
from app.domain.trajectory import Shape
from tests import factories

if TYPE_CHECKING:
    from app.domain.attainment import Subject
    from app.domain.figure import Figure
    from app.domain.target import Target

TEXTS = ("<= 3", ">= 3", ">= 0", "<= 0", "~ 4 +- 1", "2..5", "done")
SPAN = Span(Period.parse("2012-11"), Period.parse("2014-02"))
numbers = st.integers(-8, 24).map(lambda number: str(number / 4))
weights = st.none() | st.integers(1, 9).map(str)


@st.composite
def figures(
    draw: st.DrawFn,
    code: str,
    frequency: Frequency,
    amounts: st.SearchStrategy[str] = numbers,
) -> list[Figure]:
    """Draw a department's figures, in any order, some as missing, some outside of the plan."""
    periods = {at.last_of(frequency) for at in draw(st.lists(st.sampled_from(list(SPAN))))}
    found = []
    for at in draw(st.permutations(sorted(periods, key=lambda one: one.ordinal))):
        value, weight, above = draw(st.none() | amounts), draw(weights), draw(st.booleans())
        given = {"numerator" if above and weight else "value": value, "denominator": weight}
        amount = {} if value is None else given
        found.append(factories.figure(str(at), department_code=code, **amount))  # type: ignore[arg-type]
    return found


@st.composite
def targets(draw: st.DrawFn, kind: Kind, amounts: st.SearchStrategy[str] = numbers) -> Target:
    shape = draw(st.sampled_from(Shape))
    return factories.target(
        draw(st.sampled_from(TEXTS)),
        due=draw(st.sampled_from(["2013-12", "2013-06", "2013-Q3", "2013"])),
        kind=kind,
        shape=shape,
        points=draw(st.dictionaries(st.sampled_from(["2013-03", "2013-05"]), numbers)),
        baseline=draw(st.none() | amounts.map(lambda value: ("2012-12", value))),
        overshoot=draw(st.sampled_from(Overshoot)),
    )


@st.composite
def subjects(draw: st.DrawFn) -> Subject:
    kind, frequency = draw(st.sampled_from(Kind)), draw(st.sampled_from(Frequency))
    kpi = factories.kpi(kind=kind, frequency=frequency, factor=draw(st.sampled_from([1, 100])))
    members = {
        code: draw(figures(code, frequency))
        for code in draw(st.permutations(["a", "b", "c"]))[: draw(st.integers(1, 3))]
    }
    first = draw(targets(kind))
    later = replace(draw(targets(kind)), version=2, in_force_from=Period.parse("2013-05"))
    versions = draw(st.sampled_from([(), (first,), (first, later)]))
    found = factories.subject(first, members, of_kpi=kpi)
    return replace(found, target=versions[-1] if versions else first, versions=versions)


days = st.dates(dt.date(2012, 12, 20), dt.date(2014, 3, 1))
