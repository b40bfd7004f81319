"""A figure that is far from its own history, by the modified z-score.

B. Iglewicz and D. C. Hoaglin, How to Detect and Handle Outliers, ASQC Basic References in Quality
Control, volume 16 (1993); also in the NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.5.17.
With the median x~ and MAD, the median of the absolute deviations from it, a figure x scores

    M = 0.6745 (x - x~) / MAD

(0.6745 is the upper quartile of the standard normal distribution, so that MAD / 0.6745 estimates
its standard deviation) and may be an outlier where |M| > 3.5. Up to half of the figures can be
wild without moving the yardstick.

The score alone raises false alarms in short series of an office, so three things are added here:

- **Spread.** Where more than half of the figures are equal, MAD is 0 and says nothing: then the
  median is taken over the deviations of the others. And a spread is never less than the last digit
  that is written (counts go from 5 to 6), nor than 2 % of the median.
- **Change.** A trend leads away from the median a little every month. Only a figure whose change
  per period, from the nearest figure and by the same score, is far from the usual change as well
  is told. Changes of positive figures are taken as growth (differences of logarithms), so that
  what doubles every few years is no surprise in the end.
- **Season.** A December that is as far out as an earlier December is the season's. (No more is
  done about seasons.)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from app.domain.kpi import Kind
from app.domain.number import MAX_FRACTION_DIGITS
from app.domain.plausibility.series import about, places, warning, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from app.domain.finding import Finding
    from app.domain.plausibility.series import Point, Series

NORMAL_QUARTILE = 0.6745
FAR = 3.5
LEAST_POINTS = 6
"""Figures that a history must have beside the one in question."""

FINEST = 10.0**-MAX_FRACTION_DIGITS
_LEAST_SPREAD = 0.02
"""Of the median."""
_SEASONAL_MARGIN = 1.5


@dataclass(frozen=True, slots=True)
class Yardstick:
    """What is usual: a centre, and the spread that stands in the place of MAD."""

    centre: float
    spread: float

    @classmethod
    def of(cls, values: Sequence[float], *, least: float, own: int = 0) -> Yardstick:
        """Measure at least one value.

        least: the spread below which none is believed.
        own: how many of the values may be the doubtful one's own work; as many of the largest
        deviations are left out where MAD is 0.
        """
        centre = median(values)
        deviations = sorted(abs(value - centre) for value in values)
        spread = median(deviations)
        if spread == 0:
            others = [deviation for deviation in deviations if deviation > 0]
            others = others[: max(len(others) - own, 0)]
            spread = median(others) if others else 0.0
        return cls(centre, max(spread, least))

    def score(self, value: float) -> float:
        """Return M, the modified z-score; 0 where there is no spread to measure with."""
        return 0.0 if self.spread == 0 else NORMAL_QUARTILE * (value - self.centre) / self.spread

    @property
    def range(self) -> tuple[float, float]:
        """The least and the greatest value that are not far."""
        reach = FAR * self.spread / NORMAL_QUARTILE
        return self.centre - reach, self.centre + reach


def least_spread(points: Sequence[Point]) -> float:
    """Return the spread below which none is believed: the last digit, or 2 % of the median."""
    digits = places(point.value for point in points)
    grain = 0.0 if digits is None else 10.0**-digits
    return max(grain, _LEAST_SPREAD * abs(median(float(point.value) for point in points)))


def far_from_history(series: Series) -> Iterator[Finding]:
    """Yield a warning for every delivered figure that is far from the others of its series.

    Judged by the figures on record; where the delivery brings most of the series itself, by all.
    A milestone's fractions are not judged: they are 0 for long, and then 1.
    """
    if series.kpi.kind is Kind.MILESTONE:
        return
    posted, compared = series.posted, series.recorded
    among = len(compared) < max(LEAST_POINTS, len(posted))
    if among:
        compared = list(series.points)
    if not posted or len(compared) < LEAST_POINTS + among:
        return
    values = [float(point.value) for point in compared]
    # Nearly every series ends here, before anything dear is computed: a smaller spread finds more.
    if not _far(posted, Yardstick.of(values, least=FINEST, own=int(among))):
        return
    least = least_spread([*compared, *posted])
    levels = Yardstick.of(values, least=least, own=int(among))
    far = _far(posted, levels)
    if not far:
        return
    step = _difference if any(point.value <= 0 for point in series.points) else _growth
    changes = Yardstick.of(
        [step(one, other) for one, other in pairwise(compared)],
        least=least if step is _difference else least / abs(levels.centre),
        own=2 * among,
    )
    seasons = {point.period.ordinal: point for point in series.points}
    steps = _steps(series, compared, step)
    for point in far:
        jumps = [abs(changes.score(size)) for size in steps[point.period.ordinal]]
        if min(jumps) > FAR and not _seasonal(point, seasons, levels):
            yield _told(point, series, levels, [p for p in compared if p is not point])


def is_usual(values: Sequence[float], value: float) -> bool:
    """Tell at first sight that `far_from_history` says nothing of a lone figure.

    values: the others of its series, all on record, without a break. Nearly every post of one
    figure ends here; of what is not usual, the rule says whether it is far.
    """
    if len(values) < LEAST_POINTS:  # and not enough with the figure itself among them
        return True
    return abs(Yardstick.of(values, least=FINEST).score(value)) <= FAR


def _far(points: Sequence[Point], levels: Yardstick) -> list[Point]:
    return [point for point in points if abs(levels.score(float(point.value))) > FAR]


def _difference(one: Point, other: Point) -> float:
    """Return the change per period between two figures."""
    return (float(other.value) - float(one.value)) / (other.period.ordinal - one.period.ordinal)


def _growth(one: Point, other: Point) -> float:
    """Return the growth per period between two positive figures, as a logarithm."""
    ratio = float(other.value) / float(one.value)
    return math.log(ratio) / (other.period.ordinal - one.period.ordinal)


def _steps(
    series: Series, compared: Sequence[Point], step: Callable[[Point, Point], float]
) -> Mapping[int, list[float]]:
    """Return, per delivered figure, its change from the nearest figure on either side."""
    kept = {id(point) for point in compared}
    found: dict[int, list[float]] = {point.period.ordinal: [] for point in series.posted}
    for points, forwards in ((series.points, True), (series.points[::-1], False)):
        last: Point | None = None
        for point in points:
            if point.row is not None and last is not None:
                change = step(last, point) if forwards else step(point, last)
                found[point.period.ordinal].append(change)
            if id(point) in kept:
                last = point
    return found


def _seasonal(point: Point, seasons: Mapping[int, Point], levels: Yardstick) -> bool:
    """Tell whether the same period of another year was as far out on the same side."""
    year = point.period.frequency.per_year
    if year == 1:
        return False
    score = levels.score(float(point.value))
    for other in (seasons.get(point.period.ordinal + shift) for shift in (-2 * year, -year, year)):
        if other is not None:
            earlier = levels.score(float(other.value))
            if score * earlier > 0 and abs(score) <= _SEASONAL_MARGIN * abs(earlier):
                return True
    return False


def _told(point: Point, series: Series, levels: Yardstick, compared: Sequence[Point]) -> Finding:
    low, high = levels.range
    values = {
        "value": written(point.value),
        "kpi": series.kpi.code,
        "department": series.department,
        "count": str(len(compared)),
        "first": str(compared[0].period),
        "last": str(compared[-1].period),
        "median": about(levels.centre),
        "low": about(low),
        "high": about(high),
    }
    return warning("far_from_history", point.row, values)
