from __future__ import annotations

import zlib

from hypothesis import given
from hypothesis import strategies as st

from metrics.checksum import Sum
from metrics.chunks import Block, Row

SIZE = 4
texts = st.lists(st.binary(max_size=12), max_size=20)


def plain(row: Row) -> bytes:
    return b"".join(block.plain for block in row.blocks)


def unpacked(row: Row) -> bytes:
    """Return what a reader makes of a row's blocks, and of an end behind them."""
    end = Block.of(b"", last=True)
    reader = zlib.decompressobj(-15)
    found = reader.decompress(b"".join(block.deflated for block in (*row.blocks, end)))
    assert reader.eof
    return found


@given(texts, st.data())
def test_a_changed_row_is_the_row_of_the_changed_texts(
    before: list[bytes], data: st.DataObject
) -> None:
    places = st.integers(0, max(len(before) - 1, 0))
    changed = data.draw(st.dictionaries(places, st.binary(max_size=12))) if before else {}
    after = [changed.get(place, text) for place, text in enumerate(before)]

    found = Row.of(before, SIZE).with_texts(changed)

    assert found == Row.of(after, SIZE)
    assert plain(found) == unpacked(found) == b"".join(after)
    assert found.sum == Sum.of(b"".join(after))


def test_only_the_chunk_of_a_changed_text_is_made_anew() -> None:
    row = Row.of([b"%d\n" % number for number in range(10)], SIZE)

    found = row.with_texts({5: b"five\n", 0: b"0\n"})

    same = [one is other for one, other in zip(row.chunks, found.chunks, strict=True)]
    assert same == [True, False, True]


def test_a_text_that_is_the_same_makes_nothing_anew() -> None:
    row = Row.of([b"a\n", b"", b"c\n"], SIZE)

    assert row.with_texts({0: b"a\n", 1: b""}) is row
