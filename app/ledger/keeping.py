"""Keeps the table of verdicts while the service runs: a thread that looks and, if need be, derives.

It looks every few seconds rather than being told by whoever writes, so that it also sees what
another replica or the command line has written. After each time it rests at least as long as keeps
its share of the time small, however much comes in: then the table is behind by a little more, and
says so by its position.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Final, Self

from sqlalchemy.exc import SQLAlchemyError

from app.errors import Unavailable
from app.ledger.verdicts import derive

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.ledger.office import Office

log = logging.getLogger(__name__)

PAUSE: Final = 3.0
"""Seconds between two looks."""
REST: Final = 20
"""How many times as long as it has worked it rests."""
_PATIENCE: Final = 5.0
"""Seconds that the end of the service waits for the thread."""


class Keeper:
    """Keeps the table for the length of a `with` block."""

    def __init__(
        self,
        office: Office,
        pause: float = PAUSE,
        may_begin: Callable[[], bool] = lambda: True,
    ) -> None:
        """Prepare the thread; `pause` is in seconds.

        may_begin: whether what goes before is done; until then nothing is derived.
        """
        self._office = office
        self._pause = pause
        self._may_begin = may_begin
        self._over = threading.Event()
        # A database that hangs must not keep the process from ending.
        self._thread = threading.Thread(target=self._keep, name="verdicts", daemon=True)
        self._well = True

    def __enter__(self) -> Self:
        """Begin to keep it."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop, in the middle of a rest or after the look that is under way."""
        self._over.set()
        self._thread.join(_PATIENCE)

    def _keep(self) -> None:
        rest = self._pause
        while not self._over.wait(rest):
            if not self._may_begin():
                continue
            began = time.monotonic()
            self._look()
            rest = max(self._pause, REST * (time.monotonic() - began))

    def _look(self) -> None:
        """Derive what has changed; an outage is told once, when it begins."""
        try:
            derive(self._office)
        except (Unavailable, SQLAlchemyError) as error:
            # The latter, too, where the database has yet to be migrated.
            if self._well:
                log.warning("the table of verdicts is not kept: %s", error)
            self._well = False
        except Exception:
            if self._well:
                log.exception("the table of verdicts cannot be kept")
            self._well = False
        else:
            self._well = True
