"""Several replicas behind HAProxy: each posts, each reads, and all say the same on /metrics."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.bench import load
from tests.bench.ledger import Shape, fill, new_key, opened
from tests.bench.servers import HttpServer, dabiao
from tests.parts import free_port
from tests.programs import locate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.parts import PostgresServer

OFFICE = Shape(departments=20, kpis=5, months=12, has_targets=True)
OWN = ("kpi_collector_", "kpi_snapshot_timestamp_seconds")
"""What a replica says of its own reading, not of the office."""


def proxy(folder: Path, replicas: Sequence[HttpServer]) -> HttpServer:
    """Start HAProxy before replicas, in turn rather than by load, so that each has its share."""
    port = free_port()
    servers = "\n".join(f"  server app{at} 127.0.0.1:{one.port}" for at, one in enumerate(replicas))
    (folder / "haproxy.cfg").write_text(
        "defaults\n  mode http\n  timeout connect 2s\n  timeout client 60s\n  timeout server 60s\n"
        f"listen dabiao\n  bind 127.0.0.1:{port}\n  balance roundrobin\n{servers}\n"
    )
    command: list[str | Path] = [locate("haproxy"), "-db", "-f", folder / "haproxy.cfg"]
    return HttpServer(folder, command, ready="/api/v1/plans", port=port)


def office_lines(url: str) -> list[str]:
    """Return what a replica's `/metrics` says of the office, to the letter."""
    answer = httpx.get(f"{url}/metrics", trust_env=False, timeout=30).raise_for_status()
    lines = answer.text.splitlines()
    return [line for line in lines if not any(own in line for own in OWN)]


@pytest.mark.long
@pytest.mark.part("postgresql", "haproxy")
@pytest.mark.parametrize("count", [1, 2, 4])
def test_replicas_are_equal_whoever_took_a_figure_in(
    postgres_server: PostgresServer, tmp_path: Path, count: int
) -> None:
    name = f"replicas_{count}"
    url = postgres_server.create_database(name)
    with opened(url) as office:
        fill(office, OFFICE)
        key = new_key(office)
    with ExitStack() as stack:
        replicas = [stack.enter_context(dabiao(tmp_path / f"app{at}", url)) for at in range(count)]
        port = stack.enter_context(proxy(tmp_path, replicas)).port
        base = office_lines(replicas[0].url)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            for number in range(1, 1 + 2 * count):
                figure = {"kpi": "measure-0000", "department": "region-00000", "value": number}
                body = {"actuals": [{**figure, "period": "2005-01", "reason": "the next"}]}
                bearer = {"Authorization": f"Bearer {key}"}
                answer = client.post("/api/v1/submissions", json=body, headers=bearer)
                assert answer.status_code == 201, answer.text
                # Whoever took it in, every one knows of it at once.
                told = [office_lines(replica.url) for replica in replicas]
                assert all(lines == told[0] for lines in told)
                assert told[0] != base
                base = told[0]
        read = load.request("GET", "/api/v1/scoreboard?plan=plan&limit=20", {})
        found = load.run(port, 8, [read] * 200)
        found.done(200)
        print(f"{count} replicas: {200 / found.seconds:.0f} reads/s, p99 {found.p99_ms:.0f} ms")  # noqa: T201 - shown by -rP
    postgres_server.drop_database(name)
