"""Periods: a year, a quarter or a month, in the three spellings `2013`, `2013-Q1`, `2013-03`."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

FIRST_YEAR = 1900
LAST_YEAR = 2199


class Frequency(StrEnum):
    """How often a KPI is reported."""

    MONTHLY = "M"
    QUARTERLY = "Q"
    ANNUAL = "A"

    @property
    def per_year(self) -> int:
        """Periods in a year: 12, 4 or 1."""
        return _PER_YEAR[self]


_PER_YEAR = {Frequency.MONTHLY: 12, Frequency.QUARTERLY: 4, Frequency.ANNUAL: 1}
_MONTHS_IN_YEAR = 12
_CANONICAL = re.compile(
    r"(?P<year>[0-9]{4})(?:-(?:Q(?P<quarter>[1-4])|(?P<month>0[1-9]|1[0-2])))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Period:
    """One period: its frequency and its place in the row of all periods of that frequency.

    `ordinal` counts from the year 0: year x periods per year + index in the year, so that
    arithmetic over periods is arithmetic over integers.
    """

    frequency: Frequency
    ordinal: int

    @classmethod
    def of(cls, year: int, *, month: int | None = None, quarter: int | None = None) -> Period:
        """Make a period from its parts; raises ValueError outside 1900..2199, 1..12 and 1..4."""
        if not FIRST_YEAR <= year <= LAST_YEAR:
            msg = f"year {year} is outside {FIRST_YEAR}..{LAST_YEAR}"
            raise ValueError(msg)
        for name, index, limit in (("month", month, 12), ("quarter", quarter, 4)):
            if index is not None and not 1 <= index <= limit:
                msg = f"{name} {index} is outside 1..{limit}"
                raise ValueError(msg)
        if month is not None:
            return cls(Frequency.MONTHLY, year * 12 + month - 1)
        if quarter is not None:
            return cls(Frequency.QUARTERLY, year * 4 + quarter - 1)
        return cls(Frequency.ANNUAL, year)

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read exactly `2013`, `2013-Q1` or `2013-03`; raises ValueError for anything else."""
        return _read(text)

    def __hash__(self) -> int:
        """Return a number that equal periods share; cheap, since figures are kept by theirs."""
        return self.ordinal

    def __str__(self) -> str:
        """Write the canonical spelling, the inverse of `parse`."""
        return _written(self)

    def shift(self, count: int) -> Period:
        """Return the period `count` places later (earlier when negative)."""
        return Period(self.frequency, self.ordinal + count)

    @property
    def first_day(self) -> dt.date:
        """The first day of the period."""
        return _first_day(self)

    @property
    def last_day(self) -> dt.date:
        """The last day of the period."""
        return _last_day(self)

    def end(self, zone: ZoneInfo) -> dt.datetime:
        """Return the instant at which the period is over: midnight after its last day in `zone`."""
        return dt.datetime.combine(self.shift(1).first_day, dt.time(), zone)

    def has_ended(self, today: dt.date) -> bool:
        """Tell whether the whole period lies before `today`."""
        return self.last_day < today

    def has_begun(self, today: dt.date) -> bool:
        """Tell whether `today` lies in or after the period."""
        return self.first_day <= today

    def first_of(self, frequency: Frequency) -> Period:
        """Return the first period of `frequency` that touches this one (2013 -> 2013-01)."""
        return self if frequency is self.frequency else containing(self.first_day, frequency)

    def last_of(self, frequency: Frequency) -> Period:
        """Return the last period of `frequency` that touches this one (2013 -> 2013-12)."""
        return self if frequency is self.frequency else containing(self.last_day, frequency)

    def last_ended(self, frequency: Frequency) -> Period:
        """Return the last period of `frequency` that is over when this one is (2013-05 -> Q1)."""
        if frequency is self.frequency:
            return self
        last = self.last_of(frequency)
        return last if last.last_day <= self.last_day else last.shift(-1)


@cache
def _read(text: str) -> Period:
    """Read a period, each spelling once: there are 5,100 of them, and no others are kept."""
    found = _CANONICAL.fullmatch(text)
    if found is None:
        msg = f"not a period: {text!r}"
        raise ValueError(msg)
    month, quarter = found["month"], found["quarter"]
    return Period.of(
        int(found["year"]),
        month=int(month) if month else None,
        quarter=int(quarter) if quarter else None,
    )


# A few thousand periods are asked after again and again, at every post and every verdict.


@lru_cache(maxsize=8192)
def _written(period: Period) -> str:
    year, index = divmod(period.ordinal, period.frequency.per_year)
    if period.frequency is Frequency.MONTHLY:
        return f"{year:04d}-{index + 1:02d}"
    if period.frequency is Frequency.QUARTERLY:
        return f"{year:04d}-Q{index + 1}"
    return f"{year:04d}"


@lru_cache(maxsize=8192)
def _first_day(period: Period) -> dt.date:
    year, index = divmod(period.ordinal, period.frequency.per_year)
    return dt.date(year, index * (_MONTHS_IN_YEAR // period.frequency.per_year) + 1, 1)


@lru_cache(maxsize=8192)
def _last_day(period: Period) -> dt.date:
    return period.shift(1).first_day - dt.timedelta(days=1)


def containing(day: dt.date, frequency: Frequency) -> Period:
    """Return the period of `frequency` in which `day` lies."""
    months = day.year * _MONTHS_IN_YEAR + day.month - 1
    return Period(frequency, months // (_MONTHS_IN_YEAR // frequency.per_year))


@dataclass(frozen=True, slots=True)
class Span:
    """A row of periods of one frequency, both ends included."""

    first: Period
    last: Period

    @classmethod
    def of_plan(cls, start: Period, end: Period, frequency: Frequency) -> Span:
        """Return the periods of `frequency` that a plan from `start` to `end` covers."""
        return cls(start.first_of(frequency), end.last_of(frequency))

    def around(self, other: Span) -> Span:
        """Return the shortest row with both rows, of the same frequency, in it."""
        return Span(
            min(self.first, other.first, key=lambda one: one.ordinal),
            max(self.last, other.last, key=lambda one: one.ordinal),
        )

    def __contains__(self, period: Period) -> bool:
        """Tell whether `period` is one of the row."""
        return (
            period.frequency is self.first.frequency
            and self.first.ordinal <= period.ordinal <= self.last.ordinal
        )

    def __iter__(self) -> Iterator[Period]:
        """Go through the row in order of time."""
        for ordinal in range(self.first.ordinal, self.last.ordinal + 1):
            yield Period(self.first.frequency, ordinal)

    def __len__(self) -> int:
        """Count the periods of the row."""
        return max(0, self.last.ordinal - self.first.ordinal + 1)
