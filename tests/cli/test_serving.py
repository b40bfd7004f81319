"""`dabiao serve` as a process, and `dabiao submit --server` to it."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from app.cli.serving import _only_server
from tests.cli.running import PROGRAM, TIMEOUT_SECONDS, Ran, dabiao, surroundings, table
from tests.parts import free_port, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GOOD = "kpi,department,period,value\npendency,exam,2013-01,23.10\n"
BAD = GOOD + "pendency,exam,2013-02,many\n[/red],exam,2013-02,1\n"


@contextmanager
def serving(log: Path, **settings: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Run a server on a free port until the block ends; gives its process and its address."""
    port = str(free_port())
    with log.open("wb") as output:
        process = subprocess.Popen(
            [PROGRAM, "serve"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=surroundings({"DABIAO_PORT": port, **settings}),
        )
    address = f"http://127.0.0.1:{port}"

    def is_ready() -> bool:
        assert process.poll() is None, log.read_text("utf-8")
        try:
            ready = httpx.get(f"{address}/-/ready", trust_env=False).status_code == 200
            # Whatever it answers, it answers: its pages and API are there.
            return ready and bool(httpx.get(f"{address}/api/v1/plans", trust_env=False).headers)
        except httpx.TransportError:
            return False

    try:
        wait_until(is_ready, seconds=TIMEOUT_SECONDS, what="the server")
        yield process, address
    finally:
        process.kill()
        process.wait()


def ended(process: subprocess.Popen[bytes], told: signal.Signals, log: Path) -> bool:
    """Tell a server to end; tells whether it did, with a status that says so."""
    process.send_signal(told)
    status = process.wait(TIMEOUT_SECONDS)
    said = log.read_text("utf-8")
    assert "Application shutdown complete" in said
    assert "Traceback" not in said
    return status in {0, -told, 128 + told}


@pytest.mark.usefixtures("loaded")
def test_it_serves_until_it_is_told_to_end(tmp_path: Path) -> None:
    with serving(tmp_path / "log") as (process, address):
        assert httpx.get(f"{address}/api/v1/plans", trust_env=False).status_code == 200
        assert ended(process, signal.SIGTERM, tmp_path / "log")


def test_an_embedded_database_has_one_server_at_a_time(filled: Path, tmp_path: Path) -> None:
    with serving(tmp_path / "log") as (process, _):
        second = dabiao("serve")
        assert (second.status, second.out) == (1, "")
        assert second.line == f"another server has {filled} open; several servers need PostgreSQL"
        assert dabiao("scoreboard").status == 0  # reading and posting beside it are no harm
        assert ended(process, signal.SIGINT, tmp_path / "log")
    with _only_server(filled):  # and the next one is let in
        pass


@pytest.mark.usefixtures("catalogue")
def test_an_address_that_is_taken_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as other:
        monkeypatch.setenv("DABIAO_PORT", str(other.server_port))
        ran = dabiao("serve")
    assert (ran.status, ran.out) == (1, "")
    assert ran.line == (
        f"127.0.0.1, port {other.server_port}, cannot be listened on: Address already in use"
    )


def test_an_embedded_database_that_is_not_there_is_one_line() -> None:
    ran = dabiao("serve")
    assert (ran.status, ran.out) == (1, "")
    assert ran.line == "there is no database var/dabiao.db yet; dabiao migrate makes it"


# --- submit to a server -----------------------------------------------------------------------


@pytest.fixture
def server(catalogue: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Give the address of a server with the small office's catalogue."""
    del catalogue
    with serving(tmp_path / "log") as (_, address):
        monkeypatch.setenv("DABIAO_SERVER", address)
        yield address


def test_figures_go_to_a_server(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = dabiao("key", "create", "--role", "reporter", "--department", "exam").out.strip()
    for wrong in ([], ["--server", server, "--key", "dbk_wrong"]):
        unknown = dabiao("submit", "-", *wrong, stdin=GOOD)
        assert (unknown.status, unknown.out) == (1, "")
        assert unknown.line.startswith(f"{server} answered 401: ")
    monkeypatch.setenv("DABIAO_KEY", key)

    rehearsed = dabiao("submit", "-", "--dry-run", stdin=GOOD)
    assert rehearsed.status == 0, rehearsed.err
    assert rehearsed.out.startswith("submission (--dry-run): accepted (received 1, created 1,")

    refused = dabiao("submit", "-", stdin=BAD)
    assert refused.status == 1
    assert refused.out.startswith("submission 3: refused (received 3, created 0,")
    assert [row[1] for row in table(refused.err)[1:]] == ["3", "4"]
    assert "“[/red]”" in refused.err

    skipped = dabiao("submit", "-", "--on-error", "skip", "--json", stdin=BAD)
    assert (skipped.status, skipped.err) == (0, "")
    assert (skipped.json["status"], skipped.json["created"]) == ("partial", 1)

    (tmp_path / "again.json").write_text(
        '{"actuals": [{"kpi": "pendency", "department": "exam", "period": "2013-01",'
        ' "value": 23.1}]}',
        "utf-8",
    )
    again = dabiao("submit", "again.json", "--idempotency-key", "one", "--language", "zh")
    assert again.status == 0
    assert "未变 1" in again.out
    assert dabiao("submit", "again.json", "--idempotency-key", "one", "--language", "zh") == again
    other = dabiao("submit", "-", "--idempotency-key", "one", stdin=GOOD)
    assert other.status == 1
    assert "answered 422: " in other.line
    history = dabiao("history", "pendency", "exam", "2013-01", "--json").json
    assert [line["value"] for line in history] == ["23.1"]


class _Answers(BaseHTTPRequestHandler):
    """Answers every post as its server says, and keeps what was asked."""

    server: _Stub

    def do_POST(self) -> None:
        """Keep the request and give the answer."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append((self.path, dict(self.headers), body))
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(self.server.answer)))
        self.end_headers()
        self.wfile.write(self.server.answer)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Stub(ThreadingHTTPServer):
    """A server that is none of ours."""

    def __init__(self, status: int, answer: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.status, self.answer = status, answer
        self.asked: list[tuple[str, dict[str, str], bytes]] = []


def submitted_to(stub: _Stub, *options: str) -> Ran:
    """Submit a file to a server that serves while it is asked."""
    thread = threading.Thread(target=stub.serve_forever)
    thread.start()
    try:
        address = f"http://127.0.0.1:{stub.server_port}/"
        return dabiao("submit", "-", "--server", address, *options, stdin=GOOD)
    finally:
        stub.shutdown()
        thread.join()
        stub.server_close()


def problem(**more: Any) -> bytes:  # noqa: ANN401 - whatever JSON holds
    return json.dumps({"title": "Refused", "status": 422, **more}).encode()


@pytest.mark.parametrize(
    ("status", "answer", "said"),
    [
        (200, b"<html>", "answered 200, and not as a Dabiao server does"),
        (200, b"[1]", "answered 200, and not as a Dabiao server does"),
        (200, b'"yes"', "answered 200, and not as a Dabiao server does"),
        (502, b"", "answered 502, and not as a Dabiao server does"),
        (500, b"{}", "answered 500: {}"),
        (403, problem(detail="this key\nmay not"), "answered 403: this key may not"),
        (
            422,
            problem(detail="Wrong.", findings=[{"message": "Too long."}]),
            "422: Wrong. Too long.",
        ),
    ],
)
def test_a_server_that_gives_no_receipt_is_one_line(status: int, answer: bytes, said: str) -> None:
    stub = _Stub(status, answer)
    ran = submitted_to(stub)
    assert (ran.status, ran.out) == (1, "")
    assert ran.line.startswith(f"http://127.0.0.1:{stub.server_port}/ answered ")
    assert ran.line.endswith(said)


def test_everything_asked_for_reaches_the_server() -> None:
    stub = _Stub(200, b"{}")
    options = "--dry-run --on-error skip --key dbk_x --idempotency-key one --language zh"
    submitted_to(stub, *options.split())
    ((path, headers, body),) = stub.asked
    asked = urlsplit(path)
    assert asked.path == "/api/v1/submissions"
    assert parse_qs(asked.query) == {"dry_run": ["true"], "on_error": ["skip"]}
    assert headers["Authorization"] == "Bearer dbk_x"
    assert headers["Idempotency-Key"] == "one"
    assert headers["Accept-Language"] == "zh"
    assert headers["Content-Type"] == "text/csv"
    assert body == GOOD.encode()


@pytest.mark.parametrize("key", ["达标", "two\nlines"])
def test_a_key_that_cannot_be_sent_is_one_line(key: str) -> None:
    ran = submitted_to(_Stub(200, b"{}"), "--key", key)
    assert (ran.status, ran.out) == (1, "")
    assert ran.line


@pytest.mark.parametrize("server", ["nonsense", "http://127.0.0.1:{port}", "http://[", "ftp://x/"])
def test_a_server_that_cannot_be_reached_is_one_line(server: str) -> None:
    address = server.format(port=free_port())
    ran = dabiao("submit", "-", "--server", address, stdin=GOOD)
    assert (ran.status, ran.out) == (1, "")
    assert ran.line.startswith(f"{address} cannot be reached: ")
