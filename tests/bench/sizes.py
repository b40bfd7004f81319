"""How much of everything is measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tests.bench.ledger import Shape
from tests.bench.nation import Nation


@dataclass(frozen=True)
class Sizes:
    """One size of the whole benchmark.

    rounds: how often the sides take turns, after one round that does not count.
    """

    name: str
    rounds: int
    exposed: Shape
    """The office that is scraped."""
    huge: Shape
    """The office that is scraped at its largest."""
    scrapes: int
    """Scrapes a round and side."""
    clients: int
    posts: int
    """Posts a round and side."""
    groups: int
    """What Pushgateway holds while it is posted to."""
    bulk: Shape
    """The office whose figures come as one file."""
    reads: int
    """Scoreboards a round and side."""
    looks: int
    """Pages a round and side."""
    plan: Shape
    """The plan whose page is looked at."""
    years: Shape
    """The one target whose page is looked at."""
    growth: tuple[int, ...]
    """The sizes at which growth is measured."""
    nation: Nation
    """The office whose verdicts are given all at once."""
    roll_out: Nation
    """The same at the size of a country; only when asked for by name."""

    @property
    def is_full(self) -> bool:
        """Whether figures of this size say anything about speed."""
        return self is FULL


FULL: Final = Sizes(
    name="full",
    rounds=5,
    exposed=Shape(departments=250, kpis=20, months=2, has_targets=True),
    huge=Shape(departments=2500, kpis=20, months=2, has_targets=True),
    scrapes=10,
    clients=32,
    posts=1200,
    groups=1000,
    bulk=Shape(departments=100, kpis=100, months=100),
    reads=20,
    looks=5,
    plan=Shape(departments=100, kpis=5, months=12, has_targets=True),
    years=Shape(departments=1, kpis=1, months=120, has_targets=True),
    growth=(1_000, 10_000, 100_000, 1_000_000),
    nation=Nation(regions=100, kpis=100, months=100),
    roll_out=Nation(regions=3_000, kpis=100, months=120),
)
QUICK: Final = Sizes(
    name="quick",
    rounds=1,
    exposed=Shape(departments=5, kpis=2, months=2, has_targets=True),
    huge=Shape(departments=6, kpis=2, months=2, has_targets=True),
    scrapes=2,
    clients=4,
    posts=16,
    groups=10,
    bulk=Shape(departments=5, kpis=4, months=6),
    reads=2,
    looks=2,
    plan=Shape(departments=3, kpis=2, months=2, has_targets=True),
    years=Shape(departments=1, kpis=1, months=14, has_targets=True),
    growth=(100,),
    nation=Nation(regions=4, kpis=5, months=14),
    roll_out=Nation(regions=4, kpis=5, months=14),
)
"""For seeing that every row works; the figures mean nothing."""
