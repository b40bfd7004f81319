"""What of a standing is asked for: which targets, and their lines."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy import bindparam, select

from app.domain.attainment import Subject
from app.domain.many import STATUSES
from app.ledger.scoreboard import Brief, short_lines
from app.ledger.tables import journal

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from app.domain.catalogue import TargetKey
    from app.ledger.scoreboard import Line, Moment, Wanted
    from app.ledger.standing.block import Said
    from app.ledger.standing.whole import Standing


@dataclass(frozen=True, slots=True)
class Spot:
    """A target of a standing: its KPI, and its place among the KPI's targets."""

    kpi: str
    target: int


def picked(
    connection: Connection, standing: Standing, seen: Moment, wanted: Wanted, limit: int
) -> list[Line | Brief]:
    """Return the lines wanted of a plan, in order of KPI and department; at most `limit`."""
    spots = list(islice(_spots(connection, standing, wanted), limit))
    briefs = _briefs(connection, standing, wanted, spots)
    left = [_key(standing, spot) for spot in spots if spot not in briefs]
    stored = standing.layout.stored
    others = dict(zip(left, short_lines(connection, stored, seen, left, wanted.asked), strict=True))
    return [
        brief if (brief := briefs.get(spot)) is not None else others[_key(standing, spot)]
        for spot in spots
    ]


def _key(standing: Standing, spot: Spot) -> TargetKey:
    return standing.layout.sheets[spot.kpi].keys[spot.target]


def _spots(connection: Connection, standing: Standing, wanted: Wanted) -> Iterator[Spot]:
    layout, selection = standing.layout, wanted.selection
    within = None if selection.department is None else layout.within(selection.department)
    plan, after = layout.plan.code, wanted.after
    for code, sheet in layout.sheets.items():
        if selection.kpi not in (None, code) or (after is not None and (plan, code) < after[:2]):
            continue
        mask = np.ones(len(sheet.keys), dtype=np.bool_)
        if within is not None:
            mask &= within[sheet.at]
        if after is not None:
            mask[: bisect_right(sheet.keys, after)] = False
        if wanted.status is not None and mask.any():
            said = standing.said(connection, code, wanted.asked)
            mask &= said.status == STATUSES.index(wanted.status)
        for target in np.flatnonzero(mask):
            yield Spot(code, int(target))


def _briefs(
    connection: Connection, standing: Standing, wanted: Wanted, spots: Sequence[Spot]
) -> dict[Spot, Brief]:
    """Return the lines that can be told without the figures."""
    found: dict[Spot, tuple[Said, int | None, int | None]] = {}
    said: dict[str, Said] = {}
    for spot in spots:
        block = standing.blocks[spot.kpi]
        if spot.kpi not in said:
            said[spot.kpi] = standing.said(connection, spot.kpi, wanted.asked)
        told = said[spot.kpi]
        if spot.target in told.others or not block.is_whole(spot.target):
            continue
        period = told.period(spot.target)
        counted = (None, None) if period is None else block.counted(spot.target, period)
        found[spot] = (told, *counted)
    entries = {entry for _, _, entry in found.values() if entry is not None}
    recorded = _recorded_at(connection, entries)
    return {
        spot: _brief(standing, spot, told, revision, recorded.get(entry or 0))
        for spot, (told, revision, entry) in found.items()
    }


def _brief(
    standing: Standing,
    spot: Spot,
    said: Said,
    revision: int | None,
    submitted_at: dt.datetime | None,
) -> Brief:
    layout, sheet = standing.layout, said.sheet
    key, catalogue = sheet.keys[spot.target], layout.stored.catalogue
    return Brief(
        subject=Subject(catalogue.targets[key], sheet.kpi, layout.plan, {}),
        department=catalogue.departments[key[2]],
        verdict=said.verdict(spot.target),
        version=layout.stored.target_versions[key][0],
        revision=revision,
        submitted_at=submitted_at,
    )


def _recorded_at(connection: Connection, entries: set[int]) -> Mapping[int, dt.datetime]:
    if not entries:
        return {}
    rows = connection.execute(_RECORDED, {"entries": sorted(entries)})
    return {row.id: row.recorded_at for row in rows}


_RECORDED = select(journal.c.id, journal.c.recorded_at).where(
    journal.c.id.in_(bindparam("entries", expanding=True))
)
