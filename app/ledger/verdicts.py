"""The table of verdicts: what the domain says of every target at every period, for reads by SQL.

The domain alone computes; this table repeats it, made from the ledger at a position of the journal
and on a day, which `verdict_state` names. It is no record: what is in it can be made anew at any
time, and an older state gives way to a newer one.

Several processes may keep it at once. Each computes from a snapshot without holding anybody up,
and then, as the one writer, puts its rows in only if the state is still the one it started from.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, select

from app.domain.number import shown
from app.ledger import scoreboard
from app.ledger.derived import verdict, verdict_state
from app.ledger.journal import EntryKind, newest
from app.ledger.tables import kpi, revision
from app.ledger.writing import add

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

    from app.domain.attainment import Subject
    from app.domain.catalogue import TargetKey
    from app.domain.period import Period
    from app.ledger.catalogue import StoredCatalogue
    from app.ledger.office import Office
    from app.ledger.scoreboard import Point


@dataclass(frozen=True, slots=True)
class State:
    """What the table speaks for: a position of the journal, a day, and the zone it is a day in."""

    position: int
    today: dt.date
    zone: str


def last_second(period: Period, zone: ZoneInfo) -> dt.datetime:
    """Return the instant that stands for a period on a time axis: the last second that is in it."""
    return period.end(zone).astimezone(dt.UTC) - dt.timedelta(seconds=1)


def state(connection: Connection) -> State | None:
    """Return what the table speaks for; None before it was first made."""
    columns = (verdict_state.c.position, verdict_state.c.today, verdict_state.c.zone)
    row = connection.execute(select(*columns)).one_or_none()
    return None if row is None else State(*row)


def derive(office: Office, *, anew: bool = False) -> bool:
    """Bring the table to the newest position and day; returns whether it was this call that did.

    Only targets are computed that may have changed, or (`anew`) all of them. Where another process
    was faster nothing is done; raises Unavailable.
    """
    with office.database.read() as connection:
        known = state(connection)
        stored, seen = office.seen(connection)
        reached = State(seen.position, seen.today, str(office.zone))
        if known == reached and not anew:
            return False
        start = None if anew else known
        keys = _changed(connection, stored, start, reached)
        subjects = scoreboard.subjects(connection, stored, keys, seen.position)
    numbers = [stored.target_ids[key] for key in keys]
    rows = [
        {"target_id": number, **row}
        for number, subject in zip(numbers, subjects, strict=True)
        for row in _rows(subject, seen.today, office.zone)
    ]
    with office.database.write() as connection:
        if state(connection) != known:
            return False
        _replace(connection, None if len(keys) == len(stored.target_ids) else numbers, rows)
        connection.execute(delete(verdict_state))
        add(connection, verdict_state, {"id": 1, **asdict(reached)})
    return True


def _changed(
    connection: Connection, stored: StoredCatalogue, known: State | None, reached: State
) -> list[TargetKey]:
    """Return the targets whose verdicts may differ from those of a known state.

    All of them on another day, in another zone and with another catalogue; else those of the KPIs
    that figures have come in for.
    """
    targets = sorted(stored.catalogue.targets)
    if known is None or (known.today, known.zone) != (reached.today, reached.zone):
        return targets
    if newest(connection, EntryKind.CATALOGUE, reached.position) > known.position:
        return targets
    query = (
        select(kpi.c.code)
        .distinct()
        .join(revision, revision.c.kpi_id == kpi.c.id)
        .where(revision.c.submission_id > known.position)
    )
    codes = set(connection.execute(query).scalars())
    return [key for key in targets if key[1] in codes]


def _rows(subject: Subject, today: dt.date, zone: ZoneInfo) -> Iterator[dict[str, Any]]:
    for point in scoreboard.series(subject, today):
        yield {
            "period": str(point.period),
            "target_version": subject.at(point.period).target.version,
            "period_end": last_second(point.period, zone),
            "expected": shown(point.expected),
            **_said(point),
        }


def _said(point: Point) -> dict[str, Any]:
    """Return the columns of a period's verdict; nothing in any of them where nobody posted."""
    found = point.verdict
    names = ("status", "actual", "ratio", "pace", "progress", "gap")
    if found is None:
        return dict.fromkeys(names)
    numbers = (found.actual, found.ratio.value, found.pace.value, found.progress, found.gap)
    return dict(zip(names, (found.status, *map(shown, numbers)), strict=True))


def _replace(
    connection: Connection, numbers: Sequence[int] | None, rows: Sequence[dict[str, Any]]
) -> None:
    """Put rows in the place of those of some targets, or (None) of all there are."""
    if numbers is None:
        connection.execute(delete(verdict))
    elif numbers:
        one = delete(verdict).where(verdict.c.target_id == bindparam("number"))
        connection.execute(one, [{"number": number} for number in numbers])
    add(connection, verdict, rows)
