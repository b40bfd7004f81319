"""Scrapes beside exporters that answer the same series from the same database server by SQL.

They find the series ready in a table, with no verdict to compute: the last step of an exporter is
what is compared. SQL exporter keeps what it was told last, up to ten seconds ago; PostgreSQL
exporter asks at each scrape.
"""

from __future__ import annotations

import gzip
import json
import re
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Final

import psycopg

from tests.bench import load
from tests.bench.harness import Bench, Contest, Line, Peer, compete
from tests.bench.ledger import fill, opened
from tests.bench.scrape import FIRST_SECONDS, GET, first_answer, scrapes, series_in
from tests.bench.servers import LABELS, dabiao, missing, postgres_exporter, sql_exporter
from tests.parts import PostgresServer, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.bench.servers import HttpServer

TABLE: Final = f"CREATE TABLE series ({', '.join(f'{name} TEXT' for name in LABELS)}, value FLOAT8)"
QUERY: Final = f"SELECT {', '.join(LABELS)}, value FROM series"  # noqa: S608 - our own words
_LABEL: Final = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*")')


def measure(bench: Bench) -> list[Line]:
    """Take scrapes in turns, compressed; Dabiao's office is on the server that the peers ask."""
    folder = bench.folder / "scrape-sql"
    with PostgresServer() as server, ExitStack() as stack:
        url = server.create_database("dabiao_scraped")
        with opened(url) as office:
            fill(office, bench.sizes.exposed)
        ours = stack.enter_context(dabiao(folder, url))
        answer = first_answer(ours, bench)
        keep(url, answer)
        peers = [
            _peer(stack, folder, url, answer, bench, *one)
            for one in (
                ("SQL exporter", "sql-exporter", sql_exporter, b"sql_series{"),
                ("PostgreSQL exporter", "postgres-exporter", postgres_exporter, b"series_value{"),
            )
        ]
        name = f"scrape, unchanged, PostgreSQL, {series_in(answer):,} series, gzip"
        contest = Contest(name, "ms", scrapes(ours.port, "/metrics", bench), peers)
        return compete(contest, bench.sizes.rounds)


def _peer(
    stack: ExitStack,
    folder: Path,
    url: str,
    answer: bytes,
    bench: Bench,
    name: str,
    part: str,
    start: Callable[[Path, str, str], HttpServer],
    prefix: bytes,
) -> Peer:
    if why := missing(part):
        return Peer(name, None, absent=why)
    server = stack.enter_context(start(folder, url, QUERY))
    wait_until(
        partial(_has, server, series_in(answer), prefix),
        seconds=FIRST_SECONDS,
        what=f"{name}'s series",
    )
    return Peer(name, scrapes(server.port, "/metrics", bench, prefix))


def _has(server: HttpServer, series: int, prefix: bytes) -> bool:
    found = load.run(server.port, 1, [load.request("GET", "/metrics", GET)])
    return found.statuses == {"200": 1} and series_in(found.body, prefix) == series


def keep(url: str, answer: bytes) -> None:
    """Put what Dabiao has answered into a table, a row for each series."""
    address = url.replace("+psycopg", "")
    with psycopg.connect(address, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(TABLE)
        with cursor.copy("COPY series FROM STDIN") as copy:
            for row in rows_of(gzip.decompress(answer).decode()):
                copy.write_row(row)
        cursor.execute("VACUUM ANALYZE series")


def rows_of(text: str) -> Iterator[tuple[str, ...]]:
    """Read an exposition: each series' labels as `LABELS` has them, and its value."""
    for line in text.splitlines():
        if not line.startswith("kpi_"):
            continue
        name, _, rest = line.partition("{")
        inside, _, value = rest.rpartition("} ")
        if not rest:
            name, _, value = line.partition(" ")
        labels = {label: json.loads(quoted) for label, quoted in _LABEL.findall(inside)}
        known = [labels.pop(label, "") for label in LABELS[1:-1]]
        yield name, *known, json.dumps(list(labels.values()), ensure_ascii=False), value
