"""What a bulletin says, in the language it is in: nothing is left to be computed or translated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from app.domain.attainment import Status
    from app.translation import Language
    from app.wording.charts import Spark


@dataclass(frozen=True, slots=True)
class Count:
    """How many targets are of a status."""

    status: Status
    word: str
    number: int


@dataclass(frozen=True, slots=True)
class TargetLine:
    """One target. key: plan, KPI and department, by code.

    change: of the figure against the month before. before: the status then, where it was another.
    behind, since: by how much it slips, and since when; None where it does not.
    points: the figures of the trend, each with its period.
    notes: warnings and what was said to them, notes, corrections, breaks.
    """

    key: tuple[str, str, str]
    kpi: str
    department: str
    status: Status
    word: str
    before: str | None
    figure: str
    unit: str
    period: str
    goal: str
    due: str
    expected: str
    ratio: str
    pace: str
    change: str
    behind: str | None
    since: str | None
    points: tuple[tuple[str, str], ...]
    trend: Spark | None
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reporting:
    """How a department reports a plan's figures that are due by now.

    overdue: how many are missing; since, days: the oldest of them, None and 0 where none is.
    """

    expected: int
    received: int
    on_time: int
    completeness: str
    timeliness: str
    overdue: int
    since: str | None
    days: int


@dataclass(frozen=True, slots=True)
class DepartmentPage:
    """A department: its targets by status, how it reports, and every target.

    above: what it belongs to, from the top. A department may report and have no target.
    """

    code: str
    name: str
    above: tuple[str, ...]
    counts: tuple[Count, ...]
    reporting: Reporting | None
    lines: tuple[TargetLine, ...]


@dataclass(frozen=True, slots=True)
class Cover:
    """The whole office. more_…: how many stand on the departments' pages alone."""

    counts: tuple[Count, ...]
    total: int
    slipping: tuple[TargetLine, ...]
    more_slipping: int
    changed: tuple[TargetLine, ...]
    more_changed: int
    met: tuple[TargetLine, ...]
    more_met: int
    silent: tuple[DepartmentPage, ...]
    departments: tuple[DepartmentPage, ...]


@dataclass(frozen=True, slots=True)
class Bulletin:
    """A plan's month, as of an instant.

    words: the headings and labels that every form of it bears, by their names in `words.LABELS`.
    """

    language: Language
    plan: str
    month: str
    as_of: dt.datetime
    title: str
    subtitle: tuple[str, ...]
    edition: str
    summary: tuple[str, ...]
    illustrative: str | None
    words: Mapping[str, str]
    cover: Cover
    departments: tuple[DepartmentPage, ...]
