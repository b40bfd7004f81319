"""What the answers about one target look like: its explanation, its series, its versions."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import Field

from app.api.schemas import Described, Figure, Number, PeriodText, ScoreboardRow, Target
from app.domain.attainment import Status
from app.domain.breaks import Source
from app.domain.contribution import Why
from app.domain.forecast import Outlook
from app.domain.kpi import Kind
from app.domain.lifecycle import State
from app.domain.target import Overshoot
from app.domain.trajectory import Shape


class Baseline(Described):
    """Where a target starts from."""

    period: PeriodText
    value: Number


class Trajectory(Described):
    """What is expected on the way."""

    shape: Shape
    points: dict[str, Number]


class Recorded(Described):
    """What was recorded of a version of a target."""

    version: int
    target_text: str
    due: PeriodText
    in_force_from: Annotated[
        str | None, Field(description="The first period judged by it; null for all of the plan's.")
    ]
    reason: Annotated[str | None, Field(description="Why it was set or revised.")]
    recorded_at: dt.datetime
    recorded_by: str


class TargetVersion(Target):
    """A version of a target in full, and what was recorded of it."""

    target_text: str
    recorded_at: dt.datetime
    recorded_by: str


class TargetVersions(Described):
    """Every version of a target, the oldest first."""

    as_of: dt.datetime
    items: list[TargetVersion]


class Definition(Described):
    """A version of what the KPI measures."""

    version: int
    since: Annotated[str | None, Field(description="Its first period; null for the first version.")]
    text: str | None


class Step(Described):
    """One step of the arithmetic: the rule, the rule with its numbers, the result."""

    name: str
    rule: str
    numbers: str
    result: str | Number | bool | None


class CountedFigure(Figure):
    """A figure that counts, where it stands, and what an approver said last of this revision."""

    state: State
    reviewed_at: dt.datetime | None
    reviewed_by: str | None
    reason: Annotated[str | None, Field(description="Why it was returned or reopened.")]


class Contribution(Described):
    """What a department brings, and what of the gap is its: positive where it widens it."""

    department: str
    department_name: str
    parent: Annotated[
        str | None, Field(description="The department between it and the target's own.")
    ]
    period: PeriodText
    value: Number
    weight: Annotated[Number | None, Field(description="Its denominator; null where none is used.")]
    share: Annotated[
        Number | None, Field(description="Of the weight; of a sum, of the actual; 1 is all of it.")
    ]
    contribution: Number


class MissingPart(Described):
    """A department that should count and does not, and what share of the weight is missing."""

    department: str
    department_name: str
    parent: str | None
    why: Why
    weight: Annotated[
        Number | None, Field(description="Its last known denominator, of `weight_period`.")
    ]
    weight_period: str | None
    share: Annotated[
        Number | None, Field(description="Of all weights, estimated by that; null where unknown.")
    ]
    contribution: Annotated[
        Number, Field(description="That of a milestone, which counts as 0 until reported; else 0.")
    ]


class RollUp(Described):
    """How the actual came together: bound, parts and missing add up to `distance`, the gap."""

    rule: str
    reference: Annotated[Number, Field(description="T: the bound that the gap is measured from.")]
    distance: Number
    bound: Annotated[Number, Field(description="The bound's own term in a sum; else 0.")]
    parts: list[Contribution]
    groups: Annotated[
        list[Contribution],
        Field(description="Departments between, from the top down, with what is below them."),
    ]
    missing: list[MissingPart]
    missing_share: Annotated[
        Number | None, Field(description="Of the weight, estimated; null where nothing is known.")
    ]


class Crossing(Described):
    """A break in series across which the verdict compares or adds up."""

    period: Annotated[str, Field(description="The first period after the break.")]
    definition: Annotated[Definition | None, Field(description="The one that begins there.")]
    departments: Annotated[
        list[str], Field(description="Those that marked their figure as a break (`B`).")
    ]
    note: str


class Required(Described):
    """What the periods still to come must bring for the target to be reached."""

    rule: str
    first: Annotated[str | None, Field(description="Null where nothing is still to come.")]
    last: str | None
    periods: int
    lower: Annotated[
        Number | None,
        Field(description="At least this: of a flow together, else at the due period."),
    ]
    upper: Annotated[Number | None, Field(description="At most this, likewise.")]
    lower_a_period: Annotated[
        Number | None, Field(description="The same spread evenly; null for what does not add up.")
    ]
    upper_a_period: Number | None


class ForecastPoint(Described):
    """What will count towards the target at a period, at the course on record."""

    period: PeriodText
    value: Number
    lower: Annotated[Number, Field(description="The lower end of the 80 % interval.")]
    upper: Annotated[Number, Field(description="Its upper end.")]


class Forecast(Described):
    """How the figure goes on up to the due period; it has no part in the verdict."""

    note: Annotated[
        str, Field(description="What it comes from; without points, why there is none.")
    ]
    outlook: Annotated[
        Outlook | None,
        Field(description="Whether the target is met everywhere in the due period's interval."),
    ]
    ratio: Annotated[
        Number | None,
        Field(description="That of the due period's value; null where there is none."),
    ]
    points: Annotated[
        list[ForecastPoint],
        Field(description="Period by period behind the newest figure; the last is the due one."),
    ]


class Explanation(ScoreboardRow):
    """A verdict as a chain."""

    as_of: dt.datetime
    attained: bool | None
    kind: Kind
    definition: Definition
    overshoot: Overshoot
    tolerance_band: Number
    baseline: Baseline | None
    trajectory: Trajectory
    source: str | None
    target_versions: Annotated[
        list[Recorded], Field(description="All that were on record, the oldest first.")
    ]
    steps: list[Step]
    figures: list[CountedFigure]
    missing: Annotated[list[str], Field(description="Departments that should count and do not.")]
    roll_up: Annotated[
        RollUp | None, Field(description="Null where a department's own figure counts, or none.")
    ]
    crossings: list[Crossing]
    required: Required
    forecast: Forecast


class Point(Described):
    """One period of a target's series; null where nobody posted."""

    period: PeriodText
    figure: Annotated[Number | None, Field(description="What was posted for this very period.")]
    actual: Annotated[Number | None, Field(description="What counted towards the target by then.")]
    expected: Number | None
    target_version: Annotated[int, Field(description="The version by which it is judged.")]
    definition_version: Annotated[int, Field(description="The definition it belongs to.")]
    break_by: Annotated[
        Source | None,
        Field(description="What breaks the series where this period begins; null for nothing."),
    ]
    ratio: Number | None
    pace: Number | None
    status: Status | None
    revision: int | None


class Series(Described):
    """A target, period by period."""

    plan: str
    kpi: str
    department: str
    as_of: dt.datetime
    items: list[Point]
