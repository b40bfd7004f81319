"""Taking sides in turns, and what comes of it.

A `Contest` is Dabiao against its peers. `compete` asks each side for one sample a round, Dabiao
first, and holds the sides to equal work. The ratio is taken round by round and its median
reported: whatever slows the machine down for a while slows both sides of a round.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from pathlib import Path

    from tests.bench.sizes import Sizes

Unit: TypeAlias = Literal["ms", "/s", "rows/s", "MiB"]


class UnequalWorkError(Exception):
    """Two sides of a contest did not do the same, so their times say nothing."""


@dataclass(frozen=True)
class Bench:
    """One run: how much is measured, and a folder for everything that it leaves."""

    sizes: Sizes
    folder: Path


@dataclass(frozen=True)
class Sample:
    """One side's turn: the figure in the contest's unit, and the work that it stands for.

    work: what was counted, by name; sides that count the same thing must count equally.
    p99_ms: 99 of 100 answers came within this time, where there were many.
    """

    value: float
    work: Mapping[str, int]
    p99_ms: float | None = None


Take: TypeAlias = Callable[[], Sample]


@dataclass(frozen=True)
class Bound:
    """One inequality of a goal, on the ratio, on Dabiao's own figure or on its p99."""

    of: Literal["ratio", "ours", "p99"]
    limit: float
    at: Literal["most", "least"]
    unit: str = ""

    def holds(self, line: Line) -> bool:
        """Tell whether a line's figure lies within."""
        figure = {"ratio": line.ratio, "ours": line.ours, "p99": line.ours_p99_ms}[self.of]
        if figure is None:
            return False
        return figure <= self.limit if self.at == "most" else figure >= self.limit

    def __str__(self) -> str:
        sign = "≤" if self.at == "most" else "≥"
        return f"{self.of} {sign} {self.limit:,g}{self.unit}"


def at_most(of: Literal["ratio", "ours", "p99"], limit: float, unit: str = "") -> Bound:
    """Return a bound from above."""
    return Bound(of, limit, "most", unit)


def at_least(of: Literal["ratio", "ours", "p99"], limit: float, unit: str = "") -> Bound:
    """Return a bound from below."""
    return Bound(of, limit, "least", unit)


@dataclass(frozen=True)
class Goal:
    """What Dabiao is to reach beside a peer; `at_size` is the size that the goal is set for."""

    bounds: tuple[Bound, ...] = ()
    at_size: str = ""

    def __str__(self) -> str:
        text = ", ".join(map(str, self.bounds))
        return f"{text} ({self.at_size})" if self.at_size else text


@dataclass(frozen=True)
class Peer:
    """What Dabiao is measured against; `absent` says why it cannot be, and then nothing is."""

    name: str
    take: Take | None
    goal: Goal = field(default_factory=Goal)
    absent: str | None = None


@dataclass(frozen=True)
class Contest:
    """Dabiao and its peers at one task."""

    name: str
    unit: Unit
    ours: Take
    peers: Sequence[Peer]


@dataclass(frozen=True)
class Line:
    """A line of the report: Dabiao beside one peer, round by round."""

    name: str
    unit: Unit
    peer: str
    goal: Goal
    samples: tuple[Sample, ...] = ()
    peer_samples: tuple[Sample, ...] = ()
    absent: str | None = None

    @property
    def ours(self) -> float | None:
        """Dabiao's median, in the unit; None where nothing was measured."""
        return _median(sample.value for sample in self.samples)

    @property
    def theirs(self) -> float | None:
        """The peer's median, in the unit."""
        return _median(sample.value for sample in self.peer_samples)

    @property
    def ours_p99_ms(self) -> float | None:
        """The median of Dabiao's p99, in milliseconds."""
        return _median(sample.p99_ms for sample in self.samples if sample.p99_ms is not None)

    @property
    def ratios(self) -> tuple[float, ...]:
        """Dabiao's figure over the peer's, round by round."""
        pairs = zip(self.samples, self.peer_samples, strict=False)
        return tuple(mine.value / its.value for mine, its in pairs)

    @property
    def ratio(self) -> float | None:
        """The median of the ratios."""
        return _median(self.ratios)

    @property
    def is_reached(self) -> bool | None:
        """Whether the goal is reached; None where there is none or nothing was measured."""
        if self.absent is not None or not self.goal.bounds:
            return None
        return all(bound.holds(self) for bound in self.goal.bounds)


def compete(contest: Contest, rounds: int) -> list[Line]:
    """Take samples in turns, after one round that does not count; a line for each peer.

    Raises UnequalWorkError.
    """
    present = [peer for peer in contest.peers if peer.take is not None]
    samples: dict[str, list[Sample]] = {name: [] for name in ["", *(p.name for p in present)]}
    for number in range(rounds + 1):
        turn = {"": contest.ours()}
        turn |= {peer.name: peer.take() for peer in present if peer.take is not None}
        for name, sample in turn.items():
            _hold_equal(contest.name, turn[""], name, sample)
            # Caches, pools and the interpreter are warm only after it.
            if number > 0:
                samples[name].append(sample)
    return [_line(contest, peer, samples) for peer in contest.peers]


def absent(name: str, part: str, why: str) -> Line:
    """Return the line of something that this machine cannot measure."""
    return Line(name, "/s", part, Goal(), absent=why)


def failed(name: str, error: Exception) -> Line:
    """Return the line of a row that could not be measured to its end."""
    why = f"failed, {type(error).__name__}: {error}".splitlines()[0]
    return Line(name, "/s", name, Goal(), absent=why)


def _line(contest: Contest, peer: Peer, samples: Mapping[str, Sequence[Sample]]) -> Line:
    return Line(
        name=contest.name,
        unit=contest.unit,
        peer=peer.name,
        goal=peer.goal,
        samples=tuple(samples[""]),
        peer_samples=tuple(samples.get(peer.name, ())),
        absent=peer.absent,
    )


def _hold_equal(contest: str, ours: Sample, peer: str, theirs: Sample) -> None:
    common = ours.work.keys() & theirs.work.keys()
    if not common or any(ours.work[what] != theirs.work[what] for what in common):
        raise UnequalWorkError(
            f"{contest}: Dabiao did {dict(ours.work)}, {peer} did {dict(theirs.work)}"
        )


def _median(values: Iterable[float]) -> float | None:
    found = list(values)
    return statistics.median(found) if found else None
