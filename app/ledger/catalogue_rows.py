"""The catalogue's rows and the domain's values, each made of the other."""

from __future__ import annotations

import json
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from app.domain.kpi import (
    Definition,
    Department,
    DepartmentKind,
    Direction,
    Kind,
    Kpi,
    Over,
    Plan,
    SumOf,
)
from app.domain.number import write_number
from app.domain.period import Frequency, Period
from app.domain.target import Baseline, Overshoot, Target, parse_goal
from app.domain.trajectory import Shape, Trajectory

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Row


def plan_of(row: Row[Any]) -> Plan:
    """Return the plan of a row."""
    return Plan(
        code=row.code,
        name_zh=row.name_zh,
        name_en=row.name_en,
        start=Period.parse(row.start_period),
        end=Period.parse(row.end_period),
        source=row.source,
    )


def department_of(row: Row[Any], codes: Mapping[int, str]) -> Department:
    """Return the department of a row; codes: per number of a department, its code."""
    return Department(
        code=row.code,
        name_zh=row.name_zh,
        name_en=row.name_en,
        kind=DepartmentKind(row.kind),
        parent=codes.get(row.parent_id),
    )


def kpi_of(row: Row[Any], reported_by: Sequence[str]) -> Kpi:
    """Return the KPI of a row."""
    return Kpi(
        code=row.code,
        name_zh=row.name_zh,
        name_en=row.name_en,
        unit_zh=row.unit_zh,
        unit_en=row.unit_en,
        kind=Kind(row.kind),
        frequency=Frequency(row.frequency),
        direction=Direction(row.direction),
        decimals=row.decimals,
        due_days=row.due_days,
        factor=row.factor,
        monotone=row.monotone,
        minimum=row.minimum,
        maximum=row.maximum,
        definition=row.definition,
        early_figures=row.early_figures,
        sum_of=None if row.sum_of is None else SumOf(row.sum_of, Over(row.sum_over)),
        reported_by=tuple(reported_by),
        definitions=_definitions(row.definitions),
    )


def _definitions(text: str | None) -> tuple[Definition, ...]:
    return tuple(
        Definition(
            version=one["version"],
            since=None if one["since"] is None else Period.parse(one["since"]),
            text=one["text"],
        )
        for one in json.loads(text or "[]")
    )


def written_definitions(definitions: Sequence[Definition]) -> str | None:
    """Return definitions as they are kept; None where there is but one."""
    if not definitions:
        return None
    listed = [
        {
            "version": one.version,
            "since": None if one.since is None else str(one.since),
            "text": one.text,
        }
        for one in definitions
    ]
    return json.dumps(listed, ensure_ascii=False, sort_keys=True)


def target_of(row: Row[Any]) -> Target:
    """Return the target of a row, which has the codes of its plan, KPI and department too."""
    baseline = None
    if row.baseline_period is not None:
        baseline = Baseline(Period.parse(row.baseline_period), row.baseline_value)
    return Target(
        plan=row.plan,
        kpi=row.kpi,
        department=row.department,
        goal=_goal(row.text),
        due=Period.parse(row.due),
        trajectory=_trajectory(row.shape, row.points),
        overshoot=Overshoot(row.overshoot),
        tolerance_band=row.tolerance_band,
        baseline=baseline,
        weight=row.weight,
        source=row.source,
        in_force_from=None if row.in_force_from is None else Period.parse(row.in_force_from),
        reason=row.reason,
        version=row.version,
    )


# Of a national office's hundred thousands of targets, most say one of a few dozen things.
_goal: Final = lru_cache(maxsize=4096)(parse_goal)


@lru_cache(maxsize=4096)
def _trajectory(shape: str, points: str) -> Trajectory:
    given = {Period.parse(at): Decimal(value) for at, value in json.loads(points).items()}
    return Trajectory(Shape(shape), given)


def target_columns(target: Target) -> dict[str, object]:
    """Return what the columns of a target's version hold."""
    baseline, trajectory = target.baseline, target.trajectory
    points = {str(period): write_number(value) for period, value in trajectory.points.items()}
    return {
        "text": str(target.goal),
        "comparator": target.goal.comparator,
        "lower": target.goal.lower,
        "upper": target.goal.upper,
        "due": str(target.due),
        "overshoot": target.overshoot,
        "tolerance_band": target.tolerance_band,
        "baseline_period": str(baseline.period) if baseline else None,
        "baseline_value": baseline.value if baseline else None,
        "shape": trajectory.shape,
        "points": json.dumps(points, sort_keys=True),
        "weight": target.weight,
        "source": target.source,
        "in_force_from": None if target.in_force_from is None else str(target.in_force_from),
        "reason": target.reason,
    }
