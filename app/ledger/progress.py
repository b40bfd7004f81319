"""How far a long delivery has come, for whoever watches it being taken in."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

T = TypeVar("T")

EVERY: Final = 5_000
"""Rows after which it is told again."""

_watching: ContextVar[Callable[[str, int, int], None] | None] = ContextVar(
    "_watching", default=None
)


@contextmanager
def watched(tell: Callable[[str, int, int], None]) -> Iterator[None]:
    """Have what passes `through` within the block told, as far as this thread does it.

    tell: called with the stage, how many rows have come through it, and how many will.
    """
    token = _watching.set(tell)
    try:
        yield
    finally:
        _watching.reset(token)


def through(stage: str, rows: Iterable[T], count: int) -> Iterable[T]:
    """Return the rows; if they are many and somebody watches, each stretch of them is told."""
    tell = _watching.get()
    return rows if tell is None or count < EVERY else _told(stage, rows, count, tell)


def _told(
    stage: str, rows: Iterable[T], count: int, tell: Callable[[str, int, int], None]
) -> Iterator[T]:
    for done, row in enumerate(rows):
        if done % EVERY == 0:
            tell(stage, done, count)
        yield row
    tell(stage, count, count)
