"""The bytes of `/metrics`, kept up with the ledger and the day.

A scrape costs one small query, the newest entry of the journal: every write of any kind adds one,
so as long as it and the day are the same, so are the bytes. Where it is another, what the entries
since then changed is made anew (see `board`). While the database is away the last
bytes are given, marked as such.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from app.errors import Unavailable
from app.ledger.scoreboard import moment
from metrics.board import Board
from metrics.exposition import Exposition, Format, collector_block

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy import Connection

    from app.ledger.office import Office
    from app.ledger.scoreboard import Moment
    from app.translation import Language

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reading:
    """What was read last, and whether the latest attempt to read succeeded.

    at: position of the journal and day of the prepared bytes; None before the first reading.
    read_at: when the database last answered.
    """

    success: bool = False
    at: tuple[int, dt.date] | None = None
    read_at: dt.datetime | None = None
    prepared: Exposition = field(default_factory=Exposition)

    def answer(self, form: Format, *, gzip: bool) -> tuple[bytes, bytes]:
        """Return a whole answer in two parts; before the first reading only the collector's."""
        last = collector_block(form, success=self.success, read_at=self.read_at)
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
        self._board: Board | None = None
        self.last = Reading()

    def refresh(self) -> Reading:
        """Read what has changed since the last time, and return the reading.

        Never raises for want of a database: then it is the last reading, marked as failed.
        """
        # One at a time: whoever comes while another reads waits, and then finds it done.
        with self._turn:
            try:
                self.last = self._read()
            except Unavailable as error:
                log.warning("metrics are not fresh: %s", error)
                self.last = self.last.failed()
            except Exception:
                # Whatever it is, the last known verdicts are worth more to who watches them than
                # an error page, and kpi_collector_success tells that something is wrong.
                log.exception("metrics could not be read")
                self.last = self.last.failed()
            return self.last

    def _read(self) -> Reading:
        office, known = self._office, self.last
        with office.database.read() as connection:
            seen = moment(connection, office.zone, office.clock())
            at = (seen.position, seen.today)
            if at == known.at:
                return replace(known, success=True, read_at=seen.now)
            board = self._board = self._moved(connection, seen)
        return Reading(success=True, at=at, read_at=seen.now, prepared=board.exposition)

    def _moved(self, connection: Connection, seen: Moment) -> Board:
        office, board = self._office, self._board
        stored = office.reader.at(connection, seen.position)
        if board is not None and board.is_of(stored, seen):
            return board.moved(connection, seen.position)
        return Board.of(connection, stored, seen, office.zone, self._language)
