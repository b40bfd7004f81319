"""What every reader gives: the delivered rows as columns of raw text, with their addresses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.domain.finding import Finding

FIELDS = (
    "kpi",
    "department",
    "period",
    "value",
    "numerator",
    "denominator",
    "observation_status",
    "note",
    "reason",
    "definition_version",
)


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a delivery, by column.

    columns: per field of `FIELDS` that was delivered, the raw text of each row, all of the same
    length; "" where the cell is empty.
    numbers: per row its address: the row in the file (the header is row 1), or the place in
    `actuals`, from 1. Blank rows are left out and counted.
    headers: per field, the header as the file has it, for findings' columns.
    typed_by_people: whether full-width digits, thousands separators and other spellings of a
    period are read (files and forms), or only the canonical ones (JSON).
    comma_is_doubtful: whether a comma in a number may be a decimal one, as in a file whose cells
    are separated by semicolons for that very reason.
    findings: what was wrong with the file or with a row that could not be put into columns; rows
    named by an error here are refused whatever else they hold.
    """

    columns: Mapping[str, Sequence[str]]
    numbers: Sequence[int]
    headers: Mapping[str, str]
    typed_by_people: bool
    findings: tuple[Finding, ...] = field(default=())
    comma_is_doubtful: bool = False

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.numbers)
