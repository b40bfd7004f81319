"""Reads that the database interrupts are asked once more; what may have been kept is not."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from app.errors import Interrupted, OutcomeUnknown, Unavailable
from app.ledger.database import Database
from app.ledger.key_uses import KeyUses
from tests.api.contract import check_problem
from tests.ledger.small_office import row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from app.errors import DabiaoError
    from tests.api.contract import Client


REQUESTS = ("AnyIO worker", "desk")
"""How the threads are named in which requests are answered."""


class Failing:
    """Has the next transactions of a kind fail after they were begun, for requests alone.

    What the service looks after by itself, it does in other threads, but for the first reading for
    the metrics, which therefore is over before.
    """

    def __init__(
        self, api: Client, monkeypatch: pytest.MonkeyPatch, kind: str, *errors: DabiaoError
    ) -> None:
        self.errors = list(errors)
        api.get("/metrics")
        # It is noted in a thread of its own, which would have the failure instead of the test.
        monkeypatch.setattr(KeyUses, "note", lambda *_: None)
        genuine = getattr(Database, kind)

        @contextmanager
        def failing(database: Database, **how: bool) -> Iterator[Connection]:
            with genuine(database, **how) as connection:
                if self.errors and threading.current_thread().name.startswith(REQUESTS):
                    raise self.errors.pop(0)
                yield connection

        monkeypatch.setattr(Database, kind, failing)


def test_a_read_that_was_interrupted_is_asked_again(
    api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = api.get("/api/v1/kpis").json()
    failing = Failing(api, monkeypatch, "read", Interrupted("gone"))
    answer = api.get("/api/v1/kpis")
    assert (answer.status_code, answer.json(), failing.errors) == (200, before, [])


@pytest.mark.parametrize(
    "errors",
    [(Interrupted("gone"), Interrupted("gone")), (Unavailable("away"),)],
    ids=["interrupted twice", "away"],
)
def test_a_read_is_asked_again_once_and_not_where_nobody_answers(
    api: Client, monkeypatch: pytest.MonkeyPatch, errors: tuple[DabiaoError, ...]
) -> None:
    failing = Failing(api, monkeypatch, "read", *errors)
    answer = api.get("/api/v1/kpis")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.json()["type"] == "/problems/unavailable"
    assert failing.errors == []


def test_a_page_that_was_interrupted_is_asked_again(
    api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = Failing(api, monkeypatch, "read", Interrupted("gone"))
    answer = api.get("/", headers={"Accept": "text/html"})
    assert (answer.status_code, failing.errors) == (200, [])


def test_a_delivery_of_which_nothing_was_kept_is_taken_in_again(
    api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = Failing(api, monkeypatch, "write", Interrupted("gone"))
    answer = api.post_actuals(row("22.5"))
    assert (answer.status_code, failing.errors) == (201, [])
    listed = api.get("/api/v1/submissions").json()["items"]
    assert [one["id"] for one in listed] == [answer.json()["id"]]


def test_a_delivery_that_may_have_been_kept_is_told_and_left_to_who_sent_it(
    api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    Failing(api, monkeypatch, "write", OutcomeUnknown("gone"))
    answer = api.post_actuals(row("22.5"))
    check_problem(answer)
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/outcome-unknown")
    assert answer.headers["retry-after"] == "5"
    assert api.get("/api/v1/submissions").json()["items"] == []
