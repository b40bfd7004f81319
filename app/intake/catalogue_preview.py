"""What a change of the catalogue would do to verdicts, told before it is written.

The change is checked as a PUT is, and made to a copy of the catalogue in memory; the verdicts
before and after come from the same read of the same figures. Nothing is written.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from app.domain.attainment import assess
from app.domain.kpi import Department, Kpi, Plan
from app.domain.period import Frequency, Span
from app.domain.target import Target
from app.intake.catalogue import Placed, checked
from app.ledger import scoreboard
from app.ledger.catalogue import TargetVersion

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from app.domain.attainment import Subject, Verdict
    from app.domain.catalogue import Catalogue, TargetKey
    from app.domain.period import Period
    from app.intake.catalogue import Thing
    from app.intake.resources import AnyResource
    from app.ledger.catalogue import StoredCatalogue
    from app.ledger.scoreboard import Moment


@dataclass(frozen=True, slots=True)
class Change:
    """A target's verdict before and after; None before a target is there.

    subject: the target as it would be, with the figures that count.
    """

    subject: Subject
    before: Verdict | None
    after: Verdict


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change would do.

    is_new: whether anything would be written at all. looked_at: how many targets it touches.
    newest: the verdicts that would be others at their newest period. months: per month of the
    plans that has begun, those that would be others at that month.
    """

    is_new: bool
    looked_at: int
    newest: tuple[Change, ...]
    months: Mapping[Period, tuple[Change, ...]]

    @property
    def changed(self) -> int:
        """How many targets would have another verdict, now or at any month."""
        listed = [self.newest, *self.months.values()]
        return len({_key(one.subject.target) for changes in listed for one in changes})

    def at(self, month: Period | None) -> tuple[Change, ...]:
        """Return the verdicts that would be others at a month; None for the newest period."""
        return self.newest if month is None else self.months.get(month, ())


def preview(
    connection: Connection,
    stored: StoredCatalogue,
    seen: Moment,
    resource: AnyResource,
) -> Preview:
    """Tell what storing a resource would do to verdicts; raises Refused as `put` does."""
    things = checked(connection, stored, [Placed(resource)])
    after = _with(stored, things, seen)
    keys = _touched(stored, after)
    subjects = {
        _key(one.target): one for one in scoreboard.subjects(connection, after, keys, seen.position)
    }
    known = [key for key in keys if key in stored.catalogue.targets]
    former = {
        _key(one.target): one
        for one in scoreboard.subjects(connection, stored, known, seen.position)
    }
    judged = [_Judged(subjects[key], former.get(key), seen) for key in keys]
    months = _months(judged, seen)
    return Preview(
        is_new=bool(things),
        looked_at=len(keys),
        newest=tuple(_changes(judged, None)),
        months={month: tuple(_changes(judged, month)) for month in months},
    )


def said(verdict: Verdict | None) -> tuple[object, ...] | None:
    """Return what of a verdict makes it another one: status, what counts, ratio and pace."""
    if verdict is None:
        return None
    return (verdict.status, verdict.actual, verdict.ratio.value, verdict.pace.value)


class _Judged:
    """A target that a change touches, judged before and after at any month."""

    def __init__(self, after: Subject, before: Subject | None, seen: Moment) -> None:
        self.after = after
        self.spans = [one.plan for one in (after, before) if one is not None]
        self._after = _at(after, seen)
        self._before = None if before is None else _at(before, seen)

    def change(self, month: Period | None) -> Change | None:
        """Return the change at a month; None where the verdict stays."""
        before = None if self._before is None else self._before(month)
        after = self._after(month)
        return None if said(before) == said(after) else Change(self.after, before, after)


def _at(subject: Subject, seen: Moment) -> Callable[[Period | None], Verdict]:
    """Return how a target is judged at a month; months that end with the same period, once."""

    @cache
    def upto(period: Period | None) -> Verdict:
        return assess(subject, seen.today, period)

    def at(month: Period | None) -> Verdict:
        return upto(None if month is None else month.last_ended(subject.kpi.frequency))

    return at


def _changes(judged: Sequence[_Judged], month: Period | None) -> Iterator[Change]:
    for one in judged:
        if month is None or any(month in _span(plan) for plan in one.spans):
            found = one.change(month)
            if found is not None:
                yield found


def _months(judged: Sequence[_Judged], seen: Moment) -> list[Period]:
    """Return the months of the plans touched that have begun, in order of time."""
    plans = {plan for one in judged for plan in one.spans}
    found = {month for plan in plans for month in _span(plan) if month.has_begun(seen.today)}
    return sorted(found, key=lambda month: month.ordinal)


def _span(plan: Plan) -> Span:
    return Span.of_plan(plan.start, plan.end, Frequency.MONTHLY)


def _key(target: Target) -> TargetKey:
    return target.plan, target.kpi, target.department


def _with(stored: StoredCatalogue, things: Sequence[Thing], seen: Moment) -> StoredCatalogue:
    """Return the catalogue as it would be read after things were written."""
    catalogue = stored.catalogue
    plans, departments = dict(catalogue.plans), dict(catalogue.departments)
    kpis, targets = dict(catalogue.kpis), dict(catalogue.targets)
    versions = dict(stored.target_versions)
    for thing in things:
        match thing:
            case Plan():
                plans[thing.code] = thing
            case Department():
                departments[thing.code] = thing
            case Kpi():
                kpis[thing.code] = thing
            case Target():
                key = _key(thing)
                listed = versions.get(key, ())
                targets[key] = replace(thing, version=len(listed) + 1)
                made = TargetVersion(targets[key], seen.now, "")
                versions[key] = (*listed, made)
    changed = replace(catalogue, plans=plans, departments=departments, kpis=kpis, targets=targets)
    return replace(stored, catalogue=changed, target_versions=versions)


def _touched(before: StoredCatalogue, after: StoredCatalogue) -> list[TargetKey]:
    """Return the targets of which something differs that a verdict is computed from."""
    return [
        key
        for key in sorted(after.catalogue.targets)
        if _inputs(before.catalogue, before, key) != _inputs(after.catalogue, after, key)
    ]


def _inputs(
    catalogue: Catalogue, stored: StoredCatalogue, key: TargetKey
) -> tuple[object, ...] | None:
    """Return what a verdict is computed from, but for figures; names and words are not of it."""
    if key not in catalogue.targets:
        return None
    plan, kpi = catalogue.plans[key[0]], catalogue.kpis[key[1]]
    versions = stored.target_versions[key]
    return (
        (plan.start, plan.end),
        (kpi.kind, kpi.frequency, kpi.factor),
        catalogue.members(key[1], key[2]),
        versions[-1].target.version,
    )
