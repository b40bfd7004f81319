"""Whether the process answers, and whether it can do its work."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import PlainTextResponse, Response

from app.api.alive import healthy_answer, is_ready, ready_answer
from app.api.deps import Here
from app.errors import Unavailable

router = APIRouter(prefix="/-", tags=["health"])


@router.get("/healthy", name="healthy", response_class=PlainTextResponse)
async def healthy() -> Response:
    """Tell that the process answers."""
    return healthy_answer()


@router.get("/ready", name="ready", response_class=PlainTextResponse)
def ready(here: Here) -> Response:
    """Tell that the database answers and is at the newest migration."""
    if not is_ready(here.office.database, here.revision):
        raise Unavailable("the database is not at the newest migration")
    return ready_answer()
