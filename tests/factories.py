"""Small builders of the domain's values, with defaults that a test need not name.

Everything is about one KPI `K` of one department `D` under the plan `P`, the year 2013 month by
month, until a test says otherwise. Numbers may be given as text, so that a case reads as the plan
does: `figure("2013-03", "22.54")`.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

from app.domain.attainment import Subject, Verdict, assess
from app.domain.figure import Amount, Figure, ObservationStatus
from app.domain.kpi import Department, DepartmentKind, Direction, Kind, Kpi, Plan
from app.domain.period import Frequency, Period
from app.domain.target import DEFAULT_TOLERANCE_BAND, Baseline, Overshoot, Target, parse_goal
from app.domain.trajectory import Shape, Trajectory, default_shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Number: TypeAlias = Decimal | int | str
"""What a number may be given as; never a float."""

PLAN_CODE = "P"
KPI_CODE = "K"
DEPARTMENT_CODE = "D"
RECORDED_AT = dt.datetime(2013, 2, 5, 1, 30, tzinfo=dt.UTC)
AFTER_THE_PLAN = dt.date(2014, 3, 1)
"""A day on which every period of 2013 has ended."""


def period(text: str) -> Period:
    """Return the period that `text` spells: 2013, 2013-Q1 or 2013-03."""
    return Period.parse(text)


def plan(code: str = PLAN_CODE, *, start: str = "2013-01", end: str = "2013-12") -> Plan:
    """Return a plan, of the year 2013 unless told."""
    return Plan(code, f"计划 {code}", f"Plan {code}", period(start), period(end))


def department(
    code: str = DEPARTMENT_CODE,
    *,
    kind: DepartmentKind = DepartmentKind.DEPARTMENT,
    parent: str | None = None,
) -> Department:
    """Return a department without a parent unless one is given."""
    return Department(code, f"部门 {code}", f"Department {code}", kind, parent)


def kpi(
    code: str = KPI_CODE,
    *,
    kind: Kind = Kind.LEVEL,
    frequency: Frequency = Frequency.MONTHLY,
    direction: Direction = Direction.NONE,
    factor: Number = 1,
    decimals: int = 2,
    due_days: int = 10,
    monotone: bool = False,
    minimum: Number | None = None,
    maximum: Number | None = None,
    early_figures: bool = False,
    reported_by: Iterable[str] = (DEPARTMENT_CODE,),
) -> Kpi:
    """Return a monthly level reported by `D` unless told."""
    return Kpi(
        code=code,
        name_zh=f"指标 {code}",
        name_en=f"KPI {code}",
        unit_zh="个",
        unit_en="units",
        kind=kind,
        frequency=frequency,
        direction=direction,
        decimals=decimals,
        due_days=due_days,
        factor=Decimal(factor),
        monotone=monotone,
        minimum=None if minimum is None else Decimal(minimum),
        maximum=None if maximum is None else Decimal(maximum),
        early_figures=early_figures,
        reported_by=tuple(reported_by),
    )


def target(
    text: str,
    *,
    due: str = "2013-12",
    kind: Kind = Kind.LEVEL,
    shape: Shape | None = None,
    points: Mapping[str, Number] | None = None,
    baseline: tuple[str, Number] | None = None,
    overshoot: Overshoot = Overshoot.MET,
    tolerance_band: Number = DEFAULT_TOLERANCE_BAND,
    plan_code: str = PLAN_CODE,
    kpi_code: str = KPI_CODE,
    department_code: str = DEPARTMENT_CODE,
    weight: Number | None = None,
    source: str | None = None,
    version: int = 1,
) -> Target:
    """Return the target that `text` says, due at the end of 2013 unless told.

    kind: the KPI's; it decides the trajectory where no `shape` is given.
    baseline: the period and the figure that the target starts from.
    """
    given = {period(at): Decimal(value) for at, value in (points or {}).items()}
    return Target(
        plan=plan_code,
        kpi=kpi_code,
        department=department_code,
        goal=parse_goal(text),
        due=period(due),
        trajectory=Trajectory(shape or default_shape(kind), given),
        overshoot=overshoot,
        tolerance_band=Decimal(tolerance_band),
        baseline=None if baseline is None else Baseline(period(baseline[0]), Decimal(baseline[1])),
        weight=None if weight is None else Decimal(weight),
        source=source,
        version=version,
    )


def amount(
    value: Number | None = None,
    *,
    numerator: Number | None = None,
    denominator: Number | None = None,
) -> Amount:
    """Return what was posted, exactly."""
    return Amount(
        value=None if value is None else Decimal(value),
        numerator=None if numerator is None else Decimal(numerator),
        denominator=None if denominator is None else Decimal(denominator),
    )


def figure(
    at: str,
    value: Number | None = None,
    *,
    numerator: Number | None = None,
    denominator: Number | None = None,
    department_code: str = DEPARTMENT_CODE,
    observation_status: ObservationStatus | None = None,
    revision: int = 1,
    submission: int = 1,
    recorded_at: dt.datetime = RECORDED_AT,
    note: str | None = None,
) -> Figure:
    """Return the figure of the period `at`; one without any number is reported as missing (M)."""
    posted = amount(value, numerator=numerator, denominator=denominator)
    status = ObservationStatus.MISSING if posted == Amount() else ObservationStatus.NORMAL
    return Figure(
        department=department_code,
        period=period(at),
        amount=posted,
        observation_status=observation_status or status,
        revision=revision,
        submission=submission,
        recorded_at=recorded_at,
        note=note,
    )


def figures(
    values: Mapping[str, Number | None], *, department_code: str = DEPARTMENT_CODE
) -> list[Figure]:
    """Return one figure a period: `figures({"2013-01": 3, "2013-02": None})`, None being M."""
    return [figure(at, value, department_code=department_code) for at, value in values.items()]


def months(*values: Number | None, year: int = 2013) -> dict[str, Number]:
    """Return the values month by month from January; None leaves the month out, as a gap."""
    return {
        f"{year}-{month:02d}": value
        for month, value in enumerate(values, start=1)
        if value is not None
    }


def subject(
    of: Target,
    members: Mapping[str, Sequence[Figure]],
    *,
    of_kpi: Kpi | None = None,
    of_plan: Plan | None = None,
) -> Subject:
    """Return a target with the figures of the departments that count for it."""
    return Subject(of, of_kpi or kpi(), of_plan or plan(), members)


def own(posted: Mapping[str, Number | None]) -> dict[str, list[Figure]]:
    """Return one department's figures as the members of its own target."""
    return {DEPARTMENT_CODE: figures(posted)}


def verdict(
    of: Target,
    members: Mapping[str, Sequence[Figure]],
    *,
    kind: Kind = Kind.LEVEL,
    frequency: Frequency = Frequency.MONTHLY,
    asked: str | None = None,
    today: dt.date = AFTER_THE_PLAN,
    of_plan: Plan | None = None,
) -> Verdict:
    """Return what is said of a target, after the plan unless told, at its newest figure."""
    one = subject(of, members, of_kpi=kpi(kind=kind, frequency=frequency), of_plan=of_plan)
    return assess(one, today, period(asked) if asked else None)
