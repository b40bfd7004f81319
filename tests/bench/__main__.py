"""`python -m tests.bench`: measure, print the table, and keep what was measured where asked."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console

from tests.bench import growth, results
from tests.bench.harness import Bench, failed
from tests.bench.registry import ROWS
from tests.bench.report import document, table
from tests.bench.sizes import FULL, QUICK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.bench.growth import Grown
    from tests.bench.harness import Line

WIDTH = 140
"""Characters a line where no terminal says."""
GROWTH: Final = "growth"
"""What is measured like a row, and fills no line of the table."""


@dataclass
class Measured:
    """What has been measured so far."""

    rows: dict[str, list[Line]] = field(default_factory=dict)
    grown: dict[str, Grown] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    @property
    def lines(self) -> list[Line]:
        """The table's lines."""
        return [line for lines in self.rows.values() for line in lines]


_USUAL = [row.name for row in ROWS.values() if not row.is_asked_for]


def main(words: Sequence[str] | None = None) -> int:
    """Measure the rows named, or all; returns the exit status: 1 where one failed."""
    asked = _parser().parse_args(words)
    names = asked.rows or _USUAL
    if asked.growth and GROWTH not in names:
        names = [*names, GROWTH]
    sizes = QUICK if asked.quick else FULL
    kept: Path | None = asked.results
    if kept is None and (asked.growth or asked.render) and sizes.is_full:
        kept = Path(__file__).parent
    measured = Measured()
    try:
        with tempfile.TemporaryDirectory(prefix="dabiao-bench-") as folder:
            for name in names if not asked.render else ():
                measure(name, Bench(sizes, Path(folder)), measured)
    finally:
        # Also when it was ended half-way: what was measured stands.
        if measured.rows:
            console = Console(width=None if sys.stdout.isatty() else WIDTH)
            console.print(table(measured.lines, sizes))
        if asked.json is not None:
            text = json.dumps(document(measured.lines, sizes), ensure_ascii=False, indent=2)
            asked.json.write_text(f"{text}\n", encoding="utf-8")
        if kept is not None:
            results.keep(kept, measured.rows, list(measured.grown.values()), sizes)
    for failure in measured.failures:
        sys.stderr.write(f"Failed: {failure}\n")
    return 1 if measured.failures else 0


def measure(name: str, bench: Bench, measured: Measured) -> None:
    """Measure a row, or how the rows grow; what fails is told, and loses nothing else."""
    sys.stderr.write(f"Measuring {name}\n")
    if name == GROWTH:
        growth.measure(bench, measured.grown)
        measured.failures += [
            f"{one.curve.name} at {size:,}: {why}"
            for one in measured.grown.values()
            for size, why in one.failed.items()
        ]
        return
    try:
        measured.rows[name] = ROWS[name].lines(bench)
    except Exception as error:  # noqa: BLE001 - whatever it is, the other rows are to stand
        sys.stderr.write(traceback.format_exc())
        measured.rows[name] = [failed(name, error)]
        measured.failures.append(f"{name}: {measured.rows[name][0].absent}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description="Measure Dabiao beside peers and limits, in one run and in turns.",
    )
    # Not `choices`: argparse would hold the empty list, all rows, against them.
    parser.add_argument("rows", nargs="*", type=_row, help=", ".join([*ROWS, GROWTH]))
    parser.add_argument("--quick", action="store_true", help="see that every row works")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample there")
    parser.add_argument(
        "--growth", action="store_true", help="how the rows grow, too; writes RESULTS.md"
    )
    parser.add_argument(
        "--results", type=Path, metavar="FOLDER", help="keep what is measured in its RESULTS.md"
    )
    parser.add_argument(
        "--render", action="store_true", help="measure nothing, write RESULTS.md again"
    )
    return parser


def _row(name: str) -> str:
    if name not in (*ROWS, GROWTH):
        raise argparse.ArgumentTypeError(f"{name} is none of {', '.join([*ROWS, GROWTH])}")
    return name


if __name__ == "__main__":
    # Asked to end, leave every block that has a server running, as for an interrupt.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    sys.exit(main())
