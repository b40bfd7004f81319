"""The template of the route that took a request: `/api/v1/plans/{code}`, never the path itself.

A path as a label would make a series of every code, and of everything that a scanner tries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi.routing import iter_route_contexts
from starlette.routing import Mount

from metrics.process import UNMATCHED, took

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastapi.routing import RouteContext
    from starlette.routing import BaseRoute
    from starlette.types import Receive, Scope, Send


class Templates:
    """Finds templates by the endpoint that routing has left in a request's scope."""

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        """Read an application's routes, with those of the routers that it includes."""
        self._of_endpoint: dict[int, list[RouteContext]] = {}
        self._mounts: list[Mount] = []
        for context in iter_route_contexts(routes):
            if isinstance(context.route, Mount):
                self._mounts.append(context.route)
            elif context.endpoint is not None and context.path_format is not None:
                self._of_endpoint.setdefault(id(context.endpoint), []).append(context)

    def find(self, scope: Scope) -> str:
        """Return the template of a request that has been routed; `unmatched` for one that was not.

        What lies below a mount is one template: `/static/{path}`.
        """
        endpoint = scope.get("endpoint")
        if endpoint is None:
            return UNMATCHED
        known = self._of_endpoint.get(id(endpoint), [])
        if len(known) > 1:
            known = [context for context in known if context.path_regex.match(scope["path"])]
        if known:
            return str(known[0].path_format)
        path = scope["path"]
        found = (mount.path_format for mount in self._mounts if mount.path_regex.match(path))
        return next(found, UNMATCHED)


class Named:
    """Around an application: says of each request which of its routes took it (`process.took`)."""

    def __init__(self, app: Any) -> None:  # noqa: ANN401 - of several frameworks
        """Wrap an application, or what leads to one."""
        self._app = app
        self._templates: Templates | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        # What is mounted puts itself in the scope's place of the application.
        app = scope.get("app", self._app)
        try:
            await self._app(scope, receive, send)
        finally:
            if scope["type"] == "http":
                if self._templates is None:
                    # Not earlier: middleware is put together before the last route is added.
                    self._templates = Templates(app.routes)
                took(scope, self._templates.find(scope))
