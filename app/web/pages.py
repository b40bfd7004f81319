"""All of the pages' routes, and the files that they are made of."""

from __future__ import annotations

from typing import Final

from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from app.web import (
    account,
    admin,
    admin_backups,
    admin_keys,
    admin_users,
    bulletin,
    catalogue,
    catalogue_edit,
    docs,
    figure,
    preferences,
    report,
    report_answers,
    review,
    review_calendar,
    review_late,
    scoreboard,
    sign_in,
    submission,
    target,
)
from app.web.page import HERE

ROUTERS: Final = (
    scoreboard.router,
    target.router,
    figure.router,
    submission.router,
    bulletin.router,
    review.router,
    review_late.router,
    review_calendar.router,
    report.router,
    report_answers.router,
    docs.router,
    sign_in.router,
    account.router,
    admin.router,
    admin_backups.router,
    admin_users.router,
    admin_keys.router,
    # First the addresses with a word in them, which would also be those of resources.
    catalogue_edit.router,
    catalogue.router,
)
"""The pages; whoever adds them guards them."""

OPEN: Final = (preferences.router,)
"""What everybody may use, also where reading needs a key: it tells nothing of the record."""

static: Final = Mount("/static", StaticFiles(directory=HERE / "static"), name="static")
