"""What the server speaks to: it answers what is plain at once, and hands on the rest.

The application, with its pages, its API and all that they are made of, takes longer to read than
the frameworks below it. So it is put together once the server has begun to answer, in a thread of
its own, and whoever asks for it before that waits until it is there. Until then only the short
ways given at the start are known; the application brings others.

A short way takes a request of which everything is plain at first sight, and gives the answer that
the application's own route would give. Whatever is not plain it leaves to that route, which is the
one that is described, and the only one that refuses.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from starlette.middleware.errors import ServerErrorMiddleware
from starlette.routing import Router

from metrics.process import took

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

log = logging.getLogger(__name__)

BREATH: Final = 0.1
"""Seconds from the start until the application is put together although nobody asks for it.

Long enough that the server listens and answers who waits for that: the thread would hold it up.
"""

ShortWay = Callable[["Scope", "Receive", "Send"], Awaitable[bool]]
"""Answers a GET or POST and returns True, or does nothing and returns False."""


class Whole(NamedTuple):
    """The application, and how it is spoken to.

    way: takes requests. refuse: answers one without the password that it needs. short: the short
    ways, by path.
    """

    application: FastAPI
    way: ASGIApp
    refuse: ASGIApp
    short: Mapping[str, ShortWay]


class Front:
    """An ASGI application around one that is made when it is needed."""

    def __init__(
        self,
        make: Callable[[], Whole],
        short: Mapping[str, ShortWay],
        around: Iterable[Callable[[ASGIApp], ASGIApp]] = (),
        close: Callable[[], None] = lambda: None,
    ) -> None:
        """Prepare everything but the application.

        make: puts the application together. around: what every request passes first, the outermost
        last. close: called when the server has ended.
        """
        self._make = make
        self._short = dict(short)
        self._close = close
        self._lifespan = Router(lifespan=self._living)
        self._taking: ASGIApp = ServerErrorMiddleware(self._take, self._failed)
        for middleware in around:
            self._taking = middleware(self._taking)
        self._lock = threading.Lock()
        self._making: Future[Whole] | None = None
        self._whole: Whole | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or live as long as the server does."""
        taking = self._lifespan if scope["type"] == "lifespan" else self._taking
        await taking(scope, receive, send)

    @property
    def application(self) -> FastAPI:
        """The application, waited for. Raises whatever kept it from being put together."""
        return self._begun().result().application

    async def whole(self) -> Whole:
        """Return the application once it is there. Raises what kept it from being put together."""
        return await asyncio.wrap_future(self._begun())

    async def _take(self, scope: Scope, receive: Receive, send: Send) -> None:
        short = self._short.get(scope["path"]) if scope["type"] == "http" else None
        if short is not None:
            took(scope, scope["path"])
            if self._whole is not None:
                scope["app"] = self._whole.application
            if await short(scope, receive, send):
                return
        whole = self._whole or await self.whole()
        await whole.way(scope, receive, send)

    async def _failed(self, request: Request, error: Exception) -> Response:
        """Answer what a short way could not, in the application's words."""
        application = request.scope["app"] = (await self.whole()).application
        told: Any = application.exception_handlers[Exception]  # always a coroutine function
        answer: Response = await told(request, error)
        return answer

    def _begun(self) -> Future[Whole]:
        """Begin to put the application together, if nobody has yet.

        A future of the thread's own kind, since those who wait may do so in several event loops.
        """
        with self._lock:
            if self._making is None:
                self._making = Future()
                # From now on it cannot be cancelled: not by one of many who wait for it.
                self._making.set_running_or_notify_cancel()
                threading.Thread(target=self._put_together, name="application", daemon=True).start()
            return self._making

    def _put_together(self) -> None:
        assert self._making is not None  # noqa: S101 - `_begun` has seen to it
        try:
            whole = self._make()
        except BaseException as error:
            # Nothing is healthy or ready then: whoever started the process has to see it.
            log.exception("the application cannot be put together")
            self._short.clear()
            self._making.set_exception(error)
        else:
            self._whole = whole
            self._short |= whole.short
            self._making.set_result(whole)

    @asynccontextmanager
    async def _living(self, _app: object) -> AsyncIterator[None]:
        over = asyncio.Event()
        living = asyncio.create_task(self._live(over))
        try:
            yield
        finally:
            over.set()
            await living
            self._close()

    async def _live(self, over: asyncio.Event) -> None:
        """Run what the application runs beside requests, from when it is there to the end."""
        with suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), BREATH)
        if over.is_set() and self._making is None:
            return
        whole = await self.whole()
        async with whole.application.router.lifespan_context(whole.application):
            await over.wait()
