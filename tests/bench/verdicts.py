"""A nation's verdicts: all of them at once, after one figure, and as they are asked for.

Beside them stands the bare database, over the same figures: what it takes to add up as much, or to
find as many rows, before anything is judged or put into words.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from itertools import count
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Final, Self

import httpx
from sqlalchemy import text

from app.ledger import journal
from app.ledger.standing.layout import layout
from app.ledger.standing.whole import Standing
from app.ledger.standings import Standings
from app.ledger.verdicts import state
from tests.bench import load
from tests.bench.harness import Bench, Contest, Goal, Line, Peer, Sample, at_most, compete
from tests.bench.ledger import deliver, opened
from tests.bench.nation import BEGINS, PLAN, fill
from tests.bench.servers import dabiao
from tests.parts import PostgresServer, wait_until

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from app.ledger.office import Office
    from tests.bench.harness import Take
    from tests.bench.nation import Nation

SETTINGS: Final = {"shared_buffers": "4GB", "maintenance_work_mem": "1GB", "max_wal_size": "16GB"}
"""Of the server; it keeps what is asked for often in memory, as such a server does."""
SIZE: Final = "300,000 targets, 36 million figures"
FIRST_SECONDS: Final = 300
"""How long the first answer may take, for which the catalogue and the plan are read."""
LIST: Final = "/api/v1/scoreboard?plan=plan"
DERIVED_SECONDS: Final = 3_600
"""How long all that follows from the record may take to be there."""
FIGURES: Final = 10
"""Figures a round and side."""
ANY: Final = {"Accept": "*/*", "Accept-Language": "en"}
ASKED: Final = {
    "scoreboard, the first 100": f"{LIST}&limit=100",
    "scoreboard, the first 1,000": LIST,
    "scoreboard, 100 that are off track": f"{LIST}&status=off_track&limit=100",
    "scoreboard, one region": f"{LIST}&department=region-00002",
    "scoreboard, 100 at a past month": f"{LIST}&period=2014-06&limit=100",
    "scoreboard page": "/?plan=plan",
    "series of a target": "/api/v1/targets/plan/measure-0002/region-00002/series",
}

AFTER_A_FIGURE: Final = {"scoreboard, the first 100", "scoreboard page"}
"""What is asked a second time, a figure being corrected before each request."""


def measure(bench: Bench) -> list[Line]:
    """Measure what the size says; the goals are set for the nation, and stand at its row alone."""
    return [replace(line, goal=Goal()) for line in _measured(bench, bench.sizes.nation)]


def national(bench: Bench) -> list[Line]:
    """Measure the national roll-out.

    Its set-up and what the service derives at its first start take a quarter of an hour; it needs
    12 GB of disk and as much memory.
    """
    return _measured(bench, bench.sizes.roll_out)


def _measured(bench: Bench, nation: Nation) -> list[Line]:
    with PostgresServer(options=SETTINGS) as server:
        url = server.create_database("nation")
        with opened(url) as office:
            fill(office.database, nation)
            lines = compete(all_verdicts(office, nation), bench.sizes.rounds)
            lines += compete(_after_a_figure(office, nation), bench.sizes.rounds)
            # Not when it knows the catalogue, which takes a while at that size.
            with dabiao(bench.folder / "nation", url, ready="/-/healthy") as ours:
                address = f"{ours.url}{LIST}"
                httpx.get(address, timeout=FIRST_SECONDS, trust_env=False).raise_for_status()
                _wait_until_derived(office)
                for name, path in ASKED.items():
                    for is_after in (False, True) if name in AFTER_A_FIGURE else (False,):
                        asked = _Asked(name, path, is_after=is_after)
                        contest = _query(office, bench, ours.port, asked)
                        lines += compete(contest, bench.sizes.rounds)
    return lines


def _wait_until_derived(office: Office) -> None:
    """Wait until the metrics and the table of verdicts are there, which a first start makes."""

    def is_there() -> bool:
        with office.database.read() as connection:
            known = state(connection)
            return known is not None and known.position == journal.position(connection)

    wait_until(is_there, seconds=DERIVED_SECONDS, what="the table of verdicts")


# --- all verdicts, and those that one figure changes -------------------------------------------


def all_verdicts(office: Office, nation: Nation) -> Contest:
    """Judge every target from what is on record; what follows from the catalogue is there."""
    with office.database.read() as connection:
        stored, seen = office.seen(connection)
        laid = layout(connection, stored, seen, office.zone, stored.catalogue.plans[PLAN])

    def take() -> Sample:
        with office.database.read() as connection, _Stopwatch() as watch:
            standing = Standing.of(connection, laid, seen.position)
            judged = _judged(connection, standing)
        return Sample(watch.milliseconds, {"targets": judged})

    name = f"all verdicts, {nation.targets:,} targets, {nation.figures:,} figures present"
    goal = Goal((at_most("ours", 10_000, " ms"),), SIZE)
    peer = Peer("the same figures added up by PostgreSQL", _added_up(office), goal)
    return Contest(name, "ms", take, [peer])


def _judged(connection: Connection, standing: Standing) -> int:
    """Return how many targets have a verdict, once all of them have."""
    return sum(len(standing.said(connection, code, None).status) for code in standing.blocks)


_ADDED_UP: Final = text("""
    SELECT kpi_id, department_id, max(period), sum(value), max(numerator), max(denominator)
    FROM revision WHERE period BETWEEN :first AND :last GROUP BY kpi_id, department_id
""")


def _added_up(office: Office) -> Take:
    given = {"first": str(BEGINS), "last": str(BEGINS.shift(11))}

    def take() -> Sample:
        with office.database.read() as connection, _Stopwatch() as watch:
            rows = connection.execute(_ADDED_UP, given).all()
        return Sample(watch.milliseconds, {"targets": len(rows)})

    return take


def _after_a_figure(office: Office, nation: Nation) -> Contest:
    """Correct a figure, and see every verdict as it is then."""
    standings, numbers = Standings(office.zone, least=0), count()
    _look(office, standings)

    def take() -> Sample:
        times = []
        for _ in range(FIGURES):
            _correct(office, next(numbers))
            times.append(_look(office, standings))
        return Sample(median(times), {"figures": len(times)})

    def bare() -> Sample:
        times, found = [], 0
        for _ in range(FIGURES):
            _correct(office, next(numbers))
            with office.database.read() as connection, _Stopwatch() as watch:
                last = connection.execute(_LAST).scalar_one()
                found += len(connection.execute(_SINCE, {"after": last - 1}).all())
            times.append(watch.milliseconds)
        return Sample(median(times), {"figures": found})

    name = f"all verdicts after one figure, {nation.targets:,} targets"
    goal = Goal((at_most("ours", 5, " ms"),), SIZE)
    peer = Peer("PostgreSQL asked for that figure", bare, goal)
    return Contest(name, "ms", take, [peer])


_LAST: Final = text("SELECT max(id) FROM journal")
_SINCE: Final = text("SELECT * FROM revision WHERE submission_id > :after")


def _correct(office: Office, number: int) -> None:
    line = f"measure-0001,region-00001,{BEGINS},{number}.25,again"
    deliver(office, f"kpi,department,period,value,reason\n{line}\n".encode())


def _look(office: Office, standings: Standings) -> float:
    """Return in how many milliseconds every verdict is there as of now."""
    with office.database.read() as connection, _Stopwatch() as watch:
        stored, seen = office.seen(connection)
        standing = standings.at(connection, stored, seen, PLAN)
        if standing is None:
            raise RuntimeError("the plan has no standing")
        _judged(connection, standing)
    return watch.milliseconds


# --- what is asked for -------------------------------------------------------------------------


@dataclass(frozen=True)
class _Asked:
    """What is asked for, and whether a figure is corrected before each request."""

    name: str
    path: str
    is_after: bool

    def __str__(self) -> str:
        return f"{self.name}, each after a figure" if self.is_after else self.name


def _query(office: Office, bench: Bench, port: int, asked: _Asked) -> Contest:
    rows, numbers = _rows(port, asked.path), count()
    selects = _SERIES if asked.path.endswith("series") else _NEWEST
    request = load.request("GET", asked.path, ANY)

    def ours() -> Sample:
        if not asked.is_after:
            found = load.run(port, 1, [request] * bench.sizes.reads)
            return Sample(found.median_ms, {"reads": found.done(200), "rows": rows})
        times = []
        for _ in range(bench.sizes.reads):
            _correct(office, next(numbers))
            one = load.run(port, 1, [request])
            one.done(200)
            times.append(one.median_ms)
        return Sample(median(times), {"reads": len(times), "rows": rows})

    def theirs() -> Sample:
        times, found = [], 0
        with office.database.read() as connection:
            for _ in range(bench.sizes.reads):
                with _Stopwatch() as watch:
                    found = len(connection.execute(selects, {"limit": rows}).all())
                times.append(watch.milliseconds)
        return Sample(median(times), {"reads": len(times), "rows": found})

    goal = Goal((at_most("ours", 50, " ms"),), SIZE)
    peer = Peer("as many bare rows from PostgreSQL", theirs, goal)
    return Contest(f"{asked}: {rows:,} rows", "ms", ours, [peer])


def _rows(port: int, path: str) -> int:
    """Return how many rows an answer has; a page, targets that it shows."""
    answer = load.run(port, 1, [load.request("GET", path, ANY)])
    answer.done(200)
    if path.startswith("/?"):
        return answer.body.partition(b'id="targets"')[2].count(b'href="/targets/')
    return len(json.loads(answer.body)["items"])


_NEWEST: Final = text("""
    SELECT t.id, v.*, f.*
    FROM (SELECT * FROM target ORDER BY id LIMIT :limit) t
    JOIN target_version v ON v.target_id = t.id
    CROSS JOIN LATERAL (
        SELECT * FROM revision r
        WHERE r.kpi_id = t.kpi_id AND r.department_id = t.department_id
        ORDER BY r.period DESC, r.revision DESC LIMIT 1
    ) f
""")
_SERIES: Final = text("""
    SELECT r.* FROM target t JOIN revision r USING (kpi_id, department_id)
    WHERE t.id = 1 ORDER BY r.period DESC, r.revision DESC LIMIT :limit
""")


class _Stopwatch:
    """Times a block."""

    def __enter__(self) -> Self:
        self._began = perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.milliseconds = (perf_counter() - self._began) * 1000
