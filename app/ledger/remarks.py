"""Remarks: the warnings that figures came with, and what was said to them, for many at once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, select

from app.domain.finding import Finding, Severity
from app.domain.period import Period
from app.ledger.narrowing import narrowed
from app.ledger.tables import acknowledgement, finding, revision

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

    from app.ledger.catalogue import StoredCatalogue
    from app.ledger.revisions import FigureKey


@dataclass(frozen=True, slots=True)
class Remark:
    """A warning about a figure, and what was said to it last; None where nothing was."""

    warning: Finding
    answer: str | None


Made = tuple["FigureKey", int]
"""A figure, and the submission that made a revision of it."""


def remarks(
    connection: Connection, stored: StoredCatalogue, wanted: Collection[Made], upto: int
) -> dict[Made, list[Remark]]:
    """Return the warnings about the revisions wanted, in order; two reads for all of them.

    upto: a position of the journal, up to which answers count.
    """
    if not wanted:
        return {}
    periods = sorted({str(key[2]) for key, _ in wanted})
    query = (
        select(revision.c.kpi_id, revision.c.department_id, revision.c.period, finding)
        .join(
            finding,
            and_(
                finding.c.submission_id == revision.c.submission_id,
                finding.c.row_number == revision.c.row_number,
            ),
        )
        .where(
            finding.c.severity == Severity.WARNING,
            finding.c.submission_id <= upto,
            revision.c.period.between(periods[0], periods[-1]),
        )
        .order_by(finding.c.submission_id, finding.c.ordinal)
    )
    query = narrowed(query, revision.c.kpi_id, {stored.kpi_ids[key[0]] for key, _ in wanted})
    kpis = {number: code for code, number in stored.kpi_ids.items()}
    departments = {number: code for code, number in stored.department_ids.items()}
    answers = _answers(connection, upto)
    found: dict[Made, list[Remark]] = {}
    for row in connection.execute(query):
        key = (kpis[row.kpi_id], departments[row.department_id], Period.parse(row.period))
        if (key, row.submission_id) in wanted:
            warning = Finding(
                row.code, row.row_number, row.column_name, json.loads(row.details), Severity.WARNING
            )
            answer = answers.get((row.submission_id, row.ordinal))
            found.setdefault((key, row.submission_id), []).append(Remark(warning, answer))
    return found


def _answers(connection: Connection, upto: int) -> dict[tuple[int, int], str]:
    """Return what was said last to each warning, by submission and ordinal."""
    query = (
        select(acknowledgement)
        .where(acknowledgement.c.entry_id <= upto)
        .order_by(acknowledgement.c.entry_id)
    )
    return {(row.submission_id, row.ordinal): row.note for row in connection.execute(query)}
