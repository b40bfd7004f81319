"""Counts what a request asks the database, so that no page asks more often the more there is."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import TestClient


@contextmanager
def statements_of(client: TestClient) -> Iterator[list[str]]:
    """Give the statements that the requests within send to the service's database.

    What the service looks after by itself, it asks in threads of its own: that is not counted. Only
    the first reading for the metrics is made among the requests, and so it is made before.
    """
    client.get("/metrics")
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if threading.current_thread().name.startswith("AnyIO worker"):
            seen.append(statement)

    engine = client.app.application.state.services.office.database.engine  # type: ignore[attr-defined]
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def reads_of(client: TestClient, address: str) -> int:
    """Count the reads of a page, which has to be there."""
    with statements_of(client) as seen:
        assert client.get(address).status_code == 200
    return selects(seen)


def selects(statements: list[str]) -> int:
    """Count the statements that read."""
    return sum(one.lstrip().upper().startswith("SELECT") for one in statements)
