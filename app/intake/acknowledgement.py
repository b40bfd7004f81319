"""How reporters answer the warnings of a submission: with a note, kept for ever.

Weighed and written in the one writer's transaction, all or nothing. An answer can be given again
in other words; what was said before stays on record.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from app.domain.finding import Finding, Severity
from app.errors import NotFound, NothingToReview, NotPermitted, Refused
from app.intake.resources import LongText, Resource, Whole
from app.ledger import acknowledgements, journal, submissions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from app.domain.access import Actor
    from app.domain.catalogue import Catalogue
    from app.ledger.acknowledgements import Acknowledgement
    from app.ledger.office import Office

MOST_AT_ONCE = 1000
"""No delivery has more warnings than these, and one that speaks of the others."""


class NoteResource(Resource):
    """An answer to one warning.

    The warning is named by `finding`, its place among the receipt's findings, from 1; or by its
    `code`, and its `row` where it has one, if no other warning of the submission has both.
    """

    finding: Annotated[Whole, Field(ge=1)] | None = None
    code: LongText | None = None
    row: Annotated[Whole, Field(ge=1)] | None = None
    note: LongText

    @model_validator(mode="after")
    def _named_once(self) -> NoteResource:
        if (self.finding is None) == (self.code is None) or (self.row and not self.code):
            raise PydanticCustomError("finding_unnamed", "not one name")
        return self


class AcknowledgementResource(Resource):
    """Answers to warnings of one submission."""

    acknowledgements: Annotated[list[NoteResource], Field(min_length=1, max_length=MOST_AT_ONCE)]


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of answers: how many are new, how many stood there already, and what stands."""

    recorded: int
    unchanged: int
    standing: tuple[Acknowledgement, ...]


def acknowledge(
    office: Office, number: int, notes: Sequence[NoteResource], actor: Actor
) -> Answered:
    """Keep answers to the warnings of a submission.

    Raises NotFound for a submission that is not there; NotPermitted for warnings about departments
    out of reach; NothingToReview where no figure came from the submission; Refused for what names
    no warning, or not one alone. The same note again changes nothing.
    """
    now = office.clock()
    with office.database.write() as connection:
        receipt = submissions.get(connection, number)
        if receipt is None:
            raise NotFound(f"there is no submission {number}")
        brought = acknowledgements.departments_of(connection, number)
        findings = receipt.result.findings
        named, problems = _named(findings, notes)
        asked = [findings[ordinal - 1].row for ordinal in named]
        _check_reach(actor, office.catalogue(connection).catalogue, brought, asked)
        if problems:
            raise Refused("not every answer names one warning", problems)
        if not brought:
            raise NothingToReview("no figure came from this submission")
        said = acknowledgements.standing(acknowledgements.of_submission(connection, number))
        new = {
            ordinal: note
            for ordinal, note in named.items()
            if ordinal not in said or said[ordinal].note != note
        }
        if new:
            entry = journal.record(
                connection,
                journal.EntryKind.ACKNOWLEDGEMENT,
                "acknowledge",
                f"submission {number}",
                actor=actor,
                now=now,
            )
            acknowledgements.append(connection, entry.id, number, new)
        stands = acknowledgements.standing(acknowledgements.of_submission(connection, number))
    return Answered(len(new), len(named) - len(new), tuple(stands.values()))


def _check_reach(
    actor: Actor, catalogue: Catalogue, brought: Mapping[int, str], rows: Iterable[int | None]
) -> None:
    """Let a reporter answer for rows of its departments; for a whole file only if all are its."""
    wanted: set[str] = set()
    for row in [*rows] or [None]:
        its = None if row is None else brought.get(row)
        wanted |= set(brought.values()) if its is None else {its}
    if not all(actor.reaches(catalogue, department) for department in wanted):
        raise NotPermitted("this is out of the key's reach")


def _named(
    findings: Sequence[Finding], notes: Sequence[NoteResource]
) -> tuple[dict[int, str], list[Finding]]:
    """Return the notes by the ordinals of the warnings that they name, and what is wrong."""
    found: dict[int, str] = {}
    problems = []
    for place, note in enumerate(notes, 1):
        ordinals = _ordinals(findings, note)
        code = _problem(findings, ordinals, found)
        if code is None:
            found[ordinals[0]] = note.note
        else:
            column = "code" if note.finding is None else "finding"
            problems.append(Finding(code, place, column))
    return found, problems


def _ordinals(findings: Sequence[Finding], note: NoteResource) -> list[int]:
    if note.finding is not None:
        return [note.finding] if note.finding <= len(findings) else []
    return [
        ordinal
        for ordinal, found in enumerate(findings, 1)
        if (found.code, found.row) == (note.code, note.row)
    ]


def _problem(
    findings: Sequence[Finding], ordinals: Sequence[int], taken: Mapping[int, str]
) -> str | None:
    if not ordinals:
        return "no_such_finding"
    if len(ordinals) > 1:
        return "several_findings"
    if findings[ordinals[0] - 1].severity is not Severity.WARNING:
        return "not_a_warning"
    return "finding_answered_twice" if ordinals[0] in taken else None
