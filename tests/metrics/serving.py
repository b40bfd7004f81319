"""A service of the two endpoints alone, so that what they say is theirs and no other part's."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

from app.errors import NotAuthenticated
from app.settings import Settings
from metrics.asgi import metrics_of, metrics_routes
from metrics.process import Observe
from metrics.templates import Named
from tests.parts import free_port, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request
    from starlette.types import ASGIApp

    from app.ledger.office import Office


async def _plan(request: Request) -> Response:
    if request.path_params.get("code") == "broken":
        raise ZeroDivisionError
    return PlainTextResponse("plan")


async def _unauthenticated(_request: Request, _error: Exception) -> Response:
    return PlainTextResponse("no", 401)


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return PlainTextResponse("no", error.status_code, error.headers)


def application(office: Office, token: str | None = None) -> Starlette:
    """Return an application of the metrics' routes, a plan's, and a mount."""
    settings = Settings(metrics_token=token)
    routes = [
        *metrics_routes(metrics_of(office, settings), office, settings),
        Route("/plans/{code}", _plan),
        Route("/plans/{code}/{rest:path}", _plan),
        Mount("/static", Starlette(routes=[Route("/{name}", _plan)])),
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(Observe), Middleware(Named)],
        exception_handlers={NotAuthenticated: _unauthenticated, HTTPException: _refused},
    )


@contextmanager
def running(app: ASGIApp) -> Iterator[str]:
    """Serve an application on a free loopback port; gives its address."""
    port = free_port()
    config = uvicorn.Config(app, port=port, log_level="warning", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.started or None, seconds=20, what="the service")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()
