"""Whether the process answers, and whether it can do its work: without the framework.

Whoever starts the process asks for this first and often, so neither waits for the application;
where there is more to say than one word, it is the route's to say it (see `health`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse

from app.errors import Unavailable
from app.ledger.migrating import is_current

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from app.ledger.database import Database


def is_ready(database: Database, revision: str | None) -> bool:
    """Tell whether the database is at the newest migration; raises Unavailable."""
    with database.read() as connection:
        return is_current(connection, revision)


def healthy_answer() -> PlainTextResponse:
    """Return what tells that the process answers."""
    return PlainTextResponse("healthy\n")


def ready_answer() -> PlainTextResponse:
    """Return what tells that the process can do its work."""
    return PlainTextResponse("ready\n")


async def healthy(scope: Scope, receive: Receive, send: Send) -> bool:
    """Answer that the process answers."""
    if scope["method"] != "GET":
        return False
    await healthy_answer()(scope, receive, send)
    return True


class Ready:
    """Answers that the process can do its work, where it can."""

    def __init__(self, database: Database, revision: str | None) -> None:
        """Look at a database, for the revision that the code expects."""
        self._database = database
        self._revision = revision

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> bool:
        """Answer, or leave it to the route to say why not."""
        if scope["method"] != "GET":
            return False
        try:
            ready = await run_in_threadpool(is_ready, self._database, self._revision)
        except Unavailable:
            return False
        if ready:
            await ready_answer()(scope, receive, send)
        return ready
