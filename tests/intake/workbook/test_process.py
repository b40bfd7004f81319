"""The process that unpacks: what it is given, what it gives up, and how it may end."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import app
from app.domain.finding import TEMPLATES
from app.intake import workbook
from app.intake.workbook import DEFAULT, read_workbook
from tests.intake.workbook.files import GOOD, HEADER, book, rows, sheet

if TYPE_CHECKING:
    from app.intake.workbook import Limits

PLAIN = book(sheet(rows(HEADER, GOOD)))
ROOT = Path(app.__file__).parents[1]
CHILD = ROOT / "app" / "intake" / "workbook_child"
WITHIN = "import sys; sys.path.insert(0, sys.argv[1]); import app.intake.workbook_child.main as m; "
CONFINED = "import json; o = m.Orders(**json.loads(sys.argv[2])); m.confine(o); "


@pytest.fixture
def orders() -> str:
    return workbook._arguments(DEFAULT)[1]


def child(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", WITHIN + program, str(ROOT), *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_imports_the_standard_library_and_itself() -> None:
    done = child("print('\\n'.join(sys.modules))")
    loaded = set(done.stdout.split())
    ours = {name for name in loaded if name.split(".")[0] in {"app", "metrics"}}
    above = {"app", "app.intake", "app.intake.workbook_child"}
    parts = {f"app.intake.workbook_child.{file.stem}" for file in CHILD.glob("[a-z]*.py")}
    assert ours == above | parts
    tops = {name.split(".")[0] for name in loaded - ours}
    assert tops <= {*sys.stdlib_module_names, "__main__"}


@pytest.mark.parametrize(
    ("attempt", "error"),
    [
        ("open('/dev/null')", "Too many open files"),
        ("import socket; socket.socket()", "Too many open files"),
        ("bytearray(600 * 2**20)", "MemoryError"),
    ],
)
def test_it_has_given_up_files_and_memory(attempt: str, error: str, orders: str) -> None:
    done = child("import socket; " + CONFINED + attempt, orders)
    assert done.returncode == 1
    assert error in done.stderr


def test_it_is_not_given_the_services_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DABIAO_DATABASE_URL", "secret")
    monkeypatch.setattr(
        workbook, "_START", "import json, os; print(json.dumps({'fault': ['several_sheets', "
        "{'names': ' '.join(sorted(os.environ))}]}))",
    )  # fmt: skip
    (finding,) = read_workbook(PLAIN).findings
    assert "DABIAO" not in finding.values["names"]


def ending(program: str, monkeypatch: pytest.MonkeyPatch, limits: Limits = DEFAULT) -> list[str]:
    monkeypatch.setattr(workbook, "_START", program)
    table = read_workbook(PLAIN, limits)
    assert len(table) == 0
    return [found.code for found in table.findings]


HEAD = "import sys, os, json; say = lambda x: print(json.dumps(x), flush=True); "
HEADER_LINE = "say({'header': [1, ['kpi', 'department', 'period', 'value']], 'known': 4}); "
ROWS_LINE = "say({'rows': [[2, ['a', 'b', '2013-03', '1'], False]], 'doubts': []}); "


@pytest.mark.parametrize(
    "program",
    [
        "",
        "raise ValueError('a bug')",
        "os.kill(os.getpid(), 9)",
        "os.abort()",
        HEADER_LINE + ROWS_LINE,
        HEADER_LINE + ROWS_LINE + "os.kill(os.getpid(), 11)",
        HEADER_LINE + "say({'rows': [[2]], 'doubts': []})",
        HEADER_LINE + "say({'rows': [], 'doubts': [[2, 9, 'error_cell', '']]})",
        HEADER_LINE + "say({'rows': [], 'doubts': [[2, 1, 'nonsense', '']]})",
        "say({'fault': ['nonsense', {}]})",
        "say({'fault': ['several_sheets', {}]})",
        "say({'fault': ['empty', 5]})",
        "say({'fault': 'empty'})",
        "say({'end': {}})",
        "say(5)",
        "say([])",
        "say({'header': 5})",
        "print('{')",
        "print('[' * 100_000)",
        "sys.stdout.buffer.write(b'\\xff\\n')",
        "sys.stderr.write('x' * 10_000_000)",
    ],
)
def test_however_it_ends_it_is_told(
    program: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        patient = replace(DEFAULT, patience=3.0)
        assert ending(HEAD + program, monkeypatch, patient) == ["workbook_too_demanding"]
    assert "the reader of workbooks" in caplog.text


def test_one_that_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    hasty = replace(DEFAULT, patience=0.3)
    program = "import threading; threading.Event().wait()"
    assert ending(program, monkeypatch, hasty) == ["workbook_too_demanding"]


def test_one_that_never_stops_talking_is_not_listened_to(monkeypatch: pytest.MonkeyPatch) -> None:
    short = replace(DEFAULT, answer=1000)
    for program in ("while True: print('x' * 10**6)", "while True: print(end='x' * 10**6)"):
        assert ending(program, monkeypatch, short) == ["workbook_too_demanding"]


def test_its_last_words_are_in_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ending("raise ValueError('a bug')", monkeypatch)
    assert "ValueError: a bug" in caplog.text


def test_several_at_once_wait_for_each_other() -> None:
    tables = []
    threads = [
        threading.Thread(target=lambda: tables.append(read_workbook(PLAIN))) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(table) for table in tables] == [1] * 6
    assert not any(table.findings for table in tables)


def test_every_finding_that_it_can_make_has_its_words() -> None:
    codes = {
        part.split('"')[1]
        for file in CHILD.glob("*.py")
        for part in file.read_text("utf-8").split("FaultError(")[1:]
        if part.startswith('"')
    }
    assert len(codes) > 8
    assert codes <= set(TEMPLATES)
    assert set(workbook._DOUBTS) <= set(TEMPLATES)


def test_orders_are_what_the_child_reads(orders: str) -> None:
    assert set(json.loads(orders)) == {
        "fields", "required", "unpacked", "answer", "memory", "seconds", "longest", "cells",
        "doubts",
    }  # fmt: skip
