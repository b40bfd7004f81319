"""Processes that use a database of their own accord, and the hand that starts and kills them.

Run as a module, it says `ready`, waits for a line, does what its words say, and prints one line
for each thing that it has been told is done.
"""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Self
from zoneinfo import ZoneInfo

from app.ledger.database import Database
from app.ledger.migrating import migrate
from app.ledger.office import Office
from tests.clock import Clock
from tests.ledger.small_office import row, send
from tests.programs import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from app.ledger.submissions import Receipt

ROWS_IN_FLOOD = 12


class Worker:
    """One process; `with` kills it if it still runs."""

    def __init__(self, *words: str) -> None:
        """Start it; it waits for `go`."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.ledger.workers", *words],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def line(self) -> str:
        """Return its next line; raises RuntimeError if it has ended instead."""
        assert self._process.stdout is not None
        if text := self._process.stdout.readline():
            return text.strip()
        _, errors = self._process.communicate()
        raise RuntimeError(f"the worker has ended with {self._process.returncode}:\n{errors}")

    def go(self) -> None:
        """Let it begin."""
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()

    def finish(self) -> list[str]:
        """Wait for its end; returns the lines not read yet, raises RuntimeError if it failed."""
        lines, errors = self._process.communicate(timeout=60)
        if self._process.returncode != 0:
            raise RuntimeError(errors)
        return lines.split()

    def kill(self) -> list[str]:
        """Kill it, without any chance to tidy up; returns the lines not read yet."""
        self._process.kill()
        lines, _ = self._process.communicate()
        return lines.split()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self.kill()


def together(*commands: Sequence[str]) -> list[list[str]]:
    """Run processes that begin at the same moment; returns what each has printed."""
    workers = [Worker(*words) for words in commands]
    try:
        for worker in workers:
            assert worker.line() == "ready"
        for worker in workers:
            worker.go()
        return [worker.finish() for worker in workers]
    finally:
        for worker in workers:
            worker.__exit__()


def say(text: object) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def revise(office: Office, start: str, count: str) -> None:
    """Correct one and the same figure `count` times, with values of its own from `start` on."""
    for value in range(int(start), int(start) + int(count)):
        say(_accepted(send(office, row(str(value), reason="corrected"))))


def post_once(office: Office, key: str, value: str) -> None:
    """Post a figure with an idempotency key."""
    say(_accepted(send(office, row(value), key=key)))


def flood(office: Office) -> None:
    """Post deliveries of twelve figures until killed."""
    value = 0
    while True:
        value += 1
        rows = [
            row(f"{value}.5", f"2013-{month:02d}", kpi="cases", reason="again")
            for month in range(1, ROWS_IN_FLOOD + 1)
        ]
        say(_accepted(send(office, *rows)))


def _accepted(receipt: Receipt) -> int | None:
    assert receipt.result.outcome == "accepted", receipt
    return receipt.id


POSTING: Mapping[str, Callable[..., None]] = {
    "revise": revise,
    "post_once": post_once,
    "flood": flood,
}


def main(command: str, url: str, *words: str) -> None:
    """Do what the words say, on the database at `url`."""
    say("ready")
    sys.stdin.readline()
    database = Database(url)
    if command == "migrate":
        migrate(database)
        say("migrated")
    else:
        POSTING[command](Office(database, ZoneInfo("Asia/Shanghai"), Clock()), *words)
    database.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
