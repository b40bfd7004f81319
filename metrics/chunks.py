"""Lines in chunks: each kept with its deflated form, so that one changed line costs one chunk.

A chunk is made of the texts of some slots, which are what changes together: a target's line of one
family, or its seven of `kpi_status`. Which slots a chunk has follows from the catalogue alone, not
from what has happened since, so that every replica deflates the same chunks.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Final

from isal import isal_zlib

from metrics.checksum import NOTHING, Sum, Sums

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

CHUNK_LINES: Final = 256
"""About how many lines a chunk has: fewer are sooner made anew, more are packed tighter."""
_LEVEL: Final = 2
_RAW_DEFLATE: Final = -15


@dataclass(frozen=True, slots=True)
class Block:
    """Some bytes, and the same as raw deflate blocks that end at a byte and need nothing before."""

    plain: bytes
    deflated: bytes
    sum: Sum

    @classmethod
    def of(cls, plain: bytes) -> Block:
        """Deflate."""
        packer = isal_zlib.compressobj(_LEVEL, isal_zlib.DEFLATED, _RAW_DEFLATE)
        packed = packer.compress(plain) + packer.flush(isal_zlib.Z_FULL_FLUSH)
        return cls(plain, packed, Sum.of(plain))


@dataclass(frozen=True, slots=True)
class Chunk:
    """A block made of texts, and where each of them ends."""

    block: Block
    ends: array[int]

    @classmethod
    def of(cls, texts: Iterable[bytes]) -> Chunk:
        """Join the texts."""
        listed = list(texts)
        plain = b"".join(listed)
        block = Block.of(plain) if plain else EMPTY
        return cls(block, array("I", accumulate(map(len, listed))))

    def holds(self, texts: Sequence[bytes]) -> bool:
        """Tell whether these are its texts."""
        ends = array("I", accumulate(map(len, texts)))
        return self.ends == ends and self.block.plain == b"".join(texts)

    def with_texts(self, changed: Mapping[int, bytes]) -> Chunk:
        """Return the chunk with other texts in some places; itself where they are the same."""
        plain = self.block.plain
        new = {place: text for place, text in changed.items() if plain[self._at(place)] != text}
        if not new:
            return self
        texts = [plain[begin:end] for begin, end in pairwise((0, *self.ends))]
        for place, text in new.items():
            texts[place] = text
        return Chunk.of(texts)

    def _at(self, place: int) -> slice:
        return slice(self.ends[place - 1] if place else 0, self.ends[place])


EMPTY: Final = Block(b"", b"", NOTHING)


@dataclass(frozen=True)
class Row:
    """A family's chunks, one after the other; `size` is how many slots each has."""

    chunks: tuple[Chunk, ...]
    sums: Sums
    size: int

    @property
    def sum(self) -> Sum:
        """The whole row's sum."""
        return self.sums.whole

    @property
    def blocks(self) -> Iterator[Block]:
        """The chunks' blocks."""
        return (chunk.block for chunk in self.chunks)

    def with_texts(self, changed: Mapping[int, bytes]) -> Row:
        """Return the row with other texts in some slots; only their chunks are made anew."""
        by_chunk: dict[int, dict[int, bytes]] = {}
        for slot, text in changed.items():
            by_chunk.setdefault(slot // self.size, {})[slot % self.size] = text
        made = {number: self.chunks[number].with_texts(by_chunk[number]) for number in by_chunk}
        new = {number: chunk for number, chunk in made.items() if chunk is not self.chunks[number]}
        if not new:
            return self
        chunks = list(self.chunks)
        for number, chunk in new.items():
            chunks[number] = chunk
        sums = self.sums.replaced({number: chunk.block.sum for number, chunk in new.items()})
        return Row(tuple(chunks), sums, self.size)


class Filling:
    """A row while its texts come in: each chunk is packed as soon as it has all of its own.

    So a row of a million texts never holds more than a few chunks' of them. What a row of before
    has the same is taken from there: on another day most of it is, and is neither packed nor kept
    twice.
    """

    def __init__(self, slots: int, size: int, known: Row | None = None) -> None:
        """Begin with nothing; a slot that gets no text has an empty one."""
        self._size = size
        self._known = known.chunks if known is not None and known.size == size else ()
        self._texts = [b""] * slots
        self._left = [min(size, slots - begin) for begin in range(0, slots, size)]
        self._chunks: list[Chunk | None] = [None] * len(self._left)

    def put(self, texts: Iterable[tuple[int, bytes]]) -> None:
        """Take the texts of some slots, each slot's once."""
        size, left, kept = self._size, self._left, self._texts
        for slot, text in texts:
            kept[slot] = text
            number = slot // size
            left[number] -= 1
            if not left[number]:
                self._chunks[number] = self._packed(number)

    def row(self) -> Row:
        """Return the row."""
        chunks = [chunk or self._packed(number) for number, chunk in enumerate(self._chunks)]
        return Row(
            tuple(chunks), Sums.of([one.block.sum for one in chunks] or [NOTHING]), self._size
        )

    def _packed(self, number: int) -> Chunk:
        place = slice(number * self._size, (number + 1) * self._size)
        texts = self._texts[place]
        self._texts[place] = [b""] * len(texts)
        known = self._known[number] if number < len(self._known) else None
        return known if known is not None and known.holds(texts) else Chunk.of(texts)
