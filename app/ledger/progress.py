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


def told(stage: str, done: int, count: int) -> None:
    """Tell whoever watches how many of many rows have come through a stage."""
    tell = _watching.get()
    if tell is not None and count >= EVERY:
        tell(stage, done, count)


def through(stage: str, items: Iterable[T], count: int, *, each: int = 1) -> Iterable[T]:
    """Return the items; if they are many rows and somebody watches, each stretch of them is told.

    count: how many rows there are. each: how many of them an item is.
    """
    tell = _watching.get()
    return items if tell is None or count < EVERY else _told(stage, items, count, each, tell)


def _told(
    stage: str,
    items: Iterable[T],
    count: int,
    each: int,
    tell: Callable[[str, int, int], None],
) -> Iterator[T]:
    for place, item in enumerate(items):
        if place * each % EVERY == 0:
            tell(stage, place * each, count)
        yield item
    tell(stage, count, count)
