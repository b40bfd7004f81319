"""What can go wrong, as one tree.

::

    DabiaoError
    ├── Refused                the input is wrong; carries every finding
    │   └── IdempotencyMismatch    the same Idempotency-Key came with another body
    ├── NotAuthenticated       no key or session where one is needed, or a wrong one
    ├── NotPermitted           a right key or session without the right
    │   └── ForgedRequest          a session's request that does not come from our own pages
    ├── NotFound               the thing asked for is not there
    ├── PreconditionFailed     If-Match or If-None-Match does not hold
    ├── Conflict               the figures do not stand where this can be done to them
    │   ├── FigureLocked           approved: to be reopened before it is returned
    │   ├── FigureReturned         returned: a figure has to come in before it is approved
    │   ├── NotApproved            what is not approved is not locked, and not reopened
    │   └── NothingToReview        no figure on record came from this submission
    ├── NameTaken              there is a user of this name already
    ├── KeyEnded               a key that has ended or has a successor is not rotated
    ├── LockedOut              an admin takes no rights away from who acts, which is itself
    ├── TooManyAttempts        somebody tried to sign in too often
    ├── TooLarge               more bytes than the settings allow
    ├── UnsupportedMedia       a body in a format that is not read
    ├── Busy                   too many wait for the same thing already
    ├── NotReadYet             what is asked for is still being read from the database
    ├── Unavailable            the database does not answer
    │   ├── Interrupted            it went away half-way: nothing was kept
    │   └── OutcomeUnknown         it went away while it committed: nobody knows
    └── Misconfigured          the service cannot start as it is set up

An exception means "cannot go on". A refused submission is stored with its findings and returned
as an outcome; it is not an exception. HTTP statuses are given to these in `app.api.problems`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from app.domain.finding import Finding
    from app.domain.lifecycle import State
    from app.domain.period import Period

    FigureState = tuple[str, str, Period, State | None]
    """KPI, department, period, and where the figure stands; None where there is none."""


class DabiaoError(Exception):
    """Base of everything raised on purpose; `str()` is one readable English line."""


class Refused(DabiaoError):
    """The input is wrong; `findings` holds everything wrong with it, not only the first."""

    def __init__(self, message: str, findings: Iterable[Finding] = ()) -> None:
        """Keep the findings beside the message."""
        super().__init__(message)
        self.findings = tuple(findings)


class IdempotencyMismatch(Refused):
    """The same idempotency key arrived before with another body."""


class NotAuthenticated(DabiaoError):
    """No key where one is needed, or a key that does not exist, has expired or was revoked."""


class NotPermitted(DabiaoError):
    """A right key, or a session in force, without the right."""


class ForgedRequest(NotPermitted):
    """A request with a session's cookie that none of our own pages made, as far as can be told."""


class NotFound(DabiaoError):
    """The thing asked for is not there."""


class PreconditionFailed(DabiaoError):
    """The version that the caller has seen is not the current one."""


class Conflict(DabiaoError):
    """The figures do not stand where this can be done to them; `figures` names those in the way."""

    def __init__(self, message: str, figures: Iterable[FigureState] = ()) -> None:
        """Keep the figures beside the message."""
        super().__init__(message)
        self.figures = tuple(figures)


class FigureLocked(Conflict):
    """An approved figure is returned only after it was reopened."""


class FigureReturned(Conflict):
    """A returned figure is approved only after the department has answered with a figure."""


class NotApproved(Conflict):
    """Only an approved figure is reopened."""


class NothingToReview(Conflict):
    """No figure on record came from the submission, or newer ones stand in place of all of them."""


class NameTaken(DabiaoError):
    """There is a user of this name already; no name is given twice."""


class KeyEnded(DabiaoError):
    """A key that was revoked, has ended, or has a successor already is not rotated."""


class LockedOut(DabiaoError):
    """An admin would take the rights away with which this is done; another one has to do it."""


class TooManyAttempts(DabiaoError):
    """Somebody tried to sign in too often; `wait` says how long nothing is looked at."""

    def __init__(self, message: str, wait: dt.timedelta) -> None:
        """Keep how long to wait beside the message."""
        super().__init__(message)
        self.wait = wait

    @property
    def seconds(self) -> int:
        """How long to wait, in whole seconds."""
        return math.ceil(self.wait.total_seconds())


class Busy(DabiaoError):
    """Too many wait for the same thing already; nothing was done, and it can be tried again."""


class NotReadYet(DabiaoError):
    """What is asked for is being read, and there is nothing of before to give meanwhile."""


class TooLarge(DabiaoError):
    """More bytes than `DABIAO_MAX_UPLOAD_BYTES`."""


class UnsupportedMedia(DabiaoError):
    """A body in a format that is not read."""


class Unavailable(DabiaoError):
    """The database does not answer, or is not at the newest migration."""


class Interrupted(Unavailable):
    """The database gave a transaction up half-way; nothing was kept, so it can be done again."""


class OutcomeUnknown(Unavailable):
    """The database went away while it committed, or does not vouch for it: kept, or not."""


class Misconfigured(DabiaoError):
    """A setting is unknown or wrong, so the service does not start."""
