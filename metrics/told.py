"""What is told of a target: its verdict, for how long it is off track, and since when it slips."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.domain.attainment import Status
from app.ledger.scoreboard import as_judged
from metrics.slipping import since

if TYPE_CHECKING:
    import datetime as dt

    from app.domain.attainment import Verdict
    from app.domain.course import Course
    from app.domain.period import Period
    from app.domain.target import Target


@dataclass(frozen=True, slots=True)
class Told:
    """A target by the version that its verdict goes by, and the verdict.

    off_track: how many periods in a row, ending with the newest, are off track. since: see
    `slipping`.
    """

    target: Target
    verdict: Verdict
    off_track: int
    since: Period | None


def by_rule(course: Course, today: dt.date) -> Told:
    """Return what is told of a target by its figures; `told_at_once` says the same of many."""
    verdict = course.at(today)
    return Told(
        target=as_judged(course.subject, verdict, today).target,
        verdict=verdict,
        off_track=len(course.in_a_row(today, (Status.OFF_TRACK,))),
        since=since(course, verdict, today),
    )
