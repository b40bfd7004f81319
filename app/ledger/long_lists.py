"""Lists too long to be held twice: a million rows put in, and their lines put in order.

`insert` and `copy` hand rows to the driver as they are kept, past what SQLAlchemy does for each
row and each value. `lines_of` writes the same lines as `sealing.line`, column by column. `Lines`
sorts any number of them and holds only the newest: the others wait on disk in sorted runs, which
are read one behind the other where none overlaps the next, and merged where they do.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from decimal import Decimal
from functools import lru_cache
from heapq import merge
from itertools import pairwise
from operator import attrgetter, itemgetter
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any, Final

from sqlalchemy.exc import DBAPIError

from app.domain.number import write_number
from app.ledger.sealing import line, spelled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sqlalchemy import Connection, Dialect, Table

MOST_HELD: Final = 50_000
"""Lines that are held in memory; more go to disk."""
_BLOCK: Final = 1 << 20
_MARKS: Final = {"sqlite": "?", "postgresql": "%s"}

Keep = tuple[tuple[int, "Callable[[Any], Any]"], ...]
"""Per column that needs it, its place, and what turns a value into what the engine keeps."""


def insert(
    connection: Connection, table: Table, names: tuple[str, ...], rows: Sequence[Sequence[object]]
) -> None:
    """Insert rows by one statement; `names` are their columns, and the others stay empty."""
    statement, keep = prepared(table, names, connection.dialect)
    connection.exec_driver_sql(statement, list(zip(*kept(rows, keep), strict=True)))


def copy(
    connection: Connection, table: Table, names: tuple[str, ...], rows: Sequence[Sequence[object]]
) -> None:
    """Insert rows in the transaction that there is by the engine's fastest way."""
    if connection.dialect.name != "postgresql":
        insert(connection, table, names, rows)
        return
    _, keep = prepared(table, names, connection.dialect)
    quoted = connection.dialect.identifier_preparer.quote
    statement = f"COPY {quoted(table.name)} ({', '.join(map(quoted, names))}) FROM STDIN"
    cells = [_each(column, _written) for column in kept(rows, keep)]
    text = "".join(["\t".join(row) + "\n" for row in zip(*cells, strict=True)])
    _copy(connection, statement, [text.encode()])


def copy_pieces(
    connection: Connection, table: Table, names: tuple[str, ...], pieces: Iterable[bytes]
) -> None:
    """Copy into PostgreSQL what is text already; it takes in one piece while others are made."""
    quoted = connection.dialect.identifier_preparer.quote
    statement = f"COPY {quoted(table.name)} ({', '.join(map(quoted, names))}) FROM STDIN"
    _copy(connection, statement, pieces, at_once=True)


def _copy(
    connection: Connection, statement: str, pieces: Iterable[bytes], *, at_once: bool = False
) -> None:
    from psycopg.copy import LibpqWriter, QueuedLibpqWriter

    driver: Any = connection.connection.dbapi_connection
    try:
        with driver.cursor() as cursor:
            writer = (QueuedLibpqWriter if at_once else LibpqWriter)(cursor)
            with cursor.copy(statement, writer=writer) as copying:
                for piece in pieces:
                    copying.write(piece)
    except connection.dialect.loaded_dbapi.Error as error:
        is_gone = connection.dialect.is_disconnect(error, driver, None)
        base = connection.dialect.loaded_dbapi.Error
        raise DBAPIError.instance(
            statement, None, error, base, connection_invalidated=is_gone, dialect=connection.dialect
        ) from error


def kept(rows: Sequence[Sequence[object]], keep: Keep) -> list[Sequence[object]]:
    """Return rows column by column, their values as the engine keeps them."""
    columns: list[Sequence[object]] = list(zip(*rows, strict=True))
    for place, process in keep:
        column = columns[place]
        if column.count(None) < len(column):
            columns[place] = list(map(process, column))
    return columns


_ESCAPED: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _written(value: object) -> str:
    """Return a value as PostgreSQL's COPY reads it."""
    return r"\N" if value is None else str(value).translate(_ESCAPED)


def _each(column: Sequence[Any], write: Callable[[Any], str]) -> list[str]:
    """Write a column's values, equal ones once."""
    kinds = set(map(type, column))
    if kinds == {int}:
        return list(map(str, column))
    if kinds == {Decimal} or len(kinds - {type(None)}) > 1:
        # Figures are seldom equal, and 1 and True are one key of a dictionary.
        return list(map(write, column))
    known = {value: write(value) for value in set(column)}
    return [known[value] for value in column]


@lru_cache(maxsize=256)
def prepared(table: Table, names: tuple[str, ...], dialect: Dialect) -> tuple[str, Keep]:
    """Return the statement that inserts a row, and what turns its values into what is kept."""
    quoted = dialect.identifier_preparer.quote
    marks = ", ".join([_MARKS[dialect.name]] * len(names))
    listed = ", ".join(quoted(name) for name in names)
    statement = f"INSERT INTO {quoted(table.name)} ({listed}) VALUES ({marks})"  # noqa: S608 - names of ours
    processors = [
        table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names
    ]
    keep = tuple((place, one) for place, one in enumerate(processors) if one is not None)
    return statement, keep


# --- lines ------------------------------------------------------------------------------------


def lines_of(table: Table, names: tuple[str, ...], rows: Sequence[Sequence[object]]) -> list[bytes]:
    """Return rows as `sealing.line` writes them."""
    columns = list(zip(*rows, strict=True))
    cells, template = [], ""
    for name, column in sorted(zip(names, columns, strict=True), key=itemgetter(0)):
        empty = column.count(None)
        if empty == len(column):
            continue
        if empty and not template:  # then no comma is sure to stand before the others
            return [line(table, dict(zip(names, row, strict=True))) for row in rows]
        spellings = _each(column, _spelled)
        if empty:
            template += "%s"
            cells.append([f',"{name}":{text}' if text else "" for text in spellings])
        else:
            template += f'{"," if template else ""}"{name}":%s'
            cells.append(spellings)
    if not cells:
        return [line(table, {})] * len(rows)
    template = f'["{table.name}",{{{template}}}]'
    return [(template % row).encode() for row in zip(*cells, strict=True)]


def _spelled(value: object) -> str:
    if isinstance(value, Decimal):  # as `spelled` does, without a detour
        return f'"{write_number(value)}"'
    return "" if value is None else spelled(value)


class Lines:
    """The lines of one entry, in the end in the order of their bytes."""

    def __init__(self, most_held: int | None = None) -> None:
        """Begin with none; so many are held in memory at most, `MOST_HELD` unless given."""
        self._most_held = MOST_HELD if most_held is None else most_held
        self._held: list[bytes] = []
        self._runs: list[Run] = []

    def extend(self, lines: Iterable[bytes]) -> None:
        """Take up lines."""
        self._held.extend(lines)
        if len(self._held) > self._most_held:
            self.run().write(b"\n".join([*sorted(self._held), b""]))
            self._held = []

    def run(self) -> Run:
        """Return a run, empty yet, of lines that come in their order; they wait on disk."""
        self._runs.append(Run())
        return self._runs[-1]

    def seal(self, before: str) -> str:
        """Return the seal of the lines; as `sealing.seal_of`, which holds them all."""
        digest = hashlib.sha256(before.encode() + b"\n")
        for block in self._blocks():
            digest.update(block)
        return digest.hexdigest()

    def close(self) -> None:
        """Give the disk back what it kept."""
        for run in self._runs:
            run.file.close()

    def _blocks(self) -> Iterator[bytes]:
        held = sorted(self._held)
        runs = sorted((run for run in self._runs if run.last), key=attrgetter("first"))
        if all(one.last <= other.first for one, other in pairwise(runs)):
            yield from _woven((block for run in runs for block in run.blocks()), held)
        else:
            yield from merge(*map(Run.lines, runs), (one + b"\n" for one in held))


class Run:
    """Sorted lines on disk, each with its line feed."""

    def __init__(self) -> None:
        """Begin with none."""
        self.first = self.last = b""
        self.file: IO[bytes] = TemporaryFile()  # noqa: SIM115 - closed with the lines

    def write(self, block: bytes) -> None:
        """Take up some, all of which come after those before them."""
        if not self.last:
            self.first = block[: block.index(b"\n")]
        self.last = _last(block)
        self.file.write(block)

    def lines(self) -> Iterator[bytes]:
        """Give them one by one, still with their line feeds."""
        # A line feed sorts before whatever could follow in a longer line.
        self.file.seek(0)
        return iter(self.file)

    def blocks(self) -> Iterator[bytes]:
        """Give them many at a time."""
        self.file.seek(0)
        return iter(lambda: self.file.read(_BLOCK) + self.file.readline(), b"")


def _last(block: bytes) -> bytes:
    return block[block.rfind(b"\n", 0, -1) + 1 : -1]


def _woven(blocks: Iterable[bytes], held: list[bytes]) -> Iterator[bytes]:
    """Put sorted lines into the blocks of many others, of which most are left as they are."""
    at = 0
    for block in blocks:
        upto = bisect_right(held, _last(block), at)
        if upto == at:
            yield block
        else:
            yield b"\n".join([*sorted([*block[:-1].split(b"\n"), *held[at:upto]]), b""])
        at = upto
    yield b"\n".join([*held[at:], b""]) if at < len(held) else b""
