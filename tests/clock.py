"""A clock that tests set."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

SHANGHAI = dt.timezone(dt.timedelta(hours=8))


@dataclass
class Clock:
    """Stands still until a test moves it."""

    now: dt.datetime = dt.datetime(2014, 1, 5, 12, 0, tzinfo=SHANGHAI)

    def __call__(self) -> dt.datetime:
        """Return the instant that it shows."""
        return self.now

    def set(self, year: int, month: int, day: int, hour: int = 12) -> None:
        """Show another instant, in Shanghai's time."""
        self.now = dt.datetime(year, month, day, hour, tzinfo=SHANGHAI)

    def forward(self, **delta: float) -> None:
        """Go forward by the parts of a timedelta: `forward(hours=1)`."""
        self.now += dt.timedelta(**delta)
