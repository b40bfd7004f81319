"""Parts against the whole that they belong to, where both are reported.

A department and those below it may report the same stock or flow. A target above adds up the
topmost only, so nothing is counted twice there; here the two counts check each other:

- Where every branch below the whole reports, the parts must add up to it.
- Where only some do, and in any case, a part of what cannot be negative is never more than its
  whole: a province with its cities' figure on top of its own shows here.

A whole that never was the sum of its parts (an office that also decides cases itself) is left in
peace: after three earlier periods without a fit, nothing is said of the sum any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from app.domain.plausibility.series import rounding, warning, written

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.domain.finding import Finding
    from app.domain.period import Period
    from app.domain.plausibility.series import Point, Series

_TRIES = 3
"""Earlier periods without a fit after which a whole is taken for something else than a sum."""
_MOST_NAMED = 10

Figures = dict[str, "Point"]


@dataclass(frozen=True)
class Family:
    """A whole and its parts, all of one KPI.

    complete: whether the parts are all that the whole has, and more than one.
    """

    whole: Series
    parts: Sequence[Series]
    complete: bool

    def findings(self) -> Iterator[Finding]:
        """Yield the warnings of every period in which a row of the family was delivered."""
        misfits, ever = 0, False
        for whole, parts in self._periods():
            whole_told = self.complete and len(parts) == len(self.parts)
            fits = _adds_up(whole, parts) if whole_told else not _more_than(whole, parts)
            if any(point.row is not None for point in (whole, *parts.values())):
                above = [code for code, part in sorted(parts.items()) if _exceeds(part, whole)]
                yield from (self._exceeding(code, parts[code], whole) for code in above)
                given_up = whole_told and misfits >= _TRIES and not ever
                if not (above or fits or given_up):
                    yield self._differing(whole, parts)
            if whole_told:
                misfits, ever = misfits + (not fits), ever or fits

    def _periods(self) -> Iterator[tuple[Point, Figures]]:
        """Go through the whole's periods in order of time, each with its parts' figures."""
        found: dict[Period, Figures] = {point.period: {} for point in self.whole.points}
        for part in self.parts:
            for point in part.points:
                if point.period in found:
                    found[point.period][part.department] = point
        for whole in self.whole.points:
            yield whole, found[whole.period]

    def _exceeding(self, code: str, part: Point, whole: Point) -> Finding:
        values = {
            "value": written(part.value),
            "part": code,
            "total": written(whole.value),
            "whole": self.whole.department,
            "kpi": self.whole.kpi.code,
            "period": str(part.period),
        }
        return warning("part_exceeds_whole", _first(part.row, whole.row), values)

    def _differing(self, whole: Point, parts: Figures) -> Finding:
        rows = [part.row for part in parts.values() if part.row is not None]
        named = [f"{code} {written(part.value)}" for code, part in sorted(parts.items())]
        if len(named) > _MOST_NAMED:
            named = [*named[:_MOST_NAMED], "…"]
        values = {
            "sum": written(_total(parts)),
            "figures": " + ".join(named),
            "total": written(whole.value),
            "whole": self.whole.department,
            "kpi": self.whole.kpi.code,
            "period": str(whole.period),
        }
        return warning("parts_differ", _first(whole.row, *rows[-1:]), values)


def _first(*rows: int | None) -> int | None:
    return next((row for row in rows if row is not None), None)


def _total(parts: Figures) -> Fraction:
    return sum((Fraction(part.value) for part in parts.values()), Fraction(0))


def _slack(whole: Point, parts: Figures) -> float:
    return rounding([whole.value, *(part.value for part in parts.values())])


def _adds_up(whole: Point, parts: Figures) -> bool:
    return abs(_total(parts) - Fraction(whole.value)) <= _slack(whole, parts)


def _exceeds(part: Point, whole: Point) -> bool:
    """Tell whether a part is more than its whole, where a row of the two was delivered."""
    delivered = part.row is not None or whole.row is not None
    return delivered and whole.value >= 0 and part.value > whole.value


def _more_than(whole: Point, parts: Figures) -> bool:
    """Tell whether parts of what cannot be negative are more than the whole together."""
    if whole.value < 0 or any(part.value < 0 for part in parts.values()):
        return False
    return _total(parts) - Fraction(whole.value) > _slack(whole, parts)
