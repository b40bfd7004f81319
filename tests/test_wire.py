"""What the server hands over in pieces goes over the wire in as few as it can, and whole."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from app.wire import MOST_JOINED, Joining

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine


class Kept(asyncio.Transport):
    """A transport that keeps what it is given, piece by piece."""

    def __init__(self) -> None:
        super().__init__({"peername": "here"})
        self.pieces: list[bytes] = []
        self.is_closed = False

    def write(self, data: Any) -> None:  # noqa: ANN401 - as the base class has it
        assert not self.is_closed
        self.pieces.append(bytes(data))

    def close(self) -> None:
        self.is_closed = True


def written(use: Callable[[Joining], Coroutine[Any, Any, None]]) -> Kept:
    """Return what a transport was given in the end."""
    kept = Kept()

    async def run() -> None:
        await use(Joining(kept, asyncio.get_running_loop()))
        await asyncio.sleep(0)

    asyncio.run(run())
    return kept


def test_a_head_goes_with_the_body_that_follows_at_once() -> None:
    async def use(joining: Joining) -> None:
        for answer in (b"1", b"2"):
            joining.write(b"head" + answer)
            joining.write(b"body" + answer)

    assert written(use).pieces == [b"head1body1", b"head2body2"]


def test_a_head_whose_body_is_yet_to_come_does_not_wait_for_it() -> None:
    async def use(joining: Joining) -> None:
        joining.write(b"head")
        await asyncio.sleep(0)
        joining.write(b"first")
        joining.write(b"second")
        joining.write(b"third")

    assert written(use).pieces == [b"head", b"firstsecond", b"third"]


def test_what_is_long_is_not_copied_and_stays_in_its_place() -> None:
    long = b"x" * MOST_JOINED

    async def use(joining: Joining) -> None:
        joining.write(b"head")
        joining.write(long)
        joining.write(b"end")

    assert written(use).pieces == [b"head", long, b"end"]


def test_what_is_held_is_sent_before_the_end() -> None:
    async def use(joining: Joining) -> None:
        joining.write(b"head")
        joining.close()

    kept = written(use)

    assert kept.pieces == [b"head"]
    assert kept.is_closed


def test_whatever_else_is_asked_the_transport_answers() -> None:
    async def use(joining: Joining) -> None:
        assert joining.get_extra_info("peername") == "here"

    written(use)
