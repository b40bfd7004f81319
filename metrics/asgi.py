"""`/metrics` and `/metrics/process` as plain ASGI endpoints.

Where a request is refused they raise, as every route does, and the application around them turns
that into its problem document.
"""

from __future__ import annotations

import asyncio
import hmac
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Final

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.routing import Route

from app.errors import NotAuthenticated
from metrics.cache import Cache
from metrics.negotiation import choose_format, wants_gzip
from metrics.process import process_answer

if TYPE_CHECKING:
    from starlette.routing import BaseRoute
    from starlette.types import Receive, Scope, Send

    from app.ledger.office import Office
    from app.settings import Settings
    from metrics.cache import Reading

PATIENCE: Final = 8.0
"""Seconds that a scrape waits for the database; Prometheus gives up after 10 unless told."""

_ALWAYS: Final = (
    (b"vary", b"Accept, Accept-Encoding"),
    (b"x-content-type-options", b"nosniff"),
)


class _Endpoint(ABC):
    """What both endpoints share: the token, the methods, the negotiation."""

    def __init__(self, token: str | None) -> None:
        self._token = None if token is None else token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature; no body is read
        headers = Headers(scope=scope)
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        if not self._admits(headers.get("authorization", "")):
            raise NotAuthenticated("the metrics need their token")
        # A header that comes several times means the same as one with all its values.
        accept = ",".join(headers.getlist("accept"))
        gzip = wants_gzip(",".join(headers.getlist("accept-encoding")))
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

    def __init__(self, cache: Cache, token: str | None, patience: float = PATIENCE) -> None:
        """Serve what the cache gives; `patience` is in seconds."""
        super().__init__(token)
        self._cache = cache
        self._patience = patience
        self._reading: asyncio.Task[Reading] | None = None

    async def answer(
        self,
        scope: Scope,  # noqa: ARG002 - the base's signature
        accept: str,
        *,
        gzip: bool,
    ) -> tuple[str, tuple[bytes, ...]]:
        """Give the office's families in the format asked for."""
        form, content_type = choose_format(accept)
        try:
            async with asyncio.timeout(self._patience):
                reading = await self._fresh()
        except TimeoutError:
            # The database hangs. The thread that waits for it is left waiting, and no other is
            # started as long as it does.
            reading = self._cache.last.failed()
        return content_type, reading.answer(form, gzip=gzip)

    async def _fresh(self) -> Reading:
        """Read in a thread; scrapes that come together share one reading, and hold no threads."""
        earlier = self._reading
        if earlier is not None and not earlier.done():
            # It began before this scrape, so it may not know what was posted just before.
            await asyncio.shield(earlier)
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(run_in_threadpool(self._cache.refresh))
        return await asyncio.shield(self._reading)


class Process(_Endpoint):
    """`/metrics/process`: this process."""

    async def answer(
        self, scope: Scope, accept: str, *, gzip: bool
    ) -> tuple[str, tuple[bytes, ...]]:
        """Give the families of the process that the `Observe` middleware watches."""
        form, content_type = choose_format(accept)
        return content_type, (process_answer(scope, form, gzip=gzip),)


def metrics_routes(office: Office, settings: Settings) -> list[BaseRoute]:
    """Return the routes of both endpoints; the second needs the `Observe` middleware around it."""
    token = settings.metrics_token
    cache = Cache(office, settings.language)
    return [
        Route("/metrics", Metrics(cache, token), name="metrics"),
        Route("/metrics/process", Process(token), name="process_metrics"),
    ]


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
    for part in parts if scope["method"] != "HEAD" else ():
        await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
