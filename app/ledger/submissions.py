"""Submissions and their findings: every delivery that was taken in or refused, for ever."""

from __future__ import annotations

import json
from collections import Counter
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import BigInteger, Integer, String, bindparam, func, select

from app.domain.finding import Finding, Severity
from app.ledger import acknowledgements
from app.ledger.driver import Prepared
from app.ledger.listed import Listed
from app.ledger.tables import finding, journal, submission

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection, Row, Select

    from app.ledger.acknowledgements import Acknowledgement
    from app.ledger.putting import Part


class Source(StrEnum):
    """What a delivery came as."""

    API = "api"
    CSV = "csv"
    XLSX = "xlsx"
    WEB = "web"


class Outcome(StrEnum):
    """What became of a delivery."""

    ACCEPTED = "accepted"
    """Every row stands."""
    PARTIAL = "partial"
    """The good rows stand, the bad ones are findings (`on_error=skip`)."""
    REFUSED = "refused"
    """Nothing of it stands."""


class OnError(StrEnum):
    """What to do with a delivery that has bad rows."""

    REJECT = "reject"
    """All or nothing."""
    SKIP = "skip"
    """Good rows stand, bad ones are findings."""


class Counts(NamedTuple):
    """What the rows of a delivery did."""

    received: int = 0
    created: int = 0
    revised: int = 0
    unchanged: int = 0
    rejected: int = 0


class Result(NamedTuple):
    """What a delivery came to."""

    outcome: Outcome
    counts: Counts
    findings: tuple[Finding, ...]


class Receipt(NamedTuple):
    """A delivery on record. `id` and `received_at` are None for a dry run, which is not kept."""

    id: int | None
    received_at: dt.datetime | None
    submitted_by: str
    source: Source
    filename: str | None
    fingerprint: str
    result: Result
    acknowledgements: tuple[Acknowledgement, ...] = ()
    """What was said last to each warning, in their order."""


class NewSubmission(NamedTuple):
    """What is known of a delivery before its outcome."""

    source: Source
    fingerprint: str
    on_error: OnError = OnError.REJECT
    filename: str | None = None
    api_key_id: int | None = None
    idempotency_key: str | None = None
    user_id: int | None = None

    @property
    def sent_key(self) -> SentKey | None:
        """The sender's idempotency key, under which this is the first or comes again."""
        if self.idempotency_key is None:
            return None
        return (self.api_key_id, self.user_id, self.idempotency_key)


SentKey = tuple[int | None, int | None, str]
"""Number of the sender's key or of the user, neither for the machine; and the idempotency key."""


def parts(taken: Iterable[tuple[int, NewSubmission, Result]]) -> tuple[Part, Part]:
    """Return submissions under their journal entries, and their findings, for `add_rows`."""
    rows: list[tuple[object, ...]] = []
    found: list[tuple[object, ...]] = []
    for number, new, result in taken:
        rows.append(_row(number, new, result))
        found += [_finding(number, place, one) for place, one in enumerate(result.findings, 1)]
    return (submission, _COLUMNS, rows), (finding, _FINDING_COLUMNS, found)


_COLUMNS: Final = (
    "id",
    "source",
    "filename",
    "fingerprint",
    "api_key_id",
    "user_id",
    "idempotency_key",
    "on_error",
    "outcome",
    "received",
    "created",
    "revised",
    "unchanged",
    "rejected",
)
_FINDING_COLUMNS: Final = (
    "submission_id",
    "ordinal",
    "severity",
    "code",
    "row_number",
    "column_name",
    "details",
)


def _row(number: int, new: NewSubmission, result: Result) -> tuple[object, ...]:
    """Return a submission as a row of `_COLUMNS`."""
    counts = result.counts
    return (
        number,
        new.source,
        new.filename,
        new.fingerprint,
        new.api_key_id,
        new.user_id,
        new.idempotency_key,
        new.on_error,
        result.outcome,
        counts.received,
        counts.created,
        counts.revised,
        counts.unchanged,
        counts.rejected,
    )


def _finding(number: int, ordinal: int, found: Finding) -> tuple[object, ...]:
    """Return a finding as a row of `_FINDING_COLUMNS`."""
    details = json.dumps(dict(found.values), ensure_ascii=False)
    return number, ordinal, found.severity, found.code, found.row, found.column, details


def _receipts() -> Select[Any]:
    return select(submission, journal.c.recorded_at, journal.c.actor).join(
        journal, journal.c.id == submission.c.id
    )


def get(connection: Connection, number: int, upto: int | None = None) -> Receipt | None:
    """Return one submission with its findings; None if there is none of that number.

    upto: a position of the journal as of which it is; None for now.
    """
    row = connection.execute(_receipts().where(submission.c.id == number)).one_or_none()
    if row is None or (upto is not None and number > upto):
        return None
    said = acknowledgements.of_submission(connection, number, upto)
    standing = tuple(acknowledgements.standing(said).values())
    return _receipt(connection, row)._replace(acknowledgements=standing)


def first_with(connection: Connection, wanted: Iterable[SentKey]) -> dict[SentKey, Receipt]:
    """Return, per sender's idempotency key, the submission that came first with it, if any."""
    by_sender: dict[str, list[tuple[int | None, str]]] = {}
    for api_key_id, user_id, key in wanted:
        if api_key_id is not None:
            by_sender.setdefault("api_key_id", []).append((api_key_id, key))
        elif user_id is not None:
            by_sender.setdefault("user_id", []).append((user_id, key))
        else:
            by_sender.setdefault("machine", []).append((None, key))
    found: dict[SentKey, Receipt] = {}
    for kind, keys in by_sender.items():
        for row in _sent_with(connection, kind, keys):
            found[row.api_key_id, row.user_id, row.idempotency_key] = _receipt(connection, row)
    return found


def _sent_with(
    connection: Connection, kind: str, keys: Sequence[tuple[int | None, str]]
) -> list[Row[Any]]:
    if kind != "machine":
        return _BY_SENDER[kind].rows(connection, _SENT.parameters(connection.dialect.name, keys))
    return [row for _, key in keys for row in connection.execute(_BY_MACHINE, {"key": key})]


_SENT: Final = Listed("sent", {"sender": Integer(), "key": String()})
# The machine's is a statement of its own: not even `IS NOT DISTINCT FROM`, which would do for every
# sender, finds its way into PostgreSQL's index.
_BY_MACHINE: Final = _receipts().where(
    submission.c.api_key_id.is_(None),
    submission.c.idempotency_key == bindparam("key"),
    submission.c.user_id.is_(None),
)


def _by_sender(kind: str, dialect: str) -> Select[Any]:
    sent = _SENT.table(dialect)
    return _receipts().where(
        submission.c[kind] == sent.c.sender, submission.c.idempotency_key == sent.c.key
    )


_BY_SENDER: Final = {
    kind: Prepared(partial(_by_sender, kind)) for kind in ("api_key_id", "user_id")
}


def listed(connection: Connection, *, before: int | None, limit: int) -> list[Receipt]:
    """Return submissions, the newest first, without their findings."""
    query = _receipts().order_by(submission.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(submission.c.id < before)
    return [_without_findings(row) for row in connection.execute(query)]


def tally(connection: Connection, upto: int, after: int = 0) -> Counter[tuple[Source, Outcome]]:
    """Count submissions by source and outcome: those after one position, up to another."""
    rows = connection.execute(_TALLY, {"after": after, "upto": upto})
    return Counter({(Source(row[0]), Outcome(row[1])): row[2] for row in rows})


def tally_rows(connection: Connection, upto: int, after: int = 0) -> Counter[tuple[Source, str]]:
    """Count rows by source and what they did: created, revised, unchanged, rejected."""
    rows = connection.execute(_TALLY_OF_ROWS, {"after": after, "upto": upto})
    return Counter(
        {(Source(row.source), kind): int(getattr(row, kind)) for row in rows for kind in _ROW_KINDS}
    )


_ROW_KINDS: Final = ("created", "revised", "unchanged", "rejected")
_BETWEEN: Final = (
    submission.c.id > bindparam("after", type_=BigInteger),
    submission.c.id <= bindparam("upto", type_=BigInteger),
)
_TALLY: Final = (
    select(submission.c.source, submission.c.outcome, func.count())
    .where(*_BETWEEN)
    .group_by(submission.c.source, submission.c.outcome)
)
_TALLY_OF_ROWS: Final = (
    select(submission.c.source, *(func.sum(submission.c[kind]).label(kind) for kind in _ROW_KINDS))
    .where(*_BETWEEN)
    .group_by(submission.c.source)
)


def _receipt(connection: Connection, row: Row[Any]) -> Receipt:
    query = select(finding).where(finding.c.submission_id == row.id).order_by(finding.c.ordinal)
    return _without_findings(row, tuple(finding_of(line) for line in connection.execute(query)))


def _without_findings(row: Row[Any], findings: tuple[Finding, ...] = ()) -> Receipt:
    return Receipt(
        id=row.id,
        received_at=row.recorded_at,
        submitted_by=row.actor,
        source=Source(row.source),
        filename=row.filename,
        fingerprint=row.fingerprint,
        result=Result(
            outcome=Outcome(row.outcome),
            counts=Counts(row.received, row.created, row.revised, row.unchanged, row.rejected),
            findings=findings,
        ),
    )


def finding_of(row: Row[Any]) -> Finding:
    """Return the finding of a row of its table."""
    return Finding(
        code=row.code,
        row=row.row_number,
        column=row.column_name,
        values=json.loads(row.details),
        severity=Severity(row.severity),
    )
