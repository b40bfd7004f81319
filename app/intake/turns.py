"""Turns: how many may do something at once, how many may wait for it, and that no more may."""

from __future__ import annotations

from contextlib import contextmanager
from threading import Condition
from typing import TYPE_CHECKING

from app.errors import Busy

if TYPE_CHECKING:
    from collections.abc import Iterator


class Turns:
    """A bounded queue for a few places.

    waiting: how many wait; told, like every change, through `changed`.
    """

    def __init__(self, at_once: int, most_waiting: int) -> None:
        """at_once: the places. most_waiting: who comes when so many wait is sent away."""
        self.changed = Condition()
        self.waiting = 0
        self._free = at_once
        self._most_waiting = most_waiting

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a place and hold it; raises Busy, without waiting, where too many wait."""
        with self.changed:
            if self._free == 0 and self.waiting >= self._most_waiting:
                raise Busy("too many are waiting for their turn")
            self.waiting += 1
            self.changed.notify_all()
            try:
                self.changed.wait_for(lambda: self._free > 0)
            finally:
                self.waiting -= 1
            self._free -= 1
        try:
            yield
        finally:
            with self.changed:
                self._free += 1
                self.changed.notify_all()
