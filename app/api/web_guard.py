"""The guard that a web-config file puts before everything: passwords, and headers of answers.

Every request needs a user's name and password (RFC 7617), and there is no page, no list and no
metric without. Two things are left to what stands behind the guard, since a request has only one
`Authorization`:

- `Bearer`: under the API's prefix the key is looked at before anything else of the request, also
  where none is needed, and at the metrics where they have a token. Anywhere else it opens nothing.
- `/-/healthy` and `/-/ready`, which tell whoever starts and stops the process one word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.api import PREFIX

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from app.web_config.file import WebConfigFile

_HEALTH: Final = frozenset({"/-/healthy", "/-/ready"})
_METRICS: Final = frozenset({"/metrics", "/metrics/forecast", "/metrics/process"})


class WebGuard:
    """Plain ASGI middleware, put where every request passes."""

    def __init__(
        self, app: ASGIApp, file: WebConfigFile, *, metrics_token: bool, refuse: ASGIApp
    ) -> None:
        """Wrap an application.

        metrics_token: whether the metrics look at a token. refuse: answers who has no password.
        """
        from app.web_config.passwords import Passwords

        self._app = app
        self._refuse = refuse
        self._file = file
        self._tokened = _METRICS if metrics_token else frozenset()
        self._passwords = Passwords()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer that a password is needed."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        config = self._file.current()
        send = _adding(config.http_server_config.headers.given(), send)
        if not config.basic_auth_users or scope["path"] in _HEALTH:
            await self._app(scope, receive, send)
            return
        passed = await self._passed(scope, config.basic_auth_users)
        if passed is None:
            await self._refuse(scope, receive, send)
        else:
            await self._app(passed, receive, send)

    async def _passed(self, scope: Scope, users: dict[str, str]) -> Scope | None:
        """Return the request as it goes on, its password taken off; None where it does not."""
        given = [value for name, value in scope["headers"] if name == b"authorization"]
        scheme, _, rest = (given[0] if len(given) == 1 else b"").decode("latin-1").partition(" ")
        if scheme.lower() == "bearer":
            checked = scope["path"].startswith(f"{PREFIX}/") or scope["path"] in self._tokened
            return scope if checked else None
        if scheme.lower() != "basic" or not await self._passwords.admits(users, rest.strip()):
            return None
        headers = [field for field in scope["headers"] if field[0] != b"authorization"]
        return {**scope, "headers": headers}


def _adding(headers: dict[str, str], send: Send) -> Send:
    """Return a `send` that sets headers of answers, in the place of what was there."""
    if not headers:
        return send
    fields = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    names = {name for name, _ in fields}

    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            others = [field for field in message["headers"] if field[0].lower() not in names]
            message = {**message, "headers": [*others, *fields]}
        await send(message)

    return with_headers
