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
    from app.domain.grid import Whole
    from app.ledger.overview import Scope
    from app.ledger.scoreboard import Moment
    from app.ledger.standing.block import Block
    from app.ledger.standing.whole import Standing

_NEVER = 2**62


@dataclass(slots=True)
class _Counted:
    """Per department, by its place: how many figures, and the oldest that is missing."""

    expected: Whole
    received: Whole
    on_time: Whole
    due: Whole
    """The oldest missing figure's deadline, in seconds."""
    kpi: Whole
    column: Whole

    @classmethod
    def none(cls, departments: int) -> _Counted:
        empty = [np.zeros(departments, dtype=np.int64) for _ in range(6)]
        empty[3][:] = _NEVER
        return cls(*empty)

    def add(self, block: Block, number: int, columns: int) -> None:
        """Count a KPI's figures of the plan's first periods."""
        received, on_time, missing = block.reported(columns)
        of, seconds = block.sheet.of, [int(one.timestamp()) for one in block.sheet.deadlines]
        self.expected[of] += columns
        self.received[of] += received
        self.on_time[of] += on_time
        due = np.array([*seconds[:columns], _NEVER], dtype=np.int64)[missing]
        # Of two that were due at once, the KPI that comes first.
        sooner = due < self.due[of]
        places = of[sooner]
        self.due[places], self.kpi[places] = due[sooner], number
        self.column[places] = missing[sooner]


def reporting(
    standing: Standing, seen: Moment, scope: Scope, places: Whole
) -> dict[str, DepartmentReports]:
    """Return how the figures due by now of some departments stand; no more than are expected.

    places: of the departments, among those of the layout.
    """
    departments = standing.layout.departments
    blocks = list(standing.blocks.values())
    counted = _Counted.none(len(departments))
    for number, block in enumerate(blocks):
        columns = sum(
            deadline <= seen.now and (scope.upto is None or at.last_day <= scope.upto.last_day)
            for at, deadline in zip(block.sheet.span, block.sheet.deadlines, strict=False)
        )
        if columns:
            counted.add(block, number, columns)
    found = {}
    for place in places[counted.expected[places] > 0]:
        block = blocks[counted.kpi[place]]
        oldest = None
        if counted.due[place] < _NEVER:
            oldest = _oldest(block, departments[place], int(counted.column[place]))
        expected, received = int(counted.expected[place]), int(counted.received[place])
        found[departments[place]] = DepartmentReports(
            rates=Reports(expected, received, int(counted.on_time[place])),
            overdue=expected - received,
            oldest=oldest,
            days=0 if oldest is None else days_overdue(oldest.deadline, seen.now, scope.zone),
        )
    return found


def _oldest(block: Block, department: str, column: int) -> ExpectedFigure:
    sheet = block.sheet
    period = Period(sheet.kpi.frequency, sheet.span.first.ordinal + column)
    return ExpectedFigure(sheet.kpi.code, department, period, sheet.deadlines[column])
