"""The table of verdicts: what the domain says of every target at every period, for reads by SQL.

The domain alone computes; this table repeats it, made from the ledger at a position of the journal
and on a day, which `verdict_state` names. It is no record: what is in it can be made anew at any
time, and an older state gives way to a newer one.

Several processes may keep it at once. Each computes from a snapshot without holding anybody up,
and then, as the one writer, puts its rows in only if the state is still the one it started from.
"""

from __future__ import annotations

import datetime as dt
import pickle
import tempfile
from dataclasses import asdict, dataclass
from itertools import product
from operator import itemgetter
from typing import IO, TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, delete, select

from app.domain.number import shown
from app.domain.period import Frequency, Span
from app.ledger import scoreboard
from app.ledger.changes import retargeted, revised
from app.ledger.derived import verdict, verdict_state
from app.ledger.writing import add

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

    from app.domain.attainment import Subject
    from app.domain.catalogue import Catalogue, TargetKey
    from app.domain.period import Period
    from app.ledger.catalogue import StoredCatalogue
    from app.ledger.office import Office
    from app.ledger.scoreboard import Point

AT_A_TIME: Final = 500
"""Targets whose figures are read together."""
_IN_MEMORY: Final = 2**24
"""Up to how many bytes rows wait in memory and not on disk."""


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
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
        return _derive(office, _Lots(file), anew=anew)


def _derive(office: Office, lots: _Lots, *, anew: bool) -> bool:
    with office.database.read() as connection:
        known = state(connection)
        stored, seen = office.seen(connection)
        reached = State(seen.position, seen.today, str(office.zone))
        if known == reached and not anew:
            return False
        start = None if anew else known
        keys = _changed(connection, stored, start, reached)
        for some in parted(keys):
            subjects = scoreboard.subjects_within(connection, stored, some, seen.position)
            lots.put(
                [
                    {"target_id": stored.target_ids[key], **row}
                    for key, subject in zip(some, subjects, strict=True)
                    for row in _rows(subject, seen.today, office.zone)
                ]
            )
    numbers = [stored.target_ids[key] for key in keys]
    with office.database.write() as connection:
        if state(connection) != known:
            return False
        _replace(connection, None if len(keys) == len(stored.target_ids) else numbers, lots)
        connection.execute(delete(verdict_state))
        add(connection, verdict_state, {"id": 1, **asdict(reached)})
    return True


class _Lots:
    """Rows, lot by lot, waiting on disk to be put in: they must all be there before one is.

    A nation's would take gigabytes of memory.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._count = 0

    def put(self, rows: list[dict[str, Any]]) -> None:
        pickle.dump(rows, self._file, protocol=pickle.HIGHEST_PROTOCOL)
        self._count += 1

    def __iter__(self) -> Iterator[list[dict[str, Any]]]:
        self._file.seek(0)
        for _ in range(self._count):
            yield pickle.load(self._file)  # noqa: S301 - what `put` has written, in a file of ours


def parted(keys: Sequence[TargetKey]) -> Iterator[list[TargetKey]]:
    """Part targets into lots whose figures are read together: those of a KPI follow each other."""
    ordered = sorted(keys, key=itemgetter(1))
    for begin in range(0, len(ordered), AT_A_TIME):
        yield ordered[begin : begin + AT_A_TIME]


def _changed(
    connection: Connection, stored: StoredCatalogue, known: State | None, reached: State
) -> Sequence[TargetKey]:
    """Return the targets whose verdicts may differ from those of a known state.

    All of them in another zone, in which the periods end at other instants.
    """
    if known is None or known.zone != reached.zone:
        return stored.catalogue.ordered
    found = {
        *touched(connection, stored, known.position, reached.position),
        *_begun(stored.catalogue, known.today, reached.today),
    }
    return sorted(found)


def _begun(catalogue: Catalogue, before: dt.date, today: dt.date) -> Iterator[TargetKey]:
    """Give the targets of plans that begin between two days, which is all that a day changes."""
    begun = {
        (plan.code, frequency)
        for plan, frequency in product(catalogue.plans.values(), Frequency)
        for first in [Span.of_plan(plan.start, plan.end, frequency).first]
        if first.has_ended(before) != first.has_ended(today)
    }
    kpis = catalogue.kpis
    return (key for key in catalogue.ordered if (key[0], kpis[key[1]].frequency) in begun)


def touched(
    connection: Connection, stored: StoredCatalogue, after: int, upto: int
) -> Sequence[TargetKey]:
    """Return the targets that entries behind one position, up to another, may have changed.

    Those that got a version themselves or for which a figure counts that came in; all of them where
    anything else of the catalogue changed.
    """
    numbers = retargeted(connection, after, upto)
    if numbers is None:
        return stored.catalogue.ordered
    known = stored.target_ids.items() if numbers else ()
    own = {key for key, number in known if number in numbers}
    places = {(kpi, department) for kpi, department, _ in revised(connection, after, upto)}
    counted_by = stored.catalogue.counted_by
    return sorted(own.union(*(counted_by(*place) for place in places)))


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


def _replace(connection: Connection, numbers: Sequence[int] | None, lots: _Lots) -> None:
    """Put rows in the place of those of some targets, or (None) of all there are."""
    if numbers is None:
        connection.execute(delete(verdict))
    elif numbers:
        one = delete(verdict).where(verdict.c.target_id == bindparam("number"))
        connection.execute(one, [{"number": number} for number in numbers])
    for rows in lots:
        add(connection, verdict, rows)
