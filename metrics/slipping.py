"""Since when a target slips: what one alert a miss is known by, however often it is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.domain.attainment import Status, assess
from app.ledger.scoreboard import periods_with_figures

if TYPE_CHECKING:
    import datetime as dt

    from app.domain.attainment import Subject, Verdict
    from app.domain.period import Period

SLIPPING: Final = (Status.AT_RISK, Status.OFF_TRACK, Status.MISSED)
"""What somebody has to hear of, and only once."""


def since(subject: Subject, verdict: Verdict, today: dt.date) -> Period | None:
    """Return the first of the periods in a row, up to the verdict's, at which the target slipped.

    None unless it slips. The next month's figure does not change it while the slip lasts, nor does
    its getting worse, so whoever was told is not told again; a better figure or a revised target
    ends it.
    """
    if verdict.status not in SLIPPING:
        return None
    first = verdict.period
    for period in reversed(periods_with_figures(subject)):
        if assess(subject, today, period).status not in SLIPPING:
            break
        first = period
    return first
