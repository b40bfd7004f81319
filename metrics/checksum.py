"""Checksums of bytes that are put together from pieces, from the pieces' own checksums.

gzip ends with the CRC-32 of all that was packed. To go over a hundred megabytes for the sake of one
changed line would cost more than everything else, so sums are put together as zlib's own
`crc32_combine` does: the CRC of A followed by B is that of A times x^(8 |B|), plus that of B, in
the field of polynomials modulo CRC-32's (RFC 1952; bits in reversed order, so x^0 is the highest).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from isal import isal_zlib

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_POLYNOMIAL: Final = 0xEDB88320
_ONE: Final = 1 << 31
_X8: Final = _ONE >> 8
_BYTE: Final = 0xFF


@dataclass(frozen=True, slots=True)
class Sum:
    """The CRC-32 of some bytes, and how many these are."""

    crc: int = 0
    length: int = 0

    @classmethod
    def of(cls, data: bytes) -> Sum:
        """Go over the bytes."""
        return cls(isal_zlib.crc32(data), len(data))

    def then(self, other: Sum) -> Sum:
        """Return the sum of these bytes followed by others."""
        if not other.length:
            return self
        shifted = _times(_shift(other.length), self.crc)
        return Sum(shifted ^ other.crc, self.length + other.length)

    def followed_by(self, data: bytes) -> Sum:
        """Return the sum of these bytes followed by a few others, which are gone over."""
        return Sum(isal_zlib.crc32(data, self.crc), self.length + len(data))


NOTHING: Final = Sum()


def _times(one: int, other: int) -> int:
    """Multiply two polynomials."""
    product, bit = 0, _ONE
    while one:
        if one & bit:
            product ^= other
            one ^= bit
        bit >>= 1
        other = other >> 1 ^ _POLYNOMIAL if other & 1 else other >> 1
    return product


@lru_cache(maxsize=1024)
def _power(digit: int, place: int) -> int:
    """Return x^8 to the power of digit x 256^place."""
    if place == 0:
        return _ONE if digit == 0 else _times(_X8, _power(digit - 1, 0))
    if digit == 0:
        return _ONE
    base = _times(_power(_BYTE, place - 1), _power(1, place - 1))
    return base if digit == 1 else _times(base, _power(digit - 1, place))


def _shift(length: int) -> int:
    """Return x^(8 length)."""
    product, place = _power(length & _BYTE, 0), 1
    while length := length >> 8:
        if length & _BYTE:
            product = _times(product, _power(length & _BYTE, place))
        place += 1
    return product


@dataclass(frozen=True, slots=True)
class Sums:
    """The sums of pieces in a row, and of pairs of them, and of pairs of those, up to the whole.

    levels: the pieces' own first.
    """

    levels: Sequence[Sequence[Sum]]

    @classmethod
    def of(cls, pieces: Iterable[Sum]) -> Sums:
        """Put pieces together; at least one."""
        levels = [list(pieces)]
        while len(levels[-1]) > 1:
            below = levels[-1]
            levels.append([_pair(below, place) for place in range((len(below) + 1) // 2)])
        return cls(levels)

    @property
    def whole(self) -> Sum:
        """The sum of all pieces."""
        return self.levels[-1][0]

    def replaced(self, changed: Mapping[int, Sum]) -> Sums:
        """Return the sums with other pieces in some places; the others are not looked at."""
        levels = [list(level) for level in self.levels]
        for place, piece in changed.items():
            levels[0][place] = piece
        places = set(changed)
        for below, level in pairwise(levels):
            places = {place // 2 for place in places}
            for place in places:
                level[place] = _pair(below, place)
        return Sums(levels)


def _pair(below: Sequence[Sum], place: int) -> Sum:
    left = below[2 * place]
    return left.then(below[2 * place + 1]) if 2 * place + 1 < len(below) else left
