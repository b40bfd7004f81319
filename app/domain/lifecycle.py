"""When a figure is due, and what state a period is in for a KPI and department."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from app.domain.period import Period


class State(StrEnum):
    """The life of a period that has no figure yet, or has one, in order."""

    NOT_DUE = "not_due"
    """The period has not ended."""
    DUE = "due"
    """The period has ended, its deadline has not passed, and no figure is in."""
    OVERDUE = "overdue"
    """The deadline has passed, and no figure is in."""
    SUBMITTED = "submitted"
    """A figure is in."""


def deadline(period: Period, due_days: int, zone: ZoneInfo) -> dt.datetime:
    """Return the instant up to which a figure is on time: `due_days` after the period's end."""
    day = period.shift(1).first_day + dt.timedelta(days=due_days)
    return dt.datetime.combine(day, dt.time(), zone)


def state(
    period: Period, due_days: int, zone: ZoneInfo, now: dt.datetime, *, posted: bool
) -> State:
    """Return the state of a period at the instant `now`."""
    if posted:
        return State.SUBMITTED
    if now < period.end(zone):
        return State.NOT_DUE
    return State.DUE if now < deadline(period, due_days, zone) else State.OVERDUE
