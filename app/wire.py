"""How an answer goes over the wire: its head and its body by one packet, where both are there.

The server hands them over one after the other, and the event loop's transport sends at once what
it is given: two calls of the kernel and two awakenings of the other side for every answer.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Transport

MOST_JOINED: Final = 64 * 1024
"""Bytes from which on something is sent by itself: to copy them takes longer than another call."""


class Joining:
    """A transport that holds what it is given until more comes, or the event loop's next turn."""

    def __init__(self, transport: Transport, loop: AbstractEventLoop) -> None:
        """Write to a transport in the end; whatever else is asked is asked of that."""
        self._transport = transport
        self._loop = loop
        self._held = b""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the transport has
        """Return what the transport has of this name."""
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send along with what is held; where nothing is, hold it back itself."""
        if len(data) >= MOST_JOINED:
            self._flush()
            self._transport.write(data)
        elif self._held:
            held, self._held = self._held, b""
            self._transport.write(held + data)
        else:
            self._held = data
            self._loop.call_soon(self._flush)

    def close(self) -> None:
        """Send what is held, and close."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._held:
            held, self._held = self._held, b""
            self._transport.write(held)


class Wire(HttpToolsProtocol):
    """The server's own protocol over such a transport; named in `serving`."""

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Begin with a connection."""
        joining: Any = Joining(transport, asyncio.get_running_loop())
        super().connection_made(joining)
