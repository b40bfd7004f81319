"""Two ways to run `dabiao`: in this process, which is fast, and as the program that it is."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from typer.testing import CliRunner

from app.cli.commands import run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PROGRAM = Path(sys.executable).with_name("dabiao")
TIMEOUT_SECONDS = 60

WORKS: dict[str, tuple[str, ...]] = {
    "migrate": (),
    "load": ("folder",),
    "submit": ("figures.csv",),
    "receipt": ("5",),
    "acknowledge": ("5", "--finding", "1", "--note", "Checked"),
    "scoreboard": (),
    "explain": ("plan-2013", "pendency", "exam"),
    "history": ("pendency", "exam", "2013-06"),
    "reporting": (),
    "export actuals": (),
    "export form": ("form.xlsx",),
    "export bulletin": ("plan-2013", "2013-03", "--format", "html"),
    "export openmetrics": (),
    "derive": (),
    "export journal": (),
    "check": (),
    "backup": ("backup.db",),
    "bootstrap": ("seeds",),
    "key create": ("--role", "reader"),
    "key list": (),
    "key rotate": ("1",),
    "key revoke": ("1",),
    "user create": ("zhang.wei", "--role", "reader"),
    "user list": (),
    "user change": ("wang.min", "--role", "approver"),
    "user disable": ("wang.min",),
    "user enable": ("wang.min",),
    "user password": ("wang.min",),
}
"""How each command is done in a place where everything is there."""
ELSEWHERE: dict[str, tuple[str, ...]] = {"serve": (), "restore": ("backup.db",)}
"""Tried elsewhere: the one does not end by itself, the other wants an empty place."""


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever was printed
        """What was printed, read as JSON; its decimals stay the text that they are."""
        return json.loads(self.out, parse_float=str)

    @property
    def line(self) -> str:
        """The one line that was said on standard error, of a command that failed as it should."""
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        assert lines[0].startswith("dabiao: "), self.err
        assert "Traceback" not in self.err
        return lines[0].removeprefix("dabiao: ")


def dabiao(*arguments: object, stdin: str | bytes | None = None) -> Ran:
    """Run a command in this process."""
    with CliRunner().isolation(input=stdin) as (out, err, _):
        status = run([str(argument) for argument in arguments])
        sys.stdout.flush()
        sys.stderr.flush()
        return Ran(status, out.getvalue().decode(), err.getvalue().decode())


def program(*arguments: object, stdin: str | None = None, **environment: str) -> Ran:
    """Run the program, with more environment variables; in UTF-8 unless they say otherwise."""
    ran = subprocess.run(
        [PROGRAM, *(os.fsencode(str(argument)) for argument in arguments)],
        input=None if stdin is None else stdin.encode(),
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        env=surroundings(environment),
        check=False,
        timeout=TIMEOUT_SECONDS,
    )
    return Ran(ran.returncode, ran.stdout.decode(), ran.stderr.decode())


def on_terminal(*arguments: object, **environment: str) -> str:
    """Run the program on a terminal and return what it showed there."""
    reads, shows = pty.openpty()
    try:
        ran = subprocess.run(
            [PROGRAM, *(str(argument) for argument in arguments)],
            stdin=subprocess.DEVNULL,
            stdout=shows,
            stderr=subprocess.PIPE,
            env=surroundings({"TERM": "xterm-256color", **environment}),
            check=True,
            timeout=TIMEOUT_SECONDS,
        )
        assert not ran.stderr
        os.close(shows)
        return b"".join(_until_closed(reads)).decode().replace("\r\n", "\n")
    finally:
        os.close(reads)


def _until_closed(terminal: int) -> Iterator[bytes]:
    with suppress(OSError):  # how a terminal says that nobody writes to it any more
        while some := os.read(terminal, 65536):
            yield some


def surroundings(more: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a program: this one's, UTF-8, and more."""
    return {**os.environ, "PYTHONIOENCODING": "utf-8", **more}


def columns(text: str) -> list[tuple[int, int]]:
    """Return where a table's columns stand, each as its first cell and the one after its last.

    Columns are what two or more cells that are blank in every row keep apart.
    """
    rows = [_cells(line) for line in text.splitlines()]
    width = max(map(len, rows))
    used = [any(row[at : at + 1] not in ([], [" "]) for row in rows) for at in range(width)]
    found: list[tuple[int, int]] = []
    for at, is_used in enumerate(used):
        if is_used and found and at - found[-1][1] < 2:
            found[-1] = (found[-1][0], at + 1)
        elif is_used:
            found.append((at, at + 1))
    return found


def _cells(line: str) -> list[str]:
    """Return a line cell by cell: a Chinese character fills two."""
    return [part for letter in line for part in [letter, *[""] * (cell_len(letter) - 1)]]


def table(text: str) -> list[list[str]]:
    """Return a table's rows, its heading first, each cut where the columns are."""
    places = columns(text)
    return [
        ["".join(_cells(line)[first:after]).strip() for first, after in places]
        for line in text.splitlines()
    ]
