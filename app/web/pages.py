"""All of the pages' routes, and the files that they are made of."""

from __future__ import annotations

from typing import Final

from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from app.web import docs, figure, preferences, scoreboard, submission, target
from app.web.page import HERE

ROUTERS: Final = (
    scoreboard.router,
    target.router,
    figure.router,
    submission.router,
    docs.router,
)
"""The pages; whoever adds them guards them."""

OPEN: Final = (preferences.router,)
"""What everybody may use, also where reading needs a key: it tells nothing of the record."""

static: Final = Mount("/static", StaticFiles(directory=HERE / "static"), name="static")
