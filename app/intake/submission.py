"""How a delivery comes in, from top to bottom.

`receive` stores what came to pass, also when it is a refusal: raising would roll the evidence
back. It raises only when it cannot go on (the database is gone), or when an idempotency key comes
back with another body.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.domain.finding import Finding
from app.errors import IdempotencyMismatch, Refused, UnsupportedMedia
from app.intake.actuals_json import read_actuals
from app.intake.decision import changing, decide
from app.intake.limits import BAD_CHARACTER
from app.intake.plausibility import questions
from app.intake.tabular import read_csv
from app.intake.validation import check
from app.intake.workbook import read_workbook
from app.ledger import journal, reviews, revisions, submissions
from app.ledger.submissions import NewSubmission, OnError, Outcome, Receipt, Result, Source
from app.ledger.tables import NAME_LENGTH

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

    from app.domain.access import Actor
    from app.domain.lifecycle import Review
    from app.intake.table import Table
    from app.ledger.catalogue import StoredCatalogue
    from app.ledger.office import Office
    from app.ledger.revisions import Change, FigureKey

JSON = "application/json"
CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery that has been read: its rows, and what is known of it."""

    table: Table
    new: NewSubmission


@dataclass(frozen=True, slots=True)
class Post:
    """A delivery as it arrived: bytes of a media type, and how it wants to be taken."""

    body: bytes
    media_type: str
    charset: str | None = None
    filename: str | None = None
    on_error: OnError = OnError.REJECT
    idempotency_key: str | None = None


def read(post: Post, actor: Actor) -> Delivery:
    """Put a delivery's bytes into a table.

    Raises UnsupportedMedia for formats not read, Refused for an idempotency key that cannot be
    kept. A reader for another format is one more line here.
    """
    _check_key(post.idempotency_key)
    if post.media_type == JSON:
        source, table = Source.API, read_actuals(post.body)
    elif post.media_type == CSV:
        source, table = Source.CSV, read_csv(post.body, post.charset)
    elif post.media_type == XLSX:
        source, table = Source.XLSX, read_workbook(post.body)
    else:
        msg = f"{post.media_type or 'a body without a Content-Type'} is not read here"
        raise UnsupportedMedia(msg)
    new = NewSubmission(
        source=source,
        fingerprint=hashlib.sha256(post.body).hexdigest(),
        on_error=post.on_error,
        filename=_keepable(post.filename),
        api_key_id=actor.key,
        user_id=actor.user,
        idempotency_key=post.idempotency_key,
    )
    return Delivery(table, new)


def _check_key(key: str | None) -> None:
    if key is not None and len(key) > NAME_LENGTH:
        found = Finding("too_long", column="Idempotency-Key", values={"limit": str(NAME_LENGTH)})
        raise Refused("the Idempotency-Key is too long", [found])


def _keepable(filename: str | None) -> str | None:
    """Return a file's name as the store can keep it; it comes from outside, and is only shown."""
    if not filename:
        return None
    return BAD_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", filename)[:NAME_LENGTH]


def receive(office: Office, delivery: Delivery, actor: Actor) -> Receipt:
    """Take a delivery in, or refuse it; either way it is on record when this returns."""
    now = office.clock()
    with office.database.write() as connection:
        earlier = _answered_before(connection, delivery.new)
        if earlier is not None:
            return earlier
        changes, result = _weigh(office, connection, delivery, actor)
        entry = journal.record(
            connection,
            journal.EntryKind.SUBMISSION,
            result.outcome,
            delivery.new.filename or delivery.new.source,
            actor=actor,
            now=now,
        )
        submissions.append(connection, entry.id, delivery.new, result)
        stored = office.catalogue(connection)
        revisions.append(connection, stored, entry.id, changes)
    return Receipt(
        id=entry.id,
        received_at=entry.recorded_at,
        submitted_by=actor.name,
        source=delivery.new.source,
        filename=delivery.new.filename,
        fingerprint=delivery.new.fingerprint,
        result=result,
    )


def rehearse(office: Office, delivery: Delivery, actor: Actor) -> Receipt:
    """Say what `receive` would answer, and keep nothing."""
    with office.database.read() as connection:
        _, result = _weigh(office, connection, delivery, actor)
    return Receipt(
        id=None,
        received_at=None,
        submitted_by=actor.name,
        source=delivery.new.source,
        filename=delivery.new.filename,
        fingerprint=delivery.new.fingerprint,
        result=result,
    )


def _weigh(
    office: Office, connection: Connection, delivery: Delivery, actor: Actor
) -> tuple[list[Change], Result]:
    stored = office.catalogue(connection)
    checked = check(delivery.table, stored.catalogue, actor, office.today())
    current = revisions.current(connection, stored, [entry.key for entry in checked.entries])
    # Warnings ride along with the errors: one read of a file tells all of both, and none refuses.
    odd = questions(connection, stored, delivery.table, checked.entries, changing(checked, current))
    checked = replace(checked, findings=(*checked.findings, *odd))
    known = [entry.key for entry in checked.entries if entry.key in current]
    said = _last_reviews(office, connection, stored, known)
    kpis = stored.catalogue.kpis
    return decide(checked, delivery.table, current, kpis, delivery.new.on_error, said)


def _last_reviews(
    office: Office,
    connection: Connection,
    stored: StoredCatalogue,
    keys: Collection[FigureKey],
) -> dict[FigureKey, Review]:
    """Return what was said last of figures on record, at the hours of the office's clock."""
    return {
        key: replace(last, at=last.at.astimezone(office.zone))
        for key, last in reviews.last(connection, stored, keys).items()
    }


def _answered_before(connection: Connection, new: NewSubmission) -> Receipt | None:
    """Return the first answer to an idempotency key; raises IdempotencyMismatch.

    Why this is safe: it runs in the one writer's transaction, so of two equal deliveries that
    arrive together the second always sees the first.
    """
    if new.idempotency_key is None:
        return None
    earlier = submissions.same_key(
        connection, new.api_key_id, new.idempotency_key, user_id=new.user_id
    )
    if earlier is not None and earlier.fingerprint != new.fingerprint:
        msg = "this Idempotency-Key came before with another body"
        raise IdempotencyMismatch(msg)
    return earlier


def is_refusal(receipt: Receipt) -> bool:
    """Tell whether nothing of a delivery stands."""
    return receipt.result.outcome is Outcome.REFUSED
