"""What must hold of the ledger, whatever happened: small rules, each tried on live data.

A rule reads by SQL and streams what breaks it, so a ledger of any size is checked in the memory of
a few rows. None of them repairs anything: what is recorded is never changed, so a person decides.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar, Final

from sqlalchemy import and_, case, exists, func, or_, select
from sqlalchemy.exc import OperationalError

from app.ledger import chain
from app.ledger.belonging import belonging, sealed_tables
from app.ledger.journal import EntryKind
from app.ledger.submissions import Outcome
from app.ledger.tables import department, journal, kpi, review, revision, submission
from app.ledger.triggers import missing_triggers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Column, Connection, ForeignKeyConstraint, Select, Table

SHOWN: Final = 10
"""Violations of a rule that are told; all are counted."""
_AT_A_TIME: Final = 500


@dataclass(frozen=True, slots=True)
class Checked:
    """What a rule came to: how often it is broken, and the first few times in words."""

    invariant: str
    violations: int
    examples: tuple[str, ...] = ()


class Invariant(ABC):
    """One rule; `name` is its label on `/metrics/process`."""

    name: ClassVar[str]

    @abstractmethod
    def violations(self, connection: Connection) -> Iterator[str]:
        """Give a readable line for each time the rule is broken."""

    def check(self, connection: Connection) -> Checked:
        """Count the violations, and keep the first few."""
        return tally(self.name, self.violations(connection))


def tally(name: str, found: Iterator[str]) -> Checked:
    """Count violations, and keep the first few; text that cannot be read at all is one, too."""
    examples: list[str] = []
    count = 0
    try:
        examples += islice(found, SHOWN)
        count = len(examples) + sum(1 for _ in found)
    except OperationalError as error:
        # How SQLite's driver says that bytes in a text column are no text.
        if "decode" not in str(error.orig):
            raise
        count = len(examples) + 1
        examples.append(f"cannot be read: {error.orig}")
    return Checked(name, count, tuple(examples[:SHOWN]))


class Chain(Invariant):
    """Every entry holds what was sealed, and follows the entry before it."""

    name = "chain"

    def violations(self, connection: Connection) -> Iterator[str]:
        """Read the whole ledger, in order."""
        return (link.problem for link in chain.links(connection) if link.problem is not None)


class Numbers(Invariant):
    """Rows are numbered from 1 without a gap."""

    @abstractmethod
    def numbered(self) -> Iterator[tuple[Column[Any], list[Column[Any]]]]:
        """Give the columns of numbers, each with the columns within which it counts."""

    def violations(self, connection: Connection) -> Iterator[str]:
        """Compare each number with the one before it."""
        for number, within in self.numbered():
            before = func.lag(number, 1, 0).over(partition_by=within, order_by=number)
            steps = select(number.label("number"), before.label("before"), *within).subquery()
            query = select(steps).where(steps.c.number != steps.c.before + 1)
            for row in _streamed(connection, query):
                place = ", ".join(f"{column.name} {getattr(row, column.name)}" for column in within)
                where = (
                    f"{number.table.description} ({place})" if place else number.table.description
                )
                yield f"{where}: {row.number} follows {row.before}"


class JournalNumbers(Numbers):
    """Entries of the journal are numbered from 1 without a gap."""

    name = "journal_numbers"

    def numbered(self) -> Iterator[tuple[Column[Any], list[Column[Any]]]]:
        """Give the journal's."""
        yield journal.c.id, []


class RevisionNumbers(Numbers):
    """The revisions of each figure are numbered from 1 without a gap."""

    name = "revision_numbers"

    def numbered(self) -> Iterator[tuple[Column[Any], list[Column[Any]]]]:
        """Give the figures'."""
        yield revision.c.revision, _figure_of(revision)


class VersionNumbers(Numbers):
    """The versions of every plan, department, KPI, target, user are numbered without a gap."""

    name = "version_numbers"

    def numbered(self) -> Iterator[tuple[Column[Any], list[Column[Any]]]]:
        """Give those of each table of versions."""
        for table in _version_tables():
            yield table.c.version, [_owner(table)]


class IdentityNumbers(Numbers):
    """Whatever has a number of its own is numbered from 1 without a gap."""

    name = "identity_numbers"

    def numbered(self) -> Iterator[tuple[Column[Any], list[Column[Any]]]]:
        """Give those of each table with a plain number that is not a place in the journal."""
        for table in sealed_tables():
            if "id" in table.c and belonging(table).column != "id":
                yield table.c.id, []


class JournalTime(Invariant):
    """Along the journal time never runs backwards."""

    name = "journal_time"

    def violations(self, connection: Connection) -> Iterator[str]:
        """Compare each entry's instant with the one before."""
        before = func.lag(journal.c.recorded_at).over(order_by=journal.c.id)
        steps = select(journal.c.id, journal.c.recorded_at, before.label("before")).subquery()
        query = select(steps.c.id).where(steps.c.recorded_at < steps.c.before)
        for row in _streamed(connection, query):
            yield f"entry {row.id} was recorded before the entry that it follows"


class CurrentFigure(Invariant):
    """What is current, the highest revision or version, is what was recorded last."""

    name = "current_figure"

    def violations(self, connection: Connection) -> Iterator[str]:
        """Look for a number that goes up where the place in the journal does not."""
        yield from self._out_of_order(connection, revision.c.revision, _figure_of(revision), 1)
        for table in _version_tables():
            yield from self._out_of_order(connection, table.c.version, [_owner(table)], 0)

    def _out_of_order(
        self, connection: Connection, number: Column[Any], within: list[Column[Any]], step: int
    ) -> Iterator[str]:
        table = number.table
        entry = belonging(table).entry
        before = func.lag(entry).over(partition_by=within, order_by=number)
        columns = (number.label("number"), entry.label("entry"), before.label("before"))
        steps = select(*columns, *within).subquery()
        query = select(steps).where(steps.c.entry < steps.c.before + step)
        for row in _streamed(connection, query):
            place = ", ".join(f"{column.name} {getattr(row, column.name)}" for column in within)
            yield (
                f"{table.description} ({place}): {row.number} is of entry {row.entry}, "
                f"the one before it of entry {row.before}"
            )


class Receipts(Invariant):
    """A receipt's counts add up, and are those of the figures that came with it."""

    name = "receipts"

    def violations(self, connection: Connection) -> Iterator[str]:
        """Count the revisions of every submission."""
        first = func.sum(case((revision.c.revision == 1, 1), else_=0)).label("first")
        number = revision.c.submission_id
        made = select(number, first, func.count().label("all")).group_by(number).subquery()
        created, all_made = func.coalesce(made.c.first, 0), func.coalesce(made.c.all, 0)
        counts = submission.c
        parts = counts.created + counts.revised + counts.unchanged + counts.rejected
        wrong = or_(
            counts.received != parts,
            counts.created != created,
            counts.revised != all_made - created,
            and_(counts.outcome == Outcome.REFUSED, all_made != 0),
        )
        query = (
            select(counts.id, counts.received, created.label("first"), all_made.label("all"))
            .outerjoin(made, made.c.submission_id == counts.id)
            .where(wrong)
        )
        for row in _streamed(connection, query):
            made_text = f"{row.first} created and {row.all - row.first} revised are on record"
            yield f"submission {row.id} ({row.received} received): {made_text}"


class References(Invariant):
    """What a row names is there: a revision's submission, a review's revision, a target's KPI."""

    name = "references"

    def violations(self, connection: Connection) -> Iterator[str]:
        """Look for rows whose other end is missing, reference by reference."""
        for table in sealed_tables():
            for link in sorted(table.foreign_key_constraints, key=lambda each: str(each.name)):
                yield from self._dangling(connection, table, link)

    def _dangling(
        self, connection: Connection, table: Table, link: ForeignKeyConstraint
    ) -> Iterator[str]:
        other = link.referred_table.alias("other")
        pairs = [(each.parent, other.c[each.column.name]) for each in link.elements]
        there = exists().where(*(mine == theirs for mine, theirs in pairs))
        filled = [mine.is_not(None) for mine, _ in pairs]
        columns = dict.fromkeys([*table.primary_key.columns, *(mine for mine, _ in pairs)])
        query = select(*columns).where(*filled, ~there)
        for row in _streamed(connection, query):
            named = ", ".join(f"{mine.name} {getattr(row, mine.name)}" for mine, _ in pairs)
            key = ", ".join(str(getattr(row, column.name)) for column in table.primary_key.columns)
            yield f"{table.name} ({key}) names a {link.referred_table.name} that is gone: {named}"


class Entries(Invariant):
    """Every row belongs to an entry of its kind, and an entry of a kind has its rows."""

    name = "entries"
    KINDS: ClassVar = {EntryKind.SUBMISSION: submission.c.id, EntryKind.REVIEW: review.c.entry_id}

    def violations(self, connection: Connection) -> Iterator[str]:
        """Look from the rows to the journal, and from the journal to the rows."""
        for table in sealed_tables():
            how = belonging(table)
            if how.parent is not None:
                key = list(table.primary_key.columns)
                for row in _streamed(connection, select(*key).where(~exists().where(how.same()))):
                    yield f"{table.name} ({', '.join(map(str, row))}) belongs to no entry"
        for kind, place in self.KINDS.items():
            query = select(journal.c.id).where(
                or_(
                    and_(journal.c.kind == kind, ~exists().where(place == journal.c.id)),
                    and_(journal.c.kind != kind, exists().where(place == journal.c.id)),
                )
            )
            for row in _streamed(connection, query):
                yield f"entry {row.id} and its {kind} do not belong together"


class Reviews(Invariant):
    """A review looks at a revision that was on record by then."""

    name = "reviews"

    def violations(self, connection: Connection) -> Iterator[str]:
        """Compare a review's place in the journal with its revision's."""
        codes = _Codes(connection)
        same = [review.c[each.name] == revision.c[each.name] for each in _figure_of(revision)]
        query = (
            select(review)
            .join(revision, and_(*same, revision.c.revision == review.c.revision))
            .where(revision.c.submission_id >= review.c.entry_id)
        )
        for row in _streamed(connection, query):
            yield f"entry {row.entry_id} reviews {codes.figure(row)} before it was recorded"


class Triggers(Invariant):
    """The database itself refuses to change or delete what is recorded."""

    name = "triggers"

    def violations(self, connection: Connection) -> Iterator[str]:
        """Ask the database for its triggers."""
        return missing_triggers(connection)


class _Codes:
    """Names figures for people; reads the codes when the first is to be named."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._found: dict[str, dict[int, str]] = {}

    def figure(self, row: Any) -> str:  # noqa: ANN401 - a row of figures
        names = f"{self._code(kpi, row.kpi_id)}/{self._code(department, row.department_id)}"
        return f"revision {row.revision} of {names}/{row.period}"

    def _code(self, table: Table, number: int) -> str:
        if table.name not in self._found:
            rows = self._connection.execute(select(table.c.id, table.c.code))
            self._found[table.name] = {row.id: row.code for row in rows}
        return self._found[table.name].get(number, str(number))


def _figure_of(table: Table) -> list[Column[Any]]:
    return [table.c.kpi_id, table.c.department_id, table.c.period]


def _version_tables() -> list[Table]:
    return [table for table in sealed_tables() if table.name.endswith("_version")]


def _owner(table: Table) -> Column[Any]:
    return next(column for column in table.primary_key.columns if column.name != "version")


def _streamed(connection: Connection, query: Select[Any]) -> Iterator[Any]:
    return iter(connection.execute(query, execution_options={"yield_per": _AT_A_TIME}))


CHAIN: Final = Chain()
RULES: Final[tuple[Invariant, ...]] = (
    JournalNumbers(),
    JournalTime(),
    Entries(),
    References(),
    RevisionNumbers(),
    VersionNumbers(),
    IdentityNumbers(),
    CurrentFigure(),
    Receipts(),
    Reviews(),
    Triggers(),
)
"""Every rule but the chain, which is read in order and can be followed as it grows."""


def check_all(connection: Connection) -> list[Checked]:
    """Try every rule on one snapshot of the ledger."""
    return [rule.check(connection) for rule in (CHAIN, *RULES)]
