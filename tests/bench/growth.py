"""How the rows grow: each measured at a thousand, ten thousand, a hundred thousand, a million.

What counts here is not a peer but the exponent: of the line through the points, both axes
logarithmic. 0 does not grow, 1 grows as its input does, above 1 has to be looked at. An office of
each size is made once and everything that grows with it is measured on it, size after size, so a
size that fails loses no other.
"""

from __future__ import annotations

import math
import statistics
import sys
import traceback
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Final

from metrics.cache import Cache
from metrics.negotiation import Format
from tests.bench import load, verdicts
from tests.bench import nation as nations
from tests.bench.harness import Sample
from tests.bench.ledger import Shape, csv_of, deliver, fill, new_key, opened
from tests.bench.nation import Nation
from tests.bench.posts import posts_of
from tests.bench.scrape import Figures, corrections, first_answer, scrapes
from tests.bench.servers import dabiao, missing
from tests.bench.start import starts
from tests.parts import PostgresServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.bench.harness import Bench, Take
    from tests.bench.servers import HttpServer

ROUNDS: Final = 3
"""Samples a size at most, after one that does not count; a file is loaded once a size."""
PER_TARGET: Final = 20
"""About how many series a target brings, with what is said of its figures."""
MONTHS_OF_POSTS: Final = 100
ONE_DEPARTMENT: Final = "/api/v1/scoreboard?department=region-00000"

Point = tuple[str, int, float]
"""A curve's name, how large the input was, and the figure in the curve's unit."""


@dataclass(frozen=True)
class Curve:
    """What is measured, in what unit, and what grows."""

    name: str
    title: str
    unit: str
    over: str


@dataclass
class Grown:
    """A curve's points: the figure for each size of the input, or why there is none."""

    curve: Curve
    points: dict[int, float] = field(default_factory=dict)
    failed: dict[int, str] = field(default_factory=dict)

    @property
    def exponent(self) -> float | None:
        """The exponent of the fit."""
        return exponent(self.points)


CURVES: Final = {
    curve.name: curve
    for curve in (
        Curve("scrape", "Scrape, unchanged", "ms", "series"),
        Curve("scrape-figure", "Scrape after one figure, processor time", "ms", "series"),
        Curve("scrape-anew", "Everything read anew, processor time", "ms", "series"),
        Curve("memory", "Memory once at rest", "MiB", "series"),
        Curve("posts-sqlite", "One post of many clients', SQLite", "ms", "figures on record"),
        Curve("posts-postgresql", "One post, PostgreSQL", "ms", "figures on record"),
        Curve("bulk-sqlite", "One CSV file, SQLite", "ms", "rows"),
        Curve("bulk-postgresql", "One CSV file, PostgreSQL", "ms", "rows"),
        Curve("verdicts", "All verdicts of a plan anew", "ms", "figures present"),
        Curve("scoreboard", "Scoreboard of one department", "ms", "figures on record"),
        Curve("start", "Start to the first 200 of /-/ready", "ms", "figures on record"),
    )
}
"""Every curve."""
NOT_GROWN: Final = {
    "scrape-sql": "the peers' figures; Dabiao's own are those of `scrape`.",
    "scrape-million": "the largest size of `scrape` and `memory` alone.",
    "scoreboard-page": "a page has a line for each target of its plan, and no plan has a thousand "
    "times the targets that it is measured with; see `scoreboard` for a growing record.",
    "target-page": "a target has one figure a month: a thousand months are 83 years.",
    "national": "`verdicts` at thirty times the targets and 36 times the figures.",
}
"""Rows that are not measured at each size, and why."""


def exponent(points: dict[int, float]) -> float | None:
    """Return the slope of the least squares' line through the points' logarithms."""
    pairs = [(math.log(size), math.log(value)) for size, value in points.items() if value > 0]
    if len({size for size, _ in pairs}) < 2:
        return None
    sizes, values = zip(*pairs, strict=True)
    return statistics.linear_regression(sizes, values).slope


def measure(bench: Bench, grown: dict[str, Grown]) -> None:
    """Put every curve's point at every size where it belongs, as it comes.

    What fails is told, and loses nothing else.
    """
    grown |= {name: Grown(curve) for name, curve in CURVES.items()}
    for size in bench.sizes.growth:
        for names, take in (
            (("scrape", "scrape-figure", "scrape-anew", "memory"), _exposed),
            (("bulk-sqlite", "posts-sqlite", "scoreboard", "start"), _on_sqlite),
            (("bulk-postgresql", "posts-postgresql"), _on_postgresql),
            (("verdicts",), _judged),
        ):
            sys.stderr.write(f"Measuring growth at {size:,}: {', '.join(names)}\n")
            why = _take(bench, size, take, grown)
            for name in names if why else ():
                if not any(at >= size for at in grown[name].points):
                    grown[name].failed[size] = str(why)


def _take(
    bench: Bench,
    size: int,
    take: Callable[[Bench, int], Iterator[Point]],
    grown: dict[str, Grown],
) -> str | None:
    """Keep the points as they come; returns why no more came, if anything failed."""
    try:
        for name, large, value in take(bench, size):
            grown[name].points[large] = value
    except Exception as error:  # noqa: BLE001 - whatever it is, the other curves are to stand
        sys.stderr.write(traceback.format_exc())
        return f"{type(error).__name__}: {error}".splitlines()[0]
    return None


# --- what grows with the series -------------------------------------------------------------------


def exposed(series: int) -> Shape:
    """Return an office that exposes about so many series."""
    targets = max(1, series // PER_TARGET)
    kpis = min(20, max(1, targets // 5))
    return Shape(departments=targets // kpis, kpis=kpis, months=2, has_targets=True)


def _exposed(bench: Bench, size: int) -> Iterator[Point]:
    folder = bench.folder / f"growth-series-{size}"
    url, shape = f"sqlite:///{folder / 'dabiao.db'}", exposed(size)
    with opened(url) as office:
        fill(office, shape)
        key = new_key(office)
        began = process_time()
        prepared = Cache(office, "zh").refresh().prepared
        reading = (process_time() - began) * 1000
    series = prepared[Format.TEXT].plain.count(b"\nkpi_")
    del prepared
    yield "scrape-anew", series, reading
    with dabiao(folder, url) as ours:
        first_answer(ours, bench)
        yield "memory", series, ours.memory_mib()
        yield "scrape", series, _median(bench, scrapes(ours.port, "/metrics", bench))
        figures = Figures(ours, corrections(shape, key), 201)
        yield "scrape-figure", series, _median(bench, partial(figures, "processor time"))


# --- what grows with the figures on record --------------------------------------------------------


def recorded(figures: int) -> Shape:
    """Return an office with so many figures on record, and a target for each place."""
    months = 10 if figures <= 1_000 else 100
    return Shape(max(1, figures // months // 10), 10, months, has_targets=True)


def _on_sqlite(bench: Bench, size: int) -> Iterator[Point]:
    folder = bench.folder / f"growth-sqlite-{size}"
    url, shape = f"sqlite:///{folder / 'dabiao.db'}", recorded(size)
    yield from _filled(url, shape, "bulk-sqlite")
    start = partial(dabiao, folder, url, ready="/-/ready")
    yield "start", _figures(shape), _median(bench, starts(start))
    with ExitStack() as stack:
        ours = _served(stack, folder, url, bench)
        yield "scoreboard", _figures(shape), _median(bench, _reads(ours, bench))
        yield "posts-sqlite", _figures(shape), _median(bench, _posts(ours, url, shape, bench))


def _on_postgresql(bench: Bench, size: int) -> Iterator[Point]:
    if why := missing("postgresql"):
        raise RuntimeError(why)
    folder, shape = bench.folder / f"growth-postgresql-{size}", recorded(size)
    with PostgresServer(durable=True) as server, ExitStack() as stack:
        url = server.create_database("dabiao_grown")
        yield from _filled(url, shape, "bulk-postgresql")
        ours = _served(stack, folder, url, bench)
        yield "posts-postgresql", _figures(shape), _median(bench, _posts(ours, url, shape, bench))


def _judged(bench: Bench, size: int) -> Iterator[Point]:
    if why := missing("postgresql"):
        raise RuntimeError(why)
    nation = present(size)
    with (
        PostgresServer(options=verdicts.SETTINGS) as server,
        opened(server.create_database("nation_grown")) as office,
    ):
        nations.fill(office.database, nation)
        take = verdicts.all_verdicts(office, nation).ours
        yield "verdicts", nation.figures, _median(bench, take)


def present(figures: int) -> Nation:
    """Return a nation with about so many figures, and so many targets as it has places for them."""
    months = 12 if figures <= 1_000 else 100
    kpis = 100 if figures >= 1_000_000 else 10
    return Nation(max(1, figures // months // kpis), kpis, months)


def _served(stack: ExitStack, folder: Path, url: str, bench: Bench) -> HttpServer:
    ours = stack.enter_context(dabiao(folder, url))
    if bench.sizes.is_full:
        ours.settle()
    return ours


def _figures(shape: Shape) -> int:
    return shape.departments * shape.kpis * shape.months


def _filled(url: str, shape: Shape, name: str) -> Iterator[Point]:
    """Load the catalogue, and the figures as one file: once, the file is long."""
    with opened(url) as office:
        fill(office, shape, is_empty=True)
        body = csv_of(shape.rows())
        began = perf_counter()
        deliver(office, body)
        yield name, _figures(shape), (perf_counter() - began) * 1000


def _reads(ours: HttpServer, bench: Bench) -> Take:
    requests = [load.request("GET", ONE_DEPARTMENT, {})] * bench.sizes.reads

    def take() -> Sample:
        found = load.run(ours.port, 1, requests)
        return Sample(found.median_ms, {"reads": found.done(200)})

    return take


def _posts(ours: HttpServer, url: str, shape: Shape, bench: Bench) -> Take:
    """Post figures of the months after those on record; a post's share of the time counts."""
    with opened(url) as office:
        key = new_key(office)
    later = replace(shape, months=shape.months + MONTHS_OF_POSTS).rows()
    requests = posts_of(islice(later, _figures(shape), None), "/api/v1/submissions", key)

    def take() -> Sample:
        sizes = bench.sizes
        found = load.run(ours.port, sizes.clients, list(islice(requests, sizes.posts)))
        posts = found.done(201)
        return Sample(found.seconds * 1000 / posts, {"posts": posts})

    return take


def _median(bench: Bench, take: Take) -> float:
    """Take samples, after one that does not count."""
    take()
    return statistics.median(take().value for _ in range(min(ROUNDS, bench.sizes.rounds)))
