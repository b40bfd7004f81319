"""The servers that are measured: each a process of its own, on a loopback port."""

from __future__ import annotations

import http.client
import os
import shutil
import sys
import threading
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from tests.parts import Process, Server, free_port
from tests.programs import LEFT_OUT_VARIABLE, PARTS, ROOT, left_out, locate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DABIAO = (sys.executable, "-c", "from app.cli import main; main()", "serve")
UVICORN = (sys.executable, "-m", "uvicorn", "--factory", "--no-access-log", "--log-level=warning")
START_SECONDS = 60
_PAUSE_SECONDS = 0.002


def missing(part: str) -> str | None:
    """Say why a part cannot be measured here; None if it can."""
    if part in left_out():
        return f"left out by {LEFT_OUT_VARIABLE}"
    return None if PARTS[part].is_there() else PARTS[part].advice()


class HttpServer(Server):
    """A program on a port that was free a moment ago, answering once the constructor returns."""

    def __init__(
        self,
        folder: Path,
        command: Sequence[str | Path],
        *,
        ready: str,
        port: int | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        """Start it in `folder` and ask for the path `ready` until the answer is 200."""
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        folder.mkdir(parents=True, exist_ok=True)
        words = [*_clean(variables or {}), *command]
        self._process = Process(words, log=folder / f"server-{self.port}.log")
        try:
            wait_for_200(self.port, ready, self._process)
        except BaseException:
            self.stop()
            raise

    def processor_ms(self) -> float:
        """Return how long its threads have run on a processor, in milliseconds.

        As Linux counts it: `/proc/<pid>/stat` tells no less than a hundredth of a second.
        """
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e6


def wait_for_200(port: int, path: str, process: Process) -> None:
    """Ask every two milliseconds; raises RuntimeError with the log if the process ends first."""
    pause, deadline = threading.Event(), monotonic() + START_SECONDS
    while not _answers(port, path):
        if not process.is_running or monotonic() > deadline:
            raise RuntimeError(f"no 200 from {path}:\n{process.log_tail()}")
        pause.wait(_PAUSE_SECONDS)


def dabiao(folder: Path, database: str, *, ready: str = "/api/v1/plans") -> HttpServer:
    """Start Dabiao as its users do, on a database that is migrated; its pages and API are there."""
    port = free_port()
    variables = {"DABIAO_DATABASE_URL": database, "DABIAO_PORT": str(port)}
    return HttpServer(folder, DABIAO, ready=ready, port=port, variables=variables)


def bare(
    folder: Path,
    *,
    files: Path | None = None,
    database: str | None = None,
    ready: str = "/healthy",
) -> HttpServer:
    """Start the bare application under the server that Dabiao runs under."""
    port = free_port()
    variables = {"BENCH_FILES": str(files or ""), "BENCH_DATABASE": database or ""}
    command = [*UVICORN, f"--port={port}", "tests.bench.bare:create"]
    return HttpServer(folder, command, ready=ready, port=port, variables=variables)


def pushgateway(folder: Path) -> HttpServer:
    """Start an empty Pushgateway that keeps nothing on disk."""
    port = free_port()
    command: list[str | Path] = [
        locate("pushgateway"),
        f"--web.listen-address=127.0.0.1:{port}",
        "--persistence.file=",
        "--log.level=error",
    ]
    return HttpServer(folder, command, ready="/-/ready", port=port)


def responder(folder: Path) -> HttpServer:
    """Start what answers without reading."""
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.responder", str(port)]
    return HttpServer(folder, command, ready="/", port=port)


def _clean(variables: Mapping[str, str]) -> list[str]:
    """Return a command's beginning that gives it these variables, and no setting of this shell."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    given = {**kept, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", **variables}
    program = shutil.which("env") or "env"
    return [program, "-i", *(f"{name}={value}" for name, value in given.items())]


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return answer.status == 200
