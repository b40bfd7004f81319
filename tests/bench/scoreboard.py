"""The scoreboard of the real plans, beside the same JSON kept ready."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.bench import load
from tests.bench.harness import Bench, Contest, Line, Peer, Sample, compete
from tests.bench.ledger import fill_from_seeds, opened
from tests.bench.servers import bare, dabiao

if TYPE_CHECKING:
    from tests.bench.harness import Take

PATH = "/api/v1/scoreboard"


def measure(bench: Bench) -> list[Line]:
    """Read it in turns, one after the other on one connection."""
    folder = bench.folder / "scoreboard"
    url = f"sqlite:///{folder / 'dabiao.db'}"
    with opened(url) as office:
        fill_from_seeds(office)
    files = folder / "files"
    files.mkdir()
    with dabiao(folder, url) as ours:
        answer = load.run(ours.port, 1, [load.request("GET", PATH, {})])
        answer.done(200)
        (files / "scoreboard.json").write_bytes(answer.body)
        with bare(folder, files=files) as static:
            peer = Peer(
                "the same bytes, static route, bare FastAPI",
                _reads(static.port, "/static/scoreboard.json", bench),
            )
            name = f"scoreboard of the seeds, {len(answer.body):,} bytes"
            contest = Contest(name, "ms", _reads(ours.port, PATH, bench), [peer])
            return compete(contest, bench.sizes.rounds)


def _reads(port: int, path: str, bench: Bench) -> Take:
    requests = [load.request("GET", path, {})] * bench.sizes.reads

    def take() -> Sample:
        found = load.run(port, 1, requests)
        return Sample(found.median_ms, {"reads": found.done(200), "bytes": found.body_bytes})

    return take
