"""The standings of large plans, kept from one look to the next.

Nothing that is kept can be out of date: what is asked for at a moment is answered by a standing at
its position and day, or without one. A plan of few targets is judged anew each time, which takes
no longer, and so takes neither memory nor numpy.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from app.ledger import journal
from app.ledger.scoreboard import short_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

    from app.domain.catalogue import TargetKey
    from app.ledger.catalogue import StoredCatalogue
    from app.ledger.scoreboard import Brief, Line, Moment, Wanted
    from app.ledger.standing.whole import Standing

LEAST: Final = 2_000
"""From how many targets on a plan's standing is kept."""
_KEPT: Final = 8
"""Standings of a plan: a list that is read page by page is seen from where its first page was."""
AT_ONCE: Final = 1_000
"""Targets judged before it is looked whether a page is full."""


class Standings:
    """Keeps an office's standings; any thread may call it."""

    def __init__(self, zone: ZoneInfo, least: int | None = None) -> None:
        """Begin with nothing kept; plans of fewer targets than `least` (`LEAST`) never are."""
        self._zone = zone
        self._least = LEAST if least is None else least
        self._turn = threading.Lock()
        self._kept: dict[str, list[Standing]] = {}

    def rows(
        self,
        connection: Connection,
        stored: StoredCatalogue,
        seen: Moment,
        wanted: Wanted,
        limit: int,
    ) -> list[Line | Brief]:
        """Return the lines wanted, in order of plan, KPI and department; at most `limit`."""
        found: list[Line | Brief] = []
        plan, after = wanted.selection.plan, wanted.after
        for code in sorted(stored.catalogue.plans) if plan is None else [plan]:
            left = limit - len(found)
            if left <= 0 or (after is not None and code < after[0]):
                continue
            standing = self.at(connection, stored, seen, code)
            if standing is None:
                lines = _lines(connection, stored, seen, wanted.of_plan(code), left)
                found += _first(lines, left)
            else:
                # Loads numpy, which the standing has needed already.
                from app.ledger.standing.picked import picked  # noqa: PLC0415

                found += picked(connection, standing, seen, wanted, left)
        return found

    def at(
        self, connection: Connection, stored: StoredCatalogue, seen: Moment, plan: str
    ) -> Standing | None:
        """Return a plan's standing at a moment; None where it has none, or the moment is past."""
        if plan not in stored.catalogue.plans:
            return None
        if stored.catalogue.targets_in(plan) < self._least:
            return None
        # One at a time: whoever comes while another reads waits, and then finds it done.
        with self._turn:
            kept = self._kept.get(plan, [])
            for known in kept:
                if known.is_at(stored, seen):
                    return known
            made = self._made(connection, stored, seen, plan, kept)
            if made is not None:
                self._kept[plan] = [*kept[1 - _KEPT :], made]
            return made

    def _made(
        self,
        connection: Connection,
        stored: StoredCatalogue,
        seen: Moment,
        plan: str,
        kept: Sequence[Standing],
    ) -> Standing | None:
        # Not the last one alone: before midnight it may be tomorrow's, which the metrics look at.
        for known in reversed(kept):
            if known.is_of(stored, seen):
                return known.moved(connection, seen)
        days = {known.layout.today for known in kept}
        past = bool(days) and seen.today < max(days) and seen.today not in days
        if past or journal.position(connection) != seen.position:
            return None
        # Here and not above: they load numpy, which few offices need.
        from app.ledger.standing.layout import layout  # noqa: PLC0415
        from app.ledger.standing.whole import Standing  # noqa: PLC0415

        laid = layout(connection, stored, seen, self._zone, stored.catalogue.plans[plan])
        return Standing.of(connection, laid, seen.position)


def _lines(
    connection: Connection, stored: StoredCatalogue, seen: Moment, wanted: Wanted, limit: int
) -> Iterator[Line]:
    """Give lines by judging one target after the other."""
    found = wanted.selection.keys(stored.catalogue)
    keys = [key for key in found if wanted.after is None or key > wanted.after]
    # Asked for a status, how many must be judged to fill a page is not known before.
    for some in _chunks(keys, limit if wanted.status is None else AT_ONCE):
        for line in short_lines(connection, stored, seen, some, wanted.asked):
            if wanted.status is None or line.verdict.status is wanted.status:
                yield line


def _first(lines: Iterator[Line], limit: int) -> list[Line]:
    return [line for _, line in zip(range(limit), lines, strict=False)]


def _chunks(keys: Sequence[TargetKey], size: int) -> Iterator[Sequence[TargetKey]]:
    return (keys[start : start + size] for start in range(0, len(keys), size))
