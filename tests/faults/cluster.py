"""PostgreSQL servers under Patroni and etcd, and what can befall them.

Each server is a Patroni with the PostgreSQL that it keeps: a replica is made from the primary, one
of them follows when the primary is gone, and one that comes back joins as a standby. Passwords are
needed by nobody: all listen on addresses of this machine alone.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import httpx
import psycopg
import yaml

from tests.faults.network import here
from tests.parts import Process, _identity, _unprivileged_user, free_port, wait_until
from tests.programs import PATRONI, ROOT, PartMissingError, locate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.faults.network import Place

SUPERUSER = "dabiao"
SHIPPED = ROOT / "metrics" / "failover" / "patroni.yml"
"""What a deployment runs, and so what is tried here."""
HERE = {"loop_wait": 5}
"""Settings of our own: the servers come up sooner, and a failover begins no sooner for it."""


class Node:
    """One Patroni and its PostgreSQL."""

    def __init__(self, home: Path, number: int, place: Place, config: dict[str, Any]) -> None:
        """Write its configuration; `start` begins."""
        self.name, self.place = f"n{number}", place
        self.port, self._rest = free_port(), free_port()
        self.data = home / self.name / "data"
        self._home = home
        (home / self.name).mkdir(mode=0o700)
        self._file = home / self.name / "patroni.yml"
        self._file.write_text(json.dumps(self._config(config)), encoding="utf-8")
        for path in (home / self.name, self._file):
            if user := _unprivileged_user():
                shutil.chown(path, user)
        self._process: Process | None = None

    def _config(self, common: dict[str, Any]) -> dict[str, Any]:
        rest = f"{self.place.address}:{self._rest}"
        postgres = f"{self.place.address}:{self.port}"
        return {
            **common,
            "name": self.name,
            "restapi": {"listen": rest, "connect_address": rest},
            "postgresql": {
                "listen": postgres,
                "connect_address": postgres,
                "data_dir": str(self.data),
                "bin_dir": str(locate("initdb").resolve().parent),
                "pgpass": str(self._home / self.name / "pgpass"),
                "authentication": {
                    "superuser": {"username": SUPERUSER},
                    "replication": {"username": SUPERUSER},
                    "rewind": {"username": SUPERUSER},
                },
                "pg_hba": ["local all all trust", "host all,replication all all trust"],
                "parameters": {"unix_socket_directories": str(self._home / self.name)},
            },
        }

    def start(self, interpreter: Sequence[str]) -> None:
        """Begin, or begin again after a kill."""
        user, become = _unprivileged_user(), list[str]()
        if self.place.command and user:
            # Only root enters another network, and becomes the user there.
            become = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
            user = None
        command = [*self.place.command, *become, *interpreter, "-m", "patroni", str(self._file)]
        self._process = Process(command, log=self._home / f"{self.name}.log", user=user)

    def says(self, path: str = "/patroni") -> dict[str, Any]:
        """Return what its Patroni answers; nothing while it does not."""
        url = f"http://{self.place.address}:{self._rest}{path}"
        try:
            answer = httpx.get(url, timeout=1, trust_env=False)
            found: dict[str, Any] = answer.json()
        except (httpx.TransportError, ValueError):
            return {}
        return found

    def is_primary(self) -> bool:
        """Tell whether it takes writes, by its own word."""
        said = self.says()
        return said.get("role") in ("primary", "master") and said.get("state") == "running"

    def post(self, path: str, content: dict[str, Any]) -> None:
        """Have its Patroni do something; raises httpx.HTTPStatusError."""
        url = f"http://{self.place.address}:{self._rest}{path}"
        httpx.post(url, json=content, timeout=60, trust_env=False).raise_for_status()

    def pids(self) -> list[int]:
        """Return Patroni's processes and PostgreSQL's."""
        found = _below(self._process.pid) if self._process else []
        # Its own session; so it is not below Patroni after a restart of that.
        with suppress(OSError, ValueError, IndexError):
            line = (self.data / "postmaster.pid").read_text().splitlines()[0]
            found += _below(int(line))
        return sorted(set(found))

    def receivers(self) -> list[int]:
        """Return the process that receives the primary's log, if it is a standby."""
        return [pid for pid in self.pids() if b"walreceiver" in _command_line(pid)]

    def kill(self) -> None:
        """Have it gone at once, Patroni and all, as when its machine loses power."""
        send(self.pids(), signal.SIGKILL)
        if self._process is not None:
            self._process.stop()

    def stop(self) -> None:
        """End it, however it is."""
        send(self.pids(), signal.SIGCONT)
        self.kill()


class Cluster:
    """Several servers; leaving the `with` block ends all of them."""

    def __init__(
        self, places: Sequence[Place] | None = None, *, synchronous: bool, hub: str = "127.0.0.1"
    ) -> None:
        """Start etcd and the servers, three on this machine's loopback unless `places` says so."""
        self.home = Path(tempfile.mkdtemp(prefix="dabiao-faults-"))
        self.home.chmod(0o755)
        self.synchronous = synchronous
        self._etcd: Process | None = None
        self.nodes: list[Node] = []
        try:
            self._interpreter = self._patroni()
            config = self._common(hub, self._start_etcd(hub))
            for number, place in enumerate(places or here(3), 1):
                self.nodes.append(Node(self.home, number, place, config))
            self._start()
        except BaseException:
            self.stop()
            raise

    def _patroni(self) -> list[str]:
        """Return an interpreter and path that PostgreSQL's user may read; raises PartMissingError.

        Patroni runs as that user, who may enter neither root's home nor where the tests are.
        """
        copy = shutil.copytree(PATRONI, self.home / "patroni")
        base = str(Path(getattr(sys, "_base_executable", sys.executable)).resolve())
        for python in (base, "/usr/bin/python3"):
            words = ["env", f"PYTHONPATH={copy}", "LC_ALL=C.UTF-8", python]
            probe = [*words, "-c", "import patroni, psutil, psycopg"]
            with suppress(subprocess.CalledProcessError, PermissionError):
                user = _identity(_unprivileged_user())
                subprocess.run(probe, check=True, capture_output=True, cwd="/", **user)
                return words
        raise PartMissingError(
            f"no Python that PostgreSQL's user may run has Patroni's wheels: tried {base} and "
            "/usr/bin/python3; run the tests by one of the version of the latter, or leave them "
            "out with DABIAO_TEST_WITHOUT=patroni"
        )

    def _start_etcd(self, hub: str) -> int:
        client, peer = (f"http://{hub}:{free_port()}" for _ in range(2))
        urls = {
            "listen-client-urls": client,
            "advertise-client-urls": client,
            "listen-peer-urls": peer,
            "initial-advertise-peer-urls": peer,
            "initial-cluster": f"default={peer}",
            "data-dir": str(self.home / "etcd"),
            "log-level": "error",
        }
        words = [f"--{name}={value}" for name, value in urls.items()]
        self._etcd = Process([locate("etcd"), *words], log=self.home / "etcd.log")

        def is_ready() -> bool:
            with suppress(httpx.TransportError):
                return httpx.get(f"{client}/health", trust_env=False).is_success
            return False

        self._etcd.wait_ready(is_ready)
        return int(client.rpartition(":")[2])

    def _common(self, hub: str, port: int) -> dict[str, Any]:
        shipped = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
        settings = {**shipped["bootstrap"]["dcs"], **HERE, "synchronous_mode": self.synchronous}
        settings["postgresql"]["parameters"]["shared_buffers"] = "32MB"
        bootstrap = {"dcs": settings, "initdb": shipped["bootstrap"]["initdb"]}
        etcd = {"hosts": [f"{hub}:{port}"]}
        return {"scope": shipped["scope"], "etcd3": etcd, "bootstrap": bootstrap}

    def _start(self) -> None:
        first, *others = self.nodes
        first.start(self._interpreter)
        self._wait(first.is_primary, "a first primary")
        for node in others:
            node.start(self._interpreter)
        self.wait_healthy()
        with self._connect() as connection:
            connection.execute("CREATE DATABASE office TEMPLATE template0")

    def url(self) -> str:
        """Return the address of the office's database, with every server in it."""
        hosts = "&".join(f"host={node.place.address}:{node.port}" for node in self.nodes)
        return f"postgresql+psycopg://{SUPERUSER}@/office?{hosts}"

    def _connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(
            host=",".join(node.place.address for node in self.nodes),
            port=",".join(str(node.port) for node in self.nodes),
            user=SUPERUSER,
            dbname="postgres",
            target_session_attrs="read-write",
            connect_timeout=3,
            autocommit=True,
        )

    def primary(self) -> Node:
        """Return who takes writes, once there is one."""

        def found() -> Node | None:
            return next((node for node in self.nodes if node.is_primary()), None)

        return wait_until(found, seconds=90, what="a primary")

    def members(self) -> list[dict[str, Any]]:
        """Return every server as the primary knows it."""
        listed: list[dict[str, Any]] = self.primary().says("/cluster").get("members", [])
        return listed

    def standby(self) -> Node:
        """Return the standby that every commit waits for."""
        for member in self.members():
            if member["role"] == "sync_standby":
                return next(node for node in self.nodes if node.name == member["name"])
        raise LookupError("no commit waits for a standby")

    def wait_healthy(self) -> None:
        """Wait until all servers are there, follow the primary, and commits wait as they should."""

        def healthy() -> bool:
            members = self.members()
            following = [member for member in members if member.get("state") == "streaming"]
            waited_for = [member for member in members if member["role"] == "sync_standby"]
            return len(following) == len(self.nodes) - 1 and bool(waited_for) == self.synchronous

        self._wait(healthy, "all servers, streaming")

    def _wait(self, condition: Any, what: str) -> None:  # noqa: ANN401 - any callable without arguments
        try:
            wait_until(condition, seconds=120, what=what)
        except TimeoutError as error:
            logs = sorted(self.home.glob("n*.log"))
            tails = "\n".join(f"{log.name}: {log.read_text()[-1500:]}" for log in logs)
            raise RuntimeError(f"{error}\n{tails}") from error

    def heal(self, node: Node) -> None:
        """Start a server that was killed again, and wait until it follows."""
        node.start(self._interpreter)
        self.wait_healthy()

    def stop(self) -> None:
        """End everything and remove it."""
        for node in self.nodes:
            node.stop()
        if self._etcd is not None:
            self._etcd.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def send(pids: Iterable[int], what: signal.Signals) -> None:
    """Send a signal to processes, of which some may have ended."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, what)


def _below(pid: int) -> list[int]:
    """Return a process and all that it began, and those that they did."""
    with suppress(OSError):
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [pid, *(below for child in listed for below in _below(int(child)))]
    return []


def _command_line(pid: int) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""
