"""Keeps a derived table while the service runs: a thread that looks and, if need be, derives.

It looks every few seconds rather than being told by whoever writes, so that it also sees what
another replica or the command line has written. After each time it rests at least as long as keeps
its share of the time small, however much comes in, but never for long: then the table is behind by
a little more, and says so by its position.
"""

from __future__ import annotations

import logging
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Final, Self

from sqlalchemy.exc import SQLAlchemyError

from app.errors import Unavailable
from app.ledger import forecasts, verdicts

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.ledger.office import Office

log = logging.getLogger(__name__)

PAUSE: Final = 3.0
"""Seconds between two looks."""
REST: Final = 20
"""How many times as long as it has worked it rests."""
FORECAST_REST: Final = 5
"""The same of forecasts, for which another process works."""
LONGEST: Final = 600.0
"""Seconds that it rests at most: a nation's whole table takes minutes to derive."""
_PATIENCE: Final = 5.0
"""Seconds that the end of the service waits for the thread."""


def rest_after(worked: float, times: float, pause: float) -> float:
    """Return for how many seconds to rest after `worked` seconds of work: `times` as long."""
    return min(max(pause, times * worked), LONGEST)


class _Keeper:
    """Keeps a table for the length of a `with` block."""

    def __init__(
        self,
        name: str,
        derive: Callable[[], bool],
        pause: float,
        rest: float,
        may_begin: Callable[[], bool],
    ) -> None:
        """Prepare the thread; `pause` is in seconds, `rest` in times of the work.

        may_begin: whether what goes before is done; until then nothing is derived.
        """
        self._name = name
        self._derive = derive
        self._pause = pause
        self._rest = rest
        self._may_begin = may_begin
        self._over = threading.Event()
        # A database that hangs must not keep the process from ending.
        self._thread = threading.Thread(target=self._keep, name=name, daemon=True)
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
            rest = rest_after(time.monotonic() - began, self._rest, self._pause)

    def _look(self) -> None:
        """Derive what has changed; an outage is told once, when it begins."""
        try:
            self._derive()
        except (Unavailable, SQLAlchemyError) as error:
            # The latter, too, where the database has yet to be migrated.
            if self._well:
                log.warning("the table of %s is not kept: %s", self._name, error)
            self._well = False
        except Exception:
            if self._well and not self._over.is_set():
                log.exception("the table of %s cannot be kept", self._name)
            self._well = False
        else:
            self._well = True


def _at_once() -> bool:
    return True


class Keeper(_Keeper):
    """Keeps the table of verdicts."""

    def __init__(
        self,
        office: Office,
        pause: float = PAUSE,
        may_begin: Callable[[], bool] = _at_once,
    ) -> None:
        """Prepare the thread; see above."""
        super().__init__("verdicts", partial(verdicts.derive, office), pause, REST, may_begin)


class ForecastKeeper(_Keeper):
    """Keeps the table of forecasts."""

    def __init__(
        self,
        office: Office,
        pause: float = PAUSE,
        may_begin: Callable[[], bool] = _at_once,
    ) -> None:
        """Prepare the thread; see above."""
        derive = partial(forecasts.derive, office)
        super().__init__("forecasts", derive, pause, FORECAST_REST, may_begin)
