"""How departments report for a plan, counted from its standing: `overview.reporting`, at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.domain.expectation import ExpectedFigure, Reports
from app.domain.lifecycle import days_overdue
from app.domain.period import Period
from app.ledger.overview import DepartmentReports

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain.grid import Whole
    from app.domain.period import Frequency
    from app.ledger.overview import Scope
    from app.ledger.scoreboard import Moment
    from app.ledger.standing.block import Block
    from app.ledger.standing.layout import Sheet
    from app.ledger.standing.whole import Standing

_NEVER = 2**62


@dataclass(slots=True)
class _Counted:
    """Of some departments, how many figures there are, and the oldest that is missing.

    numbers: of the departments.
    """

    numbers: Whole
    expected: Whole
    received: Whole
    on_time: Whole
    due: Whole
    """The oldest missing figure's deadline, in seconds."""
    kpi: Whole
    column: Whole

    @classmethod
    def none(cls, numbers: Whole) -> _Counted:
        empty = [np.zeros(len(numbers), dtype=np.int64) for _ in range(6)]
        empty[3][:] = _NEVER
        return cls(numbers, *empty)

    def add(self, block: Block, number: int, seconds: Whole) -> None:
        """Count a KPI's figures of the plan's first periods, by their deadlines in seconds."""
        columns = len(seconds)
        rows = block.sheet.row_of[self.numbers]
        of = np.flatnonzero(rows >= 0)
        received, on_time, missing = (one[rows[of]] for one in block.reported(columns))
        self.expected[of] += columns
        self.received[of] += received
        self.on_time[of] += on_time
        due = np.append(seconds, _NEVER)[missing]
        # Of two that were due at once, the KPI that comes first.
        sooner = due < self.due[of]
        places = of[sooner]
        self.due[places], self.kpi[places] = due[sooner], number
        self.column[places] = missing[sooner]


def reporting(
    standing: Standing, seen: Moment, scope: Scope, departments: Sequence[str]
) -> dict[str, DepartmentReports]:
    """Return how the figures due by now of some departments stand; no more than are expected."""
    ids = standing.layout.stored.department_ids
    counted = _Counted.none(np.array([ids[code] for code in departments], dtype=np.int64))
    blocks = list(standing.blocks.values())
    passed: dict[tuple[Frequency, int], Whole] = {}
    for number, block in enumerate(blocks):
        if not block.sheet.reporters:
            continue
        # KPIs of a plan that have the same of both have the same deadlines.
        calendar = (block.sheet.kpi.frequency, block.sheet.kpi.due_days)
        if calendar not in passed:
            passed[calendar] = _passed(block.sheet, seen, scope)
        if len(passed[calendar]):
            counted.add(block, number, passed[calendar])
    found = {}
    for place, code in enumerate(departments):
        expected, received = int(counted.expected[place]), int(counted.received[place])
        if not expected:
            continue
        oldest = None
        if counted.due[place] < _NEVER:
            oldest = _oldest(blocks[counted.kpi[place]], code, int(counted.column[place]))
        found[code] = DepartmentReports(
            rates=Reports(expected, received, int(counted.on_time[place])),
            overdue=expected - received,
            oldest=oldest,
            days=0 if oldest is None else days_overdue(oldest.deadline, seen.now, scope.zone),
        )
    return found


def _passed(sheet: Sheet, seen: Moment, scope: Scope) -> Whole:
    """Return the deadlines that have passed of a KPI's periods, in seconds."""
    found = [
        int(deadline.timestamp())
        for at, deadline in zip(sheet.span, sheet.deadlines, strict=False)
        if deadline <= seen.now and (scope.upto is None or at.last_day <= scope.upto.last_day)
    ]
    return np.array(found, dtype=np.int64)


def _oldest(block: Block, department: str, column: int) -> ExpectedFigure:
    sheet = block.sheet
    period = Period(sheet.kpi.frequency, sheet.span.first.ordinal + column)
    return ExpectedFigure(sheet.kpi.code, department, period, sheet.deadlines[column])
