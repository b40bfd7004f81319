"""What the database interrupted is asked once more, where that is safe.

A read asks for nothing but an answer, so it is begun again from its first dependency; whoever
reads while PostgreSQL's servers change places does not come to know of it. A second interruption
is told. (A delivery is given to the desk again where it was posted, in `app.api.submissions`.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from starlette.responses import Response

from app.errors import DabiaoError, Interrupted

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from fastapi import FastAPI, Request
    from starlette.routing import BaseRoute
    from starlette.types import Receive, Scope, Send

    Handler = Callable[[Request, Exception], Awaitable[Response]]

_ASKED_AGAIN: Final = "dabiao_asked_again"


def install(app: FastAPI) -> None:
    """Have reads that were interrupted asked again; after the other handlers of errors."""
    # Every one of ours is a coroutine function; the framework's type allows for others.
    told = cast("Handler", app.exception_handlers[DabiaoError])

    async def once_more(request: Request, error: Exception) -> Response:
        route = request.scope.get("route")
        first = _ASKED_AGAIN not in request.scope
        if route is not None and first and request.method in ("GET", "HEAD"):
            return _Again(route)
        return await told(request, error)

    app.add_exception_handler(Interrupted, once_more)


class _Again(Response):
    """Answers with what the route answers this time."""

    def __init__(self, route: BaseRoute) -> None:
        super().__init__()
        self._route = route

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[_ASKED_AGAIN] = True
        await self._route.handle(scope, receive, send)
