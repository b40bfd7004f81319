"""Samples to bytes: the Prometheus text format 0.0.4 and OpenMetrics 1.0, plain and gzip.

The lines of samples are the same in both formats, only the comment lines above them differ. So
lines are rendered and deflated once, in chunks (see `chunks`), and an answer of either format is
put together from these blocks: in plain by joining them, in gzip by stitching raw deflate blocks
into one member (Prometheus reads several members in a row, curl stops after the first).

What the office's record says is the same on every replica, byte for byte. What this process says
about its own reading, `kpi_collector_success` and `kpi_snapshot_timestamp_seconds`, is not; it is
appended to the prepared bytes at every scrape, as a last small block of its own.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, Final

from prometheus_client.utils import floatToGoString

from app.domain.attainment import Status
from metrics.checksum import NOTHING, Sum
from metrics.chunks import CHUNK_LINES, Block, Filling, Row
from metrics.families import (
    BACKUP_TIME,
    BY_NAME,
    COUNTER_SUFFIX,
    KPI_FAMILIES,
    SNAPSHOT_TIME,
    SUCCESS,
    Family,
    Type,
)
from metrics.negotiation import Format
from metrics.snapshot import Sample

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Mapping

    from metrics.snapshot import Filled, Labels, Slots

_GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
"""Deflate, no name, no time (equal bytes whenever they are made), no system."""
_LENGTH_MASK = 0xFFFFFFFF
_LAST_STORED = 1
"""The first byte of deflate's last block, where it holds bytes as they are (RFC 1951, 3.2.4)."""
_MOST_STORED = 0xFFFF
"""How many bytes such a block may hold; an answer's last have a few hundred."""
_write_number: Final[Callable[[float], str]] = floatToGoString


@dataclass(frozen=True)
class Prepared:
    """Everything of an answer but its last block, ready to be sent."""

    blocks: tuple[Block, ...] = ()
    sum: Sum = NOTHING

    @cached_property
    def plain(self) -> bytes:
        """The blocks' bytes."""
        return b"".join([block.plain for block in self.blocks])

    @cached_property
    def deflated(self) -> bytes:
        """The beginning of a gzip member."""
        return b"".join([_GZIP_HEADER, *(block.deflated for block in self.blocks)])

    def closed(self, last: bytes, *, gzip: bool) -> tuple[bytes, bytes]:
        """Return the answer in two parts that are sent one after the other, ending with `last`."""
        if not gzip:
            return self.plain, last
        # Not packed: so short a text is sent sooner than made shorter.
        stored = struct.pack("<BHH", _LAST_STORED, len(last), len(last) ^ _MOST_STORED) + last
        whole = self.sum.followed_by(last)
        trailer = struct.pack("<II", whole.crc, whole.length & _LENGTH_MASK)
        return self.deflated, stored + trailer


@dataclass(frozen=True)
class Exposition:
    """What the office's record says, rendered: a row of chunks for each family.

    slots: which slots each family has, and in what order; a family that is not named has none.
    """

    slots: Mapping[str, Slots] = field(compare=False, default_factory=dict)
    rows: Mapping[str, Row] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        slots: Mapping[str, Slots],
        parts: Iterable[Filled],
        known: Exposition | None = None,
    ) -> Exposition:
        """Render everything; the parts fill each slot once, in whatever order.

        known: what was said before, of which chunks that are the same are taken.
        """
        before = known.rows if known is not None else {}
        rows = {
            name: Filling(len(places), _size(name), before.get(name))
            for name, places in slots.items()
        }
        for part in parts:
            for name, filled in part.items():
                family, places = BY_NAME[name], slots[name]
                rows[name].put(
                    (places[slot], lines(family, samples)) for slot, samples in filled.items()
                )
        return cls(slots, {name: filling.row() for name, filling in rows.items()})

    def changed(self, part: Filled) -> Exposition:
        """Return the same with what a part says of its slots; what is not in it stays as it is."""
        rows = dict(self.rows)
        for name, filled in part.items():
            places = self.slots[name]
            texts = {
                places[slot]: lines(BY_NAME[name], samples) for slot, samples in filled.items()
            }
            rows[name] = rows[name].with_texts(texts)
        return Exposition(self.slots, rows)

    def __getitem__(self, form: Format) -> Prepared:
        """Return the answer in a format; it is put together when it is first asked for."""
        found = self._prepared.get(form)
        if found is None:
            # Two threads may do so at once; both get an equal answer, one is kept.
            found = self._prepared[form] = self._prepare(form)
        return found

    @cached_property
    def _prepared(self) -> dict[Format, Prepared]:
        return {}

    def _prepare(self, form: Format) -> Prepared:
        blocks: list[Block] = []
        whole = NOTHING
        for family in KPI_FAMILIES:
            row = self.rows.get(family.name)
            if row is not None and row.sum.length:
                above = _header_block(family, form)
                blocks += [above, *row.blocks]
                whole = whole.then(above.sum).then(row.sum)
        return Prepared(tuple(blocks), whole)


def _size(name: str) -> int:
    """Return how many slots of a family a chunk has."""
    return CHUNK_LINES // len(Status) if name == "kpi_status" else CHUNK_LINES


@cache
def _header_block(family: Family, form: Format) -> Block:
    return Block.of(header(family, form))


def lines(family: Family, samples: Iterable[Sample]) -> bytes:
    """Render the lines of one slot; they are the same in both formats."""
    before, last, place, others, head_of = _template(family)
    found = []
    for labels, value in samples:
        if last:
            head = _head(others, head_of(labels)) if others else ""
            text = f'{before}{head}{last}{_escaped(labels[place])}"}} '
        else:
            text = before
        found.append(f"{text}{_write_number(value)}\n")
    return "".join(found).encode()


@cache
def _template(
    family: Family,
) -> tuple[str, str, int, tuple[str, ...], Callable[[Labels], Labels | str]]:
    """Return how a line begins; the last label's name and place; the others' names and values.

    Labels are in alphabetical order, as the client library writes them.
    """
    if not family.labels:
        return f"{family.name} ", "", 0, (), tuple
    *others, place = sorted(range(len(family.labels)), key=family.labels.__getitem__)
    names = tuple(f'{family.labels[number]}="' for number in others)
    values = itemgetter(*others) if others else tuple
    return f"{family.name}{{", f'{family.labels[place]}="', place, names, values


@lru_cache(maxsize=65536)
def _head(names: tuple[str, ...], values: Labels | str) -> str:
    """Render all labels but the last; a slot's lines, and those of a dozen families, share them."""
    given = (values,) if isinstance(values, str) else values
    return "".join(f'{name}{_escaped(value)}",' for name, value in zip(names, given, strict=True))


@lru_cache(maxsize=65536)
def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def header(family: Family, form: Format) -> bytes:
    """Render the comment lines above a family's samples."""
    # OpenMetrics names a counter's family without the ending that its samples bear.
    if form is Format.OPENMETRICS:
        name = family.name
        if family.type is Type.COUNTER:
            name = name.removesuffix(COUNTER_SUFFIX)
        unit = f"# UNIT {name} {family.unit}\n" if family.unit else ""
        return (
            f"# HELP {name} {_escaped(family.help)}\n# TYPE {name} {family.type}\n{unit}".encode()
        )
    text = family.help.replace("\\", "\\\\").replace("\n", "\\n")
    return f"# HELP {family.name} {text}\n# TYPE {family.name} {family.type}\n".encode()


def collector_block(
    form: Format,
    *,
    success: bool,
    read_at: dt.datetime | None,
    backup_at: dt.datetime | None = None,
) -> bytes:
    """Render an answer's last block: the newest backup, and how the database was read."""
    samples = (
        (BACKUP_TIME, None if backup_at is None else backup_at.timestamp()),
        (SUCCESS, float(success)),
        (SNAPSHOT_TIME, None if read_at is None else read_at.timestamp()),
    )
    found = []
    for family, value in samples:
        if value is not None:
            found += [header(family, form), lines(family, [Sample((), value)])]
    if form is Format.OPENMETRICS:
        found.append(b"# EOF\n")
    return b"".join(found)
