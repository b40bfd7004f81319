"""A network of its own for each database server, so that one can be cut off from the others.

Needs root and the right to make network namespaces. Whoever runs the tests, and the service with
them, stays where it is and reaches every server, also one that is cut off: nothing but Patroni
then keeps that one from taking writes.
"""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Place:
    """Where a server listens, and what stands before its command to have it run there."""

    address: str
    command: tuple[str, ...] = ()
    namespace: str | None = None


def here(count: int) -> list[Place]:
    """Return places on this machine's loopback, which cannot be cut off from each other."""
    return [Place("127.0.0.1")] * count


class Network:
    """Namespaces on a bridge; `places` are the servers', `hub` is etcd's address."""

    def __init__(self, count: int) -> None:
        """Make them; raises subprocess.CalledProcessError where that is not allowed."""
        # Two runs on one machine do not meet.
        self._name = f"dbo{os.getpid() % 100_000}"
        subnet = f"10.177.{os.getpid() % 250}"
        self.hub = f"{subnet}.253"
        self.places = [
            Place(f"{subnet}.{number}", ("ip", "netns", "exec", name), name)
            for number, name in ((n, f"{self._name}n{n}") for n in range(1, count + 1))
        ]
        try:
            self._make(subnet)
        except BaseException:
            self.remove()
            raise

    def _make(self, subnet: str) -> None:
        _ip("link", "add", self._name, "type", "bridge")
        # The first address is what the service calls from; etcd has the other for itself.
        for host in (f"{subnet}.254", self.hub):
            _ip("addr", "add", f"{host}/24", "dev", self._name)
        _ip("link", "set", self._name, "up")
        for number, place in enumerate(self.places, 1):
            name, end = str(place.namespace), f"{self._name}v{number}"
            _ip("netns", "add", name)
            _ip("link", "add", end, "type", "veth", "peer", "name", "eth0", "netns", name)
            _ip("link", "set", end, "master", self._name, "up")
            _ip("-n", name, "addr", "add", f"{place.address}/24", "dev", "eth0")
            for device in ("eth0", "lo"):
                _ip("-n", name, "link", "set", device, "up")

    def cut_off(self, place: Place) -> None:
        """Let nothing go from a server to etcd and the other servers."""
        for address in self._others(place):
            _ip("-n", str(place.namespace), "route", "add", "blackhole", f"{address}/32")

    def join(self, place: Place) -> None:
        """Undo `cut_off`."""
        for address in self._others(place):
            _ip("-n", str(place.namespace), "route", "del", "blackhole", f"{address}/32")

    def _others(self, place: Place) -> list[str]:
        return [self.hub, *(one.address for one in self.places if one is not place)]

    def remove(self) -> None:
        """Take down whatever was made."""
        for words in (
            *(("netns", "del", str(place.namespace)) for place in self.places),
            ("link", "del", self._name),
        ):
            with suppress(subprocess.CalledProcessError):
                _ip(*words)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()


def _ip(*words: str) -> None:
    command: Sequence[str] = ("ip", *words)
    subprocess.run(command, check=True, capture_output=True)
