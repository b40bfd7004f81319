"""The bytes of `/metrics`, kept up with the ledger and the day.

A scrape costs one glance at the record (`glance`): which are the newest entry of the journal, and
the newest backup, which is no entry. Every write of any kind adds an entry, so as long as these and
the day are the same, so are the bytes. Where the glance tells something else or nothing, the record
is asked as everybody asks it (`look`). Where it has other entries, what they changed is made anew
(`refresh`, see `board`), which for a large office takes longer than a scrape waits where it is
everything; until it is done the bytes of before stand. What another day changes is made before that
day begins (`look_ahead`). While the database is away the last bytes are given, marked as such.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from app.errors import Unavailable
from app.intake.collecting import uncollected
from app.ledger.backups import newest_at
from app.ledger.glancing import Glance
from app.ledger.scoreboard import Moment, moment
from metrics.board import Board
from metrics.exposition import Exposition, collector_block

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from app.ledger.glancing import Stamp
    from app.ledger.office import Office
    from app.translation import Language
    from metrics.negotiation import Format

log = logging.getLogger(__name__)

AHEAD: Final = dt.timedelta(minutes=10)
"""How long before midnight what is said from then on is made: a million series take seconds."""


@dataclass(frozen=True)
class Reading:
    """What was read last, and whether the latest attempt to read succeeded.

    at: position of the journal and day of the prepared bytes; None before the first reading.
    read_at: when the database last answered. backup_at: from when the newest backup is.
    """

    success: bool = False
    at: tuple[int, dt.date] | None = None
    read_at: dt.datetime | None = None
    backup_at: dt.datetime | None = None
    prepared: Exposition = field(default_factory=Exposition)

    def answer(self, form: Format, *, gzip: bool) -> tuple[bytes, bytes]:
        """Return a whole answer in two parts; before the first reading only the collector's."""
        last = collector_block(
            form, success=self.success, read_at=self.read_at, backup_at=self.backup_at
        )
        return self.prepared[form].closed(last, gzip=gzip)

    def failed(self) -> Reading:
        """Return the same bytes, marked as not fresh."""
        return replace(self, success=False)


class Cache:
    """One office's reading, shared by all scrapes of this process; any thread may call it."""

    def __init__(self, office: Office, language: Language) -> None:
        """Begin with nothing read; `language` is that of the names."""
        self._office = office
        self._language: Language = language
        self._turn = threading.Lock()
        self._state = threading.Lock()
        self._board: Board | None = None
        self._ahead: Board | None = None
        self._is_sound = True
        self._over = threading.Event()
        self._glance = Glance(office.database)
        self._stamp: Stamp | None = None
        self.last = Reading()

    @property
    def meanwhile(self) -> Reading:
        """What stands while something is made anew; it is no failure that this takes long."""
        return replace(self.last, success=self._is_sound)

    def close(self) -> None:
        """Have whatever is read at length given up; what is read afterwards fails."""
        self._over.set()

    def glance(self) -> Reading | None:
        """Return the reading if it is plain at once that there is nothing new; waits for nothing.

        None where there may be something new, for `look` to tell.
        """
        return self._unchanged(self._glance.stamp()) if self._glance.waits_for_nothing else None

    def _unchanged(self, stamp: Stamp | None) -> Reading | None:
        now = self._office.clock()
        today = now.astimezone(self._office.zone).date()
        with self._state:
            at = self.last.at
            if stamp is None or stamp != self._stamp or at is None or at[1] != today:
                return None
            self.last = replace(self.last, success=True, read_at=now)
            return self.last

    def look(self) -> Reading | None:
        """Return the reading if there is nothing new, or if the database does not answer.

        None where there is something new, for `refresh` to make.
        """
        office = self._office
        # Before the look: whatever is written between the two makes the next stamp another.
        stamp = self._glance.stamp()
        if (known := self._unchanged(stamp)) is not None:
            return known
        try:
            with office.database.read() as connection:
                seen = moment(connection, office.zone, office.clock())
                backup_at = newest_at(connection)
        except Exception as error:  # noqa: BLE001 - told as those of `refresh`
            return self._failed(error)
        with self._state:
            if self.last.at != (seen.position, seen.today):
                return None
            self._stamp = stamp
            self.last = replace(self.last, success=True, read_at=seen.now, backup_at=backup_at)
            return self.last

    def refresh(self) -> Reading:
        """Read what has changed since the last time, and return the reading.

        Never raises for want of a database: then it is the last reading, marked as failed.
        """
        # One at a time: whoever comes while another reads waits, and then finds it done.
        with self._turn:
            try:
                found = self._read()
            except Exception as error:  # noqa: BLE001 - whatever it is, see there
                self._is_sound = False
                return self._failed(error)
            with self._state:
                self._is_sound = True
                self.last = found
                return found

    def look_ahead(self) -> None:
        """Make what will be said from midnight on, or bring it up to now, shortly before midnight.

        What tomorrow begins with follows from the record of today: deadlines fall on midnights.
        """
        office, board = self._office, self._board
        tomorrow = self._midnight_near()
        if board is None or tomorrow is None:
            return
        try:
            with office.database.read() as connection:
                position = moment(connection, office.zone, office.clock()).position
                seen = Moment(position, tomorrow, tomorrow.astimezone(office.zone).date())
                self._ahead = self._made(connection, seen, [self._ahead])
        except Exception as error:  # noqa: BLE001 - the next scrape tries again, or midnight does
            self._log(error)

    @property
    def should_look_ahead(self) -> bool:
        """Whether midnight is near."""
        return self._midnight_near() is not None

    def _midnight_near(self) -> dt.datetime | None:
        """Return the coming midnight of the office's zone where it is near, else None."""
        zone, now = self._office.zone, self._office.clock()
        soon = (now + AHEAD).astimezone(zone).date()
        if soon == now.astimezone(zone).date():
            return None
        return dt.datetime.combine(soon, dt.time.min, zone).astimezone(dt.UTC)

    def _read(self) -> Reading:
        office, known = self._office, self.last
        with office.database.read() as connection:
            seen = moment(connection, office.zone, office.clock())
            backup_at = newest_at(connection)
            at = (seen.position, seen.today)
            if at != known.at:
                board = self._board = self._made(connection, seen, [self._board, self._ahead])
                known = Reading(at=at, prepared=board.exposition)
        return replace(known, success=True, read_at=seen.now, backup_at=backup_at)

    def _made(self, connection: Connection, seen: Moment, known: Sequence[Board | None]) -> Board:
        """Return the board of a moment, from one that it can be got to from, or else anew."""
        office = self._office
        stored = office.reader.at(connection, seen.position)
        for board in known:
            if board is not None and board.is_of(stored, seen):
                return board.moved(connection, seen.position)
        before = self._board.exposition if self._board is not None else None
        with uncollected(len(stored.target_ids)):
            return Board.of(connection, stored, seen, office, self._language, before, self._go_on)

    def _go_on(self) -> None:
        if self._over.is_set():
            raise Unavailable("the service is ending")

    def _failed(self, error: Exception) -> Reading:
        """Mark the last reading as not fresh.

        Whatever went wrong, the last known verdicts are worth more to who watches them than an
        error page, and kpi_collector_success tells that something is wrong.
        """
        self._log(error)
        with self._state:
            self.last = self.last.failed()
            return self.last

    @staticmethod
    def _log(error: Exception) -> None:
        if isinstance(error, Unavailable):
            log.warning("metrics are not fresh: %s", error)
        else:
            log.error("metrics could not be read", exc_info=error)
