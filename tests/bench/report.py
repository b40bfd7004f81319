"""The report: a table for people, JSON for programs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.bench.harness import Line, Sample
    from tests.bench.sizes import Sizes

NOTHING = "–"


def machine() -> str:
    """Name this machine by its cores and memory."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{cores} cores, {memory:.0f} GiB"


def table(lines: Sequence[Line], sizes: Sizes) -> Table:
    """Return the table; every ratio is Dabiao's figure over the peer's."""
    quick = "" if sizes.is_full else "; a quick look, whose figures mean nothing"
    title = f"Dabiao beside peers and limits ({machine()}, median of {sizes.rounds} rounds{quick})"
    made = Table(title=title, title_justify="left", show_lines=True)
    for name in ("row", "Dabiao", "beside", "its figure", "ratio (spread)", "goal"):
        made.add_column(name, overflow="fold")
    for line in lines:
        made.add_row(*_cells(line, sizes))
    return made


def _cells(line: Line, sizes: Sizes) -> tuple[str, ...]:
    if line.ours is None or line.theirs is None or line.ratio is None:
        return line.name, NOTHING, line.peer, f"ABSENT: {line.absent}", NOTHING, str(line.goal)
    p99 = "" if line.ours_p99_ms is None else f"\np99 {number(line.ours_p99_ms)} ms"
    spread = f"{number(min(line.ratios))} to {number(max(line.ratios))}"
    return (
        line.name,
        f"{number(line.ours)} {line.unit}{p99}",
        line.peer,
        f"{number(line.theirs)} {line.unit}",
        f"{number(line.ratio)}\n({spread})",
        _goal(line, sizes),
    )


def _goal(line: Line, sizes: Sizes) -> str:
    if line.is_reached is None:
        return NOTHING
    if not sizes.is_full:
        return str(line.goal)
    return f"{line.goal}\n{'[green]reached' if line.is_reached else '[red]not reached'}[/]"


def document(lines: Sequence[Line], sizes: Sizes) -> dict[str, Any]:
    """Return everything that was measured, sample by sample."""
    return {
        "machine": machine(),
        "size": sizes.name,
        "rounds": sizes.rounds,
        "lines": [_entry(line) for line in lines],
    }


def _entry(line: Line) -> dict[str, Any]:
    return {
        "name": line.name,
        "unit": line.unit,
        "ours": {
            "median": line.ours,
            "p99_ms": line.ours_p99_ms,
            "samples": _samples(line.samples),
        },
        "peer": {
            "name": line.peer,
            "median": line.theirs,
            "samples": _samples(line.peer_samples),
            "absent": line.absent,
        },
        "ratio": {"median": line.ratio, "samples": list(line.ratios)},
        "goal": str(line.goal),
        "reached": line.is_reached,
    }


def _samples(samples: Sequence[Sample]) -> list[dict[str, Any]]:
    return [
        {"value": sample.value, "p99_ms": sample.p99_ms, "work": dict(sample.work)}
        for sample in samples
    ]


def number(value: float) -> str:
    """Write a figure with three digits that count."""
    if value >= 99.95:
        return f"{value:,.0f}"
    return f"{value:.3g}"
