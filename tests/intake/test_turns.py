"""A bounded queue: who may go on, who waits, who is sent away."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from app.errors import Busy
from app.intake.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 60


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


def until_waiting(turns: Turns, number: int) -> None:
    with turns.changed:
        assert turns.changed.wait_for(lambda: turns.waiting == number, PATIENCE)


def test_who_finds_a_place_does_not_wait() -> None:
    turns = Turns(2, 0)
    with turns.turn(), turns.turn():
        assert turns.waiting == 0


def test_who_comes_when_too_many_wait_is_sent_away_and_the_others_are_served(
    pool: ThreadPoolExecutor,
) -> None:
    turns, served = Turns(1, 2), []

    def serve(name: str) -> None:
        with turns.turn():
            served.append(name)

    with ExitStack() as held:
        held.enter_context(turns.turn())
        waiting = [pool.submit(serve, name) for name in ("first", "second")]
        until_waiting(turns, 2)
        with pytest.raises(Busy), turns.turn():
            pass
        assert served == []
    for one in waiting:
        one.result(PATIENCE)
    assert sorted(served) == ["first", "second"]
    with turns.turn():
        assert turns.waiting == 0


def test_a_place_is_given_back_whatever_happened_in_it() -> None:
    turns = Turns(1, 0)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), turns.turn():
            raise ZeroDivisionError
    with turns.turn(), pytest.raises(Busy), turns.turn():
        pass
