"""The desk: where the deliveries that reach a process queue up, and are taken in together.

One thread takes in whatever has queued up since it last looked, in one transaction. So each waits
for one commit at most before its own, however many come at once, and nobody is answered before
what was said to be on record is.

Where a lot waits for the disk or the database for longer than it computes, the next one is held
back for a part of that: clients that send again as soon as they are answered would otherwise stand
in two halves, each waiting for the other's commit, and share one when they come together.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

from app.errors import Interrupted, Unavailable
from app.intake.submission import Sent, receive_all

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.intake.submission import Answer
    from app.ledger.office import Office
    from app.ledger.submissions import Receipt

MOST_TOGETHER: Final = 128
"""Deliveries that are taken in together at most."""
MOST_ROWS: Final = 2_000
"""Rows that they have together at most; a longer delivery is taken in by itself."""
MOST_PATIENCE: Final = 0.01
"""Seconds that a lot is held back at most."""


@dataclass(slots=True, eq=False)
class _Waiting:
    """A delivery in the queue, and who waits for its answer."""

    sent: Sent
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Receipt]


class Desk:
    """Takes deliveries in by one thread, which is started when it is first needed."""

    def __init__(self, office: Office) -> None:
        """Begin with an empty queue."""
        self._office = office
        self._queue: deque[_Waiting] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._is_closed = False
        # Of the lot before: how many were there when it had ended, answered or waiting, and how
        # many seconds it is worth to wait until as many are there again.
        self._there, self._patience = 0, 0.0

    async def receive(self, sent: Sent) -> Receipt:
        """Have a delivery taken in; see `submission.receive`. It is on record when this returns.

        Who stops waiting does not stop it: it is taken in all the same.
        """
        loop = asyncio.get_running_loop()
        waiting = _Waiting(sent, loop, loop.create_future())
        with self._changed:
            if self._is_closed:
                raise Unavailable("the service is ending")
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="desk", daemon=True)
                self._thread.start()
            self._queue.append(waiting)
            # The thread waits for the first or for as many as were there; to wake it for each in
            # between would cost more than to queue up.
            if len(self._queue) in (1, self._there):
                self._changed.notify()
        return await waiting.answer

    def close(self) -> None:
        """Take in what has queued up, and end the thread; what comes then is turned away."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _work(self) -> None:
        while lot := self._next():
            began, begun = time.monotonic(), time.thread_time()
            answers = self._answers(lot)
            computed = time.thread_time() - begun
            self._patience = patience(time.monotonic() - began - computed, computed)
            self._there = min(len(lot) + len(self._queue), MOST_TOGETHER)
            _tell(lot, answers)

    def _next(self) -> list[_Waiting]:
        """Wait for deliveries and return those that are taken in together; none at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._is_closed)
            if self._patience:
                self._changed.wait_for(
                    lambda: len(self._queue) >= self._there or self._is_closed, self._patience
                )
            lot: list[_Waiting] = []
            rows = 0
            while self._queue and len(lot) < MOST_TOGETHER:
                rows += len(self._queue[0].sent.delivery.table)
                if lot and rows > MOST_ROWS:
                    break
                lot.append(self._queue.popleft())
            return lot

    def _answers(self, lot: Sequence[_Waiting]) -> list[Answer]:
        """Take a lot in; where that fails for one that cannot be told, each by itself.

        Why this is safe: what `receive_all` raises, it raises after all of it was rolled back. An
        outage is told to all: to try again is for those who know what they sent. Only what the
        database itself gave up half-way is tried once more here.
        """
        sent = [waiting.sent for waiting in lot]
        try:
            try:
                return receive_all(self._office, sent)
            except Interrupted:
                return receive_all(self._office, sent)
        except Unavailable as error:
            return [error] * len(lot)
        except Exception as error:  # noqa: BLE001 - it is raised where the delivery came from
            if len(lot) == 1:
                return [error]
            return [answer for waiting in lot for answer in self._answers([waiting])]


def patience(waited: float, computed: float) -> float:
    """Return how long to hold a lot back after one that waited and computed so many seconds.

    Half of what it waited: if that makes one lot of two, the other half is won. None where
    computing takes longer, for then nothing stands idle meanwhile.
    """
    return min(waited / 2, MOST_PATIENCE) if waited > computed else 0.0


def _tell(lot: Sequence[_Waiting], answers: Sequence[Answer]) -> None:
    """Hand the answers to those who wait, waking each of their event loops once."""
    told = zip(lot, answers, strict=True)
    for loop, group in groupby(told, key=lambda pair: pair[0].loop):
        try:
            loop.call_soon_threadsafe(_tell_here, list(group))
        except RuntimeError:  # the loop has been closed, and nobody waits there any more
            continue


def _tell_here(told: Sequence[tuple[_Waiting, Answer]]) -> None:
    for waiting, answer in told:
        if waiting.answer.done():  # cancelled: who waited has gone
            continue
        if isinstance(answer, Exception):
            waiting.answer.set_exception(answer)
        else:
            waiting.answer.set_result(answer)
