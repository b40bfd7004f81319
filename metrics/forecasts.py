"""`/metrics/forecast`: the forecasts of the due periods, as the service keeps them in its table.

A model is fitted for each of them, which no scrape can wait for, and which `/metrics` must not: it
says what is on record at this moment. So they have a path of their own, and are what the table
says, on every replica the same. An answer is made once for each state of the table, in each form.
"""

from __future__ import annotations

import gzip as gzip_format
import logging
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.domain.forecast import Outlook
from app.errors import Unavailable
from app.ledger import forecasts
from metrics.exposition import header, lines
from metrics.families import FORECAST_FAMILIES, FORECAST_SUCCESS
from metrics.negotiation import Format
from metrics.snapshot import Sample

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.ledger.forecasts import Due, State
    from app.ledger.office import Office

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reading:
    """What was read last, and whether the latest attempt to read succeeded.

    at: the state of the table; None before the first reading.
    """

    success: bool = False
    at: State | None = None
    rows: tuple[Due, ...] = ()
    _made: dict[tuple[Format, bool], bytes] = field(default_factory=dict, compare=False)

    def failed(self) -> Reading:
        """Return the same, marked as not fresh."""
        return Reading(at=self.at, rows=self.rows) if self.success else self

    def answer(self, form: Format, *, gzip: bool) -> tuple[bytes]:
        """Return a whole answer; it is made when it is first asked for."""
        found = self._made.get((form, gzip))
        if found is None:
            plain = self._plain(form)
            found = gzip_format.compress(plain, mtime=0) if gzip else plain
            self._made[form, gzip] = found
        return (found,)

    def _plain(self, form: Format) -> bytes:
        samples: dict[str, list[Sample]] = {}
        for due in self.rows:
            for name, found in _samples(due):
                samples.setdefault(name, []).extend(found)
        samples[FORECAST_SUCCESS.name] = [Sample((), float(self.success))]
        parts = [
            part
            for family in FORECAST_FAMILIES
            if family.name in samples
            for part in (header(family, form), lines(family, samples[family.name]))
        ]
        return b"".join([*parts, b"# EOF\n" if form is Format.OPENMETRICS else b""])


def _samples(due: Due) -> Iterable[tuple[str, list[Sample]]]:
    numbers = {
        "kpi_forecast_value": due.value,
        "kpi_forecast_lower_value": due.lower,
        "kpi_forecast_upper_value": due.upper,
        "kpi_forecast_ratio": due.ratio,
    }
    for name, number in numbers.items():
        if number is not None:
            yield name, [Sample(due.key, number)]
    outlooks = [Sample((*due.key, one), float(one == due.outlook)) for one in Outlook]
    yield "kpi_forecast_outlook", outlooks
    ended = Sample((*due.key, due.period), due.period_end.timestamp() + 1)
    yield "kpi_forecast_period_end_timestamp_seconds", [ended]


class ForecastCache:
    """One office's reading, shared by all scrapes of this process; any thread may call it."""

    def __init__(self, office: Office) -> None:
        """Begin with nothing read."""
        self._office = office
        self._turn = threading.Lock()
        self.last = Reading()

    def refresh(self) -> Reading:
        """Read the table if it has changed, and return the reading.

        Never raises for want of a database: then it is the last reading, marked as failed.
        """
        with self._turn:
            try:
                self.last = self._read()
            except Unavailable as error:
                log.warning("forecasts are not fresh: %s", error)
                self.last = self.last.failed()
            except Exception:
                log.exception("forecasts could not be read")
                self.last = self.last.failed()
            return self.last

    def _read(self) -> Reading:
        with self._office.database.read() as connection:
            at = forecasts.state(connection)
            if self.last.success and at == self.last.at:
                return self.last
            return Reading(success=True, at=at, rows=tuple(forecasts.due_rows(connection)))
