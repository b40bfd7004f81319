"""A figure: what the current (or as-of) revision says for one KPI, department and period."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt
    from decimal import Decimal

    from app.domain.period import Period


class ObservationStatus(StrEnum):
    """The codes of SDMX's CL_OBS_STATUS that an office uses."""

    NORMAL = "A"
    PROVISIONAL = "P"
    ESTIMATED = "E"
    BREAK = "B"
    MISSING = "M"
    """Reported as not available: the figure is in, and has no value."""


@dataclass(frozen=True, slots=True)
class Amount:
    """What was posted: a value, or numerator and denominator, or a value with its weight."""

    value: Decimal | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None

    @property
    def is_there(self) -> bool:
        """Whether there is a figure: whether `number` gives one."""
        return self.value is not None or None not in (self.numerator, self.denominator)

    def number(self, factor: Decimal) -> Fraction | None:
        """Return the exact figure, numerator / denominator x factor where both are given."""
        if self.numerator is not None and self.denominator is not None:
            return Fraction(self.numerator) / Fraction(self.denominator) * Fraction(factor)
        return None if self.value is None else Fraction(self.value)


@dataclass(frozen=True, slots=True)
class Figure:
    """One revision of one actual, as the verdict reads it."""

    department: str
    period: Period
    amount: Amount
    observation_status: ObservationStatus
    revision: int
    submission: int
    recorded_at: dt.datetime
    note: str | None = None
