"""Workbooks (.xlsx) read into a table: what they are, and the process that unpacks them.

A workbook is never unpacked here: `workbook_child` does it, in a process of its own that gets the
bytes and answers rows of text, under limits on memory, time and files. What that process does not
answer to the end is thrown away.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Timer
from typing import IO, TYPE_CHECKING, Any, Final

import app
from app.domain.finding import Finding, Severity, english
from app.intake.limits import MAX_CELL, MAX_FINDINGS, quotable
from app.intake.table import FIELDS, Table
from app.intake.tabular import CHINESE, arrange
from app.intake.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

MIB: Final = 2**20

_OLE: Final = bytes.fromhex("D0CF11E0A1B11AE1")
"""How files of the old Office begin, and how encrypted ones of the new are wrapped."""
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_ZIP: Final = b"PK"
_LOOKED_AT: Final = 4096
"""Bytes from the start by which text is told."""
_DOUBTS: Final[Mapping[str, str | None]] = {
    "formula_without_value": None,
    "error_cell": "text",
    "boolean_cell": "text",
    "percent_cell": "text",
    "merged_cell": "range",
}
"""Per finding that a cell can be, what its message names."""
_STDERR_LOGGED: Final = 2000
_RANGES_NAMED: Final = 20
"""Ranges of hidden rows that a finding names."""
_ENVIRONMENT: Final = ("LD_LIBRARY_PATH", "SYSTEMROOT")
"""What Python itself may need to start; nothing else of the service's environment is passed on."""
_START: Final = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); "
    "from app.intake.workbook_child.main import main; main()"
)
_AT_ONCE: Final = 2
"""Processes at a time."""
_WAITING: Final = 8
"""Uploads that wait for theirs, each no longer than those before it may take.

Each of them holds one of the service's forty threads, so that more of them would keep others from
being answered at all.
"""

_TURNS = Turns(_AT_ONCE, _WAITING)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a workbook is read. Bytes, except where it says otherwise."""

    unpacked: int = 256 * MIB
    answer: int = 64 * MIB
    memory: int = 512 * MIB
    """Address space of the process."""
    seconds: int = 30
    """Of computing."""
    patience: float = 60.0
    """Seconds by the clock."""
    cells: int = 2_000_000
    """Cells of one sheet that hold something."""


DEFAULT: Final = Limits()


def read_workbook(body: bytes, limits: Limits = DEFAULT) -> Table:
    """Read a workbook; what is wrong with it stands in the table's findings.

    Rows have the sheet's own numbers. The sheet is the one with a header row, which is the first
    row that names KPI, department and period; title rows above it are passed over.
    Raises Busy where too many wait already, and what says that the process cannot be started
    (OSError); nothing else.
    """
    code = _foreign(body)
    if code is not None:
        return arrange([], [Finding(code)])
    with _TURNS.turn():
        return _read(body, limits)


def _foreign(body: bytes) -> str | None:
    """Return the finding of a file that is no package of XML, whatever its name and type say."""
    if not body:
        return "empty"
    if body.startswith(_OLE):
        return "encrypted_workbook" if _ENCRYPTED in body else "old_workbook"
    if body.startswith(_ZIP):
        return None
    start = body[:_LOOKED_AT]
    if start.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<":
        return "web_page"
    return "not_a_workbook" if b"\0" in start else "text_not_workbook"


def _read(body: bytes, limits: Limits) -> Table:
    """Start the process, and make a table of what it answers."""
    with tempfile.TemporaryFile() as file:
        file.write(body)
        file.seek(0)
        process = subprocess.Popen(  # noqa: S603 - this interpreter, and a program of ours
            [sys.executable, "-I", "-S", "-c", _START, *_arguments(limits)],
            stdin=file,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
        )
    with process:
        alarm = Timer(limits.patience, process.kill)
        alarm.start()
        try:
            return _table(process, limits)
        finally:
            alarm.cancel()
            process.kill()


def _arguments(limits: Limits) -> list[str]:
    orders = asdict(limits) | {
        "fields": {name: name for name in FIELDS} | {CHINESE[name]: name for name in FIELDS},
        "required": ("kpi", "department", "period"),
        "longest": MAX_CELL,
        "doubts": MAX_FINDINGS + 1,
    }
    del orders["patience"]
    return [str(Path(app.__file__).parents[1]), json.dumps(orders)]


def _table(process: subprocess.Popen[bytes], limits: Limits) -> Table:
    reading = _Reading()
    if process.stdout is None or process.stderr is None:  # it was started with both
        raise OSError("the process has no standard streams")
    try:
        table = arrange(reading.records(_lines(process.stdout, limits.answer)), reading.findings)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        log.warning("the reader of workbooks answered what cannot be read", exc_info=True)
        reading.fault = None
        reading.complete = False
    else:
        if reading.complete:
            return table
    if reading.fault is None:
        process.kill()
        said = process.stderr.read(_STDERR_LOGGED).decode(errors="replace").strip()
        log.warning("the reader of workbooks ended with status %s: %s", process.wait(), said)
    return arrange([], [reading.fault or Finding("workbook_too_demanding")])


def _lines(stream: IO[bytes], most: int) -> Iterator[bytes]:
    """Go through the answer's lines; a bit more than `most` bytes of it are never taken."""
    left = most + MIB
    while left > 0 and (line := stream.readline(left)):
        left -= len(line)
        yield line


@dataclass
class _Reading:
    """What the process has answered so far."""

    findings: list[Finding] = field(default_factory=list)
    fault: Finding | None = None
    """What is wrong with the file as a whole."""
    complete: bool = False
    _texts: Sequence[str] = ()

    def records(self, lines: Iterator[bytes]) -> Iterator[tuple[int, Sequence[str]]]:
        """Go through the header and the rows, each with its number."""
        for line in lines:
            part: dict[str, Any] = json.loads(line)
            if "rows" in part:
                yield from self._rows(part)
            elif "header" in part:
                number, self._texts = part["header"]
                yield number, self._texts
            elif "end" in part:
                self._end(part["end"])
            else:
                code, values = part["fault"]
                self.fault = Finding(code, values=_quoted(values))
                english(self.fault)  # that there is such a finding, and that its message is whole

    def _rows(self, part: Mapping[str, Any]) -> Iterator[tuple[int, Sequence[str]]]:
        self._doubt(part["doubts"])
        for number, cells, nameless in part["rows"]:
            # A cell under no name makes the row longer than the header; which one does not matter.
            width = len(self._texts) - len(cells)
            yield number, ([*cells, *[""] * width, "…"] if nameless else cells)

    def _doubt(self, doubts: Sequence[tuple[int, int, str, str]]) -> None:
        """Make findings of doubtful cells, not more of them than can be told."""
        for row, place, code, text in doubts[: MAX_FINDINGS + 1 - len(self.findings)]:
            named = _DOUBTS[code]
            values = {} if named is None else {named: quotable(text)}
            self.findings.append(Finding(code, row, self._texts[place], values))

    def _end(self, end: Mapping[str, Any]) -> None:
        self._doubt(end["doubts"])
        warnings = [
            Finding("hidden_column", None, self._texts[place]) for place in end["hidden_columns"]
        ]
        warnings += [
            Finding("hidden_rows", first, values={"rows": written})
            for first, written in _ranges(end["hidden_rows"])
        ]
        if end["hidden_sheet"] is not None:
            values = {"name": quotable(end["hidden_sheet"])}
            warnings.append(Finding("hidden_sheet", values=values))
        self.findings[:0] = [_warning(found) for found in warnings]
        self.complete = True


def _warning(found: Finding) -> Finding:
    return Finding(found.code, found.row, found.column, found.values, Severity.WARNING)


def _quoted(values: Mapping[str, str]) -> dict[str, str]:
    return {name: quotable(text) for name, text in values.items()}


def _ranges(ranges: Sequence[tuple[int, int]]) -> list[tuple[int, str]]:
    """Write ranges of rows, `5` or `7-9`, each with its first; too many end in an ellipsis."""
    written = [
        (first, str(first) if first == last else f"{first}-{last}")
        for first, last in ranges[:_RANGES_NAMED]
    ]
    if len(ranges) > _RANGES_NAMED:
        first, text = written[-1]
        written[-1] = (first, f"{text}, …")
    return written
