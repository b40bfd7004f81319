"""`/metrics/process`: this process, the requests it answers, and the Python it runs on.

Nothing is registered globally: every `ProcessMetrics` has a registry of its own, which the
`Observe` middleware feeds and hands to the endpoint in the request's scope.

With several workers (`DABIAO_WORKERS` above 1) any of them may answer a scrape, so they share what
they count through files: the client library's multiprocess mode. It is on where the environment
variable PROMETHEUS_MULTIPROC_DIR names a directory when the library is imported. `dabiao serve`
sets it, to a new and empty directory, before it starts the workers. Then requests are summed over
all workers, and the process families carry the label `pid`, a series for each worker; the garbage
collector's families, which one process cannot read of another, are left out.

`kpi_ledger_violations` and `kpi_ledger_verified_timestamp_seconds` say what this process found when
it verified the ledger (see `app.ledger.verifying`); of several workers the worst finding counts.
"""

from __future__ import annotations

import gzip as gzip_format
import logging
import os
import platform
import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from prometheus_client import (
    CollectorRegistry,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)
from prometheus_client import generate_latest as generate_text
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.registry import Collector

from app import __version__
from metrics.negotiation import Format

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from prometheus_client import Metric
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from app.ledger.invariants import Checked

OWN_PATH: Final = "/metrics/process"
VERIFIED: Final = "kpi_ledger_verified_timestamp_seconds"
SCOPE_KEY: Final = "dabiao.process_metrics"
UNMATCHED: Final = "unmatched"
_TAKEN: Final = "dabiao.taken"
BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"})
_DIRECTORY: Final = "PROMETHEUS_MULTIPROC_DIR"
_WORKER_FILE = re.compile(r"_([0-9]+)\.db\Z")
_REFUSED: Final = 400

log = logging.getLogger(__name__)


class ProcessMetrics(Collector):
    """What is known of this process, or with several workers of all of them."""

    def __init__(self) -> None:
        """Begin counting; reads the environment for the multiprocess mode."""
        registry = CollectorRegistry()
        self.duration = Histogram(
            "http_request_duration_seconds",
            "Time from a request's arrival until its answer was sent.",
            ("method", "route", "code"),
            buckets=BUCKETS,
            registry=registry,
        )
        self.in_progress = Gauge(
            "http_requests_in_progress",
            "Requests that are being answered now.",
            multiprocess_mode="livesum",
            registry=registry,
        )
        build = Gauge(
            "kpi_build_info",
            "The service's version and the Python that it runs on. Always 1.",
            ("version", "python_version"),
            multiprocess_mode="max",
            registry=registry,
        )
        build.labels(__version__, platform.python_version()).set(1)
        self._violations = Gauge(
            "kpi_ledger_violations",
            "How often the ledger breaks an invariant, as last verified. 0 where all is sound.",
            ("invariant",),
            multiprocess_mode="livemax",
            registry=registry,
        )
        self._verified = Gauge(
            VERIFIED,
            "When the whole ledger was last verified.",
            multiprocess_mode="livemax",
            registry=registry,
        )
        directory = os.environ.get(_DIRECTORY)
        if directory is None:
            ProcessCollector(registry=registry)
            GCCollector(registry=registry)
        else:
            registry = CollectorRegistry()
            registry.register(_Workers(Path(directory)))
            MultiProcessCollector(registry, directory)  # type: ignore[no-untyped-call]
        PlatformCollector(registry=registry)
        self._registry = registry

    def collect(self) -> Iterator[Metric]:
        """Give every family, without the library's `_created` series: nobody here reads them."""
        for metric in self._registry.collect():
            if metric.type == "histogram":
                metric.samples = [
                    sample for sample in metric.samples if not sample.name.endswith("_created")
                ]
            if metric.name == VERIFIED:  # none yet, rather than 1970
                metric.samples = [sample for sample in metric.samples if sample.value]
            yield metric

    def ledger_checked(self, checked: Checked) -> None:
        """Hear how often a rule of the ledger is broken."""
        self._violations.labels(checked.invariant).set(checked.violations)

    def ledger_verified(self, at: dt.datetime) -> None:
        """Hear that the whole ledger was verified."""
        self._verified.set(at.timestamp())


class _Workers(Collector):
    """The process families of every worker that lives."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def collect(self) -> Iterator[Metric]:
        found: dict[str, Metric] = {}
        for pid in self._living():
            for metric in ProcessCollector(pid=partial(int, pid), registry=None).collect():
                first = found.setdefault(metric.name, metric)
                samples = [sample._replace(labels={"pid": str(pid)}) for sample in metric.samples]
                first.samples = samples if first is metric else [*first.samples, *samples]
        yield from found.values()

    def _living(self) -> list[int]:
        """Return the workers' process ids, and forget what those were doing that have ended."""
        names = (_WORKER_FILE.search(path.name) for path in self._directory.glob("*.db"))
        living = []
        for pid in sorted({int(name[1]) for name in names if name}):
            if Path(f"/proc/{pid}").exists():
                living.append(pid)
            else:
                mark_process_dead(pid, str(self._directory))  # type: ignore[no-untyped-call]
        return living


def process_answer(scope: Scope, form: Format, *, gzip: bool) -> bytes:
    """Render the families of the process that `Observe` has put into the request's scope."""
    metrics: Any = scope[SCOPE_KEY]
    generate = generate_openmetrics if form is Format.OPENMETRICS else generate_text
    body = generate(metrics)
    return gzip_format.compress(body, mtime=0) if gzip else body


@dataclass(slots=True)
class _Taken:
    """Who took a request, for those further out, who may know only a scope that was copied."""

    template: str = UNMATCHED


def took(scope: Scope, template: str) -> None:
    """Say of what template the route is that took a request: `/api/v1/plans/{code}`."""
    taken: _Taken | None = scope.get(_TAKEN)
    if taken is not None:
        taken.template = template


class Observe:
    """Plain ASGI middleware: counts and times every request but the scrape of its own counts.

    Put it outside of everything that answers requests, so that refusals count too. Whoever takes a
    request says so by `took`; those that nobody takes share the route `unmatched`.

    What is refused or fails has a line in the log. What goes well has none: a line for every post
    took longer than most of what it told of, and the journal and these counts tell as much.
    """

    def __init__(self, app: ASGIApp, metrics: ProcessMetrics | None = None) -> None:
        """Wrap an application; counts into `metrics`, its own unless given."""
        self.app = app
        self.metrics = metrics or ProcessMetrics()
        self._durations: dict[tuple[str, str, int], Histogram] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope[SCOPE_KEY] = self.metrics
        if scope["path"] == OWN_PATH:
            await self.app(scope, receive, send)
            return
        await self._observed(scope, receive, send)

    async def _observed(self, scope: Scope, receive: Receive, send: Send) -> None:
        # What raises before it answers is answered with 500 further out.
        code = 500

        async def noted(message: Message) -> None:
            nonlocal code
            if message["type"] == "http.response.start":
                code = message["status"]
            await send(message)

        taken = scope[_TAKEN] = _Taken()
        begun = perf_counter()
        self.metrics.in_progress.inc()
        try:
            await self.app(scope, receive, noted)
        finally:
            self.metrics.in_progress.dec()
            method = scope["method"] if scope["method"] in _METHODS else "other"
            duration = self._duration(method, taken.template, code)
            duration.observe(perf_counter() - begun)
            if code >= _REFUSED:
                log.info("%s %s: %d", method, quote(scope["path"], errors="replace"), code)

    def _duration(self, method: str, template: str, code: int) -> Histogram:
        """Return the series of some labels, which the library looks up by its own slower way."""
        found = self._durations.get((method, template, code))
        if found is None:
            found = self.metrics.duration.labels(method, template, str(code))
            self._durations[method, template, code] = found
        return found
