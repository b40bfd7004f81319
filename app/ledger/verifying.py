"""Verifies the ledger while the service runs: what is new at once, everything over and over.

A thread holds entries against their seals, a few hundred at a time or as many as have some ten
thousand rows, and each time in a transaction of its own: the newest first, then on where the round
through the whole ledger has got to. At the end of a round it tries the other rules, one after the
other, and the round has a verdict. After each step it rests many times as long as the step took,
so that posts do not feel it and a round through a large ledger takes hours.

What is found broken is said at once, and stands until a whole round finds it mended; that the end
was cut off, which no later round can see, stands as long as the process.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol, Self

from sqlalchemy.exc import SQLAlchemyError

from app.errors import Unavailable
from app.ledger import chain, journal
from app.ledger.chain import START
from app.ledger.invariants import CHAIN, RULES, Checked, tally

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from app.ledger.chain import Point
    from app.ledger.office import Office

log = logging.getLogger(__name__)

PAUSE: Final = 1.0
"""Seconds between two looks for new entries, while a round is not under way."""
BETWEEN_ROUNDS: Final = 60.0
"""Seconds that a round begins after the one before it, at least."""
REST: Final = 20
"""How many times as long as it has worked it rests."""
ENTRIES: Final = 200
"""Entries that a step verifies."""
LINES: Final = 20_000
"""The rows of entries after which it ends sooner: some tenths of a second."""
_PATIENCE: Final = 5.0
"""Seconds that the end of the service waits for the thread."""


class Told(Protocol):
    """Who is told what was found."""

    def ledger_checked(self, checked: Checked) -> None:
        """Hear how often a rule is broken."""

    def ledger_verified(self, at: dt.datetime) -> None:
        """Hear that the whole ledger was verified."""


@dataclass(slots=True)
class _Stretch:
    """How far a reader of the chain has got, and how many broken entries it met."""

    at: Point = START
    broken: int = 0


class Verifier:
    """Verifies the ledger for the length of a `with` block."""

    def __init__(self, office: Office, told: Told, pause: float = PAUSE) -> None:
        """Prepare the thread; `pause` is in seconds."""
        self._office, self._told, self._pause = office, told, pause
        self._newest: _Stretch | None = None
        self._round = _Stretch()
        self._rules = list(RULES)
        self._gone = 0
        self._said: dict[str, int] = {}
        self._next_round = 0.0
        self._well = True
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._verify, name="verifier", daemon=True)

    def __enter__(self) -> Self:
        """Begin to verify."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop, in the middle of a rest or after the step that is under way."""
        self._over.set()
        self._thread.join(_PATIENCE)

    def _verify(self) -> None:
        rest = 0.0
        while not self._over.wait(rest):
            began = time.monotonic()
            more = self._look()
            rest = REST * (time.monotonic() - began)
            if not more:
                rest = max(self._pause, rest)

    def _look(self) -> bool:
        """Do a step; an outage is told once, when it begins. False if nothing is left to do."""
        try:
            more = self.step()
        except (Unavailable, SQLAlchemyError) as error:
            # The latter, too, where the database has yet to be migrated.
            if self._well:
                log.warning("the ledger is not verified: %s", error)
            self._well = more = False
        except Exception:
            if self._well:
                log.exception("the ledger cannot be verified")
            self._well = more = False
        else:
            self._well = True
        return more

    def step(self) -> bool:
        """Verify some entries, or try a rule; False if there is nothing to do for the moment."""
        with self._office.database.read() as connection:
            last = journal.position(connection)
            if self._newest is None:
                # What is there at the start is the first round's to verify.
                self._newest = _Stretch(chain.head(connection))
            if last < self._newest.at.entry:
                self._found_shorter(connection, last)
            if last > self._newest.at.entry:
                self._follow(connection, self._newest, last)
                return True
            if time.monotonic() < self._next_round:
                return False
            if last > self._round.at.entry:
                self._follow(connection, self._round, last)
                return True
            return self._try_rule(connection)

    def _follow(self, connection: Connection, stretch: _Stretch, last: int) -> None:
        """Read on along the chain, towards its last entry."""
        upto = stretch.at.entry + ENTRIES
        links = chain.links(connection, stretch.at, upto)

        lines = 0

        def problems() -> Iterator[str]:
            nonlocal lines
            for link in links:
                stretch.at = link.point
                if link.problem is not None:
                    yield link.problem
                lines += link.lines
                if lines >= LINES:
                    return

        checked = tally(CHAIN.name, problems())
        if lines < LINES and stretch.at.entry < min(upto, last):  # nothing there: a gap
            stretch.at = replace(stretch.at, entry=min(upto, last))
        if checked.violations:
            stretch.broken += checked.violations
            self._say_chain(checked.examples)

    def _found_shorter(self, connection: Connection, last: int) -> None:
        """Notice that entries are gone that this process has seen: the end was cut off."""
        assert self._newest is not None  # noqa: S101 - `step` has seen to it
        text = f"entries {last + 1} to {self._newest.at.entry} were there and are gone"
        self._gone += self._newest.at.entry - last
        self._newest = _Stretch(chain.head(connection), self._newest.broken)
        self._round = _Stretch()
        self._say_chain((text,))

    def _try_rule(self, connection: Connection) -> bool:
        if self._rules:
            self._say(self._rules.pop(0).check(connection))
            return True
        self._end_round()
        return False

    def _end_round(self) -> None:
        assert self._newest is not None  # noqa: S101 - `step` has seen to it
        # The round went through everything, also what was met as new: its count is the verdict.
        self._newest.broken = 0
        self._say(Checked(CHAIN.name, self._round.broken + self._gone))
        self._told.ledger_verified(self._office.clock())
        self._round, self._rules = _Stretch(), list(RULES)
        self._next_round = time.monotonic() + BETWEEN_ROUNDS

    def _say_chain(self, examples: tuple[str, ...]) -> None:
        """Tell of a broken chain before the round is over; what was told is not taken back yet."""
        assert self._newest is not None  # noqa: S101 - `step` has seen to it
        found = max(self._round.broken, self._newest.broken) + self._gone
        self._say(Checked(CHAIN.name, max(found, self._said.get(CHAIN.name, 0)), examples))

    def _say(self, checked: Checked) -> None:
        """Pass on how often a rule is broken; the log hears of it when that changes."""
        self._told.ledger_checked(checked)
        if checked.violations != self._said.get(checked.invariant, 0):
            said = "; ".join(checked.examples)
            log.error("%s: %d violations. %s", checked.invariant, checked.violations, said)
        self._said[checked.invariant] = checked.violations
