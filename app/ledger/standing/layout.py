"""What of a plan is the same for all figures: its targets' terms, and who reports for them.

It follows from the catalogue and the day, and is made once for each of them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from app.domain.attainment import Subject
from app.domain.expectation import calendars
from app.domain.many import Terms
from app.domain.period import Span
from app.ledger import journal

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

    from app.domain.catalogue import TargetKey
    from app.domain.grid import Flags, Whole
    from app.domain.kpi import Kpi, Plan
    from app.domain.period import Period
    from app.ledger.catalogue import StoredCatalogue
    from app.ledger.scoreboard import Moment

_FOR_EVER = 2**62


@dataclass(frozen=True, eq=False, slots=True)
class Sheet:
    """One KPI's targets in a plan, in order of their departments, and who reports for them.

    at: per target, its department's place in `Layout.departments`. rows: the row of the department
    whose figures it counts, where that is a single one; else 0, and its terms are not plain.
    reporters: the departments of the rows, in order; of: their places in `Layout.departments`.
    row_of: per number of a department its row, -1 for none. deadlines, last_in_time: per column,
    the deadline, and the last entry of the journal before it.
    """

    kpi: Kpi
    number: int
    span: Span
    keys: tuple[TargetKey, ...]
    at: Whole
    terms: Terms
    rows: Whole
    reporters: tuple[str, ...]
    of: Whole
    row_of: Whole
    deadlines: tuple[dt.datetime, ...]
    last_in_time: Whole


@dataclass(frozen=True, eq=False)
class Layout:
    """A plan's sheets, in order of their KPIs' codes."""

    stored: StoredCatalogue
    plan: Plan
    today: dt.date
    departments: tuple[str, ...]
    sheets: Mapping[str, Sheet]

    @cached_property
    def place(self) -> Mapping[str, int]:
        """Per department its place."""
        return {code: place for place, code in enumerate(self.departments)}

    def on(self, connection: Connection, seen: Moment) -> Layout:
        """Return the same on a later day: more deadlines have passed."""
        if seen.today == self.today:
            return self
        entries = _Entries(connection, seen)
        sheets = {
            code: replace(sheet, last_in_time=_whole(map(entries.before, sheet.deadlines)))
            for code, sheet in self.sheets.items()
        }
        return replace(self, today=seen.today, sheets=sheets)

    def within(self, top: str) -> Flags:
        """Return which departments are one or lie below it, by their places."""
        below = self.stored.catalogue.below(top)
        return np.array([code in below for code in self.departments], dtype=np.bool_)


def layout(
    connection: Connection, stored: StoredCatalogue, seen: Moment, zone: ZoneInfo, plan: Plan
) -> Layout:
    """Lay a plan out, as of a moment."""
    catalogue, entries = stored.catalogue, _Entries(connection, seen)
    # On a busy machine all of this takes longer than a session may say nothing.
    entries.stay()
    listed = catalogue.targets_of(plan.code)
    targets = {key: catalogue.targets[key] for key in listed}
    reporters: dict[str, list[str]] = defaultdict(list)
    deadlines: dict[str, tuple[tuple[Period, dt.datetime], ...]] = {}
    for (code, department), calendar in calendars(
        replace(catalogue, targets=targets), zone
    ).items():
        reporters[code].append(department)
        deadlines[code] = calendar
    keys: dict[str, list[TargetKey]] = defaultdict(list)
    for key in listed:
        keys[key[1]].append(key)
    # Those of a KPI have all the same calendar: there is one plan.
    made = Layout(stored, plan, seen.today, tuple(sorted(catalogue.departments)), {})
    sheets = {}
    for code in sorted(keys):
        entries.stay()
        sheets[code] = _sheet(made, keys[code], reporters[code], deadlines.get(code, ()), entries)
    return replace(made, sheets=sheets)


class _Entries:
    """Looks up the last entry of the journal before deadlines, each once."""

    def __init__(self, connection: Connection, seen: Moment) -> None:
        self._connection, self._seen = connection, seen
        self._known: dict[dt.datetime, int] = {}

    def stay(self) -> None:
        """Let the database know that somebody is there."""
        journal.position(self._connection)

    def before(self, deadline: dt.datetime) -> int:
        """Return the number of the last one that is in time; any, where it has not passed."""
        if deadline > self._seen.now:
            return _FOR_EVER
        if deadline not in self._known:
            # An instant later would be late; the record knows no shorter time.
            last = deadline - deadline.resolution
            self._known[deadline] = journal.position(self._connection, last)
        return self._known[deadline]


def _sheet(
    made: Layout,
    keys: Sequence[TargetKey],
    reporters: Sequence[str],
    calendar: Sequence[tuple[Period, dt.datetime]],
    entries: _Entries,
) -> Sheet:
    stored, plan = made.stored, made.plan
    kpi = stored.catalogue.kpis[keys[0][1]]
    row = {code: number for number, code in enumerate(reporters)}
    subjects, rows = [], []
    for key in keys:
        members = stored.catalogue.members(key[1], key[2])
        versions = tuple(one.target for one in stored.target_versions[key])
        target = stored.catalogue.targets[key]
        subjects.append(Subject(target, kpi, plan, dict.fromkeys(members, ()), versions))
        rows.append(row[members[0]] if len(members) == 1 else 0)
    numbers = [stored.department_ids[code] for code in reporters]
    row_of = np.full(max(stored.department_ids.values(), default=0) + 1, -1, dtype=np.int64)
    row_of[numbers] = np.arange(len(numbers))
    return Sheet(
        kpi=kpi,
        number=stored.kpi_ids[kpi.code],
        span=Span.of_plan(plan.start, plan.end, kpi.frequency),
        keys=tuple(keys),
        at=_whole(made.place[key[2]] for key in keys),
        terms=Terms.of(subjects),
        rows=_whole(rows),
        reporters=tuple(reporters),
        of=_whole(made.place[code] for code in reporters),
        row_of=row_of,
        deadlines=tuple(due for _, due in calendar),
        last_in_time=_whole(entries.before(due) for _, due in calendar),
    )


def _whole(numbers: Iterable[int]) -> Whole:
    return np.fromiter(numbers, dtype=np.int64)
