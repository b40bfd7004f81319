"""Errors for people: where a browser asks for a page, the problem is told as one.

What a problem says is the API's (`app.api.problems`); here it is only shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from fastapi import Request
from starlette.responses import Response

from app.web.page import Page

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from fastapi import FastAPI

    Handler = Callable[[Request, Exception], Awaitable[Response]]

_PROGRAMS = ("/api/", "/metrics", "/-/", "/openapi.json", "/problems/")
"""Where programs ask: they get problem documents, whatever they accept."""


def install(app: FastAPI) -> None:
    """Show every error that is handled so far as a page, to those who ask for one."""
    for kind, handler in list(app.exception_handlers.items()):
        if kind is not None:
            app.add_exception_handler(kind, _as_page(handler))


def _as_page(handler: Any) -> Handler:  # noqa: ANN401 - Starlette's type of it says nothing
    async def shown(request: Request, error: Exception) -> Response:
        if not wants_page(request):
            answer: Response = await handler(request, error)
            return answer
        page = Page(request)
        problem = await handler(_speaking(request, page.language), error)
        document = orjson.loads(problem.body)
        headers = {
            name: value
            for name, value in problem.headers.items()
            if name in {"allow", "retry-after", "www-authenticate"}
        }
        return page.render(
            "error.html",
            status=problem.status_code,
            headers=headers,
            title=document["title"],
            detail=document["detail"],
            findings=document.get("findings", ()),
            code=problem.status_code,
        )

    return shown


def wants_page(request: Request) -> bool:
    """Tell whether whoever asks is to see a page: a browser, and not at the API."""
    if request.url.path.startswith(_PROGRAMS):
        return False
    accepted = ",".join(request.headers.getlist("accept"))
    return "text/html" in accepted


def _speaking(request: Request, language: str) -> Request:
    """Return the request as if it asked for the page's language, chosen perhaps by its cookie."""
    kept = [pair for pair in request.scope["headers"] if pair[0] != b"accept-language"]
    headers = [*kept, (b"accept-language", language.encode())]
    return Request({**request.scope, "headers": headers}, request.receive)
