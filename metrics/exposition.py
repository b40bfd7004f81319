"""Samples to bytes: the Prometheus text format 0.0.4 and OpenMetrics 1.0, plain and gzip.

The lines of samples are the same in both formats, only the comment lines above them differ. So
lines are rendered and deflated once per family, and an answer of either format is put together
from these blocks: in plain by joining them, in gzip by stitching raw deflate blocks into one
member (Prometheus reads several members in a row, curl stops after the first).

What the office's record says is the same on every replica, byte for byte. What this process says
about its own reading, `kpi_collector_success` and `kpi_snapshot_timestamp_seconds`, is not; it is
appended to the prepared bytes at every scrape, as a last small block of its own.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from prometheus_client.utils import floatToGoString

from metrics.families import COUNTER_SUFFIX, KPI_FAMILIES, SNAPSHOT_TIME, SUCCESS, Family, Type
from metrics.snapshot import Sample

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from metrics.snapshot import Snapshot

_LEVEL = 6
_RAW_DEFLATE = -zlib.MAX_WBITS
_GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
"""Deflate, no name, no time (equal bytes whenever they are made), no system."""
_LENGTH_MASK = 0xFFFFFFFF
_write_number: Final[Callable[[float], str]] = floatToGoString


class Format(StrEnum):
    """What Prometheus reads."""

    TEXT = "text"
    OPENMETRICS = "openmetrics"


@dataclass(frozen=True, slots=True)
class Block:
    """Some bytes, and the same as raw deflate blocks that end at a byte and need nothing before."""

    plain: bytes
    deflated: bytes

    @classmethod
    def of(cls, plain: bytes, *, last: bool = False) -> Block:
        """Deflate; the last block of an answer also ends the stream."""
        packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW_DEFLATE)
        end = zlib.Z_FINISH if last else zlib.Z_FULL_FLUSH
        return cls(plain, packer.compress(plain) + packer.flush(end))


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything of an answer but its last block, ready to be sent."""

    plain: bytes = b""
    deflated: bytes = _GZIP_HEADER
    checksum: int = 0

    @classmethod
    def of(cls, blocks: Iterable[Block]) -> Prepared:
        """Join the blocks."""
        listed = list(blocks)
        plain = b"".join(block.plain for block in listed)
        deflated = b"".join([_GZIP_HEADER, *(block.deflated for block in listed)])
        return cls(plain, deflated, zlib.crc32(plain))

    def closed(self, last: bytes, *, gzip: bool) -> tuple[bytes, bytes]:
        """Return the answer in two parts that are sent one after the other, ending with `last`."""
        if not gzip:
            return self.plain, last
        checksum = zlib.crc32(last, self.checksum)
        length = (len(self.plain) + len(last)) & _LENGTH_MASK
        trailer = struct.pack("<II", checksum, length)
        return self.deflated, Block.of(last, last=True).deflated + trailer


def prepare(snapshot: Snapshot) -> dict[Format, Prepared]:
    """Render a snapshot in both formats."""
    found = [
        (family, Block.of(_lines_of(family, snapshot.families[family.name])))
        for family in KPI_FAMILIES
        if family.name in snapshot.families
    ]
    return {
        form: Prepared.of(
            block for family, lines in found for block in (Block.of(header(family, form)), lines)
        )
        for form in Format
    }


def _lines_of(family: Family, groups: Mapping[str, Sequence[Sample]]) -> bytes:
    return b"".join(lines(family, samples) for samples in groups.values())


def lines(family: Family, samples: Iterable[Sample]) -> bytes:
    """Render the lines of one group; they are the same in both formats."""
    # Labels in alphabetical order, as the client library writes them.
    order = sorted(range(len(family.labels)), key=family.labels.__getitem__)
    names = [f'{family.labels[index]}="' for index in order]
    found = []
    for sample in samples:
        pairs = ",".join(
            f'{name}{_escaped(sample.labels[index])}"'
            for name, index in zip(names, order, strict=True)
        )
        labels = f"{{{pairs}}}" if pairs else ""
        found.append(f"{family.name}{labels} {_write_number(sample.value)}\n")
    return "".join(found).encode()


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


def collector_block(form: Format, *, success: bool, read_at: dt.datetime | None) -> bytes:
    """Render an answer's last block: whether the database was read for it, and when last."""
    found = [header(SUCCESS, form), lines(SUCCESS, [Sample((), float(success))])]
    if read_at is not None:
        found += [header(SNAPSHOT_TIME, form)]
        found += [lines(SNAPSHOT_TIME, [Sample((), read_at.timestamp())])]
    if form is Format.OPENMETRICS:
        found.append(b"# EOF\n")
    return b"".join(found)
