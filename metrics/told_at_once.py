"""What is told of a large plan's targets, from its standing: `told.by_rule` of many at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.domain.attainment import Status
from app.domain.grid import VALUED
from app.domain.many import STATUSES
from app.domain.period import Period
from metrics.slipping import SLIPPING
from metrics.told import Told, by_rule

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from numpy.typing import NDArray
    from sqlalchemy import Connection

    from app.domain.grid import Flags, Whole
    from app.ledger.standing.block import Block
    from app.ledger.standing.whole import Standing


def at_once(connection: Connection, standing: Standing, kpi: str) -> Iterator[Told]:
    """Give what is told of a KPI's targets; those that cannot be judged at once by the rule."""
    layout, block = standing.layout, standing.blocks[kpi]
    sheet, today = block.sheet, layout.today
    said = standing.said(connection, kpi, None)
    statuses, is_exact = _statuses(block, is_started=sheet.span.first.has_ended(today))
    valued = block.grid.state[sheet.rows] == VALUED
    off_track, _ = _in_a_row(statuses, valued, (Status.OFF_TRACK,))
    _, first = _in_a_row(statuses, valued, SLIPPING)
    is_exact &= said.judged.is_exact
    for course in standing.courses(connection, kpi, np.flatnonzero(~is_exact).tolist()):
        yield by_rule(course, today)
    for place in np.flatnonzero(is_exact).tolist():
        verdict = said.verdict(place)
        since = None
        if verdict.status in SLIPPING:
            since = verdict.period
            if first[place] >= 0:
                since = Period(sheet.kpi.frequency, sheet.span.first.ordinal + int(first[place]))
        target = layout.stored.catalogue.targets[sheet.keys[place]]
        yield Told(target, verdict, int(off_track[place]), since)


def _statuses(block: Block, *, is_started: bool) -> tuple[NDArray[np.int8], Flags]:
    """Return the targets' statuses, a column for each of the plan's periods.

    And where all of a target's are right.
    """
    judged = [block.judged(period.ordinal, is_started=is_started) for period in block.sheet.span]
    is_exact = np.logical_and.reduce([one.is_exact for one in judged])
    return np.stack([one.status for one in judged], axis=1), is_exact


def _in_a_row(
    statuses: NDArray[np.int8], valued: Flags, wanted: Collection[Status]
) -> tuple[Whole, Whole]:
    """Return how many periods in a row, ending with the newest, have one of the statuses wanted.

    And the column of the oldest of them, -1 for none. Only periods with a figure count.
    """
    is_wanted = np.isin(statuses, [STATUSES.index(status) for status in wanted])
    goes_on = np.ones(len(statuses), dtype=np.bool_)
    count, first = np.zeros(len(statuses), dtype=np.int64), np.full(len(statuses), -1)
    for column in reversed(range(statuses.shape[1])):
        there = goes_on & valued[:, column]
        found = there & is_wanted[:, column]
        count += found
        first[found] = column
        goes_on &= ~there | found
    return count, first
