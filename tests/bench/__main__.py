"""`python -m tests.bench`: measure, print the table, and keep the samples where asked."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from tests.bench.harness import Bench
from tests.bench.registry import ROWS
from tests.bench.report import document, table
from tests.bench.sizes import FULL, QUICK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.bench.harness import Line

WIDTH = 140
"""Characters a line where no terminal says."""


def main(words: Sequence[str] | None = None) -> int:
    """Measure the rows named, or all; returns the exit status."""
    asked = _parser().parse_args(words)
    sizes = QUICK if asked.quick else FULL
    lines: list[Line] = []
    try:
        with tempfile.TemporaryDirectory(prefix="dabiao-bench-") as folder:
            bench = Bench(sizes, Path(folder))
            for name in asked.rows or ROWS:
                sys.stderr.write(f"Measuring {name}\n")
                lines += ROWS[name].lines(bench)
    finally:
        # Also when a row could not be measured to its end: what was measured stands.
        Console(width=None if sys.stdout.isatty() else WIDTH).print(table(lines, sizes))
        if asked.json is not None:
            text = json.dumps(document(lines, sizes), ensure_ascii=False, indent=2)
            asked.json.write_text(f"{text}\n", encoding="utf-8")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description="Measure Dabiao beside peers and limits, in one run and in turns.",
    )
    # Not `choices`: argparse would hold the empty list, all rows, against them.
    parser.add_argument("rows", nargs="*", type=_row, help=", ".join(ROWS))
    parser.add_argument("--quick", action="store_true", help="see that every row works")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample there")
    return parser


def _row(name: str) -> str:
    if name not in ROWS:
        raise argparse.ArgumentTypeError(f"{name} is none of {', '.join(ROWS)}")
    return name


if __name__ == "__main__":
    # Asked to end, leave every block that has a server running, as for an interrupt.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    sys.exit(main())
