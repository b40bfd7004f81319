"""Short ways to write a series down: some of its figures on record, others just delivered."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from app.domain.plausibility.series import Point, Series
from tests.factories import DEPARTMENT_CODE, kpi, period

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.domain.kpi import Kpi

Number = int | float | str | Fraction


def exact(value: Number) -> Fraction:
    """Return the number as it is written: 22.5 is 45/2, whatever a float makes of it."""
    return value if isinstance(value, Fraction) else Fraction(str(value))


def series(
    recorded: Sequence[Number | None],
    posted: Iterable[Number] = (),
    *,
    start: str = "2010-01",
    of: Kpi | None = None,
    department: str = DEPARTMENT_CODE,
) -> Series:
    """Return figures one after the other from `start`; None is a gap.

    The posted ones come after those on record, in the rows 2, 3, ...
    """
    first = period(start)
    points = [
        Point(first.shift(index), exact(value))
        for index, value in enumerate(recorded)
        if value is not None
    ]
    points += [
        Point(first.shift(len(recorded) + index), exact(value), row=index + 2)
        for index, value in enumerate(posted)
    ]
    return Series(of or kpi(), department, points)


def all_posted(values: Sequence[Number], *, start: str = "2010-01") -> Series:
    """Return a series that a delivery brings as a whole."""
    return series([], values, start=start)
