"""The life of a period, for one KPI and department: when its figure is due, and where it stands.

::

    not_due ──> due ──> overdue          by the clock, while no figure is in
       └─────────┴─────────┴──> submitted ──approve──> approved (locked)
                                 ^  ^  │ <──reopen───────┘
                    a new figure │  │  └──return──> returned
                                 │  └───────────────────┘

The last event decides: a figure recorded after the last review is submitted, whatever was said of
the one before it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

    from app.domain.period import Period


class State(StrEnum):
    """Where a period stands, in the order of its life."""

    NOT_DUE = "not_due"
    """The period has not ended."""
    DUE = "due"
    """The period has ended, its deadline has not passed, and no figure is in."""
    OVERDUE = "overdue"
    """The deadline has passed, and no figure is in."""
    SUBMITTED = "submitted"
    """A figure is in, and awaits its approval."""
    RETURNED = "returned"
    """The figure came back for revision, with a reason; the department is awaited."""
    APPROVED = "approved"
    """The figure is approved and locked: whoever wants to correct it has it reopened first."""


class Action(StrEnum):
    """What an approver does with a figure; returning and reopening take a reason."""

    APPROVE = "approve"
    RETURN = "return"
    REOPEN = "reopen"


class Party(StrEnum):
    """Whose turn it is."""

    DEPARTMENT = "department"
    APPROVER = "approver"


@dataclass(frozen=True, slots=True)
class Review:
    """What an approver did, when, and why; `revision` is the figure's that was looked at."""

    action: Action
    revision: int
    by: str
    at: dt.datetime
    reason: str | None = None


NEXT: Final[Mapping[tuple[State, Action], State]] = {
    (State.SUBMITTED, Action.APPROVE): State.APPROVED,
    (State.APPROVED, Action.APPROVE): State.APPROVED,
    (State.SUBMITTED, Action.RETURN): State.RETURNED,
    (State.RETURNED, Action.RETURN): State.RETURNED,
    (State.APPROVED, Action.REOPEN): State.SUBMITTED,
}
"""Where an action leads; what does not stand here cannot be done."""

_AFTER: Final[Mapping[Action, State]] = {action: end for (_, action), end in NEXT.items()}

AWAITED: Final[Mapping[State, Party]] = {
    State.DUE: Party.DEPARTMENT,
    State.OVERDUE: Party.DEPARTMENT,
    State.SUBMITTED: Party.APPROVER,
    State.RETURNED: Party.DEPARTMENT,
}
"""Whose turn it is in a state; nobody's before the period has ended and after its approval."""


def deadline(period: Period, due_days: int, zone: ZoneInfo) -> dt.datetime:
    """Return the instant up to which a figure is on time: `due_days` after the period's end."""
    day = period.shift(1).first_day + dt.timedelta(days=due_days)
    return dt.datetime.combine(day, dt.time(), zone)


def waiting(period: Period, due_days: int, zone: ZoneInfo, now: dt.datetime) -> State:
    """Return the state, at the instant `now`, of a period without a figure."""
    if now < period.end(zone):
        return State.NOT_DUE
    return State.DUE if now < deadline(period, due_days, zone) else State.OVERDUE


def standing(revision: int, last: Review | None) -> State:
    """Return the state of a figure.

    revision: its newest. last: the last review of any of its revisions.
    """
    spoken = of_revision(last, revision)
    return State.SUBMITTED if spoken is None else _AFTER[spoken.action]


def of_revision(last: Review | None, revision: int) -> Review | None:
    """Return the last review if it speaks of this revision; None where a newer figure is in."""
    return last if last is not None and last.revision == revision else None


def is_repeated(last: Review | None, revision: int, action: Action, reason: str | None) -> bool:
    """Tell whether just this was done last: a request sent twice, or two approvers at once."""
    known = of_revision(last, revision)
    return known is not None and (known.action, known.reason) == (action, reason)


def days_overdue(due: dt.datetime, now: dt.datetime, zone: ZoneInfo) -> int:
    """Count the days of the office begun since a deadline, the first one included; 0 before it."""
    if now < due:
        return 0
    return (now.astimezone(zone).date() - due.astimezone(zone).date()).days + 1
