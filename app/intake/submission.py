"""How a delivery comes in, from top to bottom.

`receive` stores what came to pass, also when it is a refusal: raising would roll the evidence
back. It raises only when it cannot go on (the database is gone), or when an idempotency key comes
back with another body.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from app.domain.finding import Finding
from app.errors import IdempotencyMismatch, NotAuthenticated, Refused, UnsupportedMedia
from app.intake.actuals_json import read_actuals
from app.intake.collecting import uncollected
from app.intake.decision import decide
from app.intake.limits import BAD_CHARACTER
from app.intake.plausibility import questions
from app.intake.record import Record
from app.intake.tabular import read_csv
from app.intake.validation import check
from app.intake.workbook import read_workbook
from app.ledger import journal, keys, revisions, submissions
from app.ledger.places import MOST_PLACES
from app.ledger.submissions import NewSubmission, OnError, Outcome, Receipt, Result, Source
from app.ledger.tables import NAME_LENGTH

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Sequence

    from sqlalchemy import Connection

    from app.domain.access import Actor
    from app.intake.table import Table
    from app.intake.validation import Checked
    from app.ledger.catalogue import StoredCatalogue
    from app.ledger.office import Office
    from app.ledger.revisions import Change

JSON = "application/json"
CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BY_SUFFIX = {
    ".csv": CSV,
    ".json": JSON,
    ".xlsx": XLSX,
    # Not read, but told what they are by who reads the others.
    **dict.fromkeys((".xlsm", ".xls", ".ods"), XLSX),
}
"""What a file is by its name's ending."""


class Delivery(NamedTuple):
    """A delivery that has been read: its rows, and what is known of it."""

    table: Table
    new: NewSubmission


class Post(NamedTuple):
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


class Sent(NamedTuple):
    """A delivery and who sends it.

    as_of: the newest entry about keys when the sender's was looked up, where that was before.
    """

    delivery: Delivery
    actor: Actor
    as_of: int | None = None


Answer = Receipt | Exception
"""A delivery's receipt, or what is raised where it came from."""


def receive(office: Office, delivery: Delivery, actor: Actor) -> Receipt:
    """Take a delivery in, or refuse it; either way it is on record when this returns.

    Raises IdempotencyMismatch.
    """
    (answer,) = receive_all(office, [Sent(delivery, actor)])
    if isinstance(answer, Exception):
        raise answer
    return answer


def receive_all(office: Office, sent: Sequence[Sent]) -> list[Answer]:
    """Take deliveries in, one after the other, all in one transaction.

    Each sees what the ones before it did, and has an entry and a receipt of its own, or what
    `receive` would raise for it alone. All of them are on record when this returns; whatever it
    raises, none is.
    """
    now, today = office.clock(), office.today()
    rows = sum(len(one.delivery.table) for one in sent)
    few = rows <= MOST_PLACES
    with uncollected(rows), office.database.write(looks_up=few) as connection:
        head = journal.head(connection)
        stored = office.reader.since(connection, head.catalogue)
        # What is in a lot is new: with several at once, one may be what another brings.
        alone = len(sent) == 1
        checked = [
            check(one.delivery.table, stored.catalogue, one.actor, today, by_column=alone)
            for one in sent
        ]
        pairs = [(one.delivery.new, result) for one, result in zip(sent, checked, strict=True)]
        record = Record(office, connection, stored, pairs)
        barred = _barred(connection, sent, now, head)
        intake = _Intake(stored, record, now, head.last, barred)
        answers = [intake.answer(one, result) for one, result in zip(sent, checked, strict=True)]
        intake.write(connection)
    return answers


def _barred(
    connection: Connection, sent: Sequence[Sent], now: dt.datetime, head: journal.Head
) -> set[int]:
    """Return the keys that were looked up before, and are no longer in force."""
    looked_up = {
        one.actor.key: one.as_of
        for one in sent
        if one.as_of is not None and one.actor.key is not None
    }
    if not looked_up or head.key <= min(looked_up.values()):
        return set()
    return set(looked_up) - keys.in_force(connection, looked_up, now)


@dataclass
class _Intake:
    """Deliveries being taken in: what each comes to, and what there is to write of it."""

    stored: StoredCatalogue
    record: Record
    now: dt.datetime
    before: journal.Entry | None
    barred: Collection[int]
    _entries: list[tuple[object, ...]] = field(default_factory=list)
    _taken: list[tuple[int, NewSubmission, Result]] = field(default_factory=list)
    _changes: list[tuple[int, Collection[Change]]] = field(default_factory=list)

    def answer(self, sent: Sent, checked: Checked) -> Answer:
        """Return a delivery's receipt, or what is raised for it; nothing is written yet.

        Whatever goes wrong goes wrong before the record takes anything up, for this one alone.
        """
        if sent.actor.key in self.barred:
            return NotAuthenticated("this is not a key that is in force")
        try:
            earlier = _answered_before(self.record, sent.delivery.new)
            if earlier is not None:
                return earlier
            changes, result = _weigh(self.stored, self.record, sent.delivery, checked)
        except Exception as error:  # noqa: BLE001 - it is raised where the delivery came from
            return error
        return self._keep(sent, changes, result)

    def _keep(self, sent: Sent, changes: Collection[Change], result: Result) -> Receipt:
        new = sent.delivery.new
        entry = self.before = journal.following(self.before, self.now)
        subject = new.filename or new.source
        kind = journal.EntryKind.SUBMISSION
        self._entries.append(journal.row(entry, kind, result.outcome, subject, sent.actor))
        self._taken.append((entry.id, new, result))
        self._changes.append((entry.id, changes))
        receipt = _receipt(new, sent.actor, result, entry)
        self.record.take_up(entry, new.sent_key, receipt, changes)
        return receipt

    def write(self, connection: Connection) -> None:
        """Write it all, by as few statements as the engine allows."""
        ahead = (journal.part(self._entries), *submissions.parts(self._taken))
        revisions.append(connection, self.stored, self._changes, ahead)


def rehearse(office: Office, delivery: Delivery, actor: Actor) -> Receipt:
    """Say what `receive` would answer, and keep nothing."""
    with uncollected(len(delivery.table)), office.database.read() as connection:
        stored = office.catalogue(connection)
        checked = check(delivery.table, stored.catalogue, actor, office.today())
        record = Record(office, connection, stored, [(delivery.new, checked)])
        _, result = _weigh(stored, record, delivery, checked)
    return _receipt(delivery.new, actor, result, None)


def _weigh(
    stored: StoredCatalogue, record: Record, delivery: Delivery, checked: Checked
) -> tuple[Collection[Change], Result]:
    # Warnings ride along with the errors: one read of a file tells all of both, and none refuses.
    odd = questions(stored.catalogue, record.scope(checked), delivery.table, record.histories)
    if odd:
        checked = checked._replace(findings=(*checked.findings, *odd))
    kpis, on_error = stored.catalogue.kpis, delivery.new.on_error
    return decide(checked, delivery.table, record.current, kpis, on_error, record.reviews)


def _answered_before(record: Record, new: NewSubmission) -> Receipt | None:
    """Return the first answer to an idempotency key; raises IdempotencyMismatch.

    Why this is safe: it was read in the one writer's transaction, so of two equal deliveries that
    arrive together the second always sees the first.
    """
    earlier = None if new.sent_key is None else record.answered.get(new.sent_key)
    if earlier is not None and earlier.fingerprint != new.fingerprint:
        msg = "this Idempotency-Key came before with another body"
        raise IdempotencyMismatch(msg)
    return earlier


def _receipt(
    new: NewSubmission, actor: Actor, result: Result, entry: journal.Entry | None
) -> Receipt:
    return Receipt(
        id=None if entry is None else entry.id,
        received_at=None if entry is None else entry.recorded_at,
        submitted_by=actor.name,
        source=new.source,
        filename=new.filename,
        fingerprint=new.fingerprint,
        result=result,
    )


def is_refusal(receipt: Receipt) -> bool:
    """Tell whether nothing of a delivery stands."""
    return receipt.result.outcome is Outcome.REFUSED
