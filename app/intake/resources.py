"""The catalogue's resources as they are written: in PUT bodies, GET answers and YAML files alike.

Each model is strict (unknown fields are refused, numbers are read by us from their own text) and
converts to and from its pure counterpart in the domain.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)
from pydantic_core import PydanticCustomError

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
from app.domain.number import NumberError, parse_number
from app.domain.period import Frequency, Period
from app.domain.target import (
    DEFAULT_TOLERANCE_BAND,
    Baseline,
    GoalError,
    Overshoot,
    Target,
    parse_goal,
)
from app.domain.trajectory import Shape, Trajectory, default_shape
from app.intake.limits import bad_character
from app.intake.strict_json import JsonNumber

CODE = r"^[a-z][a-z0-9-]{0,63}$"


def _number(value: Any) -> Decimal:  # noqa: ANN401 - whatever the document held
    if isinstance(value, Decimal):
        return value
    text = value.text if isinstance(value, JsonNumber) else value
    if not isinstance(text, str):
        raise PydanticCustomError("wrong_type", "number", {"expected": "a number"})
    try:
        return parse_number(text)
    except NumberError as error:
        raise PydanticCustomError(_literal(error.code), "number", {"text": text[:100]}) from error


def _literal(code: str) -> Any:  # noqa: ANN401 - pydantic wants a literal string
    return code


def _whole(value: Any) -> int:  # noqa: ANN401 - whatever the document held
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    number = _number(value)
    if number != number.to_integral_value():
        raise PydanticCustomError("wrong_type", "whole", {"expected": "a whole number"})
    return int(number)


def _text(value: Any) -> str:  # noqa: ANN401 - whatever the document held
    if not isinstance(value, str):
        raise PydanticCustomError("wrong_type", "text", {"expected": "text"})
    if (character := bad_character(value)) is not None:
        raise PydanticCustomError("bad_character", "text", {"character": character})
    return value.strip()


def _period(value: Any) -> Period:  # noqa: ANN401 - whatever the document held
    # `due: 2013` is a number to YAML and to JSON, and means the year.
    text = value.text if isinstance(value, JsonNumber) else value
    if isinstance(text, Period):
        return text
    try:
        return Period.parse(_text(text))
    except ValueError as error:
        raise PydanticCustomError("unknown_period", "period", {"text": str(text)[:100]}) from error


def _goal(value: Any) -> str:  # noqa: ANN401 - whatever the document held
    try:
        return str(parse_goal(_text(value)))
    except GoalError as error:
        raise PydanticCustomError("not_a_target", "goal", {"problem": str(error)}) from error


_PERIOD_SCHEMA = {
    "type": "string",
    "pattern": r"^\d{4}(-Q[1-4]|-\d{2})?$",
    "examples": ["2013-12"],
}
Number = Annotated[Decimal, BeforeValidator(_number), WithJsonSchema({"type": "number"})]
Whole = Annotated[int, BeforeValidator(_whole), WithJsonSchema({"type": "integer"})]
Text = Annotated[str, BeforeValidator(_text), Field(min_length=1, max_length=200)]
LongText = Annotated[str, BeforeValidator(_text), Field(min_length=1, max_length=4000)]
Code = Annotated[str, BeforeValidator(_text), Field(pattern=CODE, examples=["invention-pendency"])]
PeriodText = Annotated[
    Any, BeforeValidator(_period), PlainSerializer(str), WithJsonSchema(_PERIOD_SCHEMA)
]
GoalText = Annotated[
    str,
    BeforeValidator(_goal),
    WithJsonSchema({"type": "string", "examples": ["<= 22.5", ">= 3.3", "~ 20", "3..5", "done"]}),
]


class Resource(BaseModel):
    """Base of the four: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PlanResource(Resource):
    """A plan: a named span of time with targets."""

    code: Code
    name_zh: Text
    name_en: Text
    start: PeriodText
    end: PeriodText
    source: LongText | None = None

    def to_domain(self) -> Plan:
        """Return the plan."""
        return Plan(self.code, self.name_zh, self.name_en, self.start, self.end, self.source)

    @classmethod
    def from_domain(cls, plan: Plan) -> Self:
        """Make the resource of a plan."""
        return cls(
            code=plan.code,
            name_zh=plan.name_zh,
            name_en=plan.name_en,
            start=plan.start,
            end=plan.end,
            source=plan.source,
        )


class DepartmentResource(Resource):
    """A department: who reports and who is answerable."""

    code: Code
    name_zh: Text
    name_en: Text
    kind: DepartmentKind
    parent: Code | None = None

    def to_domain(self) -> Department:
        """Return the department."""
        return Department(self.code, self.name_zh, self.name_en, self.kind, self.parent)

    @classmethod
    def from_domain(cls, department: Department) -> Self:
        """Make the resource of a department."""
        return cls(
            code=department.code,
            name_zh=department.name_zh,
            name_en=department.name_en,
            kind=department.kind,
            parent=department.parent,
        )


class SumOfResource(Resource):
    """Which flow a stock is the running total of, and since when: the year's beginning, or ever."""

    kpi: Code
    over: Over


class DefinitionResource(Resource):
    """One version of a KPI's definition, and the first period whose figures belong to it."""

    version: Annotated[Whole, Field(ge=1)]
    since: PeriodText | None = None
    text: LongText | None = None


class KpiResource(Resource):
    """A KPI: what is measured, once and for all.

    `definitions`: where the definition has changed, all its versions, the first one included;
    `definition` is what the newest says. Another wording of the same definition is no version.
    """

    code: Code
    name_zh: Text
    name_en: Text
    unit_zh: Text
    unit_en: Text
    kind: Kind
    frequency: Frequency
    direction: Direction = Direction.NONE
    decimals: Annotated[Whole, Field(ge=0, le=6)] = 2
    due_days: Annotated[Whole, Field(ge=0, le=366)] = 10
    factor: Annotated[Number, Field(gt=0)] = Decimal(1)
    monotone: bool = False
    minimum: Number | None = None
    maximum: Number | None = None
    definition: LongText | None = None
    early_figures: bool = False
    sum_of: SumOfResource | None = None
    reported_by: list[Code] = []
    definitions: Annotated[list[DefinitionResource], Field(max_length=100)] = []

    @field_validator("definitions")
    @classmethod
    def _newest_is_the_definition(
        cls, listed: list[DefinitionResource], info: ValidationInfo
    ) -> list[DefinitionResource]:
        given = info.data.get("definition")
        if listed and given is not None and given != listed[-1].text:
            raise PydanticCustomError("definition_differs", "definitions")
        return listed

    def to_domain(self) -> Kpi:
        """Return the KPI; the departments that report it come out sorted."""
        values: dict[str, Any] = {name: getattr(self, name) for name in type(self).model_fields}
        total = None if self.sum_of is None else SumOf(self.sum_of.kpi, self.sum_of.over)
        values |= {"sum_of": total, "reported_by": tuple(sorted(set(self.reported_by)))}
        listed = [Definition(one.version, one.since, one.text) for one in self.definitions]
        if listed:
            values["definition"] = listed[-1].text
        is_one = len(listed) == 1 and (listed[0].version, listed[0].since) == (1, None)
        return Kpi(**{**values, "definitions": () if is_one else tuple(listed)})

    @classmethod
    def from_domain(cls, kpi: Kpi) -> Self:
        """Make the resource of a KPI."""
        values: dict[str, Any] = {name: getattr(kpi, name) for name in cls.model_fields}
        total = None
        if kpi.sum_of is not None:
            total = SumOfResource(kpi=kpi.sum_of.kpi, over=kpi.sum_of.over)
        listed = [
            DefinitionResource(version=one.version, since=one.since, text=one.text)
            for one in kpi.definitions
        ]
        values |= {"sum_of": total, "reported_by": list(kpi.reported_by)}
        return cls(**{**values, "definitions": listed})


class BaselineResource(Resource):
    """Where a target starts from."""

    period: PeriodText
    value: Number


class TrajectoryResource(Resource):
    """What is expected on the way: a shape, and the points given with it."""

    shape: Shape
    points: dict[PeriodText, Number] = {}


class TargetResource(Resource):
    """A target: what is to be reached by when, for a plan, a KPI and a department.

    `in_force_from`: the first period that is judged by this version; all of the plan's unless
    given. `reason`: why the target is as it is, above all why it was revised.
    """

    plan: Code
    kpi: Code
    department: Code
    target: GoalText
    due: PeriodText
    overshoot: Overshoot = Overshoot.MET
    tolerance_band: Annotated[Number, Field(ge=0, le=1)] = DEFAULT_TOLERANCE_BAND
    baseline: BaselineResource | None = None
    trajectory: TrajectoryResource | None = None
    weight: Annotated[Number, Field(ge=0)] | None = None
    source: LongText | None = None
    in_force_from: PeriodText | None = None
    reason: LongText | None = None

    def to_domain(self, kind: Kind) -> Target:
        """Return the target; `kind` of its KPI gives the trajectory where none is named."""
        if self.trajectory is None:
            trajectory = Trajectory(default_shape(kind))
        else:
            trajectory = Trajectory(self.trajectory.shape, self.trajectory.points)
        baseline = None
        if self.baseline is not None:
            baseline = Baseline(self.baseline.period, self.baseline.value)
        return Target(
            plan=self.plan,
            kpi=self.kpi,
            department=self.department,
            goal=parse_goal(self.target),
            due=self.due,
            trajectory=trajectory,
            overshoot=self.overshoot,
            tolerance_band=self.tolerance_band,
            baseline=baseline,
            weight=self.weight,
            source=self.source,
            in_force_from=self.in_force_from,
            reason=self.reason,
        )

    @classmethod
    def from_domain(cls, target: Target) -> Self:
        """Make the resource of a target."""
        baseline = None
        if target.baseline is not None:
            known = target.baseline
            baseline = BaselineResource(period=known.period, value=known.value)
        return cls(
            plan=target.plan,
            kpi=target.kpi,
            department=target.department,
            target=str(target.goal),
            due=target.due,
            overshoot=target.overshoot,
            tolerance_band=target.tolerance_band,
            baseline=baseline,
            trajectory=TrajectoryResource(
                shape=target.trajectory.shape, points=dict(target.trajectory.points)
            ),
            weight=target.weight,
            source=target.source,
            in_force_from=target.in_force_from,
            reason=target.reason,
        )


AnyResource = PlanResource | DepartmentResource | KpiResource | TargetResource
ResourceName = Literal["plan", "department", "kpi", "target"]
RESOURCES: dict[ResourceName, type[AnyResource]] = {
    "department": DepartmentResource,
    "plan": PlanResource,
    "kpi": KpiResource,
    "target": TargetResource,
}
"""In the order in which they can be loaded: each names only what stands before it."""
