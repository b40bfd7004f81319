"""What the server calls: the front, which answers first, and what stands around everything.

The application itself is put together in `app.application`, which is read when it is needed.
"""

from __future__ import annotations

import gc
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.api.alive import Ready, healthy
from app.api.head import Head
from app.api.web_guard import WebGuard
from app.front import Front, ShortWay, Whole
from app.ledger.database import Database
from app.ledger.migrating import newest_revision
from app.settings import load_settings
from metrics.process import Observe, ProcessMetrics

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator

    from starlette.types import ASGIApp, Receive, Scope, Send

    from app.settings import Settings

YOUNG: Final = 50_000
"""Objects made, and not given back, after which Python searches them for cycles of garbage."""


def served() -> Front:
    """Return the service of the settings; what the server calls. Raises Misconfigured."""
    # The search took a tenth of all computing. What the application is made of stays to the end,
    # so it is passed over; and what a lot of posts holds is given back before it has begun.
    gc.set_threshold(YOUNG)
    return create_app(load_settings(), ready=gc.freeze)


def create_app(
    settings: Settings,
    clock: Callable[[], dt.datetime] | None = None,
    ready: Callable[[], None] = lambda: None,
) -> Front:
    """Return the service; connects to nothing yet. Raises Misconfigured.

    clock: tells what instant it is; the machine's unless given.
    ready: called when the application has been put together.
    """
    database = Database(settings.database_url)
    revision = newest_revision()
    process = ProcessMetrics()

    def put_together() -> Whole:
        from app import application

        whole = application.put_together(settings, database, revision, process, clock)
        ready()
        return whole

    async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
        await (await front.whole()).refuse(scope, receive, send)

    short: dict[str, ShortWay] = {"/-/healthy": healthy, "/-/ready": Ready(database, revision)}
    front = Front(put_together, short, _around(settings, process, refuse), database.close)
    return front


def _around(
    settings: Settings, process: ProcessMetrics, refuse: ASGIApp
) -> Iterator[Callable[[ASGIApp], ASGIApp]]:
    """Yield what every request passes, the innermost first."""
    if settings.web_config_file is not None:
        from app.web_config.file import WebConfigFile

        yield partial(
            WebGuard,
            file=WebConfigFile(Path(settings.web_config_file)),
            metrics_token=settings.metrics_token is not None,
            refuse=refuse,
        )
    yield Head
    yield partial(Observe, metrics=process)
