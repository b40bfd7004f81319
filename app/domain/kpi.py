"""What is measured: a KPI, its kind, and who reports it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.domain.period import Frequency, Period


class Kind(StrEnum):
    """How periods and departments of a KPI add up."""

    LEVEL = "level"
    """The latest period counts; over departments, the mean weighted by denominator."""
    STOCK = "stock"
    """The latest period counts; over departments, the sum."""
    FLOW = "flow"
    """The sum over the plan's periods so far; over departments, the sum."""
    RATIO = "ratio"
    """The latest period counts; over departments, summed numerators over summed denominators."""
    MILESTONE = "milestone"
    """A fraction complete, 0 to 1; the latest period counts."""


class Direction(StrEnum):
    """Which way is better, for trend and pages; the verdict goes by the target's comparator."""

    LOWER = "lower"
    HIGHER = "higher"
    NONE = "none"


class DepartmentKind(StrEnum):
    """What a department is."""

    OFFICE = "office"
    DEPARTMENT = "department"
    CENTRE = "centre"
    REGION = "region"


class Over(StrEnum):
    """Since when a total adds up a flow."""

    YEAR = "year"
    """Since the year's beginning: the year to date."""
    EVER = "ever"
    """Since records began: the cumulative total."""


@dataclass(frozen=True, slots=True)
class SumOf:
    """What a stock is the running total of: a flow of the same frequency, and since when."""

    kpi: str
    over: Over


@dataclass(frozen=True, slots=True)
class Definition:
    """One version of what a KPI measures: clock start and stop, exclusions, averaging window.

    since: the first period whose figures belong to it; None for the first version.
    """

    version: int
    since: Period | None
    text: str | None


@dataclass(frozen=True, slots=True)
class Plan:
    """A named span of time with targets."""

    code: str
    name_zh: str
    name_en: str
    start: Period
    end: Period
    source: str | None = None

    def overlaps(self, other: Plan) -> bool:
        """Tell whether some day lies in both."""
        return (
            self.start.first_day <= other.end.last_day
            and other.start.first_day <= self.end.last_day
        )


@dataclass(frozen=True, slots=True)
class Department:
    """Who reports and who is answerable; departments form a tree."""

    code: str
    name_zh: str
    name_en: str
    kind: DepartmentKind
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Kpi:
    """What is measured, once and for all.

    definition: what the newest definition says. definitions: all of them, the oldest first, where
    there is more than one; a new wording of the same definition is not among them.
    """

    code: str
    name_zh: str
    name_en: str
    unit_zh: str
    unit_en: str
    kind: Kind
    frequency: Frequency
    direction: Direction = Direction.NONE
    decimals: int = 2
    due_days: int = 10
    factor: Decimal = Decimal(1)
    monotone: bool = False
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    definition: str | None = None
    early_figures: bool = False
    sum_of: SumOf | None = None
    reported_by: tuple[str, ...] = ()
    definitions: tuple[Definition, ...] = ()

    def definition_at(self, period: Period) -> Definition:
        """Return the definition that a period's figures belong to."""
        for known in reversed(self.definitions):
            if known.since is None or known.since.ordinal <= period.ordinal:
                return known
        return Definition(1, None, self.definition)

    @property
    def hard_minimum(self) -> Decimal | None:
        """The lowest figure that is taken; a milestone's is 0 unless it says otherwise."""
        if self.minimum is None and self.kind is Kind.MILESTONE:
            return Decimal(0)
        return self.minimum

    @property
    def hard_maximum(self) -> Decimal | None:
        """The highest figure that is taken; a milestone's is 1 unless it says otherwise."""
        if self.maximum is None and self.kind is Kind.MILESTONE:
            return Decimal(1)
        return self.maximum
