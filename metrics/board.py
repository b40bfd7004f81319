"""Everything that `/metrics` says of the office, kept up with the journal.

A board stands at one position of the journal on one day. From there it gets to a later position by
what the entries in between changed, and by nothing else: a posted figure is looked up in the
targets that it counts for, in its own department's and those above it. With another catalogue, and
on another day, everything is read anew, KPI by KPI, so that memory holds no more than one lot of
figures.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import chain, product
from typing import TYPE_CHECKING

from app.domain.course import Course
from app.domain.expectation import reports
from app.ledger import changes, submissions
from app.ledger.expected import first_recorded_of
from app.ledger.returned import unanswered
from app.ledger.scoreboard import subject_of
from metrics.exposition import Exposition
from metrics.lately import lately
from metrics.layout import Layout
from metrics.snapshot import (
    Filled,
    Samples,
    add_names,
    add_place,
    add_reports,
    add_returned,
    add_submissions,
    add_target,
)
from metrics.told import by_rule

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from sqlalchemy import Connection

    from app.domain.catalogue import TargetKey
    from app.domain.expectation import Place
    from app.ledger.catalogue import StoredCatalogue
    from app.ledger.office import Office
    from app.ledger.posted import Posted
    from app.ledger.revisions import FigureKey
    from app.ledger.scoreboard import Moment
    from app.ledger.standing.whole import Standing
    from app.ledger.submissions import Outcome, Source
    from app.translation import Language
    from metrics.told import Told


@dataclass(frozen=True)
class Tally:
    """How many submissions there were, and rows of them."""

    deliveries: Counter[tuple[Source, Outcome]] = field(default_factory=Counter)
    rows: Counter[tuple[Source, str]] = field(default_factory=Counter)

    def counted(self, connection: Connection, after: int, upto: int) -> Tally:
        """Count those after one position, up to another, on top of these."""
        return Tally(
            self.deliveries + submissions.tally(connection, upto, after),
            self.rows + submissions.tally_rows(connection, upto, after),
        )


@dataclass(frozen=True)
class Board:
    """What is said at a position of the journal."""

    position: int
    layout: Layout
    tally: Tally
    exposition: Exposition

    @classmethod
    def of(  # noqa: PLR0913, PLR0917 - what is read, how it is said, and what is there already
        cls,
        connection: Connection,
        stored: StoredCatalogue,
        seen: Moment,
        office: Office,
        language: Language,
        known: Exposition | None = None,
        go_on: Callable[[], None] = lambda: None,
    ) -> Board:
        """Read everything, as of a moment; names are in `language`.

        known: what was said before, of which whatever is the same is kept and not made twice.
        go_on: called between two lots of figures; raises what the reading is to end with.
        """
        layout = Layout(stored, office.zone, seen)
        tally = Tally().counted(connection, 0, seen.position)
        standings = {
            plan: standing
            for plan in stored.catalogue.plans
            if (standing := office.standings.at(connection, stored, seen, plan)) is not None
        }
        parts = _watched(everything(connection, layout, tally, language, standings), go_on)
        return cls(seen.position, layout, tally, Exposition.of(layout.slots, parts, known))

    def is_of(self, stored: StoredCatalogue, seen: Moment) -> bool:
        """Tell whether a moment can be got to from here."""
        same = self.layout.stored.position == stored.position
        return same and self.layout.seen.today == seen.today and self.position <= seen.position

    def moved(self, connection: Connection, position: int) -> Board:
        """Return the board at a later position of the same catalogue and day."""
        tally = self.tally.counted(connection, self.position, position)
        exposition = self.exposition
        for part in changed(connection, self.layout, tally, self.position, position):
            exposition = exposition.changed(part)
        return replace(self, position=position, tally=tally, exposition=exposition)


def _watched(parts: Iterable[Filled], go_on: Callable[[], None]) -> Iterator[Filled]:
    for part in parts:
        yield part
        go_on()


def everything(
    connection: Connection,
    layout: Layout,
    tally: Tally,
    language: Language,
    standings: Mapping[str, Standing],
) -> Iterator[Filled]:
    """Give what is said in every slot, part by part.

    standings: of plans that have one, at the layout's moment.
    """
    stored, position = layout.stored, layout.seen.position
    kpis = stored.catalogue.kpis
    due = {figure.key for listed in layout.due.values() for figure in listed}
    due_of: dict[str, list[FigureKey]] = {}
    for key in due:
        due_of.setdefault(key[0], []).append(key)
    first: dict[FigureKey, dt.datetime] = {}
    for batch in layout.batches(kpis):
        found = lately(connection, layout, batch, None, position)
        targets = [key for code in batch for key in layout.targets.get(code, ())]
        told = chain(
            _told_at_once(connection, standings, batch),
            _told(layout, found, [key for key in targets if key[0] not in standings]),
        )
        places = [(code, department) for code in batch for department in kpis[code].reported_by]
        yield _of_figures(layout, found, told, places)
        for code in batch:
            first |= found.first_recorded(due_of.get(code, ()))
    samples = Samples()
    add_names(samples, stored.catalogue, language)
    add_returned(samples, kpis, unanswered(connection, position))
    for department, listed in layout.due.items():
        add_reports(samples, department, reports(listed, first))
    add_submissions(samples, tally.deliveries, tally.rows)
    yield samples.found


def changed(
    connection: Connection, layout: Layout, tally: Tally, after: int, upto: int
) -> Iterator[Filled]:
    """Give what is said in the slots that entries after one position, up to another, changed."""
    figures = changes.revised(connection, after, upto)
    places = sorted({(kpi, department) for kpi, department, _ in figures})
    catalogue = layout.stored.catalogue
    targets = sorted({key for place in places for key in catalogue.counted_by(*place)})
    kpis = catalogue.kpis
    for batch in layout.batches({code for code, _ in places}):
        mine = [key for key in targets if key[1] in batch]
        here = [place for place in places if place[0] in batch]
        found = lately(connection, layout, batch, _departments(layout, mine, here), upto)
        reported = [place for place in here if place[1] in kpis[place[0]].reported_by]
        yield _of_figures(layout, found, _told(layout, found, mine), reported)
    samples = Samples()
    reviewed = changes.reviewed(connection, after, upto)
    if returned := {key[0] for key in figures | reviewed}:
        add_returned(samples, returned, unanswered(connection, upto, returned))
    _add_reports(samples, connection, layout, figures, upto)
    add_submissions(samples, tally.deliveries, tally.rows)
    yield samples.found


def _told_at_once(
    connection: Connection, standings: Mapping[str, Standing], kpis: Iterable[str]
) -> Iterator[Told]:
    for code, standing in product(kpis, standings.values()):
        if code in standing.blocks:
            # Loads numpy, which the standing has needed already.
            from metrics.told_at_once import at_once  # noqa: PLC0415

            yield from at_once(connection, standing, code)


def _told(layout: Layout, found: Posted, targets: Iterable[TargetKey]) -> Iterator[Told]:
    stored = layout.stored
    for key in targets:
        members = stored.catalogue.members(key[1], key[2])
        subject = subject_of(stored, key, {one: found.at((key[1], one)) for one in members})
        yield by_rule(Course(subject), layout.seen.today)


def _of_figures(
    layout: Layout, found: Posted, told: Iterable[Told], places: Collection[Place]
) -> Filled:
    """Say what follows from figures: of targets, and of who reports what."""
    stored, samples, zone = layout.stored, Samples(), layout.zone
    for one in told:
        add_target(samples, one, zone)
    for place in places:
        kpi = stored.catalogue.kpis[place[0]]
        calendar = layout.calendars.get(place, ())
        add_place(samples, kpi, place[1], found.at(place), calendar, zone)
    return samples.found


def _departments(
    layout: Layout, targets: Collection[TargetKey], places: Collection[Place]
) -> set[str]:
    """Return the departments whose figures are needed."""
    members = layout.stored.catalogue.members
    needed = {department for _, department in places}
    return needed.union(*(members(key[1], key[2]) for key in targets))


def _add_reports(
    samples: Samples,
    connection: Connection,
    layout: Layout,
    figures: AbstractSet[FigureKey],
    upto: int,
) -> None:
    """Count the reports of departments anew that a figure which is due came in from."""
    for department in sorted({key[1] for key in figures}):
        listed = layout.due.get(department, ())
        keys = [figure.key for figure in listed]
        if not figures.isdisjoint(keys):
            first = first_recorded_of(connection, layout.stored, keys, upto)
            add_reports(samples, department, reports(listed, first))
