"""Real servers for tests: PostgreSQL, Prometheus and Alertmanager.

Each listens on this machine alone, keeps everything in a directory of its own, is ready when its
constructor returns and gone after `stop()`, which leaving its `with` block calls.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

import httpx
import psycopg
import yaml
from psycopg import sql

from tests.programs import locate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

T = TypeVar("T")

_HAS_STRATEGIES = 150_000
"""The first version of PostgreSQL that can copy a database in two ways."""
_ROOMY_BYTES = 2 * 1024**3
"""The free memory from which a small cluster is kept there."""


def wait_until(condition: Callable[[], T | None], *, seconds: float, what: str) -> T:
    """Ask until the answer is true (so no empty list) and return it; raises TimeoutError."""
    never, deadline = threading.Event(), time.monotonic() + seconds
    while True:
        if answer := condition():
            return answer
        if time.monotonic() >= deadline:
            raise TimeoutError(f"{what}: not within {seconds:g} s")
        never.wait(0.05)


def free_port() -> int:
    """Return a loopback port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class Process:
    """A server's process; its output goes to a file, of which errors show the end."""

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        log: Path,
        user: str | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        """Start `command` in the log's directory, as `user` (given by root only)."""
        self._log, self._stop_signal = log, stop_signal
        with log.open("ab") as output:
            self._popen = subprocess.Popen(
                [str(word) for word in command],
                cwd=log.parent,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                **_identity(user),
            )

    @property
    def pid(self) -> int:
        """The process id, for tests that hang or kill the server on purpose."""
        return self._popen.pid

    @property
    def is_running(self) -> bool:
        """Whether the process has not ended."""
        return self._popen.poll() is None

    def wait_ready(self, is_ready: Callable[[], bool], *, seconds: float = 30) -> None:
        """Wait for the server to answer; raises RuntimeError with its log if it ends instead."""

        def answered() -> bool:
            if not self.is_running:
                name = Path(str(self._popen.args[0])).name  # type: ignore[index]
                raise RuntimeError(f"{name} ended at its start:\n{self.log_tail()}")
            return is_ready()

        wait_until(answered, seconds=seconds, what=f"ready, see {self._log}")

    def log_tail(self, characters: int = 2000) -> str:
        """Return the end of what the server has printed."""
        return self._log.read_text(encoding="utf-8", errors="replace")[-characters:]

    def stop(self) -> None:
        """Ask it to end, and kill it if it has not after ten seconds."""
        if self.is_running:
            self._popen.send_signal(self._stop_signal)
        try:
            self._popen.wait(10)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()


class Server:
    """What the servers share: the process, its directory, and the `with` block."""

    _process: Process | None = None

    @property
    def process(self) -> Process:
        """The running process; raises RuntimeError after `stop()`."""
        if self._process is None:
            raise RuntimeError(f"{type(self).__name__} is not running")
        return self._process

    def stop(self) -> None:
        """End the process; a second call does nothing."""
        if self._process is not None:
            self._process.stop()
            self._process = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class PostgresServer(Server):
    """A PostgreSQL cluster of its own, on a Unix socket only; its superuser is `dabiao`."""

    def __init__(
        self,
        *,
        durable: bool = False,
        small: bool = False,
        options: Mapping[str, str] | None = None,
    ) -> None:
        """Make the cluster and start it.

        `durable` keeps every commit's flush, as production does; without it the tests are faster
        and would lose rows with the machine, which no test takes away. `small` promises that it
        will never hold much, so that it may be kept in memory. `options` are settings.
        """
        # Not below pytest's own directory: that one is closed to the user that the server runs as.
        folder = _roomy_memory() if small else None
        self._home = Path(tempfile.mkdtemp(prefix="dabiao-pg-", dir=folder))
        self._user, self._durable = _unprivileged_user(), durable
        settings = {"listen_addresses": "", "unix_socket_directories": str(self._home)}
        if not durable:
            settings |= dict.fromkeys(("fsync", "synchronous_commit", "full_page_writes"), "off")
        settings |= options or {}
        try:
            self._start(settings)
        except BaseException:
            self.stop()
            raise

    def _start(self, settings: Mapping[str, str]) -> None:
        initdb, data = locate("initdb").resolve(), self._home / "data"
        if self._user is not None:
            shutil.chown(self._home, self._user)
        words = ["--username=dabiao", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"]
        made = subprocess.run(
            [initdb, "--pgdata", data, *words],
            cwd=self._home,
            capture_output=True,
            text=True,
            check=False,
            **_identity(self._user),
        )
        if made.returncode != 0:
            raise RuntimeError(f"initdb ended with {made.returncode}:\n{made.stderr}")
        options = [f"--{name}={value}" for name, value in settings.items()]
        # The server of initdb's own version, whatever else PATH may hold.
        self._process = Process(
            [initdb.with_name("postgres"), "-D", data, *options],
            log=self._home / "postgres.log",
            user=self._user,
            # Ends the sessions that are still open; SIGTERM would wait for them.
            stop_signal=signal.SIGINT,
        )
        self._process.wait_ready(self._accepts)

    def _accepts(self) -> bool:
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def _connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(
            host=str(self._home), user="dabiao", dbname="postgres", autocommit=True
        )

    def url(self, database: str) -> str:
        """Return SQLAlchemy's URL of a database."""
        return f"postgresql+psycopg://dabiao@/{database}?host={self._home}"

    def create_database(self, name: str, template: str | None = None) -> str:
        """Make a database, empty or a copy of `template` (to which nobody may be connected).

        Returns its URL; raises psycopg.Error.
        """
        command = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
            sql.Identifier(name), sql.Identifier(template or "template0")
        )
        with self._connect() as connection:
            if not self._durable and connection.info.server_version >= _HAS_STRATEGIES:
                # Block by block through the log takes four times as long, unless files are flushed.
                command += sql.SQL(" STRATEGY FILE_COPY")
            connection.execute(command)
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop a database together with its open sessions; one that is not there is no error."""
        command = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        with self._connect() as connection:
            connection.execute(command)

    def stop(self) -> None:
        """End the server and remove the cluster."""
        super().stop()
        shutil.rmtree(self._home, ignore_errors=True)


def _roomy_memory() -> Path | None:
    """Return where files stay in memory, if this machine has such a place with room to spare."""
    place = Path("/dev/shm")  # noqa: S108 - the name below it is a secure one
    if not place.is_dir() or shutil.disk_usage(place).free < _ROOMY_BYTES:
        return None
    return place


def _unprivileged_user() -> str | None:
    """Return whom root runs PostgreSQL as (it refuses to run as root); None for anybody else."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def _identity(user: str | None) -> dict[str, Any]:
    """Return what `subprocess` needs to run a child as `user`, without root's other groups."""
    if user is None:
        return {}
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


@dataclass(frozen=True)
class Sample:
    """One series of an instant query's answer."""

    labels: Mapping[str, str]
    value: float


class _WebServer(Server):
    """A server with an HTTP interface on a loopback port that was free a moment ago."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._directory = directory
        # The proxy that an environment may name is not for this machine's own addresses.
        self._client = httpx.Client(base_url=self.url, trust_env=False, timeout=10)

    def _start(self, program: str, config: Mapping[str, object], *options: str) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        file = self._directory / f"{program}.yml"
        file.write_text(yaml.safe_dump(dict(config)), encoding="utf-8")
        self._process = Process(
            [
                locate(program),
                f"--config.file={file}",
                f"--web.listen-address=127.0.0.1:{self.port}",
                *options,
            ],
            log=self._directory / f"{program}.log",
        )
        try:
            self._process.wait_ready(self._is_ready)
        except BaseException:
            self.stop()
            raise

    def _is_ready(self) -> bool:
        try:
            return self._client.get("/-/ready").is_success
        except httpx.TransportError:
            return False

    def get(self, path: str, **parameters: str) -> Any:  # noqa: ANN401  # whatever JSON it answers
        """Return the JSON answer of a GET; raises RuntimeError with the body of any but a 2xx."""
        answer = self._client.get(path, params=parameters)
        if not answer.is_success:
            raise RuntimeError(f"{answer.url} answered {answer.status_code}: {answer.text}")
        return answer.json()

    def stop(self) -> None:
        """End the server; its directory stays for whoever looks at a failure."""
        super().stop()
        self._client.close()


class PrometheusServer(_WebServer):
    """A Prometheus that scrapes what it is told to."""

    def __init__(
        self,
        directory: Path,
        scrape: Mapping[str, str],
        *,
        interval: str = "200ms",
        config: Mapping[str, object] | None = None,
        options: Sequence[str] = (),
    ) -> None:
        """Start it; `scrape` maps job names to URLs (`http://127.0.0.1:8000/metrics`).

        `config` holds further top-level keys (`rule_files`, `alerting`, `remote_read`), `options`
        further command-line options.
        """
        super().__init__(directory)
        whole = {
            "global": {
                "scrape_interval": interval,
                "scrape_timeout": interval,
                "evaluation_interval": interval,
            },
            "scrape_configs": [_scrape_job(job, url) for job, url in scrape.items()],
            **(config or {}),
        }
        self._start(
            "prometheus",
            whole,
            f"--storage.tsdb.path={directory / 'data'}",
            "--web.enable-lifecycle",
            # Alertmanagers are known only some seconds after the start; what fired before then
            # would be told again after a minute.
            "--rules.alert.resend-delay=1s",
            *options,
        )

    def query(self, promql: str, *, at: float | None = None) -> list[Sample]:
        """Return an instant query's samples, now or at a Unix time in seconds."""
        when = {} if at is None else {"time": repr(at)}
        data = self.get("/api/v1/query", query=promql, **when)["data"]
        if data["resultType"] != "vector":
            raise RuntimeError(f"{promql} gives a {data['resultType']}, not a vector")
        return [Sample(row["metric"], float(row["value"][1])) for row in data["result"]]

    def wait_until(
        self, promql: str, condition: Callable[[list[Sample]], bool] = bool, *, seconds: float = 20
    ) -> list[Sample]:
        """Ask until `condition` holds (any sample, unless given); raises TimeoutError."""

        def answered() -> tuple[list[Sample]] | None:
            samples = self.query(promql)
            return (samples,) if condition(samples) else None

        return wait_until(answered, seconds=seconds, what=promql)[0]


def _scrape_job(job: str, url: str) -> dict[str, object]:
    parts = httpx.URL(url)
    return {
        "job_name": job,
        "scheme": parts.scheme,
        "metrics_path": parts.path,
        "static_configs": [{"targets": [parts.netloc.decode("ascii")]}],
    }


class AlertmanagerServer(_WebServer):
    """An Alertmanager alone, without a cluster; `url` is what Prometheus posts to."""

    def __init__(self, directory: Path, config: Mapping[str, object] | None = None) -> None:
        """Start it with a whole configuration, or with one that tells nobody."""
        super().__init__(directory)
        silent = {"route": {"receiver": "nobody"}, "receivers": [{"name": "nobody"}]}
        storage = f"--storage.path={directory / 'data'}"
        self._start("alertmanager", config or silent, storage, "--cluster.listen-address=")

    def alerts(self) -> list[dict[str, Any]]:
        """Return the alerts that it holds, as its API gives them."""
        found: list[dict[str, Any]] = self.get("/api/v2/alerts")
        return found
