"""The chain of seals read back: every entry as it stands now, held against its seal.

Entries are streamed in order, a cursor for each table, so memory holds one entry at a time (and
one entry is one delivery at most). Values are taken as the engine keeps them, past the conversions
of `types`: what somebody put there by hand may be no decimal, no instant at all.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby, islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Boolean, insert, inspect, select, type_coerce
from sqlalchemy.types import NULLTYPE

from app.domain.number import MAX_FRACTION_DIGITS
from app.ledger.belonging import belonging, sealed_tables
from app.ledger.sealing import BEGINNING, line, seal_of
from app.ledger.tables import seal
from app.ledger.types import ExactDecimal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Column, Connection, Table

_AT_A_TIME: Final = 500
"""Rows that a cursor fetches, and seals that a migration writes, at once."""
_STREAMED: Final = {"yield_per": _AT_A_TIME}
_JOURNAL: Final = b'["journal",'


@dataclass(frozen=True, slots=True)
class Point:
    """A place in the chain: an entry of the journal, and its seal."""

    entry: int
    digest: str

    def __str__(self) -> str:
        """Write it as `parse` reads it."""
        return f"{self.entry}:{self.digest}"

    @classmethod
    def parse(cls, text: str) -> Point:
        """Read `17:9f86d0...`; raises ValueError."""
        entry, _, digest = text.partition(":")
        if not entry.isdecimal() or len(digest) != len(BEGINNING):
            msg = "a place in the chain is the number of an entry, a colon, and its seal"
            raise ValueError(msg)
        return cls(int(entry), digest.lower())


START: Final = Point(0, BEGINNING)
"""Before the first entry."""


@dataclass(frozen=True, slots=True)
class Link:
    """An entry as it stands, and what is wrong with it.

    `point` is where the next one follows: this entry, and the newest seal up to it. `lines`: how
    many rows belong to it.
    """

    entry: int
    point: Point
    lines: int
    problem: str | None = None


def head(connection: Connection) -> Point:
    """Return the newest place in the chain."""
    query = select(seal).order_by(seal.c.entry_id.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return START if row is None else Point(row.entry_id, row.digest)


def includes(connection: Connection, point: Point) -> bool:
    """Tell whether a place that somebody noted earlier is still in the chain."""
    query = select(seal.c.digest).where(seal.c.entry_id == point.entry)
    return connection.execute(query).scalar() == point.digest


def links(connection: Connection, after: Point = START, upto: int | None = None) -> Iterator[Link]:
    """Hold the entries after a place, up to another, against their seals, in order."""
    point = after
    for entry, lines, digest in entries(connection, after, upto):
        problem = _problem(entry, lines, digest, point)
        point = Point(entry, point.digest if digest is None else digest)
        yield Link(entry, point, len(lines), problem)


def entries(
    connection: Connection, after: Point = START, upto: int | None = None
) -> Iterator[tuple[int, list[bytes], str | None]]:
    """Give each entry after a place, up to another: number, lines, and seal if it has one."""
    streams = [_lines(connection, table, after.entry, upto) for table in sealed_tables()]
    return _merged([*streams, _seals(connection, after.entry, upto)])


def _problem(entry: int, lines: list[bytes], digest: str | None, before: Point) -> str | None:
    if not any(text.startswith(_JOURNAL) for text in lines):
        return f"entry {entry} is not in the journal, and yet something belongs to it"
    if digest is None:
        return f"entry {entry} has no seal"
    if digest != seal_of(before.digest, lines):
        return f"entry {entry} is not what was sealed after entry {before.entry}"
    return None


def seal_everything(connection: Connection) -> None:
    """Seal every entry there is, while the table of seals is new: for its migration.

    Takes the tables as that migration finds them, which may lack what later ones add.
    """
    inspector = inspect(connection)
    there = set(inspector.get_table_names())
    streams = []
    for table in sealed_tables():
        if table.name in there:
            names = {column["name"] for column in inspector.get_columns(table.name)}
            columns = [column for column in table.columns if column.name in names]
            streams.append(_lines(connection, table, 0, None, columns))
    sealed = _new_seals(streams)
    while many := list(islice(sealed, _AT_A_TIME)):
        connection.execute(insert(seal), many)


def _new_seals(streams: list[Iterator[tuple[int, bytes | str]]]) -> Iterator[dict[str, Any]]:
    before = BEGINNING
    for entry, lines, _ in _merged(streams):
        before = seal_of(before, lines)
        yield {"entry_id": entry, "digest": before}


def _merged(
    streams: list[Iterator[tuple[int, bytes | str]]],
) -> Iterator[tuple[int, list[bytes], str | None]]:
    """Merge lines (bytes) and seals (text) that come in order of their entries."""
    merged = heapq.merge(*streams, key=itemgetter(0))
    for entry, found in groupby(merged, key=itemgetter(0)):
        lines: list[bytes] = []
        digest = None
        for _, one in found:
            if isinstance(one, bytes):
                lines.append(one)
            else:
                digest = one
        yield entry, lines, digest


def _seals(
    connection: Connection, after: int, upto: int | None
) -> Iterator[tuple[int, bytes | str]]:
    query = select(seal.c.entry_id, seal.c.digest).where(seal.c.entry_id > after)
    if upto is not None:
        query = query.where(seal.c.entry_id <= upto)
    query = query.order_by(seal.c.entry_id)
    with connection.execute(query, execution_options=_STREAMED) as rows:
        for entry, digest in rows:
            yield entry, str(digest)


def _lines(
    connection: Connection,
    table: Table,
    after: int,
    upto: int | None,
    columns: Sequence[Column[Any]] = (),
) -> Iterator[tuple[int, bytes | str]]:
    columns = columns or list(table.columns)
    how = belonging(table)
    kept = [type_coerce(column, NULLTYPE) for column in columns]
    query = how.joined(select(how.entry, *kept)).where(how.entry > after).order_by(how.entry)
    if upto is not None:
        query = query.where(how.entry <= upto)
    readers = [(column.name, _reader(column)) for column in columns]
    # Whoever reads no further leaves no cursor open.
    with connection.execute(query, execution_options=_STREAMED) as rows:
        for entry, *values in rows:
            pairs = zip(readers, values, strict=True)
            yield entry, line(table, {name: read(value) for (name, read), value in pairs})


def _reader(column: Column[Any]) -> Callable[[Any], Any]:
    if isinstance(column.type, ExactDecimal):
        return _decimal
    return _truth if isinstance(column.type, Boolean) else _as_kept


def _as_kept(value: Any) -> Any:  # noqa: ANN401 - as the engine gives it
    """Return a value as it is; SQLite's instants are written as the seals write them."""
    return value.hex() if isinstance(value, bytes) else value


def _decimal(value: Any) -> Any:  # noqa: ANN401 - as the engine gives it
    return Decimal(value).scaleb(-MAX_FRACTION_DIGITS) if isinstance(value, int) else value


def _truth(value: Any) -> Any:  # noqa: ANN401 - as the engine gives it
    return bool(value) if value in (0, 1) else value
