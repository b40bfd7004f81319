"""The real parts do start, answer and stop: what every other test that uses them builds on."""

from __future__ import annotations

import os
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import psycopg
import pytest
import sqlalchemy as sa

from tests import install_parts, programs
from tests.parts import PostgresServer, PrometheusServer, wait_until
from tests.programs import PARTS, Part, PartMissingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.parts import AlertmanagerServer


def scalar(url: str, statement: str) -> object:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        answer: object = connection.exec_driver_sql(statement).scalar_one()
    return answer


def execute(url: str, statement: str) -> None:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)


# --- databases --------------------------------------------------------------------------------


def test_database_url_gives_an_empty_database_that_takes_tables(database_url: str) -> None:
    engine = sa.create_engine(database_url, poolclass=sa.NullPool)
    assert sa.inspect(engine).get_table_names() == []
    execute(database_url, "CREATE TABLE figure (value NUMERIC)")
    assert sa.inspect(engine).get_table_names() == ["figure"]


@pytest.mark.part("postgresql")
def test_a_database_is_copied_from_its_template_and_dropped(
    postgres_server: PostgresServer,
) -> None:
    template = postgres_server.create_database("parts_template")
    execute(template, "CREATE TABLE figure AS SELECT 22.5 AS value")
    copy = postgres_server.create_database("parts_copy", template="parts_template")
    assert str(scalar(copy, "SELECT value FROM figure")) == "22.5"
    for name in ("parts_template", "parts_copy"):
        postgres_server.drop_database(name)
    with pytest.raises(sa.exc.OperationalError, match="does not exist"):
        scalar(copy, "SELECT 1")


@pytest.mark.part("postgresql")
def test_postgresql_listens_on_no_network_address(postgres_server: PostgresServer) -> None:
    url = postgres_server.url("postgres")
    assert scalar(url, "SHOW listen_addresses") == ""
    assert scalar(url, "SHOW fsync") == "off"


@pytest.mark.part("postgresql")
def test_a_durable_postgresql_flushes_and_leaves_nothing_behind() -> None:
    with PostgresServer(durable=True, options={"max_connections": "7"}) as server:
        url = server.url("postgres")
        assert scalar(url, "SHOW fsync") == "on"
        assert scalar(url, "SHOW synchronous_commit") == "on"
        assert scalar(url, "SHOW max_connections") == "7"
        pid = server.process.pid
        home = scalar(url, "SHOW unix_socket_directories")
        # A session that stays open does not hold the server up.
        lingering = psycopg.connect(host=str(home), user="dabiao", dbname="postgres")
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert not os.path.lexists(str(home))
    lingering.close()


@pytest.mark.part("postgresql")
def test_postgresql_that_cannot_start_says_why() -> None:
    with pytest.raises(RuntimeError, match="no_such_setting"):
        PostgresServer(options={"no_such_setting": "1"})


# --- monitoring -------------------------------------------------------------------------------


class OneGauge(BaseHTTPRequestHandler):
    """Answers every scrape with one sample."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write(
            f"# TYPE probe gauge\nprobe{{path={self.path!r}}} 22.5\n".replace("'", '"').encode()
        )

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base's name
        """Say nothing."""


@pytest.fixture
def gauge_url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), OneGauge)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/metrics"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.part("prometheus")
def test_prometheus_scrapes_and_answers(
    start_prometheus: Callable[..., PrometheusServer], gauge_url: str
) -> None:
    server = start_prometheus({"dabiao": gauge_url})
    (sample,) = server.wait_until("probe")
    assert sample.value == 22.5
    assert (sample.labels["job"], sample.labels["path"]) == ("dabiao", "/metrics")
    with pytest.raises(RuntimeError, match="parse error"):
        server.query("probe{")
    with pytest.raises(TimeoutError, match="absent_series"):
        server.wait_until("absent_series", seconds=0.1)


@pytest.mark.part("prometheus")
def test_prometheus_that_cannot_start_says_why(
    start_prometheus: Callable[..., PrometheusServer],
) -> None:
    with pytest.raises(RuntimeError, match="no_such_key"):
        start_prometheus({}, config={"no_such_key": 1})


@pytest.mark.part("prometheus", "alertmanager")
def test_an_alert_goes_from_prometheus_to_alertmanager(
    start_prometheus: Callable[..., PrometheusServer],
    alertmanager_server: AlertmanagerServer,
    tmp_path: Path,
) -> None:
    rules = tmp_path / "rules.yml"
    rules.write_text('groups: [{name: g, rules: [{alert: Always, expr: "vector(1)"}]}]')
    target = alertmanager_server.url.removeprefix("http://")
    managers = [{"static_configs": [{"targets": [target]}]}]
    config = {"rule_files": [str(rules)], "alerting": {"alertmanagers": managers}}
    start_prometheus({}, config=config)
    alerts = wait_until(alertmanager_server.alerts, seconds=20, what="an alert")
    assert [alert["labels"]["alertname"] for alert in alerts] == ["Always"]


@pytest.mark.parametrize("tool", ["promtool", "amtool"])
def test_the_checkers_run(request: pytest.FixtureRequest, tool: str) -> None:
    path: Path = request.getfixturevalue(tool)
    done = subprocess.run([path, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"{tool}, version ")


# --- what is missing --------------------------------------------------------------------------

ABSENT = Part("teapot", ("no-such-program",), ("teapot-server",))


def test_a_missing_program_names_the_package_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PARTS, "teapot", ABSENT)
    with pytest.raises(
        PartMissingError, match=r"install teapot-server .* DABIAO_TEST_WITHOUT=teapot"
    ):
        programs.locate("no-such-program")


def test_a_part_may_be_a_file_that_a_glob_names(tmp_path: Path) -> None:
    part = Part("fonts", (f"{tmp_path}/*/cjk.ttc",), ("fonts-cjk",))
    assert not part.is_there()
    (tmp_path / "noto").mkdir()
    (tmp_path / "noto" / "cjk.ttc").touch()
    assert part.is_there()


def test_only_known_parts_can_be_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DABIAO_TEST_WITHOUT", " prometheus, alertmanager,")
    assert programs.left_out() == {"prometheus", "alertmanager"}
    monkeypatch.setenv("DABIAO_TEST_WITHOUT", "postgres")
    with pytest.raises(ValueError, match="names postgres; the parts are postgresql, "):
        programs.left_out()


def test_the_run_fails_when_a_part_cannot_be_brought(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(PARTS, "teapot", ABSENT)
    monkeypatch.setattr(install_parts, "bring", lambda _parts: None)
    assert install_parts.main(["teapot"]) == 1
    assert "teapot is missing: install teapot-server" in capsys.readouterr().err
    monkeypatch.setenv("DABIAO_TEST_WITHOUT", "teapot")
    assert install_parts.main(["teapot"]) == 0


def test_a_borrowed_file_is_given_back_as_it_was(tmp_path: Path) -> None:
    kept, made = tmp_path / "policy", tmp_path / "new" / "conf"
    kept.write_text("before")
    kept.chmod(0o640)
    with (
        install_parts.borrowed(kept, "x", mode=0o755),
        install_parts.borrowed(made, "y", mode=0o644),
    ):
        assert (kept.read_text(), made.read_text()) == ("x", "y")
        assert os.access(kept, os.X_OK)
    assert (kept.read_text(), kept.stat().st_mode & 0o777) == ("before", 0o640)
    assert not made.parent.exists()
