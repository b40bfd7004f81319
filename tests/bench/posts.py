"""Single figures posted by many clients, each on disk before it is answered.

Dabiao takes each through the whole intake: the key, the idempotency key, the checks, the ledger and
its journal. The peers are a route without a database, a route that inserts a bare row in a
transaction of its own, and Pushgateway, which keeps nothing on disk here.
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import count, cycle, islice
from typing import TYPE_CHECKING

from tests.bench import load
from tests.bench.harness import Bench, Contest, Goal, Line, Peer, Sample, at_least, at_most, compete
from tests.bench.ledger import Shape, fill, new_key, opened, rows_in
from tests.bench.servers import bare, dabiao, missing, pushgateway, responder
from tests.parts import PostgresServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.bench.ledger import Row

OFFICE = Shape(departments=100, kpis=10, months=180)
"""180,000 places for figures, so that no post of a run is a correction of another."""
ON_SQLITE = Goal((at_least("ours", 3000, "/s"), at_most("p99", 50, " ms")))
ON_POSTGRESQL = Goal((at_least("ours", 3000, "/s"),))
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Posts:
    """One side: where it is posted to, with what, and where its rows can be counted."""

    bench: Bench
    port: int
    requests: Iterator[str]
    status: int
    stored: Callable[[], int] | None = None

    def __call__(self) -> Sample:
        """Post a round's share."""
        sizes = self.bench.sizes
        before = self.stored() if self.stored else 0
        found = load.run(self.port, sizes.clients, list(islice(self.requests, sizes.posts)))
        work = {"posts": found.done(self.status)}
        if self.stored:
            work["rows"] = self.stored() - before
        return Sample(work["posts"] / found.seconds, work, found.p99_ms)


def on_sqlite(bench: Bench) -> list[Line]:
    """Post to Dabiao on its embedded database; the bare table has a file of its own."""
    folder = bench.folder / "posts-sqlite"
    urls = f"sqlite:///{folder / 'dabiao.db'}", f"sqlite:///{folder / 'bare.db'}"
    return _measure(bench, folder, "SQLite", *urls, ON_SQLITE)


def on_postgresql(bench: Bench) -> list[Line]:
    """Post to Dabiao on a durable server; the bare table has a database of its own on it."""
    folder = bench.folder / "posts-postgresql"
    with PostgresServer(durable=True) as server:
        urls = server.create_database("dabiao_posts"), server.create_database("bare_posts")
        return _measure(bench, folder, "PostgreSQL", *urls, ON_POSTGRESQL)


def _measure(
    bench: Bench, folder: Path, engine: str, url: str, bare_url: str, goal: Goal
) -> list[Line]:
    with opened(url) as office:
        fill(office, replace(OFFICE, months=0))
        key = new_key(office)
    with ExitStack() as stack:
        ours = stack.enter_context(dabiao(folder, url))
        other = stack.enter_context(bare(folder, database=bare_url, ready="/ready"))
        socket = stack.enter_context(responder(folder))
        nothing = Posts(bench, other.port, posts_of(OFFICE.rows(), "/nothing"), 201)
        insert = Posts(
            bench,
            other.port,
            posts_of(OFFICE.rows(), "/insert"),
            201,
            lambda: rows_in(bare_url, "figure"),
        )
        peers = [
            Peer("bare FastAPI, no database", nothing, goal),
            Peer(f"bare SQLAlchemy insert, {engine}", insert),
            _pushgateway(stack, folder, bench),
            Peer(
                "bare socket: what the clients can send",
                Posts(bench, socket.port, posts_of(OFFICE.rows(), "/"), 200),
            ),
        ]
        requests = posts_of(OFFICE.rows(), "/api/v1/submissions", key)
        posts = Posts(bench, ours.port, requests, 201, lambda: rows_in(url, "revision"))
        name = f"single durable posts, {engine}, {bench.sizes.clients} clients"
        return compete(Contest(name, "/s", posts, peers), bench.sizes.rounds)


def posts_of(rows: Iterator[Row], path: str, key: str | None = None) -> Iterator[str]:
    """Give posts of one figure each, a row's; with `key`, as Dabiao's own."""
    for number, (kpi, department, period, value) in enumerate(rows):
        headers = dict(JSON)
        if key is not None:
            headers |= {"Authorization": f"Bearer {key}", "Idempotency-Key": f"post-{number}"}
        actual = {"kpi": kpi, "department": department, "period": period, "value": float(value)}
        yield load.request("POST", path, headers, json.dumps({"actuals": [actual]}))


def _pushgateway(stack: ExitStack, folder: Path, bench: Bench) -> Peer:
    """Let it hold its groups before the first post that counts."""
    groups = bench.sizes.groups
    name = f"Pushgateway holding {groups:,} groups, no disk"
    if why := missing("pushgateway"):
        return Peer(name, None, absent=why)
    server = stack.enter_context(pushgateway(folder))
    requests = _pushes(groups)
    load.run(server.port, bench.sizes.clients, list(islice(requests, groups))).done(200)
    goal = Goal((at_least("ratio", 10),), "1,000 groups")
    return Peer(name, Posts(bench, server.port, requests, 200), goal)


def _pushes(groups: int) -> Iterator[str]:
    """Give pushes of one sample each, group after group, with ever new values."""
    for group, value in zip(cycle(range(groups)), count(), strict=False):
        path = f"/metrics/job/dabiao/department/region-{group:05d}/kpi/measure-0001"
        body = f"# TYPE kpi_actual_value gauge\nkpi_actual_value {value}.5\n"
        yield load.request("PUT", path, {"Content-Type": "text/plain; version=0.0.4"}, body)
