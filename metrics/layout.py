"""What there is to say of a catalogue on a day: the slots, and which figure is in which of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from app.domain.expectation import calendars, last_due
from app.ledger.scoreboard import needed
from app.ledger.submissions import Source
from metrics.snapshot import (
    CATALOGUE_FAMILIES,
    PLACE_FAMILIES,
    REPORT_FAMILIES,
    RETURNED_FAMILIES,
    SUBMISSION_FAMILIES,
    TARGET_FAMILIES,
    Slot,
    Slots,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from app.domain.catalogue import TargetKey
    from app.domain.expectation import Calendar, ExpectedFigure, Place
    from app.domain.period import Period
    from app.ledger.catalogue import StoredCatalogue
    from app.ledger.scoreboard import Moment

_PLACES_AT_A_TIME = 1000


@dataclass(frozen=True)
class Layout:
    """A catalogue on a day. It does not change with the figures, so neither do its slots."""

    stored: StoredCatalogue
    zone: ZoneInfo
    seen: Moment

    @cached_property
    def slots(self) -> dict[str, Slots]:
        """Per family, its slots in the order in which they are exposed."""
        catalogue = self.stored.catalogue
        codes = (catalogue.plans, catalogue.kpis, catalogue.departments)
        plans, kpis, departments = (_in_order((code,) for code in named) for named in codes)
        named = zip(CATALOGUE_FAMILIES, (plans, kpis, kpis, departments, departments), strict=True)
        return {
            **dict(named),
            **dict.fromkeys(TARGET_FAMILIES, _in_order(map(_slot_of, catalogue.targets))),
            **dict.fromkeys(PLACE_FAMILIES, _in_order(self._places)),
            **dict.fromkeys(RETURNED_FAMILIES, kpis),
            **dict.fromkeys(REPORT_FAMILIES, _in_order((code,) for code in self.due)),
            **dict.fromkeys(SUBMISSION_FAMILIES, _in_order((source,) for source in Source)),
        }

    @property
    def _places(self) -> Iterator[Place]:
        for kpi in self.stored.catalogue.kpis.values():
            for department in kpi.reported_by:
                yield kpi.code, department

    @cached_property
    def calendars(self) -> Mapping[Place, Calendar]:
        """Per place of which anything is expected, what is."""
        return calendars(self.stored.catalogue, self.zone)

    @cached_property
    def due(self) -> Mapping[str, Sequence[ExpectedFigure]]:
        """Per department, the figures that its reporting is judged by today."""
        return last_due(self.calendars, self.seen.now)

    @cached_property
    def targets(self) -> Mapping[str, Sequence[TargetKey]]:
        """Per KPI, its targets."""
        found: dict[str, list[TargetKey]] = {}
        for key in self.stored.catalogue.targets:
            found.setdefault(key[1], []).append(key)
        return found

    @cached_property
    def begins(self) -> Mapping[str, Period]:
        """Per KPI with targets, the first period of which these may count or cross a figure."""
        found: dict[str, Period] = {}
        for key in self.stored.catalogue.targets:
            first = needed(self.stored, key).first
            known = found.get(key[1], first)
            found[key[1]] = first if first.ordinal < known.ordinal else known
        return found

    def batches(self, kpis: Iterable[str]) -> Iterator[list[str]]:
        """Part KPIs into lots whose figures are read together."""
        batch: list[str] = []
        places = 0
        for code in sorted(kpis):
            batch.append(code)
            places += len(self.stored.catalogue.kpis[code].reported_by)
            if places >= _PLACES_AT_A_TIME:
                yield batch
                batch, places = [], 0
        if batch:
            yield batch


def _slot_of(key: TargetKey) -> Slot:
    plan, kpi, department = key
    return kpi, plan, department


def _in_order(slots: Iterable[Slot]) -> Slots:
    # Sorted here, whatever the engine's collation made of a query's order.
    return {slot: place for place, slot in enumerate(sorted(slots))}
