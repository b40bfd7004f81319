"""Breaks in series: where figures begin to mean something else, and which comparisons cross one.

A series breaks where another definition of its KPI begins, and where a figure is marked as a break
(observation status `B`). Nothing is kept from being added up or compared for that; but what
compares across a break says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from app.domain.figure import ObservationStatus
from app.domain.kpi import Kind
from app.domain.saying import Saying
from app.domain.trajectory import Shape

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from app.domain.attainment import Subject, Verdict
    from app.domain.figure import Figure
    from app.domain.kpi import Definition, Kpi
    from app.domain.period import Period


class Source(StrEnum):
    """What makes a break."""

    DEFINITION = "definition"
    OBSERVATION_STATUS = "observation_status"


@dataclass(frozen=True, slots=True)
class Break:
    """A break between a period and the one before it.

    definition: the one that begins here; None where figures alone are marked.
    departments: those that marked their figure of this period as a break.
    """

    at: Period
    definition: Definition | None
    departments: tuple[str, ...]

    @property
    def source(self) -> Source:
        """What makes the break; a definition, where figures are marked besides."""
        return Source.OBSERVATION_STATUS if self.definition is None else Source.DEFINITION


SUM: Final = "the sum adds figures from before and after the break at {period}"
MIXED: Final = "departments count with figures from before and after the break at {period}"
BASELINE: Final = (
    "the baseline of {baseline} lies before the break at {period}: "
    "progress and the way from there compare across it"
)
NOTES: Final = (SUM, MIXED, BASELINE)
"""What is said of a comparison that crosses a break."""


def breaks(
    kpi: Kpi, members: Mapping[str, Sequence[Figure]], after: Period, last: Period
) -> list[Break]:
    """Return the breaks behind one period and up to another, in order of time.

    members: per department, its figures.
    """
    begins = {one.since.ordinal: one for one in kpi.definitions if one.since is not None}
    marked: dict[int, list[str]] = {}
    for department in sorted(members):
        for figure in members[department]:
            if figure.observation_status is ObservationStatus.BREAK:
                marked.setdefault(figure.period.ordinal, []).append(department)
    found = sorted(at for at in {*begins, *marked} if after.ordinal < at <= last.ordinal)
    return [
        Break(after.shift(at - after.ordinal), begins.get(at), tuple(marked.get(at, ())))
        for at in found
    ]


@dataclass(frozen=True, slots=True)
class Crossing:
    """A comparison that crosses a break, and what is said of it."""

    crossed: Break
    note: Saying


def crossings(subject: Subject, verdict: Verdict) -> list[Crossing]:
    """Return what of a verdict compares across a break, in order of time."""
    return sorted(_crossings(subject, verdict), key=lambda one: one.crossed.at.ordinal)


def _crossings(subject: Subject, verdict: Verdict) -> Iterator[Crossing]:
    counted, kpi = verdict.counted, subject.kpi
    if counted is None:
        return
    newest = counted.period
    if kpi.kind is Kind.FLOW:
        first = min((part.figures[0].period for part in counted.parts), key=_place)
        for one in breaks(kpi, subject.members, first, newest):
            yield Crossing(one, Saying(SUM, {"period": str(one.at)}))
    else:
        oldest = min((part.period for part in counted.parts), key=_place)
        for one in breaks(kpi, {}, oldest, newest):
            yield Crossing(one, Saying(MIXED, {"period": str(one.at)}))
    baseline = subject.target.baseline
    way = subject.target.trajectory.shape is not Shape.FLAT
    if baseline is not None and (way or verdict.progress is not None):
        start = baseline.period.last_of(kpi.frequency)
        for one in breaks(kpi, subject.members, start, newest):
            values = {"baseline": str(baseline.period), "period": str(one.at)}
            yield Crossing(one, Saying(BASELINE, values))


def _place(period: Period) -> int:
    return period.ordinal
