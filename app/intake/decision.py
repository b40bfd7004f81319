"""What a delivery does to the record: decided purely, before anything is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.domain.finding import Finding, Severity
from app.domain.lifecycle import State, of_revision, standing
from app.domain.number import shown, write_number
from app.intake.validation import plain_entry
from app.ledger.lots import Many, lot_of, singles
from app.ledger.revisions import Change, FigureKey
from app.ledger.submissions import Counts, OnError, Outcome, Result

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from app.domain.figure import Figure
    from app.domain.kpi import Kpi
    from app.domain.lifecycle import Review
    from app.domain.period import Period
    from app.intake.table import Table
    from app.intake.validation import Checked, Entry

MOST_FINDINGS = 10_000
_NO_REVIEWS: Final[Mapping[FigureKey, Review]] = {}


def decide(  # noqa: PLR0913, PLR0917 - the delivery, then what is known
    checked: Checked,
    table: Table,
    current: Mapping[FigureKey, Figure],
    kpis: Mapping[str, Kpi],
    on_error: OnError,
    reviews: Mapping[FigureKey, Review] = _NO_REVIEWS,
) -> tuple[Collection[Change], Result]:
    """Return what is to be written, and what the delivery came to.

    reviews: the last of each figure, their instants in the office's zone.
    An error that names no delivered row (an unreadable file, a missing column) refuses the whole,
    whatever `on_error` says. received = created + revised + unchanged + rejected, always.
    """
    findings = list(checked.findings)
    changes: list[Change] = []
    unchanged = 0
    for entry in singles(checked.entries):
        key = entry[1:4]
        known = current.get(key)
        if known is None:
            changes.append(_change(entry, None))
            continue
        review = reviews.get(key)
        is_new, found = _weigh(entry, table, known, review, kpis[entry.kpi])
        if found is not None:
            findings.append(found)
        if is_new:
            changes.append(_change(entry, known))
        elif found is None or found.severity is Severity.WARNING:
            unchanged += 1
    if _refuses(findings, table, on_error):
        counts = Counts(received=checked.received, rejected=checked.received)
        return [], Result(Outcome.REFUSED, counts, _listed(findings))
    made: Collection[Change] = changes
    if (lot := lot_of(checked.entries)) is not None:
        made = Many(lot, changes, _new)
    return made, _standing(checked.received, made, unchanged, findings)


def _refuses(findings: list[Finding], table: Table, on_error: OnError) -> bool:
    errors = [found for found in findings if found.severity is Severity.ERROR]
    if not errors or on_error is OnError.REJECT:
        return bool(errors)
    rows = set(table.numbers)
    return any(found.row not in rows for found in errors)


def changing(checked: Checked, current: Mapping[FigureKey, Figure]) -> Collection[Entry]:
    """Return the good rows that create a figure, or revise one and say why."""
    found = [
        entry
        for entry in singles(checked.entries)
        if (known := current.get(entry.key)) is None
        or (entry.reason is not None and not _says_the_same(entry, known))
    ]
    lot = lot_of(checked.entries)
    return found if lot is None else Many(lot, found, plain_entry)


def _weigh(
    entry: Entry, table: Table, known: Figure, review: Review | None, kpi: Kpi
) -> tuple[bool, Finding | None]:
    """Tell whether a row about a known figure is to be written, and what there is to say of it.

    A returned figure takes the same figure again if it comes with a reason: so a department can
    stand by what it said.
    """
    review = of_revision(review, known.revision)
    state, same = standing(known.revision, review), _says_the_same(entry, known)
    if same and state is not State.RETURNED:
        return False, None
    if review is not None and state is State.APPROVED:
        return False, _locked(entry, table, review)
    if entry.reason is not None:
        return True, None
    if review is not None and state is State.RETURNED:
        return False, _returned(entry, table, review, Severity.WARNING if same else Severity.ERROR)
    return False, _reason_missing(entry, table, known, kpi)


def _standing(
    received: int, changes: Collection[Change], unchanged: int, findings: list[Finding]
) -> Result:
    revised = sum(change.revision > 1 for change in singles(changes))
    rejected = received - len(changes) - unchanged
    if rejected == received:
        outcome = Outcome.REFUSED
    else:
        outcome = Outcome.PARTIAL if rejected else Outcome.ACCEPTED
    counts = Counts(received, len(changes) - revised, revised, unchanged, rejected)
    return Result(outcome, counts, _listed(findings))


def _says_the_same(entry: Entry, known: Figure) -> bool:
    return (
        entry.amount == known.amount
        and entry.observation_status is known.observation_status
        and entry.note in (None, known.note)
    )


def _new(row: int, kpi: str, department: str, period: Period, text: str) -> Change:
    """Return the change that a figure of a lot stands for, all of which are new."""
    return _change(plain_entry(row, kpi, department, period, text), None)


def _change(entry: Entry, known: Figure | None) -> Change:
    return Change(
        kpi=entry.kpi,
        department=entry.department,
        period=entry.period,
        revision=1 if known is None else known.revision + 1,
        row=entry.row,
        amount=entry.amount,
        observation_status=entry.observation_status,
        note=entry.note,
        reason=entry.reason,
    )


def _reason_missing(entry: Entry, table: Table, known: Figure, kpi: Kpi) -> Finding:
    number = shown(known.amount.number(kpi.factor))
    current = known.observation_status if number is None else write_number(number)
    column = table.headers.get("reason", "reason")
    return Finding("reason_missing", entry.row, column, {"current": current})


def _locked(entry: Entry, table: Table, review: Review) -> Finding:
    values = {"period": str(entry.period), "by": review.by, "at": _at(review)}
    return Finding("period_locked", entry.row, table.headers.get("period", "period"), values)


def _returned(entry: Entry, table: Table, review: Review, severity: Severity) -> Finding:
    values = {
        "period": str(entry.period),
        "by": review.by,
        "at": _at(review),
        "reason": review.reason or "",
        "department": entry.department,
    }
    column = table.headers.get("reason", "reason")
    return Finding("figure_returned", entry.row, column, values, severity)


def _at(review: Review) -> str:
    return f"{review.at:%Y-%m-%d %H:%M}"


def _listed(findings: list[Finding]) -> tuple[Finding, ...]:
    """Put the findings into the order of the rows; of a flood, keep the first and say so."""
    ordered = sorted(findings, key=lambda found: -1 if found.row is None else found.row)
    if len(ordered) <= MOST_FINDINGS:
        return tuple(ordered)
    more = Finding("too_many_findings", values={"limit": str(MOST_FINDINGS)})
    return (*ordered[:MOST_FINDINGS], more)
