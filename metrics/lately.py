"""The figures that something is said of: not an office's decades, but what its plans may count.

And of who has posted fewer than two in that time, all there are: the newest is exposed, and the one
before it.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import islice
from typing import TYPE_CHECKING, Final

from app.ledger.posted import Posted, posted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from app.domain.expectation import Place
    from app.domain.figure import Figure
    from metrics.layout import Layout

_EXPOSED: Final = 2
"""Figures of a place that are exposed, the newest."""


def lately(
    connection: Connection,
    layout: Layout,
    kpis: Collection[str],
    departments: Collection[str] | None,
    upto: int,
) -> Posted:
    """Return the figures of KPIs by departments (None for all), as of a position."""
    stored = layout.stored
    begins = [layout.begins.get(code) for code in kpis]
    if None in begins:
        return posted(connection, stored, kpis, departments, upto)
    # Of one KPI the text of an earlier period is the lesser.
    since = min(str(one.shift(-_EXPOSED)) for one in begins if one is not None)
    found = posted(connection, stored, kpis, departments, upto, since)
    for code, some in _wanting(layout, found, kpis, departments).items():
        more = posted(connection, stored, [code], some, upto)
        found = Posted({**found.figures, **more.figures}, {**found.first, **more.first})
    return found


def _wanting(
    layout: Layout, found: Posted, kpis: Collection[str], departments: Collection[str] | None
) -> Mapping[str, set[str]]:
    """Return, per KPI, the departments of which too few figures were found."""
    wanting: dict[str, set[str]] = defaultdict(set)
    for place in _places(layout, kpis, departments):
        if not _is_enough(found.at(place)):
            wanting[place[0]].add(place[1])
    return wanting


def _places(
    layout: Layout, kpis: Collection[str], departments: Collection[str] | None
) -> Iterable[Place]:
    known = layout.stored.catalogue.kpis
    return (
        (code, department)
        for code in kpis
        for department in known[code].reported_by
        if departments is None or department in departments
    )


def _is_enough(figures: Sequence[Figure]) -> bool:
    valued = (one for one in reversed(figures) if one.amount.is_there)
    return len(list(islice(valued, _EXPOSED))) == _EXPOSED
