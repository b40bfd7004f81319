"""A target's verdicts at many periods: the fast form of `attainment.assess`.

The figures are put in order and turned into exact numbers once, and a flow's are summed up as they
come; what is said of them then is said by `attainment.judge`, as everywhere. A property test holds
both forms equal.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property
from itertools import accumulate, takewhile
from typing import TYPE_CHECKING

from app.domain.attainment import Status, Verdict, counted_upto, is_not_started, judge, stand
from app.domain.counting import part_of, put_together
from app.domain.kpi import Kind
from app.domain.period import Period
from app.domain.trajectory import due_ordinal

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Container, Sequence
    from fractions import Fraction

    from app.domain.attainment import Subject
    from app.domain.counting import Counted, Part
    from app.domain.figure import Figure
    from app.domain.kpi import Kpi


class _Row:
    """One department's figures that count within the plan, in order of time."""

    def __init__(self, kpi: Kpi, figures: Sequence[Figure], first: int, last: int) -> None:
        """Take those from one ordinal up to another."""
        frequency = kpi.frequency
        valued = [
            (one.period.ordinal, one, number)
            for one in figures
            if one.period.frequency is frequency
            and first <= one.period.ordinal <= last
            and (number := one.amount.number(kpi.factor)) is not None
        ]
        valued.sort(key=lambda item: item[0])
        self.posted = {one.period.ordinal for one in figures}
        self.with_value = {one.period.ordinal for one in figures if one.amount.is_there}
        self.ordinals = [item[0] for item in valued]
        self._kpi = kpi
        self._figures = [item[1] for item in valued]
        numbers = [item[2] for item in valued]
        self._values: list[Fraction] = (
            list(accumulate(numbers)) if kpi.kind is Kind.FLOW else numbers
        )

    def _end(self, upto: Period | None) -> int:
        return len(self.ordinals) if upto is None else bisect_right(self.ordinals, upto.ordinal)

    def value(self, upto: Period | None) -> Fraction | None:
        """Return what the figures up to a period come to; None for nothing."""
        end = self._end(upto)
        return self._values[end - 1] if end else None

    def part(self, department: str, upto: Period | None) -> Part | None:
        """Return what the department brings up to a period; None for all."""
        end = self._end(upto)
        if not end:
            return None
        begin = 0 if self._kpi.kind is Kind.FLOW else end - 1
        return part_of(
            self._kpi, department, self._values[end - 1], tuple(self._figures[begin:end])
        )


class Course:
    """A subject whose figures are in order."""

    def __init__(self, subject: Subject) -> None:
        """Put them in order."""
        span = subject.span
        first, last = span.first.ordinal, span.last.ordinal
        self.subject = subject
        self._said: dict[tuple[dt.date, int], Status] = {}
        self._rows = {
            department: _Row(subject.kpi, subject.members[department], first, last)
            for department in sorted(subject.members)
        }

    @cached_property
    def periods(self) -> list[Period]:
        """The plan's periods that have a figure with a value, in order of time."""
        found = {ordinal for row in self._rows.values() for ordinal in row.ordinals}
        return [Period(self.subject.kpi.frequency, ordinal) for ordinal in sorted(found)]

    def at(self, today: dt.date, asked: Period | None = None) -> Verdict:
        """Give the verdict, as `assess` does."""
        subject = self.subject
        upto = counted_upto(subject, asked)
        if is_not_started(subject, today, upto):
            return Verdict(Status.NOT_STARTED)
        return judge(subject, self.counted(upto), upto, self._is_due_posted)

    def in_a_row(
        self, today: dt.date, statuses: Container[Status], upto: Period | None = None
    ) -> list[Period]:
        """Return the periods in a row that have one of the statuses, the newest first.

        upto: the newest of them; None for the newest there is.
        """
        periods = [one for one in self.periods if upto is None or one.ordinal <= upto.ordinal]
        return list(takewhile(lambda at: self._status(today, at) in statuses, reversed(periods)))

    def _status(self, today: dt.date, at: Period) -> Status:
        key = (today, at.ordinal)
        if key not in self._said:
            self._said[key] = self._decided(today, at)
        return self._said[key]

    def _decided(self, today: dt.date, at: Period) -> Status:
        if is_not_started(self.subject, today, at):
            return Status.NOT_STARTED
        counted = self.counted(at)
        if counted is None:
            return Status.NO_DATA
        return stand(self.subject, counted, at, self._is_due_posted).status

    def counted(self, upto: Period | None) -> Counted | None:
        """Return what counts up to a period, as `counting.count` does; None for all."""
        parts, missing = [], []
        for department, row in self._rows.items():
            part = row.part(department, upto)
            if part is None:
                missing.append(department)
            else:
                parts.append(part)
        return put_together(self.subject.kpi, parts, missing)

    def value(self, upto: Period | None) -> Fraction | None:
        """Return the value of what counts up to a period, without the figures it came from."""
        if len(self._rows) == 1:
            (row,) = self._rows.values()
            return row.value(upto)
        counted = self.counted(upto)
        return None if counted is None else counted.value

    def _is_due_posted(self, subject: Subject, upto: Period | None) -> bool:
        due = due_ordinal(subject.target, subject.kpi)
        if upto is not None and upto.ordinal < due:
            return False
        rows = self._rows.values()
        return all(due in row.posted for row in rows) and any(due in row.with_value for row in rows)
