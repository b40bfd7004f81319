"""One KPI's figures within a plan, and the verdicts of its targets.

A block is never changed: a figure that comes in makes another one, and whoever still reads the
former reads what was so.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from app.domain.attainment import Measure, Verdict
from app.domain.counting import Counted
from app.domain.grid import EMPTY, VALUED, Grid, amounts, count
from app.domain.kpi import Kind
from app.domain.many import STATUSES, judge
from app.domain.period import Period

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

    from app.domain.course import Course
    from app.domain.grid import Flags, Whole
    from app.domain.many import Judged, Ratios
    from app.ledger.dense import Lot
    from app.ledger.standing.layout import Sheet


@dataclass(frozen=True, eq=False, slots=True)
class Said:
    """A block's verdicts at one period.

    judged: those that were given at once. others: per target that is not among them, what the rule
    itself said. status: of all of them, as places in `STATUSES`.
    """

    sheet: Sheet
    judged: Judged
    others: Mapping[int, Verdict]
    status: NDArray[np.int8]
    _floats: dict[str, NDArray[np.float64]] = field(default_factory=dict)

    def floats(self, name: Literal["ratio", "pace"]) -> NDArray[np.float64]:
        """Return ratios or paces of all targets as floats; NaN where there is none."""
        found = self._floats.get(name)
        if found is None:
            ratios: Ratios = getattr(self.judged, name)
            found = ratios.floats()
            for target, verdict in self.others.items():
                measure: Measure = getattr(verdict, name)
                found[target] = np.nan if measure.value is None else float(measure.value)
            # Two threads may do so at once; both find the same.
            self._floats[name] = found
        return found

    def period(self, target: int) -> Period | None:
        """Return the period that a judged target's verdict speaks for."""
        if not self.judged.actual.below[target]:
            return None
        return Period(self.sheet.kpi.frequency, int(self.judged.period[target]))

    def verdict(self, target: int) -> Verdict:
        """Return a target's verdict, without the figures that it came from where it is judged."""
        known = self.others.get(target)
        if known is not None:
            return known
        judged = self.judged
        status = STATUSES[judged.status[target]]
        value = judged.actual.at(target)
        if value is None:
            return Verdict(status)
        period = Period(self.sheet.kpi.frequency, int(judged.period[target]))
        return Verdict(
            status=status,
            period=period,
            # Its parts are the figures, which are not here.
            counted=Counted(value, period, (), ()),
            attained=bool(judged.is_attained[target]),
            expected=judged.expected.at(target),
            ratio=Measure(value=judged.ratio.at(target)),
            pace=Measure(value=judged.pace.at(target)),
            progress=judged.progress.at(target),
            gap=judged.gap.at(target),
        )


@dataclass(frozen=True, eq=False, slots=True)
class Block:
    """One KPI's figures: rows are the sheet's reporters, columns the periods of the plan.

    submission, revision: of each figure's newest revision. is_on_time: whether its first one came
    before the deadline. is_marked: per row, whether a figure breaks the series.
    """

    sheet: Sheet
    grid: Grid
    submission: Whole
    revision: NDArray[np.int32]
    is_on_time: Flags
    is_marked: Flags
    said: dict[tuple[int | None, bool], Said] = field(default_factory=dict)
    """What was asked for lately, by ordinal and whether the plan has begun."""
    courses: dict[int, Course] = field(default_factory=dict)
    """The targets that the rule itself judges, once their figures were read."""
    counted_reports: dict[int, tuple[Whole, Whole, Whole]] = field(default_factory=dict)

    @classmethod
    def empty(cls, sheet: Sheet) -> Block:
        """Return a block without figures."""
        shape = (len(sheet.reporters), len(sheet.span))
        return cls(
            sheet=sheet,
            grid=Grid(
                sheet.span,
                np.zeros(shape, dtype=np.int64),
                None,
                np.full(shape, EMPTY, dtype=np.int8),
            ),
            submission=np.zeros(shape, dtype=np.int64),
            revision=np.zeros(shape, dtype=np.int32),
            is_on_time=np.zeros(shape, dtype=np.bool_),
            is_marked=np.zeros(shape[0], dtype=np.bool_),
        )

    def under(self, sheet: Sheet) -> Block:
        """Return the same figures under a sheet of another day."""
        return replace(self, sheet=sheet, said={}, counted_reports={}, courses=dict(self.courses))

    def without(self, departments: Collection[str]) -> Block:
        """Return an equal block that shares nothing with this one that `put` changes.

        departments: those whose figures are about to change.
        """
        grid, weight = self.grid, self.grid.weight
        return replace(
            self,
            grid=replace(
                grid,
                value=grid.value.copy(),
                weight=None if weight is None else weight.copy(),
                state=grid.state.copy(),
            ),
            submission=self.submission.copy(),
            revision=self.revision.copy(),
            is_on_time=self.is_on_time.copy(),
            is_marked=self.is_marked.copy(),
            said={},
            counted_reports={},
            courses={
                target: course
                for target, course in self.courses.items()
                if not any(code in course.subject.members for code in departments)
            },
        )

    def put(self, period: Period, lot: Lot) -> Block:
        """Put all revisions of a period's figures in; only into a block nobody else has yet.

        Returns the block to go on with.
        """
        rows = self.sheet.row_of[lot.department]
        known = np.flatnonzero(rows >= 0)
        # A figure's newest revision is put in last, and stays.
        order = known[np.argsort(lot.revision[known], kind="stable")]
        column = period.ordinal - self.sheet.span.first.ordinal
        return self._put(column, rows[order], lot.take(order))

    def _put(self, column: int, rows: Whole, lot: Lot) -> Block:
        value, weight, state = amounts(
            lot.value, lot.numerator, lot.denominator, self.sheet.kpi.factor
        )
        block = self
        if self.grid.weight is None and (weight != 1).any():
            ones = np.ones(self.grid.value.shape, dtype=np.int64)
            block = replace(self, grid=replace(self.grid, weight=ones))
        grid = block.grid
        grid.value[rows, column] = value
        grid.state[rows, column] = state
        if grid.weight is not None:
            grid.weight[rows, column] = weight
        block.submission[rows, column] = lot.submission
        block.revision[rows, column] = lot.revision
        first = lot.revision == 1
        in_time = lot.submission[first] <= self.sheet.last_in_time[column]
        block.is_on_time[rows[first], column] = in_time
        block.is_marked[rows[lot.marked == 1]] = True
        return block

    def judged(self, last: int | None, *, is_started: bool) -> Judged:
        """Give the verdicts at a period by its ordinal; None for the newest."""
        sheet = self.sheet
        actuals = count(self.grid, sheet.kpi.kind, sheet.terms.due, sheet.rows, last)
        return judge(sheet.terms, actuals, is_started=is_started)

    def is_whole(self, target: int) -> bool:
        """Tell whether a judged target's line can be told without its figures: no break is near."""
        kpi, terms = self.sheet.kpi, self.sheet.terms
        if terms.has_baseline[target]:
            return False
        if kpi.kind is not Kind.FLOW:
            return True
        return not kpi.definitions and not self.is_marked[self.sheet.rows[target]]

    def reported(self, columns: int) -> tuple[Whole, Whole, Whole]:
        """Return, per row, how many of the first columns are in, in time, and the first missing.

        Of a row that misses none, the first missing is `columns`.
        """
        found = self.counted_reports.get(columns)
        if found is None:
            is_in = self.grid.state[:, :columns] != EMPTY
            is_all = is_in.all(axis=1)
            missing = np.where(is_all, columns, np.argmin(is_in, axis=1))
            on_time = self.is_on_time[:, :columns].sum(axis=1)
            found = is_in.sum(axis=1), on_time, missing
            self.counted_reports.clear()
            self.counted_reports[columns] = found
        return found

    def counted(self, target: int, period: Period) -> tuple[int, int]:
        """Return the newest figure's revision, and the last submission, of what counts by then."""
        row, newest = self.sheet.rows[target], period.ordinal - self.sheet.span.first.ordinal
        submissions = self.submission[row, newest]
        if self.sheet.kpi.kind is Kind.FLOW:
            valued = self.grid.state[row, : newest + 1] == VALUED
            submissions = self.submission[row, : newest + 1][valued].max()
        return int(self.revision[row, newest]), int(submissions)
