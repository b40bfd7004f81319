"""What answers look like, for the API's description.

Answers are built as plain values and written by `exact_json`; these models describe them, and the
tests hold every answer against them. The catalogue's resources describe themselves
(`app.intake.resources`).
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from app.domain.attainment import Status
from app.domain.figure import ObservationStatus
from app.domain.finding import Severity
from app.domain.lifecycle import Action, Party, State
from app.domain.target import Comparator
from app.intake.resources import TargetResource
from app.ledger.submissions import Outcome, Source

Number = Annotated[Decimal, WithJsonSchema({"type": "number"})]
PeriodText = Annotated[str, Field(examples=["2013-03"])]
T = TypeVar("T")


class Described(BaseModel):
    """Base of all: nothing stands in an answer that is not described."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Page(Described, Generic[T]):
    """One page of a list."""

    items: list[T]
    next: Annotated[str | None, Field(description="The cursor of the next page; null at the end.")]


class Target(TargetResource):
    """A target as it is answered: with the version that is in force."""

    version: Annotated[int, Field(json_schema_extra={"readOnly": True})]


class Finding(Described):
    """One thing wrong or odd."""

    severity: Severity
    code: Annotated[str, Field(description="What is wrong, for programs.")]
    row: Annotated[
        int | None,
        Field(description="The row in the file (the header is row 1), or the place in `actuals`."),
    ]
    column: Annotated[str | None, Field(description="The header, the field, or the parameter.")]
    message: Annotated[str, Field(description="What is wrong, for people.")]


class ReceiptLine(Described):
    """A submission without its findings."""

    id: Annotated[int | None, Field(description="Null for a dry run, which is not kept.")]
    status: Outcome
    source: Source
    filename: str | None
    received_at: dt.datetime | None
    submitted_by: str
    received: Annotated[int, Field(description="Rows: created + revised + unchanged + rejected.")]
    created: int
    revised: int
    unchanged: int
    rejected: int


class Acknowledgement(Described):
    """What somebody said to a warning, and which it is."""

    finding: Annotated[int, Field(description="Its place among the receipt's findings, from 1.")]
    code: str
    row: int | None
    note: str
    acknowledged_by: str
    acknowledged_at: dt.datetime


class Answered(Described):
    """What came of answers to warnings."""

    recorded: Annotated[int, Field(description="Answers that are new.")]
    unchanged: Annotated[int, Field(description="Answers that stood there already.")]
    acknowledgements: Annotated[
        list[Acknowledgement], Field(description="What was said last to each warning.")
    ]


class Receipt(ReceiptLine):
    """A submission: what was received, what became of it, everything that was found."""

    findings: list[Finding]
    acknowledgements: Annotated[
        list[Acknowledgement], Field(description="What was said last to each warning.")
    ]


class PassedReview(Described):
    """What an approver did with figures of a submission, and with how many."""

    action: Action
    reviewed_at: dt.datetime
    reviewed_by: str
    reason: str | None
    figures: int


class Reviews(Described):
    """What approvers have done with the figures of a submission, the oldest first."""

    items: list[PassedReview]
    acknowledgements: Annotated[
        list[Acknowledgement], Field(description="All that was said to warnings, the oldest first.")
    ]


class Problem(BaseModel):
    """An error, after RFC 9457. A refused submission's receipt stands in it as members."""

    model_config = ConfigDict(extra="allow", frozen=True)

    type: Annotated[str, Field(description="What kind of error it is, for programs.")]
    title: str
    status: Annotated[int, Field(description="The HTTP status.")]
    detail: str
    findings: list[Finding] | None = None


class Figure(Described):
    """A figure as it was posted, and in `actual` the number that it stands for."""

    department: str
    period: PeriodText
    value: Number | None
    numerator: Number | None
    denominator: Number | None
    actual: Number | None
    observation_status: ObservationStatus
    definition_version: Annotated[
        int, Field(description="The version of the KPI's definition that the period belongs to.")
    ]
    note: str | None
    revision: int
    submission: int
    recorded_at: dt.datetime


class Actual(Figure):
    """The figure for a KPI, a department and a period."""

    kpi: str


class Revision(Described):
    """One line of a figure's history."""

    revision: int
    value: Number | None
    numerator: Number | None
    denominator: Number | None
    observation_status: ObservationStatus
    note: str | None
    reason: str | None
    source: Source
    submission: int
    row: int
    recorded_by: str
    recorded_at: dt.datetime


class History(Described):
    """Every revision of one figure, the oldest first."""

    kpi: str
    department: str
    period: PeriodText
    items: list[Revision]


class ReviewedFigure(Described):
    """A figure on record, where it stands, and what an approver said last of this revision."""

    kpi: str
    department: str
    period: PeriodText
    revision: int
    submission: int
    state: State
    reviewed_at: dt.datetime | None
    reviewed_by: str | None
    reason: Annotated[str | None, Field(description="Why it was returned or reopened.")]


class Spoken(Described):
    """What an approver's word came to."""

    figures: list[ReviewedFigure]
    superseded: Annotated[
        list[ReviewedFigure],
        Field(description="Figures of the submission that newer ones stand in place of: these."),
    ]


class ReportingRow(Described):
    """An expected figure: where it stands, and whose turn it is."""

    kpi: str
    kpi_name: str
    department: str
    department_name: str
    period: PeriodText
    state: State
    awaited: Annotated[Party | None, Field(description="Whose turn it is; null for nobody's.")]
    due: Annotated[dt.datetime, Field(description="In time is what is posted before this.")]
    days_overdue: Annotated[
        int | None, Field(description="Days begun since then; null where nothing is overdue.")
    ]
    submitted_at: Annotated[
        dt.datetime | None, Field(description="When its first revision was recorded.")
    ]
    revision: int | None
    submission: Annotated[int | None, Field(description="Where this revision came from.")]
    reviewed_at: Annotated[
        dt.datetime | None, Field(description="Of this revision; null once a newer one is in.")
    ]
    reviewed_by: str | None
    reason: Annotated[str | None, Field(description="Why it was returned or reopened.")]


class Completeness(Described):
    """Of the figures expected, those that are in."""

    expected: int
    posted: int
    ratio: Annotated[Number | None, Field(description="Null where nothing is expected.")]


class Timeliness(Described):
    """Of the figures expected, those whose first revision came before the deadline."""

    expected: int
    on_time: int
    ratio: Annotated[Number | None, Field(description="Null where nothing is expected.")]


class Reporting(Page[ReportingRow]):
    """A page of the expected figures, with the rates of the whole selection."""

    completeness: Completeness
    timeliness: Timeliness


class ScoreboardRow(Described):
    """A target with its verdict; null stands where a number has no meaning."""

    plan: str
    kpi: str
    kpi_name: str
    department: str
    department_name: str
    unit: str
    comparator: Comparator
    lower: Number | None
    upper: Number | None
    target_text: str
    target_version: Annotated[int, Field(description="The version by which it is judged.")]
    due: PeriodText
    period: Annotated[str | None, Field(description="The period that the verdict speaks for.")]
    actual: Number | None
    expected: Number | None
    ratio: Number | None
    pace: Number | None
    progress: Number | None
    gap: Annotated[
        Number | None,
        Field(description="Distance to the bound in the KPI's unit, positive while it is not met."),
    ]
    status: Status
    revision: int | None
    submitted_at: dt.datetime | None
    target_recorded_at: dt.datetime
    target_in_force_from: Annotated[
        str | None, Field(description="The first period judged by it; null for all of the plan's.")
    ]
    target_reason: Annotated[str | None, Field(description="Why it was set or revised.")]
    target_text_before: Annotated[str | None, Field(description="What the version before said.")]
    definition_version: Annotated[
        int | None, Field(description="The definition that `period` belongs to.")
    ]
    breaks: Annotated[
        list[str],
        Field(description="Breaks in series, each by its first period, that the line crosses."),
    ]
