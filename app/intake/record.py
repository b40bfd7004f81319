"""What is on record of the figures that some deliveries touch, kept up with what they add."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from app.domain.figure import Figure
from app.intake.decision import changing
from app.intake.plausibility import scope
from app.ledger import reviews, revisions, submissions
from app.ledger.histories import Histories
from app.ledger.lots import Many

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

    from app.domain.lifecycle import Review
    from app.domain.period import Frequency, Span
    from app.intake.plausibility import Scope
    from app.intake.validation import Checked
    from app.ledger.catalogue import StoredCatalogue
    from app.ledger.histories import SeriesKey
    from app.ledger.journal import Entry as JournalEntry
    from app.ledger.office import Office
    from app.ledger.revisions import Change, FigureKey
    from app.ledger.submissions import NewSubmission, Receipt, SentKey


SHORT: Final = 200
"""Figures up to which their histories are read first, which tell that most are not on record."""


def _current(
    connection: Connection,
    stored: StoredCatalogue,
    deliveries: Sequence[Checked],
    histories: Histories,
) -> tuple[dict[FigureKey, Figure], list[FigureKey]]:
    """Return what is on record of the figures delivered, and perhaps more, and of which it is."""
    if len(deliveries) == 1 and isinstance(entries := deliveries[0].entries, Many):
        series, periods = entries.first_rows(), entries.periods()
        if not periods:
            return {}, []
        current = revisions.current_among(connection, stored, series, periods)
        # What is left in the lot is new.
        entries.single_out(current)
        keys = {entry.key for entry in entries.others}
    else:
        given = {entry.key for checked in deliveries for entry in checked.entries}
        keys = {key for key in given if histories.may_have(key)}
        current = revisions.current(connection, stored, keys)
    return current, [key for key in keys if key in current]


class Record:
    """The record as the deliveries of one transaction see it, each after the ones before.

    Everything is read once for all of them, and what one adds is taken up before the next looks.
    """

    def __init__(
        self,
        office: Office,
        connection: Connection,
        stored: StoredCatalogue,
        deliveries: Sequence[tuple[NewSubmission, Checked]],
    ) -> None:
        """Read what the deliveries need."""
        self._catalogue = stored.catalogue
        self.histories = Histories(connection, stored)
        self._taken_up: set[FigureKey] = set()
        self._pending: list[tuple[JournalEntry, Iterable[Change]]] = []
        self.current: dict[FigureKey, Figure] = {}
        checked = [one for _, one in deliveries]
        is_short = sum(len(one.entries) for one in checked) <= SHORT
        if is_short:
            # As if nothing of it were on record, which is so but for corrections.
            self._look(checked)
        self.current, known = _current(connection, stored, checked, self.histories)
        if known or not is_short:
            self._look(checked)
        said = reviews.last(connection, stored, known)
        self.reviews: dict[FigureKey, Review] = {
            # In the hours of the office's clock, in which they are told.
            key: replace(last, at=last.at.astimezone(office.zone))
            for key, last in said.items()
        }
        sent = [new.sent_key for new, _ in deliveries if new.sent_key is not None]
        self.answered: dict[SentKey, Receipt] = submissions.first_with(connection, sent)

    def scope(self, checked: Checked) -> Scope:
        """Return what the checks of a delivery look at, all of which has been read."""
        self._catch_up()
        found = self._scopes[id(checked)]
        # What it changes was told by the record before the others of its lot: that still holds
        # where none of them touched its figures.
        if self._taken_up and not self._taken_up.isdisjoint(entry.key for entry in checked.entries):
            found = self._scope(checked)
            self.histories.load(found.needed, found.spans)
        return found

    def _scope(self, checked: Checked) -> Scope:
        return scope(self._catalogue, checked.entries, changing(checked, self.current))

    def _look(self, deliveries: Sequence[Checked]) -> None:
        """Read the histories of all at once, as far as any of them asks."""
        # By identity: two deliveries that say the same are weighed each by itself.
        self._scopes = {id(checked): self._scope(checked) for checked in deliveries}
        needed: dict[SeriesKey, None] = {}
        spans: dict[Frequency, Span] = {}
        for one in self._scopes.values():
            needed |= dict.fromkeys(one.needed)
            for frequency, span in one.spans.items():
                spans[frequency] = span.around(spans.get(frequency, span))
        self.histories.load(needed, spans)

    def take_up(
        self,
        entry: JournalEntry,
        sent_key: SentKey | None,
        receipt: Receipt,
        changes: Iterable[Change],
    ) -> None:
        """Go on as if what a delivery adds were recorded: in the end all of it is, or nothing."""
        if sent_key is not None:
            self.answered[sent_key] = receipt
        self._pending.append((entry, changes))

    def _catch_up(self) -> None:
        """Take up the figures: not before the next delivery looks, for the last may be long."""
        for entry, changes in self._pending:
            self._take_up(entry, changes)
        self._pending.clear()

    def _take_up(self, entry: JournalEntry, changes: Iterable[Change]) -> None:
        for change in changes:
            key = (change.kpi, change.department, change.period)
            self._taken_up.add(key)
            self.current[key] = Figure(
                department=change.department,
                period=change.period,
                amount=change.amount,
                observation_status=change.observation_status,
                revision=change.revision,
                submission=entry.id,
                recorded_at=entry.recorded_at,
                note=change.note,
            )
            self.histories.add(key, change.amount, change.observation_status)
