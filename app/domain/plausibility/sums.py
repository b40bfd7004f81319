"""The month against the year to date and the total since the beginning.

Offices publish a flow three times over: what came in the month, since January, and ever. The three
must fit (they are sums of the same counts, no statistic is needed), so each tells of a slip in the
others, even where months are missing in between:

- A total grows from one period to another by what came in between; that of the year begins at 0.
- Total ever minus total of the year is the same at every period of a year: the total ever at the
  end of the year before.

Across a break in a total nothing is said: what was added up before it may have been counted
otherwise.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from app.domain.kpi import Over
from app.domain.plausibility.series import rounding, warning, written

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from decimal import Decimal

    from app.domain.finding import Finding
    from app.domain.plausibility.series import Point, Series

_MOST_NAMED = 6

Term = tuple[str, "Point"]
"""A figure on the way to a sum, and its KPI."""


def against_flow(total: Series, over: Over, flow: Series) -> Iterator[Finding]:
    """Yield a warning for every total that is not its last one and what flowed since then.

    Both series are of one department and frequency. Where a period of the flow is missing in
    between, nothing can be said.
    """
    flows = {point.period.ordinal: point for point in flow.points}
    breaks = total.breaks()
    last: Point | None = None
    for point in total.points:
        start = last
        if over is Over.YEAR and last is not None and _year(last) != _year(point):
            start = None
        is_broken = last is not None and _lies_between(breaks, last, point)
        if (start is not None or over is Over.YEAR) and not is_broken:
            first = _year(point) * point.period.frequency.per_year
            after = first if start is None else start.period.ordinal + 1
            between = _all(flows, after, point.period.ordinal)
            if between is not None:
                terms = [] if start is None else [(total.kpi.code, start)]
                terms += [(flow.kpi.code, one) for one in between]
                yield from _told((total.kpi.code, point), terms)
        last = point


def _lies_between(breaks: Sequence[int], earlier: Point, later: Point) -> bool:
    """Tell whether a break lies behind one point and before another, or at it."""
    return any(earlier.period.ordinal < at <= later.period.ordinal for at in breaks)


def _year(point: Point) -> int:
    return point.period.ordinal // point.period.frequency.per_year


def _all(flows: Mapping[int, Point], first: int, last: int) -> list[Point] | None:
    """Return the flow's figures of all periods from first to last; None where one is missing."""
    found: list[Point] = []
    for ordinal in range(first, last + 1):
        if ordinal not in flows:
            return None
        found.append(flows[ordinal])
    return found


def against_each_other(ever: Series, year: Series) -> Iterator[Finding]:
    """Yield a warning for every period at which the two totals of one flow have drifted apart.

    Both series are of one department and frequency.
    """
    years = {point.period.ordinal: point for point in year.points}
    breaks = [*ever.breaks(), *year.breaks()]
    base: Point | None = None  # the newest at which both are known: one of the year, or its eve
    for point in ever.points:
        within = years.get(point.period.ordinal)
        if base is not None and _lies_between(breaks, base, point):
            base = None
        if within is not None and base is not None:
            before = years.get(base.period.ordinal)
            if _year(base) == _year(point) and before is not None:
                terms = [(ever.kpi.code, base), (year.kpi.code, within)]
                yield from _told((ever.kpi.code, point), terms, less=(year.kpi.code, before))
            elif base.period.ordinal == _year(point) * point.period.frequency.per_year - 1:
                terms = [(ever.kpi.code, base), (year.kpi.code, within)]
                yield from _told((ever.kpi.code, point), terms)
        if within is not None or not _speaks_for_later(base, point):
            base = point


def _speaks_for_later(base: Point | None, point: Point) -> bool:
    """Tell whether a base is kept rather than a total ever that stands alone in the year."""
    per_year = point.period.frequency.per_year
    if base is None or (point.period.ordinal + 1) % per_year == 0:
        return False
    return base.period.ordinal >= _year(point) * per_year - 1


def _told(total: Term, terms: Sequence[Term], less: Term | None = None) -> Iterator[Finding]:
    """Yield a warning if a total is not the sum of the terms, less another; at a delivered row."""
    involved = [total, *terms, *([] if less is None else [less])]
    row = next((one.row for _, one in involved if one.row is not None), None)
    if row is None:
        return
    expected = sum((Fraction(one.value) for _, one in terms), Fraction(0))
    expected -= 0 if less is None else Fraction(less[1].value)
    values: list[Decimal | Fraction] = [one.value for _, one in involved]
    if abs(Fraction(total[1].value) - expected) <= rounding(values):
        return
    named = [_named(term) for term in terms]
    if len(named) > _MOST_NAMED:
        named = [*named[: _MOST_NAMED - 1], "…", named[-1]]
    figures = " + ".join(named) + ("" if less is None else f" - {_named(less)}")
    told = {
        "kpi": total[0],
        "period": str(total[1].period),
        "value": written(total[1].value),
        "sum": written(expected),
        "figures": figures,
    }
    yield warning("sum_differs", row, told)


def _named(term: Term) -> str:
    code, point = term
    return f"{written(point.value)} ({code} {point.period})"
