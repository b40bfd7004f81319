"""A plan's standing: every figure that its verdicts may count, at a position of the journal.

It is read once, a period at a time, and from there moves on by what the journal's entries changed.
What can be judged at once is (`domain.many`); of the few other targets the figures are read and the
rule is asked.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from app.domain.course import Course
from app.domain.many import STATUSES
from app.ledger import changes
from app.ledger.dense import lots, lots_of
from app.ledger.places import MOST_PLACES
from app.ledger.scoreboard import subjects_within
from app.ledger.standing.block import Block, Said

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from app.domain.attainment import Verdict
    from app.domain.catalogue import TargetKey
    from app.domain.period import Frequency, Period, Span
    from app.ledger.catalogue import StoredCatalogue
    from app.ledger.scoreboard import Moment
    from app.ledger.standing.layout import Layout, Sheet

_KEPT: Final = 4
"""Verdicts of that many periods are kept, of each KPI."""


@dataclass(frozen=True, eq=False, slots=True)
class Standing:
    """How a plan stands at a position; blocks by the code of their KPI, in order."""

    position: int
    layout: Layout
    blocks: Mapping[str, Block]

    @classmethod
    def of(cls, connection: Connection, layout: Layout, position: int) -> Standing:
        """Read everything."""
        blocks = {code: Block.empty(sheet) for code, sheet in layout.sheets.items()}
        codes = {sheet.number: code for code, sheet in layout.sheets.items()}
        for period, numbers in _periods(layout.sheets.values()):
            for number, lot in lots(connection, period, numbers, position).items():
                blocks[codes[number]] = blocks[codes[number]].put(period, lot)
        return cls(position, layout, blocks)

    def is_at(self, stored: StoredCatalogue, seen: Moment) -> bool:
        """Tell whether it is the standing at a moment."""
        same = self.layout.stored.position == stored.position
        return same and (self.layout.today, self.position) == (seen.today, seen.position)

    def is_of(self, stored: StoredCatalogue, seen: Moment) -> bool:
        """Tell whether a moment can be got to from here."""
        same = self.layout.stored.position == stored.position
        return same and self.layout.today <= seen.today and self.position <= seen.position

    def moved(self, connection: Connection, seen: Moment) -> Standing:
        """Return the standing at a later moment of the same catalogue."""
        layout = self.layout.on(connection, seen)
        figures = {
            key: block
            for key in changes.revised(connection, self.position, seen.position)
            if (block := self.blocks.get(key[0])) is not None
            and key[2] in block.sheet.span
            and key[1] in layout.place
        }
        if len(figures) > MOST_PLACES:
            return Standing.of(connection, layout, seen.position)
        blocks = dict(self.blocks)
        if layout is not self.layout:
            blocks = {code: one.under(layout.sheets[code]) for code, one in blocks.items()}
        touched: dict[str, set[str]] = defaultdict(set)
        for code, department, _ in figures:
            touched[code].add(department)
        for code, departments in touched.items():
            blocks[code] = blocks[code].without(departments)
        found = lots_of(connection, layout.stored, figures, seen.position)
        for (code, period), lot in found.items():
            blocks[code] = blocks[code].put(period, lot)
        return Standing(seen.position, layout, blocks)

    def said(self, connection: Connection, code: str, asked: Period | None) -> Said:
        """Return the verdicts of a KPI's targets at a period asked for; None for the newest."""
        block = self.blocks[code]
        sheet = block.sheet
        upto = None if asked is None else asked.last_ended(sheet.kpi.frequency)
        last = None if upto is None else upto.ordinal
        first = sheet.span.first
        is_started = first.has_ended(self.layout.today) and (last is None or last >= first.ordinal)
        key = (last, is_started)
        found = block.said.get(key)
        if found is None:
            found = self._said(connection, block, last, asked, is_started=is_started)
            # Two threads may do it at once; what they say is the same.
            if len(block.said) >= _KEPT:
                block.said.pop(next(iter(block.said)), None)
            block.said[key] = found
        return found

    def _said(
        self,
        connection: Connection,
        block: Block,
        last: int | None,
        asked: Period | None,
        *,
        is_started: bool,
    ) -> Said:
        judged = block.judged(last, is_started=is_started)
        left = [int(target) for target in np.flatnonzero(~judged.is_exact)]
        courses = self.courses(connection, block.sheet.kpi.code, left)
        today = self.layout.today
        others: dict[int, Verdict] = {
            target: course.at(today, asked) for target, course in zip(left, courses, strict=True)
        }
        status = judged.status.copy()
        for target, verdict in others.items():
            status[target] = STATUSES.index(verdict.status)
        return Said(block.sheet, judged, others, status)

    def courses(self, connection: Connection, code: str, targets: Sequence[int]) -> list[Course]:
        """Return some of a KPI's targets with their figures, for the rule to judge."""
        block = self.blocks[code]
        missing = [target for target in targets if target not in block.courses]
        if missing:
            keys: list[TargetKey] = [block.sheet.keys[target] for target in missing]
            found = subjects_within(connection, self.layout.stored, keys, self.position)
            block.courses.update(zip(missing, map(Course, found), strict=True))
        return [block.courses[target] for target in targets]


def _periods(sheets: Iterable[Sheet]) -> Iterator[tuple[Period, list[int]]]:
    """Give the plan's periods of every frequency, each with the numbers of its KPIs."""
    numbers: dict[Frequency, list[int]] = defaultdict(list)
    spans: dict[Frequency, Span] = {}
    for sheet in sheets:
        numbers[sheet.kpi.frequency].append(sheet.number)
        spans[sheet.kpi.frequency] = sheet.span
    for frequency, span in spans.items():
        for period in span:
            yield period, numbers[frequency]
