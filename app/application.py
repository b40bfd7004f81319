"""Where the pages, the API and the metrics are put together, and the only place where they are.

`app.main` has it done once the server answers, and stands around it.
"""

from __future__ import annotations

from contextlib import asynccontextmanager, closing
from functools import cache, partial
from typing import TYPE_CHECKING

from fastapi import APIRouter, Depends, FastAPI, Request

from app import __version__
from app.api import access, again, openapi, problems, routes
from app.api.deps import Services
from app.errors import DabiaoError
from app.front import Whole
from app.intake.desk import Desk
from app.ledger.keeping import ForecastKeeper, Keeper
from app.ledger.key_ring import KeyRing
from app.ledger.key_uses import KeyUses
from app.ledger.office import Office, now_utc
from app.ledger.verifying import Verifier
from app.translation import Translator
from app.web import errors, pages
from app.web.page import Site
from metrics.asgi import metrics_of, metrics_routes
from metrics.templates import Named

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import AsyncIterator, Callable

    from starlette.types import Receive, Scope, Send

    from app.front import ShortWay
    from app.ledger.database import Database
    from app.settings import Settings
    from metrics.asgi import Metrics
    from metrics.process import ProcessMetrics


@cache
def included() -> APIRouter:
    """Return a router with the API and the pages, behind their guards.

    Where a router is included, the framework keeps what it finds out of each route. None of that
    depends on settings, so all applications of a process have the same.
    """
    included = APIRouter()
    routes.install(included)
    for router in pages.ROUTERS:
        included.include_router(router, dependencies=[Depends(access.authorise)])
    for router in pages.OPEN:
        included.include_router(router)
    return included


def put_together(
    settings: Settings,
    database: Database,
    revision: str | None,
    process: ProcessMetrics,
    clock: Callable[[], dt.datetime] | None = None,
) -> Whole:
    """Put the application together; connects to nothing yet. Raises Misconfigured.

    revision: the newest migration that the code knows. process: hears what is found of the ledger.
    """
    office = Office(database, settings.zone, clock or now_utc)
    app = FastAPI(
        title=openapi.TITLE,
        description=openapi.DESCRIPTION,
        version=__version__,
        # The pages are ours: they are guarded, and name no other host.
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan,
    )
    app.state.process = process
    app.state.services = Services(
        office=office,
        settings=settings,
        translator=Translator(),
        revision=revision,
        uses=KeyUses(office.database),
        ring=KeyRing(),
        desk=Desk(office),
    )
    app.state.site = Site(app.state.services, partial(access.allows, settings))
    app.state.metrics = metrics_of(office, settings)
    app.router.routes += [
        *included().routes,
        pages.static,
        *metrics_routes(app.state.metrics, office, settings),
    ]
    problems.install(app)
    errors.install(app)
    again.install(app)
    posts = routes.short_ways(app.state.services)
    access.check_rules(app, posts.values())

    async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request({**scope, "app": app})
        await problems.problem_answer(request, problems.PASSWORD_NEEDED)(scope, receive, send)

    return Whole(app, Named(app), refuse, {**posts, "/metrics": _scraped(app.state.metrics)})


def _scraped(metrics: Metrics) -> ShortWay:
    """Return the short way of `/metrics`, which needs nothing of the framework."""

    async def scraped(scope: Scope, receive: Receive, send: Send) -> bool:
        if scope["method"] != "GET":
            return False
        try:
            await metrics(scope, receive, send)
        except DabiaoError as error:
            answer = await problems.error_answer(Request(scope), error)
            await answer(scope, receive, send)
        return True

    return scraped


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    services: Services = app.state.services
    metrics: Metrics = app.state.metrics
    office = services.office

    # Two that go through the whole office at once would take twice as long over the first scrape.
    def was_read() -> bool:
        return metrics.was_read

    with (
        Keeper(office, may_begin=was_read),
        ForecastKeeper(office, may_begin=was_read),
        Verifier(office, app.state.process),
        closing(office.forecaster),  # ends first, so that nobody waits for a forecast any more
    ):
        async with metrics.awake():
            yield
    services.desk.close()
    services.uses.close()
