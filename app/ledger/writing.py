"""The way of every row into the ledger: inserted, remembered, and sealed before the commit.

`add` is how the ledger is written, `add_rows` where rows come with every post, and `add_many` where
a list is very long; nothing else inserts.
What a transaction adds is remembered with its connection, and `Database.write` has it sealed just
before it commits: a row in `seal` for each entry of the journal, made of the rows as they went in,
without reading them back. So it does not matter how many entries a transaction holds, nor in which
order or by which statements their rows come; only that all rows of an entry come in the transaction
that has the entry.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sqlalchemy import select

from app.ledger.belonging import FIRST, belonging, is_sealed
from app.ledger.long_lists import Lines, copy, copy_pieces, lines_of
from app.ledger.lot_rows import NAMES, PIECE
from app.ledger.progress import through
from app.ledger.putting import put
from app.ledger.sealing import BEGINNING, line, seal_of
from app.ledger.tables import journal, revision, seal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import Connection, Table

    from app.ledger.belonging import Belonging
    from app.ledger.long_lists import Run
    from app.ledger.lot_rows import LotRows
    from app.ledger.putting import Part

T = TypeVar("T")
Row = Mapping[str, Any]
_ADDED: Final = "dabiao_added"
_TOGETHER: Final = 10_000
"""Rows of a very long list that are on their way at a time."""


@dataclass(slots=True)
class Added:
    """What a transaction has added so far, and the seal that its first entry follows."""

    entries: list[int] = field(default_factory=list)
    rows: dict[Table, list[Row]] = field(default_factory=lambda: defaultdict(list))
    lines: dict[int, list[bytes]] = field(default_factory=lambda: defaultdict(list))
    """Per entry, the lines of rows that are not remembered themselves."""
    long: dict[int, Lines] = field(default_factory=lambda: defaultdict(Lines))
    """Per entry with rows that are not remembered: their lines."""
    before: str | None = None
    is_sealed: bool = False
    """Whether there was anything, and its seals are in."""

    def forget(self) -> None:
        """Forget what was added, but for the seal that comes next after it."""
        for lines in self.long.values():
            lines.close()
        for what in (self.entries, self.rows, self.lines, self.long):
            what.clear()


@contextmanager
def sealed(connection: Connection) -> Iterator[Added]:
    """Remember what the block adds, seal it in the end, and forget it however it ends.

    Raises RuntimeError for rows of an entry that is not of this transaction, or of none at all.
    """
    added = connection.info[_ADDED] = Added()
    try:
        yield added
        if rows := _seals(connection, added):
            put(connection, *rows)
    finally:
        # Not looked up again: a connection that has broken off has nothing to be looked up in.
        added.forget()


def follow(connection: Connection, digest: str | None) -> None:
    """Keep the newest seal, which whoever records an entry reads on the way; None: there is none.

    Not needed, but it spares a query of its own.
    """
    if digest is not None:
        _added(connection).before = digest


def add(connection: Connection, table: Table, rows: Row | Sequence[Row]) -> None:
    """Insert a row, or many by one statement; only within `Database.write`.

    Each row is a mapping of column names, the same in all; a column that is not named stays empty.
    Rows of a table that is not of the ledger are not remembered. Raises ValueError for rows of
    different columns.
    """
    listed = [rows] if isinstance(rows, Mapping) else rows
    if not listed:
        return
    names = tuple(listed[0])
    if any(row.keys() != listed[0].keys() for row in listed):
        msg = f"rows of {table.name} that go in together name different columns"
        raise ValueError(msg)
    put(connection, (table, names, [tuple(row[name] for name in names) for row in listed]))
    if is_sealed(table):
        _added(connection).rows[table].extend(listed)
    if table is journal:
        _added(connection).entries.extend(row["id"] for row in listed)


def add_rows(connection: Connection, *parts: Part, with_seals: bool = False) -> None:
    """Insert rows of several tables at once; only within `Database.write`.

    Of the columns one names the row's entry. A part without rows is passed over.
    with_seals: whether these are the last rows of every entry so far, whose seals go in with them.
    """
    parts = tuple(part for part in parts if part[2])
    added = _added(connection)
    for table, names, rows in parts:
        place = names.index(_entry_column(table))
        entries: list[Any] = [row[place] for row in rows]
        for entry, one in zip(entries, lines_of(table, names, rows), strict=True):
            added.lines[entry].append(one)
        if table is journal:
            added.entries += entries
    if with_seals:
        parts += _seals(connection, added)
    if parts:
        put(connection, *parts)


def add_many(
    connection: Connection,
    table: Table,
    names: tuple[str, ...],
    rows: Iterable[Sequence[object]],
    *,
    entry: int,
) -> None:
    """Insert very many rows of one entry; only within `Database.write`.

    names: the rows' columns; the others stay empty. Not the rows are remembered but their lines,
    most of them on disk. Rows that come in the order of their lines are sealed fastest.
    """
    lines, coming = _added(connection).long[entry], iter(rows)
    while some := list(islice(coming, _TOGETHER)):
        copy(connection, table, names, some)
        lines.extend(lines_of(table, names, some))


def add_lot(connection: Connection, rows: LotRows, *, entry: int) -> None:
    """Insert a lot's figures under an entry; only within `Database.write`.

    Their lines are made while the database is busy with the rows, and wait on disk.
    """
    run = _added(connection).long[entry].run()
    lines = through("written", rows.lines(), len(rows), each=PIECE)
    if connection.dialect.name == "postgresql":
        copy_pieces(connection, revision, NAMES, _beside(rows.copied(), lines, run))
    else:
        for statement, cells in _beside(rows.inserted(), lines, run):
            connection.exec_driver_sql(statement, cells)


def _beside(pieces: Iterable[T], lines: Iterable[bytes], run: Run) -> Iterator[T]:
    for piece, some in zip(pieces, lines, strict=True):
        yield piece
        run.write(some)


def _added(connection: Connection) -> Added:
    added: Added = connection.info[_ADDED]
    return added


def _seals(connection: Connection, added: Added) -> tuple[Part, ...]:
    """Return the rows that seal what was added, if anything was, and take it for sealed."""
    if not added.rows and not added.lines and not added.long:
        return ()
    lines, numbers = added.lines, sorted(added.entries)
    for number, some in _by_entry(added.rows).items():
        lines[number].extend(some)
    if lines.keys() | added.long.keys() != set(numbers):
        strays = sorted((lines.keys() | added.long.keys()) - set(numbers))
        msg = f"rows were added to entries {strays}, which this transaction did not record"
        raise RuntimeError(msg)
    before = added.before or _newest_seal(connection)
    rows = []
    for number in numbers:
        if number in added.long:
            added.long[number].extend(lines[number])
            before = added.long[number].seal(before)
        else:
            before = seal_of(before, lines[number])
        rows.append((number, before))
    added.before, added.is_sealed = before, True
    added.forget()
    return ((seal, ("entry_id", "digest"), rows),)


def _by_entry(added: Mapping[Table, Iterable[Row]]) -> dict[int, list[bytes]]:
    found: dict[int, list[bytes]] = defaultdict(list)
    for table, rows in added.items():
        finder = _Finder(belonging(table), added)
        for row in rows:
            found[finder.entry(row)].append(line(table, row))
    return found


@cache
def _entry_column(table: Table) -> str:
    column = belonging(table).column
    if column is None:
        msg = f"rows of {table.name} do not name their entry"
        raise TypeError(msg)
    return column


class _Finder:
    """Finds the entry of rows that were added, by a column or by the rows they hang on."""

    def __init__(self, how: Belonging, added: Mapping[Table, Iterable[Row]]) -> None:
        self._how = how
        self._entries: dict[tuple[Any, ...], int] = {}
        if how.parent is not None:
            parents = _Finder(how.parent, added)
            for row in added.get(how.parent.table, ()):
                if not how.first or row["version"] == FIRST:
                    self._entries[tuple(row[name] for name in how.theirs)] = parents.entry(row)

    def entry(self, row: Row) -> int:
        if self._how.column is not None:
            number: int = row[self._how.column]
            return number
        try:
            return self._entries[tuple(row[name] for name in self._how.own)]
        except KeyError:
            msg = f"a row of {self._how.table.name} was added that belongs to no entry"
            raise RuntimeError(msg) from None


def _newest_seal(connection: Connection) -> str:
    query = select(seal.c.digest).order_by(seal.c.entry_id.desc()).limit(1)
    return connection.execute(query).scalar() or BEGINNING
