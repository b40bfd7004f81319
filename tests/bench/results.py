"""What was measured last, kept: `results.json` with every sample, and what is drawn and told of it.

A run that measures some rows takes the place of what was kept of these, and leaves the others. So
`RESULTS.md` follows from `results.json` alone and is never written by hand.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import os
from typing import TYPE_CHECKING, Any, Final

from tests.bench.growth import CURVES, NOT_GROWN, exponent
from tests.bench.picture import draw
from tests.bench.registry import ROWS
from tests.bench.report import NOTHING, document, machine, number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from tests.bench.growth import Grown
    from tests.bench.harness import Line
    from tests.bench.sizes import Sizes

KEPT: Final = "results.json"
TOLD: Final = "RESULTS.md"
DRAWN: Final = "growth.svg"

_HEAD: Final = """\
# What was measured

Written by `make bench ARGS="--growth"` from `results.json`, which has every sample; not by hand.
Measured on {machine}, with a load average of up to {load} over a quarter of an hour (the measuring
itself makes 1 to 2). A ratio is Dabiao's figure over its peer's, both measured in turns in one run;
a busy machine slows both. What each row does stands in the modules beside this file.

## Beside peers and limits

| row | what | Dabiao | beside | its figure | ratio (spread) | goal |
|---|---|---|---|---|---|---|
"""
_GROWTH: Final = """
## Growth

The exponent is that of the line through the points, both axes logarithmic: at 0 a figure does not
grow with its input, at 1 it grows as its input does. Where it is below 1, a part that does not grow
counts at the smaller sizes.

![Each figure at a thousand to a million, with the line through the points]({picture})

| row | what | over | {sizes} | exponent |
|---|---|---|{lines}---|
"""
_REST: Final = """
These rows have no such curve:

"""


def keep(
    folder: Path, measured: Mapping[str, Sequence[Line]], grown: Sequence[Grown], sizes: Sizes
) -> None:
    """Put what was measured in the place of what was kept of it, and tell and draw all anew."""
    kept = read(folder)
    kept["machine"] = machine()
    for name, lines in measured.items():
        entry = document(lines, sizes)
        kept["rows"][name] = {
            "day": dt.datetime.now(dt.UTC).date().isoformat(),
            "load": round(os.getloadavg()[2], 1),
            "rounds": entry["rounds"],
            "lines": entry["lines"],
        }
    for one in grown:
        points = {str(size): value for size, value in sorted(one.points.items())}
        failed = {str(size): why for size, why in sorted(one.failed.items())}
        kept["growth"][one.curve.name] = {"points": points, "failed": failed}
    # What is no row any more is not told of.
    kept["rows"] = {name: kept["rows"][name] for name in ROWS if name in kept["rows"]}
    kept["growth"] = {name: kept["growth"][name] for name in CURVES if name in kept["growth"]}
    text = json.dumps(kept, ensure_ascii=False, indent=1)
    (folder / KEPT).write_text(f"{text}\n", encoding="utf-8")
    (folder / TOLD).write_text(told(kept), encoding="utf-8")
    draw(folder / DRAWN, {name: points_of(kept, name) for name in CURVES})


def read(folder: Path) -> dict[str, Any]:
    """Return what is kept; empty where nothing is."""
    file = folder / KEPT
    if not file.exists():
        return {"machine": machine(), "rows": {}, "growth": {}}
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def points_of(kept: Mapping[str, Any], name: str) -> dict[int, float]:
    """Return a curve's points."""
    points = kept["growth"].get(name, {}).get("points", {})
    return {int(size): float(value) for size, value in points.items()}


def told(kept: Mapping[str, Any]) -> str:
    """Return the page: every row and every curve, also those of which nothing is kept."""
    load = max((row["load"] for row in kept["rows"].values()), default=0)
    page = [_HEAD.format(machine=kept["machine"], load=load)]
    page += [line for name in ROWS for line in _row(name, kept["rows"].get(name))]
    decades = sorted(
        {_decade(size) for name in CURVES for size in points_of(kept, name)}
        | {_decade(int(size)) for one in kept["growth"].values() for size in one["failed"]}
    )
    sizes = " | ".join(f"{10**decade:,}" for decade in decades)
    page.append(_GROWTH.format(picture=DRAWN, sizes=sizes, lines="---|" * len(decades)))
    page += [_curve(kept, name, decades) for name in CURVES]
    page += [_REST, *(f"- `{name}`: {why}\n" for name, why in NOT_GROWN.items())]
    return "".join(page)


def _row(name: str, kept: Mapping[str, Any] | None) -> Iterator[str]:
    if kept is None:
        yield _cells(f"`{name}`", "not measured yet", *[NOTHING] * 5)
        return
    for line in kept["lines"]:
        ours, peer, ratios = line["ours"], line["peer"], line["ratio"]["samples"]
        if not ratios:
            why = f"ABSENT: {peer['absent']}"
            yield _cells(
                f"`{name}`", line["name"], NOTHING, peer["name"], why, NOTHING, line["goal"]
            )
            continue
        p99 = "" if ours.get("p99_ms") is None else f", p99 {number(ours['p99_ms'])} ms"
        spread = f"{number(min(ratios))} to {number(max(ratios))}"
        yield _cells(
            f"`{name}`",
            line["name"],
            f"{number(ours['median'])} {line['unit']}{p99}",
            peer["name"],
            f"{number(peer['median'])} {line['unit']}",
            f"{number(line['ratio']['median'])} ({spread})",
            _goal(line),
        )


def _goal(line: Mapping[str, Any]) -> str:
    if line["reached"] is None:
        return NOTHING
    return f"{line['goal']}: {'reached' if line['reached'] else '**not reached**'}"


def _curve(kept: Mapping[str, Any], name: str, decades: Sequence[int]) -> str:
    curve, points = CURVES[name], points_of(kept, name)
    failed = kept["growth"].get(name, {}).get("failed", {})
    figures = {_decade(size): f"{number(value)} {curve.unit}" for size, value in points.items()}
    figures |= {_decade(int(size)): why for size, why in failed.items()}
    slope = exponent(points)
    return _cells(
        f"`{name}`",
        curve.title,
        curve.over,
        *(figures.get(decade, NOTHING) for decade in decades),
        NOTHING if slope is None else f"{slope:.2f}",
    )


def _decade(size: int) -> int:
    return round(math.log10(size))


def _cells(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |\n"
