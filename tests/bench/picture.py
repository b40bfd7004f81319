"""The picture of how the rows grow: a small chart for each, both axes logarithmic."""

from __future__ import annotations

import math
import statistics
from typing import TYPE_CHECKING, Final

from tests.bench.growth import CURVES, exponent

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from matplotlib.axes import Axes

COLUMNS: Final = 3
_INCHES: Final = (4.0, 2.7)
"""Width and height of one chart."""
_LINE, _DOT = "#8ab4d8", "#1f5f99"


def draw(file: Path, curves: Mapping[str, Mapping[int, float]]) -> None:
    """Draw each curve's points, and the line through them, as SVG whose letters are text."""
    # Half a second to import, for this alone.
    import matplotlib as mpl  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    # The same figures give the same file.
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "dabiao", "font.size": 9})
    rows = math.ceil(len(curves) / COLUMNS)
    figure = Figure(
        figsize=(COLUMNS * _INCHES[0], rows * _INCHES[1]), layout="constrained", facecolor="white"
    )
    charts = list(figure.subplots(rows, COLUMNS, squeeze=False).flat)
    for chart, name in zip(charts, curves, strict=False):
        _draw_curve(chart, name, dict(curves[name]))
    for chart in charts[len(curves) :]:
        chart.set_axis_off()
    figure.savefig(file, format="svg", metadata={"Date": None})


def _draw_curve(chart: Axes, name: str, points: dict[int, float]) -> None:
    curve, slope = CURVES[name], exponent(points)
    grows = "" if slope is None else f" (exponent {slope:.2f})"
    chart.set_title(f"{curve.title}{grows}", fontsize=9)
    chart.set_xlabel(curve.over)
    chart.set_ylabel(curve.unit)
    chart.set_xscale("log")
    chart.set_yscale("log")
    chart.grid(visible=True, which="major", color="#dddddd", linewidth=0.6)
    if not points:
        return
    sizes, values = list(points), list(points.values())
    if slope is not None:
        middle = statistics.fmean(map(math.log, sizes)), statistics.fmean(map(math.log, values))
        line = [math.exp(middle[1] + slope * (math.log(size) - middle[0])) for size in sizes]
        chart.plot(sizes, line, color=_LINE, linewidth=1.2)
    chart.plot(sizes, values, "o", color=_DOT, markersize=4.5)
    # At least a decade, so that what does not grow looks flat and not like noise.
    low, high = min(values), max(values)
    room = max(1.0, math.sqrt(10 / (high / low))) * 1.25
    chart.set_ylim(low / room, high * room)
