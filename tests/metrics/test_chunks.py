from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from metrics.checksum import Sum
from metrics.chunks import Filling, Row

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

SIZE = 4
texts = st.lists(st.binary(max_size=12), max_size=20)


def row_of(texts: Sequence[bytes], known: Row | None = None) -> Row:
    filling = Filling(len(texts), SIZE, known)
    filling.put(enumerate(texts))
    return filling.row()


def plain(row: Row) -> bytes:
    return b"".join(block.plain for block in row.blocks)


def unpacked(row: Row) -> bytes:
    """Return what a reader makes of a row's blocks, and of an end behind them."""
    end = zlib.compressobj(wbits=-15).flush()
    reader = zlib.decompressobj(-15)
    found = reader.decompress(b"".join([*(block.deflated for block in row.blocks), end]))
    assert reader.eof
    return found


@given(texts, st.data())
def test_a_changed_row_is_the_row_of_the_changed_texts(
    before: list[bytes], data: st.DataObject
) -> None:
    places = st.integers(0, max(len(before) - 1, 0))
    changed = data.draw(st.dictionaries(places, st.binary(max_size=12))) if before else {}
    after = [changed.get(place, text) for place, text in enumerate(before)]

    found = row_of(before).with_texts(changed)

    assert found == row_of(after)
    assert plain(found) == unpacked(found) == b"".join(after)
    assert found.sum == Sum.of(b"".join(after))


def test_only_the_chunk_of_a_changed_text_is_made_anew() -> None:
    row = row_of([b"%d\n" % number for number in range(10)])

    found = row.with_texts({5: b"five\n", 0: b"0\n"})

    same = [one is other for one, other in zip(row.chunks, found.chunks, strict=True)]
    assert same == [True, False, True]


def test_a_text_that_is_the_same_makes_nothing_anew() -> None:
    row = row_of([b"a\n", b"", b"c\n"])

    assert row.with_texts({0: b"a\n", 1: b""}) is row


@given(texts, texts, st.randoms(use_true_random=False))
def test_texts_in_any_order_over_any_row_of_before_make_the_same_row(
    before: list[bytes], after: list[bytes], order: Random
) -> None:
    filling = Filling(len(after), SIZE, row_of(before))
    pairs = list(enumerate(after))
    order.shuffle(pairs)
    for pair in pairs:
        filling.put([pair])

    assert filling.row() == row_of(after)


def test_a_chunk_that_was_the_same_before_is_taken_from_there() -> None:
    before = row_of([b"%d\n" % number for number in range(10)])

    after = row_of([b"%d\n" % number for number in (0, 1, 2, 3, 4, 55, 6, 7, 8, 9, 10)], before)

    pairs = zip(before.chunks, after.chunks, strict=True)
    assert [one is other for one, other in pairs] == [True, False, False]


def test_the_same_bytes_parted_otherwise_are_not_the_same_chunk() -> None:
    before, after = row_of([b"a", b"bc"]), row_of([b"ab", b"c"])

    assert row_of([b"ab", b"c"], before) == after
    assert row_of([b"ab", b"c"], before).with_texts({0: b"x"}) == row_of([b"x", b"c"])


def test_a_slot_without_a_text_is_empty() -> None:
    filling = Filling(6, SIZE)
    filling.put([(5, b"last\n")])

    assert filling.row() == row_of([b"", b"", b"", b"", b"", b"last\n"])
