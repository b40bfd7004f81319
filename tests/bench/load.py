"""The clients: many keep-alive connections in one process of their own.

Requests are bytes made beforehand, answers are parsed in C and only counted, so that one core sends
several times what the fastest server here answers; a row may show it against `responder.py`. Run as
`python -m tests.bench.load`, it reads a job as JSON and prints its outcome as JSON.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import asdict, dataclass
from time import perf_counter
from typing import TYPE_CHECKING, cast

import httptools
import uvloop

from tests.programs import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

LIMIT_SECONDS = 180.0
"""How long one job may take; then it is given up."""


class LoadError(Exception):
    """The clients could not do their job: a server was gone, slow, or answered otherwise."""


@dataclass(frozen=True)
class Job:
    """Requests for one port, each sent once by whichever of the clients is free."""

    port: int
    clients: int
    requests: Sequence[str]


@dataclass(frozen=True)
class Load:
    """What came of a job.

    seconds: from the first request sent to the last answer read, all connections being open.
    median_ms, p99_ms: of the single requests. last_body: base64, as it was sent.
    """

    seconds: float
    median_ms: float
    p99_ms: float
    statuses: Mapping[str, int]
    body_bytes: int
    last_body: str

    @property
    def body(self) -> bytes:
        """The last answer's body, as it was sent."""
        return base64.b64decode(self.last_body)

    def done(self, status: int) -> int:
        """Return the number of answers; raises LoadError unless all have this status."""
        if set(self.statuses) != {str(status)}:
            raise LoadError(
                f"answers were {dict(self.statuses)}, not {status}: {self.body[:500]!r}"
            )
        return self.statuses[str(status)]


def request(method: str, path: str, headers: Mapping[str, str], body: str = "") -> str:
    """Return a request as it goes over the wire; the body is ASCII."""
    head = {"Host": "127.0.0.1", **headers}
    if body:
        head["Content-Length"] = str(len(body))
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items())]
    return "\r\n".join([*lines, "", body])


def run(port: int, clients: int, requests: Sequence[str]) -> Load:
    """Send requests from a process of their own; raises LoadError."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.load"],
        cwd=ROOT,
        input=json.dumps(asdict(Job(port, clients, requests))),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise LoadError(done.stderr.strip() or f"the clients ended with {done.returncode}")
    return Load(**json.loads(done.stdout))


class _Tally:
    """What all clients of a job share."""

    def __init__(self, requests: Sequence[str]) -> None:
        self.waiting: Iterator[bytes] = iter([text.encode("ascii") for text in requests])
        self.latencies: list[float] = []
        self.statuses: Counter[str] = Counter()
        self.body_bytes = 0
        self.last_body: list[bytes] = []


class _Client(asyncio.Protocol):
    """One connection: the next request when the last one has been answered."""

    _transport: asyncio.WriteTransport

    def __init__(self, tally: _Tally, finished: asyncio.Future[None]) -> None:
        self._tally, self.finished = tally, finished
        self._parser = httptools.HttpResponseParser(self)
        self._sent = 0.0
        self._body: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are of no class of asyncio's.
        self._transport = cast("asyncio.WriteTransport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.finished.done():
            self.finished.set_exception(exc or ConnectionError("the server hung up"))

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def send_next(self) -> None:
        """Send the next request that nobody has sent; without one, this client has finished."""
        following = next(self._tally.waiting, None)
        if following is None:
            self.finished.set_result(None)
            self._transport.close()
            return
        self._body = []
        self._sent = perf_counter()
        self._transport.write(following)

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        tally = self._tally
        tally.latencies.append(perf_counter() - self._sent)
        tally.statuses[str(self._parser.get_status_code())] += 1
        tally.body_bytes += sum(map(len, self._body))
        tally.last_body = self._body
        self.send_next()


async def _run(job: Job) -> Load:
    loop = asyncio.get_running_loop()
    tally = _Tally(job.requests)
    clients: list[_Client] = []
    async with asyncio.timeout(LIMIT_SECONDS):
        for _ in range(job.clients):
            made = _Client(tally, loop.create_future())
            await loop.create_connection(lambda made=made: made, "127.0.0.1", job.port)  # type: ignore[misc]
            clients.append(made)
        started = perf_counter()
        for client in clients:
            client.send_next()
        await asyncio.gather(*(client.finished for client in clients))
        seconds = perf_counter() - started
    latencies = sorted(tally.latencies)
    return Load(
        seconds=seconds,
        median_ms=latencies[len(latencies) // 2] * 1000,
        p99_ms=latencies[min(len(latencies) * 99 // 100, len(latencies) - 1)] * 1000,
        statuses=dict(tally.statuses),
        body_bytes=tally.body_bytes,
        last_body=base64.b64encode(b"".join(tally.last_body)).decode("ascii"),
    )


def main() -> int:
    """Do the job on standard input; returns the exit status."""
    job = Job(**json.load(sys.stdin))
    try:
        outcome = uvloop.run(_run(job))
    except (OSError, TimeoutError, httptools.HttpParserError) as error:
        sys.stderr.write(f"{type(error).__name__} at port {job.port}: {error}\n")
        return 1
    # A pipe may take a part of many bytes, and standard output without a buffer would leave it so.
    with os.fdopen(sys.stdout.fileno(), "wb", closefd=False) as output:
        output.write(json.dumps(asdict(outcome)).encode("ascii"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
