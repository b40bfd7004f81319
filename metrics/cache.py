"""The bytes of `/metrics`, kept until the ledger or the day changes.

A scrape costs one small query, the newest entry of the journal: every write of any kind adds one,
so as long as it and the day are the same, so are the bytes. While the database is away the last
bytes are given, marked as such.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from app.errors import Unavailable
from app.ledger.scoreboard import moment
from metrics.exposition import Format, Prepared, collector_block, prepare
from metrics.snapshot import take

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from app.ledger.office import Office
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
    prepared: Mapping[Format, Prepared] = field(default_factory=dict)

    def answer(self, form: Format, *, gzip: bool) -> tuple[bytes, bytes]:
        """Return a whole answer in two parts; before the first reading only the collector's."""
        last = collector_block(form, success=self.success, read_at=self.read_at)
        return self.prepared.get(form, Prepared()).closed(last, gzip=gzip)

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
            stored = office.reader.at(connection, seen.position)
            snapshot = take(connection, stored, seen, office.zone, self._language)
        return Reading(success=True, at=at, read_at=seen.now, prepared=prepare(snapshot))
