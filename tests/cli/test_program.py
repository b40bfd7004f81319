"""The program as people start it: pipes, terminals, colours, Ctrl-C, encodings, start-up."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.folders import FIRST, PLAN
from tests.cli.running import PROGRAM, TIMEOUT_SECONDS, dabiao, on_terminal, program, surroundings
from tests.parts import wait_until

HEAVY = ("pandas", "numpy", "uvicorn", "fastapi", "httpx", "babel", "prometheus_client")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
PAINTED = re.compile(r"\x1b\[(?:[0-9;]*;)?(?:3[0-7]|9[0-7])m")

pytestmark = pytest.mark.usefixtures("filled")


# --- the thin layer ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed", ["--version", "explain plan-2013 nothing exam", "key create --role boss"]
)
def test_the_program_does_what_is_done_in_process(typed: str) -> None:
    assert program(*typed.split()) == dabiao(*typed.split())


def test_standard_input_reaches_it() -> None:
    ran = program("submit", "-", "--dry-run", stdin=FIRST)
    assert ran.status == 1  # one month is on record with another figure, and there is no reason
    assert "received 11" in ran.out


def test_settings_come_from_a_file_too(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DABIAO_PORT=x\n", "utf-8")
    ran = program("scoreboard")
    assert ran.status == 1
    assert ran.line.startswith("DABIAO_PORT: ")


@pytest.mark.parametrize("typed", ["--help", "scoreboard"])
def test_starting_does_not_read_what_it_does_not_need(typed: str) -> None:
    code = (
        "import json, sys\n"
        "from app.cli import main\n"
        "try:\n    main()\n"
        "except SystemExit as ended:\n    assert ended.code == 0\n"
        f"print(json.dumps(sorted(set(sys.modules) & set({HEAVY}))), file=sys.stderr)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, *typed.split()],
        capture_output=True,
        env=surroundings({}),
        check=True,
        timeout=TIMEOUT_SECONDS,
    )
    assert json.loads(ran.stderr) == []
    assert ran.stdout


# --- pipes and files --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "errors_too"),
    [
        ("scoreboard", False),
        ("scoreboard --json", True),
        ("--help", False),
        ("key create --role reader", False),
        ("nonsense", True),
    ],
)
def test_a_reader_that_has_gone_is_no_traceback(typed: str, *, errors_too: bool) -> None:
    reads, writes = os.pipe()
    os.close(reads)
    ran = subprocess.run(
        [PROGRAM, *typed.split()],
        stdin=subprocess.DEVNULL,
        stdout=writes,
        stderr=writes if errors_too else subprocess.PIPE,
        env=surroundings({}),
        check=False,
        timeout=TIMEOUT_SECONDS,
    )
    os.close(writes)
    assert ran.returncode == 1
    assert not ran.stderr


def test_a_reader_of_one_line_gets_it() -> None:
    shown = subprocess.run(
        ["sh", "-c", f"'{PROGRAM}' scoreboard --plan {PLAN} | head -n 1"],
        capture_output=True,
        env=surroundings({}),
        check=True,
        timeout=TIMEOUT_SECONDS,
    )
    assert shown.stdout.startswith(b"status")
    assert shown.stdout.count(b"\n") == 1
    assert not shown.stderr


def test_a_full_disk_is_one_line() -> None:
    with Path("/dev/full").open("wb") as full:
        ran = subprocess.run(
            [PROGRAM, "scoreboard"],
            stdout=full,
            stderr=subprocess.PIPE,
            env=surroundings({}),
            check=False,
            timeout=TIMEOUT_SECONDS,
        )
    assert ran.returncode == 1
    assert ran.stderr.decode() == "dabiao: No space left on device\n"


def test_a_terminal_without_chinese_still_gets_its_table() -> None:
    ran = program("scoreboard", "--language", "zh", PYTHONIOENCODING="ascii")
    assert (ran.status, ran.err) == (0, "")
    assert "22.54" in ran.out


def test_json_is_utf_8_whatever_the_terminal_is() -> None:
    ran = program("scoreboard", "--json", "--language", "zh", PYTHONIOENCODING="ascii")
    assert "发明专利平均审查周期" in {row["kpi_name"] for row in ran.json}


def test_a_name_that_is_no_text_is_refused_in_one_line() -> None:
    ran = program("load", b"\xff".decode(errors="surrogateescape"))
    assert ran.status == 1
    assert ran.line.endswith("is not a folder")


# --- Ctrl-C -----------------------------------------------------------------------------------


def press_until_ended(running: subprocess.Popen[bytes]) -> None:
    """Press Ctrl-C, and again if nothing comes of it.

    Between the opening of a file and its reading a signal waits until there is something to read.
    """
    for _ in range(5):
        running.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.wait(timeout=TIMEOUT_SECONDS / 6)
            return


def test_ctrl_c_ends_it_without_a_traceback(tmp_path: Path) -> None:
    figures = tmp_path / "figures.csv"
    os.mkfifo(figures)
    running = subprocess.Popen(
        [PROGRAM, "submit", figures],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=surroundings({}),
    )
    held: list[int] = []

    def is_reading() -> bool:
        try:
            held.append(os.open(figures, os.O_WRONLY | os.O_NONBLOCK))
        except OSError:  # nobody reads it yet
            return False
        return True

    try:
        wait_until(is_reading, seconds=TIMEOUT_SECONDS, what="the program at its file")
        press_until_ended(running)
        out, err = running.communicate(timeout=TIMEOUT_SECONDS)
    finally:
        running.kill()
        running.wait()
        for one in held:
            os.close(one)
    assert (running.returncode, out, err) == (130, b"", b"")


# --- colours and terminals --------------------------------------------------------------------


READS = ("scoreboard", "explain plan-2013 pendency exam", "history pendency exam 2013-06")


def test_what_is_no_terminal_gets_no_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    for typed in READS:
        assert "\x1b" not in dabiao(*typed.split()).out


def test_colour_can_be_forced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert all(COLOUR.search(dabiao(*typed.split()).out) for typed in READS)
    assert PAINTED.search(dabiao("scoreboard").out)


def test_a_terminal_gets_colour_and_the_same_words() -> None:
    shown = on_terminal("scoreboard", "--plan", PLAN, COLUMNS="140")
    assert PAINTED.search(shown)
    plain = program("scoreboard", "--plan", PLAN, COLUMNS="140").out
    assert COLOUR.sub("", shown) == plain


def test_colour_can_be_declined() -> None:
    shown = on_terminal("scoreboard", COLUMNS="140", NO_COLOR="1")
    assert "trend" in shown
    assert not PAINTED.search(shown)


def test_a_narrow_terminal_is_not_run_over() -> None:
    shown = COLOUR.sub("", on_terminal("scoreboard", COLUMNS="80"))
    assert max(map(len, shown.splitlines())) <= 80
    assert "trend" not in shown
