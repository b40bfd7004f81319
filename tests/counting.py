"""Counts what a request asks the database, so that no page asks more often the more there is."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import TestClient


Asked = tuple[str, Any]
"""A statement, and its parameters as the driver takes them."""


@contextmanager
def asked_of(client: TestClient) -> Iterator[list[Asked]]:
    """Give what the requests within ask the service's database.

    What the service looks after by itself, it asks in threads of its own: that is not counted. Only
    the first reading for the metrics is made among the requests, and so it is made before.
    """
    client.get("/metrics")
    seen: list[Asked] = []

    def note(_connection: object, _cursor: object, statement: str, given: Any, *_: object) -> None:  # noqa: ANN401 - the driver's own
        if threading.current_thread().name.startswith("AnyIO worker"):
            seen.append((statement, given))

    engine = client.app.application.state.services.office.database.engine  # type: ignore[attr-defined]
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def reads_of(client: TestClient, address: str) -> int:
    """Count the reads of a page, which has to be there."""
    with asked_of(client) as seen:
        assert client.get(address).status_code == 200
    return len(reads(seen))


def reads(asked: list[Asked]) -> list[Asked]:
    """Return the statements that read."""
    return [one for one in asked if one[0].lstrip().upper().startswith(("SELECT", "WITH"))]
