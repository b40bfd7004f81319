"""The program with a web-config file, asked by a real Prometheus and by TLS clients."""

from __future__ import annotations

import ssl
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.cli.running import PROGRAM, TIMEOUT_SECONDS, Ran, program, surroundings
from tests.parts import free_port, wait_until
from tests.programs import ROOT
from tests.web_config.conftest import HASH, PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.parts import PrometheusServer
    from tests.web_config.conftest import Authority

    Write = Callable[[object], Path]

TLS = {"cert_file": "server.pem", "key_file": "server.key"}
USERS = {"scraper": HASH}


@contextmanager
def served(folder: Path, web: Path) -> Iterator[dict[str, str]]:
    """Run the program until the block ends; gives the environment that it runs in."""
    settings = {
        "DABIAO_DATABASE_URL": f"sqlite:///{folder / 'dabiao.db'}",
        "DABIAO_PORT": str(free_port()),
        "DABIAO_WEB_CONFIG_FILE": str(web),
    }
    assert program("migrate", **settings).status == 0
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [PROGRAM, "serve"], stdout=output, stderr=output, env=surroundings(settings)
        )

    def is_ready() -> bool:
        assert process.poll() is None, log.read_text("utf-8")
        return asked(settings).status == 0

    try:
        wait_until(is_ready, seconds=TIMEOUT_SECONDS, what="the service")
        yield settings
    finally:
        process.kill()
        process.wait()


def asked(settings: dict[str, str]) -> Ran:
    """Run the image's health check."""
    done = subprocess.run(
        [sys.executable, "-m", "app.ready"],
        cwd=ROOT,
        env=surroundings(settings),
        capture_output=True,
        text=True,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def client(settings: dict[str, str], authority: Authority, **more: Any) -> httpx.Client:  # noqa: ANN401
    address = f"https://127.0.0.1:{settings['DABIAO_PORT']}"
    context = ssl.create_default_context(cafile=str(authority.file))
    if certificate := more.pop("certificate", None):
        folder = authority.folder
        context.load_cert_chain(folder / f"{certificate}.pem", folder / f"{certificate}.key")
    return httpx.Client(base_url=address, verify=context, trust_env=False, **more)


@pytest.mark.part("prometheus")
def test_a_real_prometheus_scrapes_by_tls_and_password(
    authority: Authority,
    write: Write,
    promtool: Path,
    start_prometheus: Callable[..., PrometheusServer],
) -> None:
    """The file that promtool finds right is the one that the service is started with."""
    password = authority.folder / "password"
    password.write_text(PASSWORD, "utf-8")
    web = write({"tls_server_config": TLS, "basic_auth_users": USERS})
    words = ["check", "web-config"]
    assert subprocess.run([promtool, *words, web], check=False).returncode == 0
    with served(authority.folder, web) as settings:
        target = f"127.0.0.1:{settings['DABIAO_PORT']}"
        jobs = [
            _job("dabiao", target, authority, username="scraper", password_file=str(password)),
            _job("process", target, authority, username="scraper", password_file=str(password)),
            _job("wrong", target, authority, username="scraper", password="guess"),
            {**_job("plain", target, authority), "scheme": "http"},
        ]
        prometheus = start_prometheus({}, config={"scrape_configs": jobs})

        prometheus.wait_until('up{job="dabiao"} == 1')
        prometheus.wait_until('kpi_build_info{job="process"}')
        prometheus.wait_until('up{job="wrong"} == 0')
        prometheus.wait_until('up{job="plain"} == 0')
        assert prometheus.query('kpi_collector_success{job="dabiao"}')[0].value == 1
        # A right password is computed once, so no scrape takes the 70 ms that bcrypt is made to.
        prometheus.wait_until('count_over_time(up{job="dabiao"}[1m]) >= 3')


def _job(name: str, target: str, authority: Authority, **basic: str) -> dict[str, object]:
    return {
        "job_name": name,
        "scheme": "https",
        "metrics_path": "/metrics/process" if name == "process" else "/metrics",
        "tls_config": {"ca_file": str(authority.file), "min_version": "TLS13"},
        "static_configs": [{"targets": [target]}],
        **({"basic_auth": basic} if basic else {}),
    }


@pytest.mark.parametrize("version", ["TLS12", "TLS13"])
def test_who_has_no_certificate_stays_outside(
    authority: Authority, write: Write, version: str
) -> None:
    verified = {
        **TLS,
        "max_version": version,
        "client_auth_type": "RequireAndVerifyClientCert",
        "client_ca_file": "ca.pem",
    }
    with served(authority.folder, write({"tls_server_config": verified})) as settings:
        with client(settings, authority, certificate="client") as known:
            assert known.get("/metrics").status_code == 200
        with client(settings, authority) as stranger, pytest.raises(httpx.TransportError):
            stranger.get("/metrics")
        # The health check has no certificate either; that one is asked for is answer enough.
        assert asked(settings).status == 0


def test_a_renewed_certificate_is_used_at_once(authority: Authority, write: Write) -> None:
    with served(authority.folder, write({"tls_server_config": TLS})) as settings:
        before = _certificate(settings)
        authority.issue("server", "127.0.0.1")
        renewed = _certificate(settings)
        (authority.folder / "server.key").unlink()
        kept = _certificate(settings)
        with client(settings, authority) as known:
            assert known.get("/metrics").status_code == 200

    assert before != renewed == kept


def _certificate(settings: dict[str, str]) -> str:
    return ssl.get_server_certificate(("127.0.0.1", int(settings["DABIAO_PORT"])))


def test_nothing_that_listens_is_not_ready() -> None:
    ran = asked({"DABIAO_PORT": str(free_port())})

    assert (ran.status, ran.err) == (1, "[Errno 111] Connection refused\n")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a: b", ": a: Extra inputs are not permitted"),
        ({"tls_server_config": {**TLS, "cert_file": "none.pem"}}, "No such file or directory"),
    ],
)
def test_a_file_that_is_wrong_stops_the_start_with_one_line(
    authority: Authority, write: Write, content: object, said: str
) -> None:
    ran = program(
        "serve",
        DABIAO_DATABASE_URL="postgresql+psycopg://nobody@/none",
        DABIAO_WEB_CONFIG_FILE=str(write(content)),
    )

    assert (ran.status, ran.out) == (1, "")
    assert said in ran.line
    assert str(authority.folder) in ran.line
