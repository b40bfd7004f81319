"""What the tests of reviews share: posting, asking, and what is on record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from app.domain.access import Actor, Role
from app.intake.review import ReopeningResource, Spoken
from app.ledger import journal, reviews, tables
from tests.factories import period
from tests.ledger.small_office import row, send

if TYPE_CHECKING:
    from app.domain.lifecycle import Review, State
    from app.ledger.office import Office
    from app.ledger.submissions import Receipt

MARCH = ("pendency", "exam", period("2013-03"))
OTHER = Actor("other approver", Role.APPROVER)


def post(office: Office, *rows: dict[str, object]) -> int:
    """Post rows that are taken, March's 22.5 unless given any; returns the submission."""
    receipt = send(office, *(rows or (row("22.5"),)))
    assert receipt.result.counts.rejected == 0, receipt.result.findings
    assert receipt.id is not None
    return receipt.id


def order(reason: str = "audited", **more: object) -> ReopeningResource:
    named = {"kpi": "pendency", "department": "exam", "period": "2013-03", "reason": reason}
    return ReopeningResource.model_validate({**named, **more})


def states(spoken: Spoken) -> dict[str, State]:
    return {str(figure.key[2]): figure.state for figure in spoken.figures}


def entries(office: Office) -> list[tuple[str, str, str]]:
    """Return what the journal says of reviews: action, subject, actor."""
    where = tables.journal.c.kind == journal.EntryKind.REVIEW
    with office.database.read() as connection:
        rows = connection.execute(select(tables.journal).where(where).order_by("id")).all()
    return [(line.action, line.subject, line.actor) for line in rows]


def codes(receipt: Receipt) -> list[str]:
    return [found.code for found in receipt.result.findings]


def last(office: Office, upto: int | None = None) -> Review | None:
    with office.database.read() as connection:
        stored = office.catalogue(connection)
        return reviews.last(connection, stored, [MARCH], upto).get(MARCH)


def count_of_entries(office: Office) -> int:
    with office.database.read() as connection:
        return connection.execute(select(func.count()).select_from(tables.journal)).scalar_one()
