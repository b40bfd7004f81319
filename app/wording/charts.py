"""Charts drawn on the server, as SVG: sharp on paper, there without JavaScript, told as text too.

Only where a point is drawn is computed in floats; what is told of it is the exact number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

WIDTH, HEIGHT = 96, 28
_MARGIN = 3


@dataclass(frozen=True, slots=True)
class Spark:
    """A line without axes: SVG path data, the height of the bound, the last point, and the text."""

    path: str
    bound: str | None
    last: tuple[str, str]
    text: str
    width: int = WIDTH
    height: int = HEIGHT


def spark(exact: Sequence[Fraction], goal: Fraction | None, text: str) -> Spark | None:
    """Draw values in order; None for none. The bound is drawn if it does not flatten the line."""
    if not exact:
        return None
    values, bound = [float(value) for value in exact], None if goal is None else float(goal)
    low, high = min(values), max(values)
    if bound is not None and (high > low or len(values) == 1):
        room = 2 * (high - low) or abs(bound)
        if low - room <= bound <= high + room:
            low, high = min(low, bound), max(high, bound)
        else:
            bound = None
    span = high - low

    def y(value: float) -> str:
        share = (value - low) / span if span else 0.5
        return f"{HEIGHT - _MARGIN - share * (HEIGHT - 2 * _MARGIN):.1f}"

    step = (WIDTH - 2 * _MARGIN) / max(1, len(values) - 1)
    points = [(f"{_MARGIN + place * step:.1f}", y(value)) for place, value in enumerate(values)]
    path = "M" + "L".join(f"{x} {height}" for x, height in points)
    return Spark(path, None if bound is None else y(bound), points[-1], text)
