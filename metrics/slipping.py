"""Since when a target slips: what one alert a miss is known by, however often it is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.domain.attainment import Status

if TYPE_CHECKING:
    import datetime as dt

    from app.domain.attainment import Verdict
    from app.domain.course import Course
    from app.domain.period import Period

SLIPPING: Final = (Status.AT_RISK, Status.OFF_TRACK, Status.MISSED)
"""What somebody has to hear of, and only once."""


def since(course: Course, verdict: Verdict, today: dt.date) -> Period | None:
    """Return the first of the periods in a row, up to the verdict's, at which the target slipped.

    None unless it slips. The next month's figure does not change it while the slip lasts, nor does
    its getting worse, so whoever was told is not told again; a better figure or a revised target
    ends it.
    """
    if verdict.status not in SLIPPING:
        return None
    row = course.in_a_row(today, SLIPPING)
    return row[-1] if row else verdict.period
