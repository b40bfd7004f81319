"""A scrape when nothing has changed, beside the same bytes kept ready and beside Pushgateway."""

from __future__ import annotations

import gzip
from contextlib import ExitStack
from typing import TYPE_CHECKING

import httpx

from tests.bench import load
from tests.bench.harness import Bench, Contest, Goal, Line, Peer, Sample, at_most, compete
from tests.bench.ledger import fill, opened
from tests.bench.servers import bare, dabiao, missing, pushgateway

if TYPE_CHECKING:
    from pathlib import Path

    from tests.bench.harness import Take

PUSH_SECONDS = 120
GET = {"Accept-Encoding": "gzip", "Accept": "text/plain;version=0.0.4"}
SIZE = "100,000 series"


def measure(bench: Bench) -> list[Line]:
    """Take scrapes in turns, one after the other on one connection, compressed."""
    folder = bench.folder / "scrape"
    url = f"sqlite:///{folder / 'dabiao.db'}"
    with opened(url) as office:
        fill(office, bench.sizes.exposed)
    with ExitStack() as stack:
        ours = stack.enter_context(dabiao(folder, url))
        answer = load.run(ours.port, 1, [load.request("GET", "/metrics", GET)]).body
        files = folder / "files"
        files.mkdir()
        (files / "metrics.gz").write_bytes(answer)
        static = stack.enter_context(bare(folder, files=files))
        peers = [
            Peer(
                "the same bytes, static route, bare FastAPI",
                _scrapes(static.port, "/static/metrics.gz", bench),
                Goal((at_most("ratio", 1.5),), SIZE),
            ),
            _pushgateway(stack, folder, answer, bench),
        ]
        name = f"scrape, unchanged, {series_in(answer):,} series, gzip"
        contest = Contest(name, "ms", _scrapes(ours.port, "/metrics", bench), peers)
        return compete(contest, bench.sizes.rounds)


def series_in(compressed: bytes) -> int:
    """Count the KPI families' series in a compressed answer; a peer adds some of its own."""
    return sum(line.startswith(b"kpi_") for line in gzip.decompress(compressed).splitlines())


def _scrapes(port: int, path: str, bench: Bench) -> Take:
    requests = [load.request("GET", path, GET)] * bench.sizes.scrapes

    def take() -> Sample:
        found = load.run(port, 1, requests)
        work = {"scrapes": found.done(200), "series": series_in(found.body)}
        return Sample(found.median_ms, work)

    return take


def _pushgateway(stack: ExitStack, folder: Path, answer: bytes, bench: Bench) -> Peer:
    """Give it what Dabiao has answered, in one push."""
    name = "Pushgateway holding the same series"
    if why := missing("pushgateway"):
        return Peer(name, None, absent=why)
    server = stack.enter_context(pushgateway(folder))
    pushed = httpx.put(
        f"{server.url}/metrics/job/dabiao",
        content=gzip.decompress(answer),
        timeout=PUSH_SECONDS,
        trust_env=False,
    )
    pushed.raise_for_status()
    goal = Goal((at_most("ratio", 0.01),), SIZE)
    return Peer(name, _scrapes(server.port, "/metrics", bench), goal)
