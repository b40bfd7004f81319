"""`/metrics`, `/metrics/forecast` and `/metrics/process` as plain ASGI endpoints.

Where a request is refused they raise, as every route does, and the application around them turns
that into its problem document.
"""

from __future__ import annotations

import asyncio
import hmac
from abc import ABC, abstractmethod
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.routing import Route

from app.errors import NotAuthenticated, NotReadYet
from metrics.cache import Cache
from metrics.forecasts import ForecastCache
from metrics.negotiation import choose_format, wants_gzip
from metrics.process import process_answer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from starlette.routing import BaseRoute
    from starlette.types import Receive, Scope, Send

    from app.ledger.office import Office
    from app.settings import Settings
    from metrics.cache import Reading

T = TypeVar("T")

PATIENCE: Final = 8.0
"""Seconds that a scrape waits for what is so now, where it does not say how long it would."""
SHARE: Final = 0.8
"""Of the time after which a scraper gives up, how much is waited; the rest is for the way back."""
LONGEST: Final = 120.0
"""Seconds that are waited at most, whatever a scraper says."""
QUIET: Final = 1.0
"""Seconds from the start of the service to when it begins to read all of the office unasked."""

_ALWAYS: Final = (
    (b"vary", b"Accept, Accept-Encoding"),
    (b"x-content-type-options", b"nosniff"),
)


class _Endpoint(ABC):
    """What both endpoints share: the token, the methods, the negotiation."""

    def __init__(self, token: str | None) -> None:
        self._token = None if token is None else token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature; no body is read
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        accept, encoding, authorization = _given(scope)
        if not self._admits(authorization):
            raise NotAuthenticated("the metrics need their token")
        gzip = wants_gzip(encoding)
        content_type, parts = await self.answer(scope, accept, gzip=gzip)
        fields = [(b"content-type", content_type.encode("latin-1")), *_ALWAYS]
        if gzip:
            fields.append((b"content-encoding", b"gzip"))
        await _send(scope, send, fields, parts)

    @abstractmethod
    async def answer(
        self, scope: Scope, accept: str, *, gzip: bool
    ) -> tuple[str, tuple[bytes, ...]]:
        """Return the Content-Type, and the body in parts."""

    def _admits(self, authorization: str) -> bool:
        if self._token is None:
            return True
        scheme, _, given = authorization.partition(" ")
        # Compared in constant time, and as the bytes that were sent: a token may be in any script.
        same = hmac.compare_digest(given.strip().encode("latin-1"), self._token)
        return same and scheme.lower() == "bearer"


class Metrics(_Endpoint):
    """`/metrics`: the KPI families."""

    def __init__(
        self,
        cache: Cache,
        token: str | None,
        patience: float = PATIENCE,
        quiet: float = QUIET,
    ) -> None:
        """Serve what the cache gives; `patience` and `quiet` are in seconds."""
        super().__init__(token)
        self._cache = cache
        self._patience, self._quiet = patience, quiet
        self._looks = _Shared(cache.look)
        self._readings = _Shared(cache.refresh)
        self._aheads = _Shared(cache.look_ahead)
        self._was_read = False

    @property
    def was_read(self) -> bool:
        """Whether the first reading is over, however it ended."""
        return self._was_read

    @asynccontextmanager
    async def awake(self) -> AsyncIterator[None]:
        """Read the office as the block begins, for no scrape to have to wait for all of it.

        A little later, rather: the service's first answers come first.
        """
        waking = asyncio.create_task(self._wake())
        try:
            yield
        finally:
            waking.cancel()
            self._cache.close()
            await asyncio.wait([waking, *self._running()], timeout=self._patience)

    async def answer(
        self,
        scope: Scope,
        accept: str,
        *,
        gzip: bool,
    ) -> tuple[str, tuple[bytes, ...]]:
        """Give the office's families in the format asked for; raises NotReadYet."""
        form, content_type = choose_format(accept)
        reading = await self._reading(_waits(scope) or self._patience)
        if self._cache.should_look_ahead:
            _ = self._aheads.begin()
        return content_type, reading.answer(form, gzip=gzip)

    async def _reading(self, patience: float) -> Reading:
        """Return what is so now; what was so last where that cannot be had in time."""
        if (known := self._cache.glance()) is not None:
            return known
        until = asyncio.get_running_loop().time() + patience
        try:
            async with asyncio.timeout_at(until):
                looked = await self._looks.begun_now()
        except TimeoutError:
            # The database hangs. The thread that waits for it is left waiting, and no other is
            # started as long as it does.
            return self._cache.last.failed()
        if looked is not None:
            return looked
        with suppress(TimeoutError):
            async with asyncio.timeout_at(until):
                return await self._readings.begun_now()
        reading = self._cache.meanwhile
        if reading.at is None and reading.success:
            raise NotReadYet("the office is being read for the first time")
        return reading

    async def _wake(self) -> None:
        await asyncio.sleep(self._quiet)
        # A scrape may have come first; then it is that one's reading.
        await asyncio.shield(self._readings.task or self._readings.begin())
        self._was_read = True

    def _running(self) -> list[asyncio.Task[Any]]:
        works: tuple[_Shared[Any], ...] = (self._looks, self._readings, self._aheads)
        return [work.task for work in works if work.task is not None]


class _Shared(Generic[T]):
    """Work in a thread, once for all who ask while it lasts; so they hold no threads."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self.task: asyncio.Task[T] | None = None

    def begin(self) -> asyncio.Task[T]:
        """Return the work under way; begins it where none is."""
        if self.task is None or self.task.done():
            self.task = asyncio.create_task(run_in_threadpool(self._work))
        return self.task

    async def begun_now(self) -> T:
        """Return what comes of work that begins now or later.

        What began before may not know what was posted just before.
        """
        if self.task is not None and not self.task.done():
            await asyncio.shield(self.task)
        return await asyncio.shield(self.begin())


class Forecasts(_Endpoint):
    """`/metrics/forecast`: what is forecast of the due periods."""

    def __init__(self, cache: ForecastCache, token: str | None, patience: float = PATIENCE) -> None:
        """Serve what the cache gives; `patience` is in seconds."""
        super().__init__(token)
        self._cache = cache
        self._patience = patience
        self._readings = _Shared(cache.refresh)

    async def answer(
        self,
        scope: Scope,  # noqa: ARG002 - the base's signature
        accept: str,
        *,
        gzip: bool,
    ) -> tuple[str, tuple[bytes, ...]]:
        """Give the forecasts in the format asked for; the last where the database hangs."""
        form, content_type = choose_format(accept)
        try:
            async with asyncio.timeout(self._patience):
                reading = await self._readings.begun_now()
        except TimeoutError:
            reading = self._cache.last.failed()
        return content_type, reading.answer(form, gzip=gzip)


class Process(_Endpoint):
    """`/metrics/process`: this process."""

    async def answer(
        self, scope: Scope, accept: str, *, gzip: bool
    ) -> tuple[str, tuple[bytes, ...]]:
        """Give the families of the process that the `Observe` middleware watches."""
        form, content_type = choose_format(accept)
        return content_type, (process_answer(scope, form, gzip=gzip),)


def metrics_of(office: Office, settings: Settings) -> Metrics:
    """Return the first endpoint."""
    return Metrics(Cache(office, settings.language), settings.metrics_token)


def metrics_routes(metrics: Metrics, office: Office, settings: Settings) -> list[BaseRoute]:
    """Return the routes of the endpoints; the last needs the `Observe` middleware around it."""
    foreseen = Forecasts(ForecastCache(office), settings.metrics_token)
    return [
        Route("/metrics", metrics, name="metrics"),
        Route("/metrics/forecast", foreseen, name="forecast_metrics"),
        Route("/metrics/process", Process(settings.metrics_token), name="process_metrics"),
    ]


def _waits(scope: Scope) -> float | None:
    """Return how many seconds a scraper can be kept waiting; None where it does not say.

    Prometheus says after how many it gives up; other exporters heed that, too.
    """
    said = dict(scope["headers"]).get(b"x-prometheus-scrape-timeout-seconds", b"")
    try:
        given_up = float(said)
    except ValueError:
        return None
    return min(given_up * SHARE, LONGEST) if given_up > 0 else None


def _given(scope: Scope) -> Iterator[str]:
    """Yield what the headers say that are looked at, by name.

    One that comes several times means the same as one with all its values.
    """
    headers = scope["headers"]
    for wanted in (b"accept", b"accept-encoding", b"authorization"):
        yield b",".join([value for name, value in headers if name == wanted]).decode("latin-1")


async def _send(
    scope: Scope,
    send: Send,
    fields: list[tuple[bytes, bytes]],
    parts: tuple[bytes, ...],
) -> None:
    length = str(sum(map(len, parts))).encode()
    start = [*fields, (b"content-length", length)]
    await send({"type": "http.response.start", "status": 200, "headers": start})
    # Part by part, so that the large one is not copied to have the small one behind it.
    *first, last = parts if scope["method"] != "HEAD" else (b"",)
    for part in first:
        await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": last})
