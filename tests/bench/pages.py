"""Pages, beside the same bytes kept ready: a scoreboard of 500 targets, ten years of one target.

What is timed is the whole page as it is sent: with it a browser has all of its first content, since
styles and scripts keep their addresses and are fetched once.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

from tests.bench import load
from tests.bench.harness import Bench, Contest, Line, Peer, Sample, compete
from tests.bench.ledger import fill, opened
from tests.bench.servers import bare, dabiao

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.bench.harness import Take
    from tests.bench.ledger import Shape

BROWSER: Final = {"Accept": "text/html", "Accept-Language": "en"}
STATIC: Final = "the same bytes, static route, bare FastAPI"


def scoreboard(bench: Bench) -> list[Line]:
    """Look at a plan of many targets: at the same again, and each time at another month."""
    shape = bench.sizes.plan
    # More months than are kept: each time the plan is judged and its reports are counted anew.
    months = [f"/?period=2005-{number + 1:02d}" for number in range(12)]
    name = f"scoreboard page, {shape.departments * shape.kpis:,} targets"
    looks = {f"{name}, looked at again": ["/"], f"{name}, for the first time": months}
    return _beside(bench, "scoreboard-page", shape, looks)


def target(bench: Bench) -> list[Line]:
    """Look at a target with years of months."""
    shape = bench.sizes.years
    looks = {
        f"target page, {shape.months} months": ["/targets/plan/measure-0000/region-00000"],
    }
    return _beside(bench, "target-page", shape, looks)


def _beside(bench: Bench, row: str, shape: Shape, looks: Mapping[str, Sequence[str]]) -> list[Line]:
    """Read pages in turns, one after the other on one connection; `looks` are paths by name."""
    folder = bench.folder / row
    url = f"sqlite:///{folder / 'dabiao.db'}"
    with opened(url) as office:
        fill(office, shape)
    files = folder / "files"
    files.mkdir()
    with dabiao(folder, url) as ours:
        kept = {
            path: f"{number}.html"
            for number, path in enumerate(path for paths in looks.values() for path in paths)
        }
        for path, file in kept.items():
            answer = load.run(ours.port, 1, [load.request("GET", path, BROWSER)])
            answer.done(200)
            (files / file).write_bytes(answer.body)
        with bare(folder, files=files) as static:
            lines: list[Line] = []
            for name, paths in looks.items():
                same = [f"/static/{kept[path]}" for path in paths]
                size = len((files / kept[paths[0]]).read_bytes())
                peer = Peer(STATIC, _reads(static.port, same, bench))
                mine = _reads(ours.port, paths, bench)
                contest = Contest(f"{name}, {size:,} bytes", "ms", mine, [peer])
                lines += compete(contest, bench.sizes.rounds)
            return lines


def _reads(port: int, paths: Sequence[str], bench: Bench) -> Take:
    """Go on round and round through the paths, a few each time that a sample is taken."""
    following = itertools.cycle(load.request("GET", path, BROWSER) for path in paths)

    def take() -> Sample:
        requests = list(itertools.islice(following, bench.sizes.looks))
        found = load.run(port, 1, requests)
        return Sample(found.median_ms, {"reads": found.done(200), "bytes": found.body_bytes})

    return take
