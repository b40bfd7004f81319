"""All of the API's routes, each behind the same two guards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import Depends

from app.api import (
    acknowledging,
    actuals,
    backups,
    catalogue,
    form,
    health,
    journal,
    keys,
    openapi,
    remote_read,
    reporting,
    reviews,
    scoreboard,
    submissions,
    targets,
    users,
)
from app.api.access import authorise
from app.api.express import UsualPost
from app.api.parameters import only_known_parameters

if TYPE_CHECKING:
    from fastapi import APIRouter

    from app.api.deps import Services

ROUTERS = (
    scoreboard.router,
    targets.router,
    submissions.router,
    acknowledging.router,
    reviews.router,
    reporting.router,
    form.router,
    actuals.router,
    catalogue.router,
    users.router,
    keys.router,
    journal.router,
    backups.router,
    remote_read.router,
)


def install(whole: APIRouter) -> None:
    """Add the API. First who asks is looked at, then what is asked, and nothing before."""
    guards = [Depends(authorise), Depends(only_known_parameters)]
    for router in ROUTERS:
        whole.include_router(router, dependencies=guards)
    whole.include_router(openapi.router, dependencies=[Depends(authorise)])
    whole.include_router(health.router)


def short_ways(services: Services) -> dict[str, UsualPost]:
    """Return what goes past the framework, by path."""
    return {UsualPost.path: UsualPost(services)}
