"""The scoreboard."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from app.web.page import Here

router = APIRouter(include_in_schema=False)


@router.get("/", name="scoreboard_page")
def scoreboard_page(page: Here) -> Response:
    """Show a plan's targets."""
    return page.render("scoreboard.html")
