"""Python's search for cycles of garbage, put off while a long delivery is taken in.

A million rows are some million small objects, all of them in use until the end and none of them
in a cycle. The collector goes through them again and again as they become more, which took two
fifths of the time.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

LONG: Final = 5_000
"""Rows from which on it is put off."""


@contextmanager
def uncollected(rows: int) -> Iterator[None]:
    """Put the search off within the block, if there are many rows.

    It is the whole process's, so where two blocks overlap the first that ends takes it up again.
    """
    if rows < LONG or not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
