"""Which entry of the journal a row belongs to, told from the tables alone.

A table's rows belong to the entry that

- a column of theirs names: one with a foreign key to the journal (`entry_id`, a submission's own
  id), or to such a column of another table (a revision's `submission_id`); else
- the row belongs to that they hang on by a foreign key: a KPI's reporters on its version; else
- their first version belongs to: a code stands in a table `kpi`, its versions in `kpi_version`.

For a table of the ledger that none of these rules covers `belonging` raises TypeError, so nothing
is recorded beside the journal. Tables that are no record (`is_ledger` says no) are not sealed, nor
are the seals themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_

from app.ledger.tables import is_ledger, journal, metadata, seal

if TYPE_CHECKING:
    from sqlalchemy import Column, ColumnElement, ForeignKeyConstraint, Select, Table

FIRST: Final = 1
"""The version that comes with a code."""


@dataclass(frozen=True, slots=True, eq=False)
class Belonging:
    """How a table's rows find their entry.

    column: the name of the column that holds it; None where a row of `parent` knows.
    parent: how the rows of the table that knows find theirs.
    own, theirs: the columns by which a row and its parent's row know each other, in step.
    first: whether of the parent's rows only a version 1 counts.
    """

    table: Table
    column: str | None = None
    parent: Belonging | None = None
    own: tuple[str, ...] = ()
    theirs: tuple[str, ...] = ()
    first: bool = False

    @property
    def entry(self) -> Column[Any]:
        """The column of the entry's number: the table's own, or an ancestor's."""
        if self.column is not None:
            return self.table.c[self.column]
        assert self.parent is not None  # noqa: S101 - one of both is there, see `belonging`
        return self.parent.entry

    def joined(self, query: Select[Any]) -> Select[Any]:
        """Join a query of the table with what `entry` needs; orphans fall out of it."""
        if self.parent is None:
            return query
        return self.parent.joined(query.join(self.parent.table, self.same()))

    def same(self) -> ColumnElement[bool]:
        """Return the condition that a row and a row of the parent's table belong together."""
        assert self.parent is not None  # noqa: S101 - only asked where there is one
        theirs = self.parent.table.c
        pairs = zip(self.own, self.theirs, strict=True)
        conditions = [self.table.c[mine] == theirs[other] for mine, other in pairs]
        if self.first:
            conditions.append(theirs.version == FIRST)
        return and_(*conditions)


@cache
def is_sealed(table: Table) -> bool:
    """Tell whether a table's rows are sealed with their entry."""
    return is_ledger(table) and table is not seal


def sealed_tables() -> list[Table]:
    """Return every table whose rows are sealed with their entry, in order of dependence."""
    return [table for table in metadata.sorted_tables if is_sealed(table)]


@cache
def belonging(table: Table) -> Belonging:
    """Return how a table's rows find their entry. Raises TypeError if nothing tells."""
    if table is journal:
        return Belonging(table, column="id")
    if "entry_id" in table.c:
        return Belonging(table, column="entry_id")
    found = _by_value(table) or _by_parent(table) or _by_first_version(table)
    if found is None:
        msg = f"rows of {table.name} belong to no entry of the journal: see app.ledger.belonging"
        raise TypeError(msg)
    return found


def _by_value(table: Table) -> Belonging | None:
    for link in _links(table):
        if len(link.elements) == 1:
            (element,) = link.elements
            if belonging(link.referred_table).column == element.column.name:
                return Belonging(table, column=element.parent.name)
    return None


def _by_parent(table: Table) -> Belonging | None:
    for link in _links(table):
        pairs = [(element.parent.name, element.column.name) for element in link.elements]
        own, theirs = zip(*pairs, strict=True)
        return Belonging(table, parent=belonging(link.referred_table), own=own, theirs=theirs)
    return None


def _by_first_version(table: Table) -> Belonging | None:
    link = _versions().get(table)
    if link is None:
        return None
    ((mine, theirs),) = [(element.column.name, element.parent.name) for element in link.elements]
    versions = belonging(link.table)
    return Belonging(table, parent=versions, own=(mine,), theirs=(theirs,), first=True)


def _links(table: Table) -> list[ForeignKeyConstraint]:
    """Return the foreign keys that every row has, but those to what only stands for a code."""
    identities = _versions()
    return [
        link
        for link in _in_order(table)
        if link.referred_table not in {table, *identities}
        and not any(element.parent.nullable for element in link.elements)
    ]


@cache
def _versions() -> dict[Table, ForeignKeyConstraint]:
    """Return, for each table of codes, the foreign key by which its versions hang on it."""
    return {
        link.referred_table: link
        for table in metadata.sorted_tables
        if table.name.endswith("_version")
        for link in _in_order(table)
        if [element.parent.name for element in link.elements] == [_first_of_key(table)]
    }


def _in_order(table: Table) -> list[ForeignKeyConstraint]:
    return sorted(table.foreign_key_constraints, key=lambda link: str(link.name))


def _first_of_key(table: Table) -> str:
    return next(iter(table.primary_key.columns)).name
