"""Rows shifted against each other: figures that fit a neighbour's history, and not their own.

When the labels of a table slip by some rows, every figure lands in the row above or below, and
often nobody notices, since the total stays right. Here each figure is measured by the modified
z-score (see `robust`) against its own row's history and against those of the rows up to
`FARTHEST` away in the file. At least `LEAST_ROWS` rows next to each other must fit the row at the
same distance, and be far from their own history; and so that a common rise is not mistaken for a
slip (in a table sorted by size, each figure grown by a quarter may look like the next), either the
total of the rows is what it usually is, or some lie above their history and others below.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.domain.plausibility.robust import FAR, NORMAL_QUARTILE, Yardstick, least_spread
from app.domain.plausibility.series import about, warning, written

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from decimal import Decimal
    from fractions import Fraction

    from app.domain.finding import Finding
    from app.domain.plausibility.series import Point

FARTHEST = 5
LEAST_ROWS = 3
_LEAST_HISTORY = 3
_RECENT = 12


@dataclass(frozen=True, slots=True)
class Usual:
    """What a label's figures usually are: around their median, and around the newest."""

    yardstick: Yardstick
    newest: float

    @classmethod
    def of(cls, recorded: Sequence[Point]) -> Usual | None:
        """Return what the last figures on record say; None where they are too few."""
        recent = recorded[-_RECENT:]
        if len(recent) < _LEAST_HISTORY:
            return None
        values = [float(point.value) for point in recent]
        return cls(Yardstick.of(values, least=least_spread(recent)), values[-1])

    def distance(self, value: float) -> float:
        """Return how far a value is, by the modified z-score, from the nearer of the two."""
        shift = self.newest - self.yardstick.centre
        return min(abs(self.yardstick.score(value)), abs(self.yardstick.score(value - shift)))

    def fits(self, value: float) -> bool:
        """Tell whether a value is not far."""
        return self.distance(value) <= FAR


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a delivery, among those of the same period in the file's order.

    changes: whether the row changes anything; one that does not is no news.
    usual: None where the history is too short to say.
    """

    row: int
    kpi: str
    department: str
    value: Decimal | Fraction
    changes: bool
    usual: Usual | None


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines `first` to `last`, whose figures belong `shift` lines further on, round the end."""

    first: int
    last: int
    shift: int

    def home(self, index: int) -> int:
        """Return the line to which the figure of another belongs."""
        return self.first + (index - self.first + self.shift) % (self.last - self.first + 1)


def shifted(lines: Sequence[Line]) -> Iterator[Finding]:
    """Yield a warning for every row of one period that looks shifted.

    lines: all good rows of one period, in the order of the file.
    """
    values = [float(line.value) for line in lines]
    strange = [
        line.usual is not None and not line.usual.fits(value)
        for line, value in zip(lines, values, strict=True)
    ]
    if sum(strange) < LEAST_ROWS:
        return
    told: set[int] = set()
    for distance in range(1, FARTHEST + 1):
        for shift in (distance, -distance):
            for block in _blocks(lines, values, strange, shift):
                inside = range(block.first, block.last + 1)
                moved = [at for at in inside if strange[at] and _fits(lines, values, at, block)]
                if len(moved) >= LEAST_ROWS and told.isdisjoint(moved):
                    told.update(moved)
                    yield from (_told(lines, at, block) for at in moved if lines[at].changes)


def _fits(lines: Sequence[Line], values: Sequence[float], at: int, block: _Block) -> bool:
    usual = lines[block.home(at)].usual
    return usual is not None and usual.fits(values[at])


def _blocks(
    lines: Sequence[Line], values: Sequence[float], strange: Sequence[bool], shift: int
) -> Iterator[_Block]:
    """Yield the stretches whose figures look as if they belonged `shift` lines further on."""
    start = max(0, -shift)
    stop = len(lines) - max(0, shift)
    run: list[int] = []
    for at in range(start, stop + 1):
        usual = lines[at + shift].usual if at < stop else None
        if usual is not None and usual.fits(values[at]):
            run.append(at)
            continue
        run = _trimmed(run, strange)
        if sum(strange[index] for index in run) >= max(LEAST_ROWS, len(run) / 2):
            block = _Block(run[0] + min(shift, 0), run[-1] + max(shift, 0), shift)
            if _is_a_slip(lines, values, run, strange, block):
                yield block
        run = []


def _trimmed(run: list[int], strange: Sequence[bool]) -> list[int]:
    """Cut off the rows at either end that fit their own history too."""
    odd = [place for place, at in enumerate(run) if strange[at]]
    return run[odd[0] : odd[-1] + 1] if odd else []


def _is_a_slip(
    lines: Sequence[Line],
    values: Sequence[float],
    run: Sequence[int],
    strange: Sequence[bool],
    block: _Block,
) -> bool:
    """Tell a slip from a common rise or fall: the total is right, or there are both."""
    total, variance, signs = 0.0, 0.0, set()
    complete = True
    for at in range(block.first, block.last + 1):
        usual = lines[at].usual
        if usual is None:
            complete = False
            continue
        total += values[at] - usual.newest
        variance += (usual.yardstick.spread / NORMAL_QUARTILE) ** 2
        if strange[at] and at in run:
            signs.add(values[at] > usual.yardstick.centre)
    return len(signs) > 1 or (complete and abs(total) <= FAR * math.sqrt(variance))


def _told(lines: Sequence[Line], at: int, block: _Block) -> Finding:
    line, other = lines[at], lines[block.home(at)]
    own = [at_.usual.newest if at_.usual else 0.0 for at_ in (line, other)]
    values = {
        "value": written(line.value),
        "department": line.department,
        "kpi": line.kpi,
        "newest": about(own[0]),
        "neighbour": other.department,
        "neighbour_kpi": other.kpi,
        "neighbour_newest": about(own[1]),
        "neighbour_row": str(other.row),
        "first": str(lines[block.first].row),
        "last": str(lines[block.last].row),
    }
    return warning("looks_shifted", line.row, values)
