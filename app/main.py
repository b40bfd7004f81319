"""Where the parts are put together, and the only place where they are."""

from __future__ import annotations

from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import Depends, FastAPI

from app import __version__
from app.api import access, again, openapi, problems, routes
from app.api.deps import Services
from app.api.head import Head
from app.api.web_guard import WebGuard
from app.intake.desk import Desk
from app.ledger.database import Database
from app.ledger.keeping import Keeper
from app.ledger.key_ring import KeyRing
from app.ledger.key_uses import KeyUses
from app.ledger.migrating import newest_revision
from app.ledger.office import Office, now_utc
from app.ledger.verifying import Verifier
from app.settings import load_settings
from app.translation import Translator
from app.web import errors, pages
from app.web.page import Site
from app.web_config.file import WebConfigFile
from metrics.asgi import metrics_of, metrics_routes
from metrics.process import Observe, ProcessMetrics

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import AsyncIterator, Callable

    from app.settings import Settings
    from metrics.asgi import Metrics


def served() -> FastAPI:
    """Return the application of the settings; what the server calls. Raises Misconfigured."""
    return create_app(load_settings())


def create_app(settings: Settings, clock: Callable[[], dt.datetime] = now_utc) -> FastAPI:
    """Put the application together; connects to nothing yet. Raises Misconfigured."""
    office = Office(Database(settings.database_url), settings.zone, clock)
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
    app.state.services = Services(
        office=office,
        settings=settings,
        translator=Translator(),
        revision=newest_revision(),
        uses=KeyUses(office.database),
        ring=KeyRing(),
        desk=Desk(office),
    )
    routes.install(app)
    app.state.site = Site(app.state.services, partial(access.allows, settings))
    for router in pages.ROUTERS:
        app.include_router(router, dependencies=[Depends(access.authorise)])
    for router in pages.OPEN:
        app.include_router(router)
    app.state.metrics = metrics_of(office, settings)
    app.router.routes += [pages.static, *metrics_routes(app.state.metrics, settings)]
    problems.install(app)
    errors.install(app)
    again.install(app)
    access.check_rules(app)
    if settings.web_config_file is not None:
        file = WebConfigFile(Path(settings.web_config_file))
        tokened = settings.metrics_token is not None
        app.add_middleware(WebGuard, file=file, metrics_token=tokened)
    app.add_middleware(Head)
    app.state.process = ProcessMetrics()
    app.add_middleware(Observe, metrics=app.state.process)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    services: Services = app.state.services
    metrics: Metrics = app.state.metrics
    # Two that go through the whole office at once would take twice as long over the first scrape.
    keeper = Keeper(services.office, may_begin=lambda: metrics.was_read)
    with keeper, Verifier(services.office, app.state.process):
        async with metrics.awake():
            yield
    services.desk.close()
    services.uses.close()
    services.office.database.close()
