"""What the scoreboard's page lists of a large plan, from its standing.

Only the targets that are shown become lines. Where the order goes by a ratio or a pace, floats sort
first: they are in the order of the exact numbers, and where two are the same the exact numbers
decide.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np

from app.domain.attainment import Status
from app.domain.course import Course
from app.domain.many import STATUSES
from app.domain.period import Frequency, Period, containing
from app.ledger.overview import Row, Scope
from app.ledger.scoreboard import line_of, subjects_within
from app.ledger.standing.reports import reporting
from app.web.listing import DepartmentLine, Listing, Wish
from app.wording.targets import SLIPPING, WORST_FIRST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from sqlalchemy import Connection

    from app.domain.attainment import Subject, Verdict
    from app.domain.catalogue import TargetKey
    from app.domain.grid import Flags, Whole
    from app.ledger.scoreboard import Moment
    from app.ledger.standing.block import Said
    from app.ledger.standing.whole import Standing

Measured: TypeAlias = Literal["ratio", "pace"]

_FEW: Final = 1000
"""Up to how many exact numbers are sorted without ado."""
_RANK = np.array([WORST_FIRST.index(status) for status in STATUSES])
_SLIPPING = np.array([status in SLIPPING for status in STATUSES])


@dataclass(frozen=True)
class _Sight:
    """All targets of a plan in a row, in order of KPI and department."""

    standing: Standing
    said: list[Said]

    @cached_property
    def starts(self) -> Whole:
        """Where each KPI's targets begin."""
        return np.cumsum([0, *(len(one.status) for one in self.said)])

    @cached_property
    def status(self) -> NDArray[np.int8]:
        """The statuses, as places in `STATUSES`."""
        return np.concatenate([one.status for one in self.said])

    @cached_property
    def at(self) -> Whole:
        """The places of the departments."""
        return np.concatenate([one.sheet.at for one in self.said])

    @cached_property
    def due(self) -> Whole:
        """The last days of the due periods."""
        return np.concatenate([_last_days(one) for one in self.said])

    def key(self, target: int) -> TargetKey:
        """Return which target it is."""
        said, place = self._place(target)
        return said.sheet.keys[place]

    def verdict(self, target: int) -> Verdict:
        """Return a target's verdict, without the figures that it came from where it is judged."""
        said, place = self._place(target)
        return said.verdict(place)

    def _place(self, target: int) -> tuple[Said, int]:
        block = int(np.searchsorted(self.starts, target, side="right")) - 1
        return self.said[block], target - int(self.starts[block])

    def number(self, name: Measured, target: int) -> Fraction | None:
        """Return a ratio or a pace exactly."""
        said, place = self._place(target)
        known = said.others.get(place)
        if known is not None:
            return known.ratio.value if name == "ratio" else known.pace.value
        found: Fraction | None = getattr(said.judged, name).at(place)
        return found

    def is_told_by_floats(
        self, name: Measured, targets: Whole, floats: NDArray[np.float64]
    ) -> bool:
        """Tell whether there are as many exact numbers as floats, so that these order them."""
        if self.is_other[targets].any():
            return False
        above, below = (
            np.concatenate([getattr(getattr(one.judged, name), part) for one in self.said])[targets]
            for part in ("above", "below")
        )
        there = below > 0
        above, below = above[there], below[there]
        common = np.gcd(above, below)
        exact = np.unique(np.stack([above // common, below // common]), axis=1).shape[1]
        return bool(exact == len(np.unique(floats[there])))

    @cached_property
    def is_other(self) -> Flags:
        """Which were judged by the rule itself."""
        found = np.zeros(len(self.status), dtype=np.bool_)
        for start, said in zip(self.starts, self.said, strict=False):
            for place in said.others:
                found[start + place] = True
        return found

    def floats(self, name: Measured) -> NDArray[np.float64]:
        """Return ratios or paces as floats; NaN where there is none."""
        return np.concatenate([one.floats(name) for one in self.said])


def _last_days(said: Said) -> Whole:
    dues, places = np.unique(said.sheet.terms.due, return_inverse=True)
    frequency = said.sheet.kpi.frequency
    days = [Period(frequency, int(due)).last_day.toordinal() for due in dues]
    return np.array(days, dtype=np.int64)[places]


def listed(
    connection: Connection, standing: Standing, seen: Moment, scope: Scope, wish: Wish
) -> Listing:
    """List from a standing."""
    sight = _sight(connection, standing, scope.upto)
    mine = np.ones(len(sight.status), dtype=np.bool_)
    if wish.department is not None:
        mine = standing.layout.within(wish.department)[sight.at]
    month = _month(sight, mine, scope.upto)
    found = mine & _matching(standing, sight, wish)
    before = None if month is None else month.shift(-1)
    earlier = None if before is None else _sight(connection, standing, before)
    changed = np.zeros(len(found), dtype=np.bool_)
    if earlier is not None:
        changed = found & (earlier.status != sight.status)
    slipping = found & _SLIPPING[sight.status]
    chosen = _having(sight, found, changed, slipping, wish.status)
    shown = _ordered(sight, chosen, wish.sort, wish.start, wish.rows)
    begins_with_worst = (
        (wish.sort, wish.start) == ("worst", 0)
        and wish.status in (None, "slipping")
        and wish.worst <= wish.rows
    )
    worst = (
        [one for one in shown if slipping[one]][: wish.worst]
        if begins_with_worst
        else _ordered(sight, slipping, "worst", 0, wish.worst)
    )
    rows = _rows(connection, sight, earlier, seen, scope.upto, sorted({*worst, *shown}))
    departments, more = _departments(standing, sight, mine, seen, scope, wish.departments)
    return Listing(
        month=month,
        counts=_counts(np.bincount(sight.status[found], minlength=len(STATUSES))),
        slipping=int(slipping.sum()),
        changed=int(changed.sum()),
        total=int(chosen.sum()),
        worst=[rows[one] for one in worst],
        rows=[rows[one] for one in shown],
        departments=departments,
        more=more,
    )


def _sight(connection: Connection, standing: Standing, asked: Period | None) -> _Sight:
    return _Sight(standing, [standing.said(connection, code, asked) for code in standing.blocks])


def _month(sight: _Sight, mine: Flags, asked: Period | None) -> Period | None:
    """Return the month of the newest figure that counts, or the one asked for."""
    if asked is not None:
        return asked.last_of(Frequency.MONTHLY)
    days = []
    for start, said in zip(sight.starts, sight.said, strict=False):
        others = {place: verdict.period for place, verdict in said.others.items()}
        there = (said.judged.actual.below > 0) & mine[start : start + len(said.status)]
        for place in others:
            there[place] = False
        periods = [one for place, one in others.items() if one is not None and mine[start + place]]
        if there.any():
            newest = int(said.judged.period[there].max())
            periods.append(Period(said.sheet.kpi.frequency, newest))
        days += [period.last_day for period in periods]
    return containing(max(days), Frequency.MONTHLY) if days else None


def _matching(standing: Standing, sight: _Sight, wish: Wish) -> Flags:
    if wish.matches is None:
        return np.ones(len(sight.status), dtype=np.bool_)
    catalogue, layout = standing.layout.stored.catalogue, standing.layout
    departments = np.array(
        [wish.matches(catalogue.departments[code]) for code in layout.departments], dtype=np.bool_
    )
    kpis = np.repeat(
        [wish.matches(one.sheet.kpi) for one in sight.said],
        [len(one.status) for one in sight.said],
    )
    found: Flags = departments[sight.at] | kpis
    return found


def _having(
    sight: _Sight, found: Flags, changed: Flags, slipping: Flags, status: str | None
) -> Flags:
    match status:
        case None:
            return found
        case "slipping":
            return slipping
        case "changed":
            return changed
        case _:
            same: Flags = found & (sight.status == STATUSES.index(Status(status)))
            return same


def _ordered(sight: _Sight, chosen: Flags, sort: str, start: int, size: int) -> list[int]:
    """Return some of the targets chosen, in an order."""
    targets = np.flatnonzero(chosen)
    match sort:
        case "worst":
            return list(_worst(sight, targets, start, size))
        case "ratio" | "pace":
            return _by_number(sight, targets, sort, start, size)
        case "department":
            targets = targets[np.argsort(sight.at[targets], kind="stable")]
        case "due":
            targets = targets[np.argsort(sight.due[targets], kind="stable")]
        case _:  # by KPI, as they stand
            pass
    return [int(one) for one in targets[start : start + size]]


def _worst(sight: _Sight, targets: Whole, start: int, size: int) -> Iterator[int]:
    """Go through the statuses, the worst first, and sort those alone that are to be shown."""
    ranks = _RANK[sight.status[targets]]
    for rank, count in enumerate(np.bincount(ranks, minlength=len(WORST_FIRST))):
        if size > 0 and start < count:
            name: Measured = "ratio" if WORST_FIRST[rank] is Status.MISSED else "pace"
            shown = _by_number(sight, targets[ranks == rank], name, start, size)
            yield from shown
            size -= len(shown)
        start = max(start - count, 0)


def _by_number(sight: _Sight, targets: Whole, name: Measured, start: int, size: int) -> list[int]:
    """Return some targets in order of their ratio or pace, those without one last."""
    end = min(start + size, len(targets))
    if start >= end:
        return []
    floats = sight.floats(name)[targets]
    # What comes later than the last that is shown need not be sorted.
    limit = np.partition(floats, end - 1)[end - 1]
    if not np.isnan(limit):
        near = floats <= limit
        targets, floats = targets[near], floats[near]
    order = np.argsort(floats, kind="stable")
    targets, floats = targets[order], floats[order]
    # As far as the floats at both ends are the same.
    first = int(np.searchsorted(floats, floats[start], side="left"))
    last = int(np.searchsorted(floats, floats[end - 1], side="right"))
    run = targets[first:last]
    if len(run) <= _FEW or not sight.is_told_by_floats(name, run, floats[first:last]):
        run = np.array(sorted(run, key=lambda one: _exactly(sight, name, int(one))))
    return [int(one) for one in run[start - first : end - first]]


def _exactly(sight: _Sight, name: Measured, target: int) -> tuple[bool, Fraction]:
    found = sight.number(name, target)
    return (found is None, found or Fraction(0))


def _counts(numbers: Whole) -> Counter[Status]:
    return Counter({STATUSES[code]: int(n) for code, n in enumerate(numbers) if n})


def _departments(
    standing: Standing, sight: _Sight, mine: Flags, seen: Moment, scope: Scope, most: int
) -> tuple[list[DepartmentLine], int]:
    """Return the departments that slip most, and how many there are besides."""
    layout, size = standing.layout, len(STATUSES)
    places = sight.at[mine] * size + sight.status[mine]
    numbers = np.bincount(places, minlength=len(layout.departments) * size).reshape(-1, size)
    there = np.flatnonzero(numbers.any(axis=1))
    # Places are in order of the codes, and the sort is stable.
    order = there[np.argsort(-numbers[there][:, _SLIPPING].sum(axis=1), kind="stable")][:most]
    known = layout.stored.catalogue.departments
    codes = [layout.departments[at] for at in order]
    reports = reporting(standing, seen, scope, codes)
    lines = [
        DepartmentLine(known[code], _counts(numbers[at]), reports.get(code))
        for at, code in zip(order, codes, strict=True)
    ]
    return lines, len(there) - len(lines)


def _rows(
    connection: Connection,
    sight: _Sight,
    earlier: _Sight | None,
    seen: Moment,
    asked: Period | None,
    targets: list[int],
) -> dict[int, Row]:
    """Return the rows of targets, with their figures."""
    stored = sight.standing.layout.stored
    keys = [sight.key(target) for target in targets]

    def row(subject: Subject, target: int) -> Row:
        course = Course(subject)
        line = line_of(subject, course.at(seen.today, asked), stored, seen, asked)
        return Row(line, None if earlier is None else earlier.verdict(target), course)

    subjects = subjects_within(connection, stored, keys, seen.position)
    return dict(zip(targets, map(row, subjects, targets), strict=True))
