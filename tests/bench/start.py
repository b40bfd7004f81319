"""From a process's start to its first 200, beside a bare application of the same frameworks."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from tests.bench.harness import Bench, Contest, Goal, Line, Peer, Sample, at_most, compete
from tests.bench.ledger import opened
from tests.bench.servers import bare, dabiao

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.bench.harness import Take
    from tests.bench.servers import HttpServer

GOAL = Goal((at_most("ratio", 1.25),))


def measure(bench: Bench) -> list[Line]:
    """Start both in turns: until the process answers, and until its database has answered."""
    folder = bench.folder / "start"
    url = f"sqlite:///{folder / 'dabiao.db'}"
    other = f"sqlite:///{folder / 'bare.db'}"
    with opened(url):
        pass
    alone = Contest(
        "start to the first 200, /-/healthy",
        "ms",
        starts(lambda: dabiao(folder, url, ready="/-/healthy")),
        [
            Peer(
                "bare FastAPI, SQLAlchemy and Prometheus client",
                starts(lambda: bare(folder, database=other)),
                GOAL,
            )
        ],
    )
    with_database = Contest(
        "start to the first 200, /-/ready",
        "ms",
        starts(lambda: dabiao(folder, url, ready="/-/ready")),
        [
            Peer(
                "the same, answering after SELECT 1",
                starts(lambda: bare(folder, database=other, ready="/ready")),
                GOAL,
            )
        ],
    )
    rounds = bench.sizes.rounds
    return [*compete(alone, rounds), *compete(with_database, rounds)]


def starts(start: Callable[[], HttpServer]) -> Take:
    """Start a server and stop it again; what counts is the time until it answered."""

    def take() -> Sample:
        began = perf_counter()
        with start():
            milliseconds = (perf_counter() - began) * 1000
        return Sample(milliseconds, {"first answers": 1})

    return take
