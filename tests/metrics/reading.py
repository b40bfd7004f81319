"""Expositions as values, read with the client library's own parsers."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from prometheus_client.openmetrics import parser as openmetrics_parser
from prometheus_client.parser import text_string_to_metric_families

from metrics.board import Tally, everything
from metrics.cache import Cache
from metrics.exposition import Exposition
from metrics.layout import Layout
from metrics.negotiation import Format
from tests.clock import SHANGHAI

if TYPE_CHECKING:
    from app.ledger.office import Office
    from metrics.snapshot import Filled

Series: TypeAlias = tuple[str, frozenset[tuple[str, str]]]
Found: TypeAlias = dict[Series, float]

OF_READING = frozenset(
    {
        "kpi_backup_timestamp_seconds",
        "kpi_collector_success",
        "kpi_snapshot_timestamp_seconds",
    }
)
"""What is said beside the board: of a process's own reading of the database, and of backups."""


def series(metric: str, /, **labels: str) -> Series:
    """Return a series: its metric's name and its labels."""
    return metric, frozenset(labels.items())


def parsed(body: bytes, form: Format = Format.TEXT) -> Found:
    """Read an exposition; fails where a series stands twice or bears a timestamp."""
    parse = (
        openmetrics_parser.text_string_to_metric_families
        if form is Format.OPENMETRICS
        else text_string_to_metric_families
    )
    found: Found = {}
    for family in parse(body.decode()):
        for sample in family.samples:
            assert sample.timestamp is None
            key = series(sample.name, **sample.labels)
            assert key not in found
            found[key] = sample.value
    return found


def exposed(office: Office, form: Format = Format.TEXT) -> Found:
    """Return what the office says of itself, without what the process says of its reading."""
    found = parsed(b"".join(Cache(office, "zh").refresh().answer(form, gzip=False)), form)
    return {key: value for key, value in found.items() if key[0] not in OF_READING}


@dataclass(frozen=True)
class Snapshot:
    """What is said at a position of the journal and on a day, family by family."""

    position: int
    today: dt.date
    families: Filled


def seen_at(office: Office, instant: dt.datetime) -> Snapshot:
    """Return what is said as of an instant."""
    families: Filled = {}
    with office.database.read() as connection:
        stored, seen = office.seen(connection, instant)
        tally = Tally().counted(connection, 0, seen.position)
        for part in everything(connection, Layout(stored, office.zone, seen), tally, "zh", {}):
            for name, filled in part.items():
                families.setdefault(name, {}).update(filled)
    return Snapshot(seen.position, seen.today, families)


def prepare(snapshot: Snapshot) -> Exposition:
    """Render a snapshot."""
    families = snapshot.families
    slots = {
        name: {slot: place for place, slot in enumerate(filled)}
        for name, filled in families.items()
    }
    return Exposition.of(slots, [families])


def value(snapshot: Snapshot, name: str, *labels: str) -> float | None:
    groups = snapshot.families.get(name, {}).values()
    found = [sample.value for group in groups for sample in group if sample.labels == labels]
    return found[0] if found else None


def noon(year: int, month: int, day: int) -> dt.datetime:
    return dt.datetime(year, month, day, 12, tzinfo=SHANGHAI)
