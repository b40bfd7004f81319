"""What is acknowledged stays, once, whatever befalls the servers of PostgreSQL.

Eight clients post through the real service, and send again under the same key whatever was not
acknowledged, while a server is killed, hangs, stands still, is cut off or hands over. How long
nothing was acknowledged is printed with the counts (`-rP` shows it), and not judged here.

With asynchronous replication the same counting has to find a loss: that proves it can.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.conftest import require_part
from tests.faults.cluster import Cluster, Node, send
from tests.faults.network import Network, here
from tests.faults.posting import Posting
from tests.parts import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Fault = Callable[[Cluster, Posting], None]

pytestmark = [
    pytest.mark.part("postgresql", "patroni", "etcd"),
    # One cluster at a time: it is several servers on the one machine.
    pytest.mark.xdist_group("faults"),
]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """Three servers; a commit waits for one of the two standbys. Each test leaves it healthy."""
    for part in ("postgresql", "patroni", "etcd"):
        require_part(part)
    with Cluster(synchronous=True) as made:
        yield made


def primary_killed(cluster: Cluster, posting: Posting) -> None:
    """Lose the primary's machine."""
    lost = cluster.primary()
    lost.kill()
    posting.wait_for_more()
    cluster.heal(lost)


def receiver_frozen(cluster: Cluster, posting: Posting) -> None:
    """Have the standby hear nothing more, then lose the primary."""
    standby, lost = cluster.standby(), cluster.primary()
    _freeze(posting, [standby])
    lost.kill()
    _thaw([standby])
    posting.wait_for_more()
    cluster.heal(lost)


def primary_hangs(cluster: Cluster, posting: Posting) -> None:
    """Stop the primary where it stands; it comes back later and has to find that it is none."""
    hung = cluster.primary()
    pids = hung.pids()
    send(pids, signal.SIGSTOP)
    posting.wait_for_more()
    send(pids, signal.SIGCONT)
    cluster.wait_healthy()
    assert cluster.primary() is not hung


def standby_killed(cluster: Cluster, posting: Posting) -> None:
    """Lose the standby that commits wait for; the other takes its place."""
    lost = cluster.standby()
    lost.kill()
    posting.wait_for_more()
    cluster.heal(lost)


def handed_over(cluster: Cluster, posting: Posting) -> None:
    """Have the primary hand over to its standby, as for maintenance."""
    leader, candidate = cluster.primary(), cluster.standby()
    leader.post("/switchover", {"leader": leader.name, "candidate": candidate.name})
    posting.wait_for_more()
    cluster.wait_healthy()
    assert cluster.primary() is candidate


def _freeze(posting: Posting, standbys: list[Node]) -> None:
    """Stop the receivers of standbys, and wait for what is acknowledged without them."""
    send([pid for node in standbys for pid in node.receivers()], signal.SIGSTOP)
    before = posting.acknowledged()
    try:
        wait_until(lambda: posting.acknowledged() > before + 50, seconds=2, what="without them")
    except TimeoutError:
        return  # nothing is acknowledged without them


def _thaw(standbys: list[Node]) -> None:
    """Have receivers end as they stand: what the network held for them is gone."""
    send([pid for node in standbys for pid in node.receivers()], signal.SIGKILL)


@pytest.mark.parametrize(
    "fault",
    [
        primary_killed,
        *(
            pytest.param(fault, marks=pytest.mark.long)
            for fault in (receiver_frozen, primary_hangs, standby_killed, handed_over)
        ),
    ],
)
def test_what_is_acknowledged_stays_once(cluster: Cluster, tmp_path: Path, fault: Fault) -> None:
    prove(cluster, tmp_path, fault)


@pytest.mark.long
def test_what_is_acknowledged_stays_when_the_primary_is_cut_off(tmp_path: Path) -> None:
    """From etcd and the standbys, but not from us: it has to stop by itself."""

    def cut_off(cluster: Cluster, posting: Posting) -> None:
        alone = cluster.primary()
        network.cut_off(alone.place)
        wait_until(lambda: not alone.is_primary(), seconds=60, what="its own end as primary")
        posting.wait_for_more()
        network.join(alone.place)
        cluster.wait_healthy()
        assert cluster.primary() is not alone

    with (
        Network(3) as network,
        Cluster(network.places, synchronous=True, hub=network.hub) as cluster,
    ):
        prove(cluster, tmp_path, cut_off)


def prove(cluster: Cluster, folder: Path, fault: Fault) -> None:
    """Have a fault happen under load, and look at what was told and what is on record."""
    with Posting(folder, cluster.url()) as posting:
        fault(cluster, posting)
    found = posting.counted()
    print(f"{fault.__name__}: {found}; scrapes: {dict(posting.scraper.statuses)}")  # noqa: T201 - shown by -rP
    assert (found.lost, found.twice, found.disordered) == (0, 0, 0)
    assert set(posting.scraper.statuses) == {"200"}
    checked = posting.check()
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_asynchronous_replication_loses_what_was_acknowledged(tmp_path: Path) -> None:
    """The same counting, the same clients; only that a commit waits for nobody."""
    two = here(2)
    with Cluster(two, synchronous=False) as cluster, Posting(tmp_path, cluster.url()) as posting:
        lost, standbys = cluster.primary(), list(cluster.nodes)
        standbys.remove(lost)
        _freeze(posting, standbys)
        lost.kill()
        _thaw(standbys)
        posting.end()
        cluster.primary()
        found = posting.counted()
    print(f"asynchronous: {found}")  # noqa: T201 - shown by -rP
    assert found.lost > 0
