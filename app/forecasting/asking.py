"""Asks for forecasts: starts the process that computes them, and remembers its answers.

A process of its own, for three things. Loading statsmodels takes seconds and 170 MB, which a
service that forecasts nothing should not pay, and which the process gives back when it ends. Its
linear algebra is ten times slower with more than one thread on matrices as small as these, and
that is settled before it is loaded. And fitting holds Python's lock, for which requests would wait.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import weakref
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import app
from app.domain.forecast import Estimate
from app.errors import Busy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain.forecast import Question

    Process = subprocess.Popen[bytes]

PATIENCE: Final = 60.0
"""Seconds that an answer may take; a hundred questions take three, the first start as long."""
WAIT: Final = 15.0
"""Seconds that a question waits for others' answers."""
_REMEMBERED: Final = 2_000
_THREADS: Final = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
_ENVIRONMENT: Final = ("LD_LIBRARY_PATH", "SYSTEMROOT")
"""What Python itself may need to start; nothing else of the service's environment is passed on."""
_START: Final = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); "
    "from app.forecasting.child import main; main()"
)


class NotComputed(RuntimeError):
    """The process gave no answer, or none that can be used."""


class Forecaster:
    """Answers questions, by one process that is started with the first."""

    def __init__(self) -> None:
        """Begin without a process."""
        self._turn = threading.Lock()
        self._process: Process | None = None
        self._end: weakref.finalize[[Process], Forecaster] | None = None
        self._known: OrderedDict[Question, list[Estimate] | None] = OrderedDict()
        self._closed = False

    def answers(self, questions: Sequence[Question]) -> list[list[Estimate] | None]:
        """Return what the model says of each course, step by step; None where it says nothing.

        Raises Busy where the process is busy with others' for too long, NotComputed where it
        gives no answer.
        """
        if not self._turn.acquire(timeout=WAIT):
            raise Busy("other forecasts are being computed")
        try:
            new = [one for one in dict.fromkeys(questions) if one not in self._known]
            found = dict(zip(new, self._asked(new), strict=True)) if new else {}
            answers = [found[one] if one in found else self._known[one] for one in questions]
            self._remember(found)
        finally:
            self._turn.release()
        return answers

    def close(self) -> None:
        """End the process, also while it computes; nothing is answered any more."""
        self._closed = True
        if (process := self._process) is not None:
            process.kill()  # whoever waits for its answer finds that it has ended
        with self._turn:
            self._drop()

    def _remember(self, found: dict[Question, list[Estimate] | None]) -> None:
        self._known.update(found)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)

    def _asked(self, questions: list[Question]) -> list[list[Estimate] | None]:
        told = [[one.values, one.season, one.steps, one.adds_up] for one in questions]
        line = json.dumps(told).encode() + b"\n"
        # One that has waited long may end by itself this very moment; a new one does not.
        answer = self._exchange(line) or self._exchange(line)
        if not answer:
            raise NotComputed("the process that computes forecasts gave no answer")
        return [
            None if isinstance(one, str) else [Estimate(*numbers) for numbers in one]
            for one in json.loads(answer)
        ]

    def _exchange(self, line: bytes) -> bytes:
        """Send a line and return the answer's; nothing where the process has ended."""
        if self._closed:
            return b""
        process = self._running()
        over = threading.Timer(PATIENCE, process.kill)
        over.start()
        answer = b""
        try:
            with suppress(OSError):  # it has ended
                answer = _told(process, line)
        finally:
            over.cancel()
            if not answer.endswith(b"\n"):
                self._drop()
        return answer if answer.endswith(b"\n") else b""

    def _running(self) -> Process:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._drop()
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        # In a session of its own: an interrupt from the keyboard is the service's to hear.
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter, and a program of ours
            [sys.executable, "-I", "-c", _START, str(Path(app.__path__[0]).parent)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment | dict.fromkeys(_THREADS, "1"),
            start_new_session=True,
        )
        self._end = weakref.finalize(self, _ended, self._process)
        return self._process

    def _drop(self) -> None:
        if self._end is not None:
            self._end()
        self._process = self._end = None


def _told(process: Process, line: bytes) -> bytes:
    if process.stdin is None or process.stdout is None:
        raise NotComputed("the process that computes forecasts has no pipes")
    process.stdin.write(line)
    process.stdin.flush()
    return process.stdout.readline()


def _ended(process: Process) -> None:
    """End a process, and wait for it."""
    for pipe in (process.stdin, process.stdout):
        with suppress(OSError):
            if pipe is not None:
                pipe.close()
    process.kill()
    process.wait()
