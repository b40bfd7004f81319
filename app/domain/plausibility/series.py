"""A series: one KPI's figures of one department in order of time, some of them just delivered."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from app.domain.finding import Finding, Severity
from app.domain.number import MAX_FRACTION_DIGITS, write_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from app.domain.kpi import Kpi
    from app.domain.period import Period

_SIGNIFICANT_DIGITS = 6


class Point(NamedTuple):
    """One figure with a value; a tuple, since histories hold very many.

    value: exact; a fraction only where the figure is numerator over denominator.
    row: the row of the delivery that changes it; None for a figure that is on record and stays.
    breaks: whether the figure is marked as a break in series.
    """

    period: Period
    value: Decimal | Fraction
    row: int | None = None
    breaks: bool = False


@dataclass(frozen=True, slots=True)
class Series:
    """The figures of one KPI and department, in order of time, one a period at most."""

    kpi: Kpi
    department: str
    points: Sequence[Point]

    @property
    def posted(self) -> list[Point]:
        """The figures that the delivery changes."""
        return [point for point in self.points if point.row is not None]

    @property
    def recorded(self) -> list[Point]:
        """The figures on record that stay as they are."""
        return [point for point in self.points if point.row is None]

    def unbroken(self) -> Iterator[Series]:
        """Cut the series before every break: what lies on either side is not compared.

        A break is a figure marked as one, or the first that belongs to another definition.
        """
        start = 0
        for index, point in enumerate(self.points):
            if index > start and (point.breaks or self._is_redefined(index)):
                yield Series(self.kpi, self.department, self.points[start:index])
                start = index
        yield Series(self.kpi, self.department, self.points[start:])

    def breaks(self) -> list[int]:
        """Return the places in time, as ordinals, of the points before which the series breaks."""
        return [
            point.period.ordinal
            for index, point in enumerate(self.points)
            if point.breaks or (index > 0 and self._is_redefined(index))
        ]

    def _is_redefined(self, index: int) -> bool:
        before, at = self.points[index - 1].period, self.points[index].period
        return bool(self.kpi.definitions) and (
            self.kpi.definition_at(before) != self.kpi.definition_at(at)
        )


def warning(code: str, row: int | None, values: Mapping[str, str]) -> Finding:
    """Return a question to the reporter about a row."""
    return Finding(code, row, values=values, severity=Severity.WARNING)


def written(value: Decimal | Fraction) -> str:
    """Write a figure; one that is no finite decimal is rounded to the digits that are kept."""
    scaled = round(Fraction(value) * 10**MAX_FRACTION_DIGITS)
    return write_number(Decimal(scaled).scaleb(-MAX_FRACTION_DIGITS))


def about(value: float) -> str:
    """Write the result of a statistic with the digits that mean something."""
    return write_number(Decimal(f"{value:.{_SIGNIFICANT_DIGITS}g}"))


def places(values: Iterable[Decimal | Fraction]) -> int | None:
    """Return how many digits after the point figures have; None if a quotient is among them."""
    common = math.lcm(*(value.as_integer_ratio()[1] for value in values))
    return next((n for n in range(MAX_FRACTION_DIGITS + 1) if 10**n % common == 0), None)


def rounding(values: Sequence[Decimal | Fraction]) -> float:
    """Return how far a sum over figures may be off because each of them was rounded.

    Half a unit of the last digit for each, 0 where all are whole: whole numbers are counts.
    """
    digits = places(values)
    if digits is None:
        digits = MAX_FRACTION_DIGITS
    return 0.0 if digits == 0 else len(values) * 0.5 * 10.0**-digits
