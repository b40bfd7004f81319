from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.checksum import NOTHING, Sum, Sums

pieces = st.lists(st.binary(max_size=300), min_size=1, max_size=20)


@given(st.binary(), st.binary())
def test_the_sum_of_two_is_that_of_one_after_the_other(one: bytes, other: bytes) -> None:
    found = Sum.of(one).then(Sum.of(other))

    assert found == Sum.of(one + other)
    assert found.crc == zlib.crc32(one + other)


@pytest.mark.parametrize("length", [0, 1, 255, 256, 65_535, 65_536, 16_777_216, 70_000_000])
def test_lengths_of_any_number_of_bytes(length: int) -> None:
    assert Sum.of(b"abc").then(Sum.of(bytes(length))).crc == zlib.crc32(b"abc" + bytes(length))


@given(pieces, st.data())
def test_pieces_put_in_the_place_of_others_change_the_whole(
    before: list[bytes], data: st.DataObject
) -> None:
    places = st.integers(0, len(before) - 1)
    changed = data.draw(st.dictionaries(places, st.binary(max_size=300)))
    after = [changed.get(place, piece) for place, piece in enumerate(before)]

    sums = Sums.of(map(Sum.of, before))
    found = sums.replaced({place: Sum.of(piece) for place, piece in changed.items()})

    assert sums.whole == Sum.of(b"".join(before)), "the first sums stay as they were"
    assert found == Sums.of(map(Sum.of, after))
    assert found.whole == Sum.of(b"".join(after))


def test_nothing_adds_nothing() -> None:
    some = Sum.of(b"some")

    assert NOTHING.then(some) == some == some.then(NOTHING)
