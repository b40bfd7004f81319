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

import yaml

from tests.parts import Process, Server, free_port
from tests.programs import LEFT_OUT_VARIABLE, PARTS, ROOT, left_out, locate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DABIAO = (sys.executable, "-c", "from app.cli import main; main()", "serve")
UVICORN = (sys.executable, "-m", "uvicorn", "--factory", "--no-access-log", "--log-level=warning")
START_SECONDS = 60
SETTLE_SECONDS = 600
LABELS = ("family", "department", "kpi", "plan", "other")
"""The labels of every series that the SQL exporters answer."""
ASKED_EVERY_SECONDS = 10
_PAUSE_SECONDS = 0.002
# What is begun some seconds after the start must have begun.
_CALM_SECONDS = 5
_CALM_MS = 50


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

    def memory_mib(self) -> float:
        """Return how much memory it has at this moment, in MiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        (size,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(size) / 1024

    def settle(self) -> None:
        """Wait until it does nothing unasked; raises TimeoutError.

        After its start Dabiao brings its table of verdicts up to date and verifies the ledger.
        """
        pause, calm, before = threading.Event(), 0, self.processor_ms()
        deadline = monotonic() + SETTLE_SECONDS
        while calm < _CALM_SECONDS:
            if monotonic() > deadline:
                raise TimeoutError(f"still at work after {SETTLE_SECONDS} s")
            pause.wait(1)
            now = self.processor_ms()
            calm, before = (calm + 1 if now - before < _CALM_MS else 0), now


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


def sql_exporter(folder: Path, database: str, query: str) -> HttpServer:
    """Start SQL exporter, which asks a query over and over and answers from what it was last told.

    The query's columns are labels, but for the last, `value`.
    """
    port = free_port()
    asked = {"name": "series", "help": "Made up.", "values": ["value"], "query": query}
    job = {
        "name": "series",
        "interval": f"{ASKED_EVERY_SECONDS}s",
        "connections": [_go_url(database)],
        "queries": [asked | {"labels": list(LABELS)}],
    }
    file = _config(folder, f"sql-exporter-{port}.yml", {"jobs": [job]})
    command: list[str | Path] = [
        locate("sql-exporter"),
        f"-config.file={file}",
        f"-web.listen-address=127.0.0.1:{port}",
    ]
    return HttpServer(folder, command, ready="/metrics", port=port)


def postgres_exporter(folder: Path, database: str, query: str) -> HttpServer:
    """Start PostgreSQL exporter, which asks this query, and none of its own, at each scrape."""
    port = free_port()
    columns = [{name: {"usage": "LABEL", "description": name}} for name in LABELS]
    value = {"value": {"usage": "GAUGE", "description": "Made up."}}
    asked = {"series": {"query": query, "metrics": [*columns, value]}}
    command: list[str | Path] = [
        locate("postgres-exporter"),
        f"--web.listen-address=127.0.0.1:{port}",
        f"--extend.query-path={_config(folder, f'postgres-exporter-{port}.yml', asked)}",
        "--disable-default-metrics",
        "--disable-settings-metrics",
        "--log.level=error",
    ]
    variables = {"DATA_SOURCE_NAME": _go_url(database)}
    return HttpServer(folder, command, ready="/", port=port, variables=variables)


def _config(folder: Path, name: str, content: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return file


def _go_url(database: str) -> str:
    """Return an address as Go's drivers read it."""
    return f"{database.replace('postgresql+psycopg', 'postgres')}&sslmode=disable"


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
