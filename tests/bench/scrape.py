"""Scrapes: when nothing has changed, and after one posted figure.

The first beside the same bytes kept ready, both beside Pushgateway, which holds the same series and
gets one of them anew. What a scrape costs after a figure is told twice: as the server's own
processor time, and as what passes from the receipt until the figure has been seen.
"""

from __future__ import annotations

import gzip
import json
import statistics
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import count, cycle, islice
from typing import TYPE_CHECKING

import httpx

from tests.bench import load
from tests.bench.harness import Bench, Contest, Goal, Line, Peer, Sample, at_most, compete
from tests.bench.ledger import fill, new_key, opened
from tests.bench.servers import bare, dabiao, missing, pushgateway
from tests.parts import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.bench.harness import Take
    from tests.bench.ledger import Shape
    from tests.bench.servers import HttpServer

PUSH_SECONDS = 120
GET = {"Accept-Encoding": "gzip", "Accept": "text/plain;version=0.0.4"}
FIRST_SECONDS = 300
SIZE = "100,000 series"
HUGE = "1,000,000 series"
FIGURES = 2
"""Figures a round and side: each takes two processes of clients."""


def measure(bench: Bench) -> list[Line]:
    """Take scrapes in turns, one after the other on one connection, compressed."""
    folder = bench.folder / "scrape"
    url = f"sqlite:///{folder / 'dabiao.db'}"
    with opened(url) as office:
        fill(office, bench.sizes.exposed)
    with ExitStack() as stack:
        ours = stack.enter_context(dabiao(folder, url))
        answer = first_answer(ours, bench)
        peers = [
            _static(stack, folder, answer, bench, Goal((at_most("ratio", 1.5),), SIZE)),
            _pushgateway(stack, folder, answer, bench),
        ]
        name = f"scrape, unchanged, {series_in(answer):,} series, gzip"
        contest = Contest(name, "ms", scrapes(ours.port, "/metrics", bench), peers)
        return compete(contest, bench.sizes.rounds)


def of_a_million(bench: Bench) -> list[Line]:
    """Take scrapes of a nation's office, and look at how much memory it takes."""
    folder = bench.folder / "scrape-million"
    url = f"sqlite:///{folder / 'dabiao.db'}"
    with opened(url) as office:
        fill(office, bench.sizes.huge)
    with ExitStack() as stack:
        ours = stack.enter_context(dabiao(folder, url))
        answer = first_answer(ours, bench)
        size = f"{series_in(answer):,} series"
        peer = _static(stack, folder, answer, bench, Goal((at_most("ours", 50, " ms"),), HUGE))
        mine = scrapes(ours.port, "/metrics", bench)
        found = compete(
            Contest(f"scrape, unchanged, {size}, gzip", "ms", mine, [peer]), bench.sizes.rounds
        )
        name, why = "Pushgateway holding the same series", missing("pushgateway")
        other = None if why else _memory(_holding(stack, folder, answer))
        memory = Contest(f"memory, {size}", "MiB", _memory(ours), [Peer(name, other, absent=why)])
        return [*found, *compete(memory, bench.sizes.rounds)]


def after_a_figure(bench: Bench) -> list[Line]:
    """Post one figure, then scrape until it is there, which is to be at once."""
    folder = bench.folder / "scrape-figure"
    url = f"sqlite:///{folder / 'dabiao.db'}"
    shape = bench.sizes.exposed
    with opened(url) as office:
        fill(office, shape)
        key = new_key(office)
    with ExitStack() as stack:
        ours = stack.enter_context(dabiao(folder, url))
        answer = first_answer(ours, bench)
        mine = Figures(ours, corrections(shape, key), 201)
        name = "Pushgateway, one series of as many pushed"
        peers: list[tuple[str, Figures | None, str | None]] = []
        if why := missing("pushgateway"):
            peers.append((name, None, why))
        else:
            server = _holding(stack, folder, answer)
            peers.append((name, Figures(server, _pushes(), 200), None))
        size = f"{series_in(answer):,} series, gzip"
        found = []
        for of, goal in (
            ("processor time", Goal((at_most("ours", 10, " ms"),), SIZE)),
            ("time to be seen", Goal()),
        ):
            contest = Contest(
                f"scrape after one figure, {of}, {size}",
                "ms",
                partial(mine, of),
                [
                    Peer(name, None if one is None else partial(one, of), goal, why)
                    for name, one, why in peers
                ],
            )
            found += compete(contest, bench.sizes.rounds)
        return found


@dataclass(frozen=True)
class Figures:
    """A server that gets figures one by one, and is scraped after each.

    figures: requests, each with the line's end that tells that it has come.
    """

    server: HttpServer
    figures: Iterator[tuple[str, bytes]]
    status: int

    def __call__(self, of: str) -> Sample:
        """Take a round's share; what posting costs does not count."""
        costs, seen = [], 0
        scrape = [load.request("GET", "/metrics", GET)]
        for request, told in islice(self.figures, FIGURES):
            load.run(self.server.port, 1, [request]).done(self.status)
            before = self.server.processor_ms()
            found = load.run(self.server.port, 1, scrape)
            found.done(200)
            cost = self.server.processor_ms() - before
            costs.append(cost if of == "processor time" else found.median_ms)
            seen += told in gzip.decompress(found.body)
        return Sample(statistics.median(costs), {"scrapes": len(costs), "seen": seen})


def corrections(shape: Shape, key: str) -> Iterator[tuple[str, bytes]]:
    """Give corrections of one figure each, of one place after the other."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    *_, (_, _, period, _) = shape.rows()
    places = [(kpi, department) for kpi, department, at, _ in shape.rows() if at == period]
    for number, (kpi, department) in enumerate(cycle(places)):
        value = number + 0.25
        actual = {"kpi": kpi, "department": department, "period": period, "value": value}
        body = json.dumps({"actuals": [actual | {"reason": "counted again"}]})
        line = f'kpi_actual_value{{department="{department}",kpi="{kpi}"}} {value}\n'
        yield load.request("POST", "/api/v1/submissions", headers, body), line.encode()


def _pushes() -> Iterator[tuple[str, bytes]]:
    headers = {"Content-Type": "text/plain; version=0.0.4"}
    for number in count():
        value = number + 0.25
        body = f"# TYPE pushed_value gauge\npushed_value {value}\n"
        request = load.request("PUT", "/metrics/job/one", headers, body)
        yield request, f'pushed_value{{instance="",job="one"}} {value}\n'.encode()


def first_answer(ours: HttpServer, bench: Bench) -> bytes:
    """Return the first scrape's compressed answer, once the server is at rest.

    Until the office has been read there is none but 503. Raises TimeoutError.
    """

    def answered() -> bytes | None:
        found = load.run(ours.port, 1, [load.request("GET", "/metrics", GET)])
        return found.body if "200" in found.statuses else None

    answer = wait_until(answered, seconds=FIRST_SECONDS, what="a first scrape")
    if bench.sizes.is_full:
        ours.settle()
    return answer


def series_in(compressed: bytes, prefix: bytes = b"kpi_") -> int:
    """Count the KPI families' series in a compressed answer; a peer adds some of its own."""
    return sum(line.startswith(prefix) for line in gzip.decompress(compressed).splitlines())


def scrapes(port: int, path: str, bench: Bench, prefix: bytes = b"kpi_") -> Take:
    """Scrape some times, one after the other on one connection; the median counts."""
    requests = [load.request("GET", path, GET)] * bench.sizes.scrapes

    def take() -> Sample:
        found = load.run(port, 1, requests)
        work = {"scrapes": found.done(200), "series": series_in(found.body, prefix)}
        return Sample(found.median_ms, work)

    return take


def _memory(server: HttpServer) -> Take:
    return lambda: Sample(server.memory_mib(), {"servers": 1})


def _static(stack: ExitStack, folder: Path, answer: bytes, bench: Bench, goal: Goal) -> Peer:
    """Let the bare application keep what Dabiao has answered."""
    files = folder / "files"
    files.mkdir()
    (files / "metrics.gz").write_bytes(answer)
    server = stack.enter_context(bare(folder, files=files))
    take = scrapes(server.port, "/static/metrics.gz", bench)
    return Peer("the same bytes, static route, bare FastAPI", take, goal)


def _pushgateway(stack: ExitStack, folder: Path, answer: bytes, bench: Bench) -> Peer:
    """Let it hold what Dabiao has answered."""
    name = "Pushgateway holding the same series"
    if why := missing("pushgateway"):
        return Peer(name, None, absent=why)
    server = _holding(stack, folder, answer)
    goal = Goal((at_most("ratio", 0.01),), SIZE)
    return Peer(name, scrapes(server.port, "/metrics", bench), goal)


def _holding(stack: ExitStack, folder: Path, answer: bytes) -> HttpServer:
    """Start Pushgateway and give it what Dabiao has answered, in one push."""
    server = stack.enter_context(pushgateway(folder))
    pushed = httpx.put(
        f"{server.url}/metrics/job/dabiao",
        content=gzip.decompress(answer),
        timeout=PUSH_SECONDS,
        trust_env=False,
    )
    pushed.raise_for_status()
    return server
