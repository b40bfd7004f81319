"""What a catalogue must hold to make sense: rules over resources that are well-formed each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.domain.finding import Finding
from app.domain.kpi import Kind
from app.domain.period import Span
from app.domain.target import Comparator
from app.domain.trajectory import Shape, due_ordinal, start_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from app.domain.kpi import Department, Kpi, Plan
    from app.domain.target import Target


def plan_findings(plan: Plan) -> Iterator[Finding]:
    """Yield what is wrong with a plan."""
    if plan.end.last_day < plan.start.first_day:
        yield Finding("end_before_start", column="end")


def department_findings(
    department: Department, departments: Mapping[str, Department]
) -> Iterator[Finding]:
    """Yield what is wrong with a department among all, itself included."""
    at, seen = department.parent, {department.code}
    if at is not None and at not in departments:
        yield Finding("unknown_parent", column="parent", values={"name": at})
    while at is not None and at in departments:
        if at in seen:
            yield Finding("circular_parent", column="parent")
            return
        seen.add(at)
        at = departments[at].parent


def kpi_findings(
    kpi: Kpi, departments: Mapping[str, Department], kpis: Mapping[str, Kpi]
) -> Iterator[Finding]:
    """Yield what is wrong with a KPI among all, itself included."""
    for code in kpi.reported_by:
        if code not in departments:
            yield Finding("unknown_department", column="reported_by", values={"name": code})
    if kpi.minimum is not None and kpi.maximum is not None and kpi.minimum > kpi.maximum:
        yield Finding(
            "invalid", column="minimum", values={"problem": "the minimum is above the maximum"}
        )

    yield from _definition_findings(kpi)
    yield from _total_findings(kpi, kpis)
    for other in kpis.values():
        if other.sum_of is not None and other.sum_of.kpi == kpi.code and other.code != kpi.code:
            for found in _total_findings(other, kpis):
                yield replace(found, column=f"{other.code}: {found.column}")


def _definition_findings(kpi: Kpi) -> Iterator[Finding]:
    """Yield what is wrong with the versions of a definition: each begins after the one before."""
    begins = [one.since for one in kpi.definitions[1:] if one.since is not None]
    for period in begins:
        if period.frequency is not kpi.frequency:
            values = {"kpi": kpi.code, "frequency": kpi.frequency, "period": str(period)}
            yield Finding("wrong_frequency", column="definitions", values=values)
            return
    ordinals = [period.ordinal for period in begins]
    numbered = [one.version for one in kpi.definitions] == list(range(1, len(kpi.definitions) + 1))
    one_first = all(one.since is None for one in kpi.definitions[:1])
    complete = len(begins) == len(kpi.definitions[1:])
    if not (numbered and one_first and complete and ordinals == sorted(set(ordinals))):
        yield Finding("definitions_out_of_order", column="definitions")


def _total_findings(kpi: Kpi, kpis: Mapping[str, Kpi]) -> Iterator[Finding]:
    """Yield what is wrong with a running total: it is a stock, and adds up a flow like itself."""
    if kpi.sum_of is None:
        return
    if kpi.kind is not Kind.STOCK:
        yield Finding("total_not_a_stock", column="sum_of")
    flow = kpis.get(kpi.sum_of.kpi)
    if flow is None:
        yield Finding("unknown_kpi", column="sum_of", values={"name": kpi.sum_of.kpi})
    elif flow.kind is not Kind.FLOW or flow.frequency is not kpi.frequency:
        yield Finding("not_a_flow_to_sum", column="sum_of", values={"kpi": flow.code})


def target_findings(target: Target, kpi: Kpi, plan: Plan) -> Iterator[Finding]:
    """Yield what is wrong with a target whose plan, KPI and department are known."""
    span = Span.of_plan(plan.start, plan.end, kpi.frequency)
    if target.due.last_of(kpi.frequency) not in span:
        values = {"due": str(target.due), "start": str(plan.start), "end": str(plan.end)}
        yield Finding("due_outside_plan", column="due", values=values)
    begins = target.in_force_from
    if begins is not None and (
        begins.first_of(kpi.frequency) not in span
        or begins.first_of(kpi.frequency).ordinal > due_ordinal(target, kpi)
    ):
        values = {"period": str(begins), "start": str(plan.start), "due": str(target.due)}
        yield Finding("in_force_outside", column="in_force_from", values=values)
    if (target.goal.comparator is Comparator.MILESTONE) is not (kpi.kind is Kind.MILESTONE):
        yield Finding("milestone_mismatch", column="target")
    yield from _trajectory_findings(target, kpi, plan)


def _trajectory_findings(target: Target, kpi: Kpi, plan: Plan) -> Iterator[Finding]:
    shape, points = target.trajectory.shape, target.trajectory.points
    start = start_of(target, kpi, plan)
    if start is not None and start[0] >= due_ordinal(target, kpi):
        yield Finding("baseline_not_before_due", column="baseline")
    if shape is Shape.LINEAR and start is None:
        yield Finding("baseline_needed", column="baseline", values={"kind": kpi.kind})
    takes_points = shape in (Shape.POINTS, Shape.STEP)
    if takes_points and not points:
        yield Finding("points_needed", column="trajectory", values={"shape": shape})
    if points and not takes_points:
        yield Finding("points_not_allowed", column="trajectory", values={"shape": shape})
    for period in points:
        if period.last_of(kpi.frequency).ordinal > due_ordinal(target, kpi):
            values = {"period": str(period)}
            yield Finding("point_not_before_due", column="trajectory", values=values)
