"""What every face works with: the database, the time zone, the clock, catalogue and forecasts."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from app.forecasting.asking import Forecaster
from app.ledger import journal
from app.ledger.catalogue import CatalogueReader, StoredCatalogue
from app.ledger.scoreboard import Moment, moment
from app.ledger.standings import Standings

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

    from app.ledger.database import Database


def now_utc() -> dt.datetime:
    """Return the instant it is."""
    return dt.datetime.now(dt.UTC)


@dataclass(frozen=True)
class Office:
    """One office's record, and how it is read."""

    database: Database
    zone: ZoneInfo
    clock: Callable[[], dt.datetime] = now_utc
    reader: CatalogueReader = field(default_factory=CatalogueReader)
    forecaster: Forecaster = field(default_factory=Forecaster)

    @cached_property
    def standings(self) -> Standings:
        """The standings of its large plans."""
        return Standings(self.zone)

    def seen(
        self, connection: Connection, as_of: dt.datetime | None = None
    ) -> tuple[StoredCatalogue, Moment]:
        """Return the catalogue and the moment of `as_of`, or of now."""
        at = moment(connection, self.zone, self.clock(), as_of)
        return self.reader.at(connection, at.position), at

    def catalogue(self, connection: Connection) -> StoredCatalogue:
        """Return the newest catalogue."""
        return self.reader.at(connection, journal.position(connection))

    def today(self) -> dt.date:
        """Return which day it is in the office."""
        return self.clock().astimezone(self.zone).date()
