"""The catalogue at one position of the ledger: plans, departments, KPIs and targets, looked up."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from app.domain.kpi import Department, Kpi, Plan
    from app.domain.target import Target

TargetKey = tuple[str, str, str]
"""Plan, KPI and department code."""


@dataclass(frozen=True)
class Catalogue:
    """Everything that is to be reported and reached, by code."""

    plans: Mapping[str, Plan]
    departments: Mapping[str, Department]
    kpis: Mapping[str, Kpi]
    targets: Mapping[TargetKey, Target]

    @cached_property
    def ordered(self) -> tuple[TargetKey, ...]:
        """The targets in order of plan, KPI and department."""
        return tuple(sorted(self.targets))

    def targets_of(self, plan: str | None = None, kpi: str | None = None) -> Sequence[TargetKey]:
        """Return the targets of a plan and a KPI, in order; None for all."""
        if plan is None:
            return [key for key in self.ordered if kpi is None or key[1] == kpi]
        return self.ordered[self._where((plan,) if kpi is None else (plan, kpi))]

    def targets_in(self, plan: str, kpi: str | None = None) -> int:
        """Count the targets of a plan, and of a KPI if one is given."""
        found = self._where((plan,) if kpi is None else (plan, kpi))
        return int(found.stop - found.start)

    def _where(self, codes: tuple[str, ...]) -> slice:
        size = len(codes)
        first = bisect_left(self.ordered, codes, key=lambda key: key[:size])
        return slice(first, bisect_right(self.ordered, codes, key=lambda key: key[:size]))

    @cached_property
    def answerable(self) -> Mapping[str, frozenset[str]]:
        """Per plan, the departments that have targets in it."""
        found: dict[str, set[str]] = defaultdict(set)
        for plan, _, department in self.targets:
            found[plan].add(department)
        return {plan: frozenset(codes) for plan, codes in found.items()}

    @cached_property
    def children(self) -> Mapping[str, tuple[str, ...]]:
        """Per department, the codes directly below it."""
        below: dict[str, list[str]] = defaultdict(list)
        for department in self.departments.values():
            if department.parent is not None:
                below[department.parent].append(department.code)
        return {code: tuple(sorted(codes)) for code, codes in below.items()}

    @cached_property
    def reporters(self) -> Mapping[str, frozenset[str]]:
        """Per KPI, the departments that report it."""
        return {kpi.code: frozenset(kpi.reported_by) for kpi in self.kpis.values()}

    @cached_property
    def totals(self) -> Mapping[str, tuple[str, ...]]:
        """Per flow, the stocks that are its running totals."""
        found: dict[str, list[str]] = defaultdict(list)
        for kpi in self.kpis.values():
            if kpi.sum_of is not None:
                found[kpi.sum_of.kpi].append(kpi.code)
        return {code: tuple(sorted(codes)) for code, codes in found.items()}

    def members(self, kpi: str, department: str) -> tuple[str, ...]:
        """Return the departments whose figures count for a target at `department`.

        Itself, if it reports the KPI; else the topmost departments below it that do. So a whole
        and its own parts are never added together.
        """
        if department in self.reporters.get(kpi, frozenset()):
            return (department,)
        return tuple(
            member
            for child in self.children.get(department, ())
            for member in self.members(kpi, child)
        )

    def counted_by(self, kpi: str, department: str) -> Iterator[TargetKey]:
        """Go through the targets for which a department's figures count, as `members` has it.

        They are at itself and at those above it, up to the next that reports the KPI, too.
        """
        reporters = self.reporters.get(kpi, frozenset())
        if department not in reporters:
            return
        for at in self.upwards(department):
            if at != department and at in reporters:
                return
            yield from ((plan, kpi, at) for plan in self.plans if (plan, kpi, at) in self.targets)

    def upwards(self, department: str) -> Iterator[str]:
        """Go from a department up to the root, itself first."""
        at: str | None = department
        while at is not None and at in self.departments:
            yield at
            at = self.departments[at].parent

    def below(self, top: str) -> frozenset[str]:
        """Return a department and all that lie below it; nothing for one that is not there."""
        found: set[str] = set()
        left = [top] if top in self.departments else []
        while left:
            code = left.pop()
            if code not in found:
                found.add(code)
                left += self.children.get(code, ())
        return frozenset(found)

    def is_within(self, department: str, tops: frozenset[str]) -> bool:
        """Tell whether `department` is one of `tops` or lies below one."""
        return any(code in tops for code in self.upwards(department))

    @cached_property
    def kpis_by_name(self) -> Mapping[str, tuple[str, ...]]:
        """Per exact name, Chinese or English, the codes of the KPIs that bear it."""
        return _by_name(self.kpis)

    @cached_property
    def departments_by_name(self) -> Mapping[str, tuple[str, ...]]:
        """Per exact name, Chinese or English, the codes of the departments that bear it."""
        return _by_name(self.departments)


def _by_name(things: Mapping[str, Kpi] | Mapping[str, Department]) -> Mapping[str, tuple[str, ...]]:
    names: dict[str, set[str]] = defaultdict(set)
    for thing in things.values():
        names[thing.name_zh].add(thing.code)
        names[thing.name_en].add(thing.code)
    return {name: tuple(sorted(codes)) for name, codes in names.items()}
