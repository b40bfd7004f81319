"""What need not be told because of something else, asked of a real Alertmanager."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from tests.monitoring import stack
from tests.monitoring.hearing import Ears
from tests.parts import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.parts import AlertmanagerServer

pytestmark = pytest.mark.part("alertmanager")

SECONDS = 30
MECH = {"plan": "p", "kpi": "pendency", "department": "mech", "period": "2013-03"}
TARGET = {"category": "target", **MECH}
SUBMISSION = {"category": "submission", **{key: MECH[key] for key in ("kpi", "department")}}
PLATFORM = {"category": "platform"}


@pytest.fixture
def ears() -> Iterator[Ears]:
    with Ears() as found:
        yield found


@pytest.fixture
def alertmanager(tmp_path: Path, ears: Ears) -> Iterator[AlertmanagerServer]:
    with stack.alertmanager(tmp_path / "alertmanager", ears) as server:
        yield server


def _fire(server: AlertmanagerServer, *alerts: dict[str, str]) -> None:
    body = [{"labels": labels, "annotations": {}} for labels in alerts]
    answer = httpx.post(f"{server.url}/api/v2/alerts", json=body, trust_env=False)
    assert answer.is_success, answer.text


def _states(server: AlertmanagerServer, count: int) -> dict[str, str]:
    """Wait until Alertmanager has made up its mind on so many alerts; returns state by name."""

    def settled() -> dict[str, str] | None:
        found = {one["labels"]["alertname"]: one["status"]["state"] for one in server.alerts()}
        return found if len(found) == count and "unprocessed" not in found.values() else None

    return wait_until(settled, seconds=SECONDS, what=f"{count} alerts with a state")


@pytest.mark.parametrize(
    ("loud", "muted"),
    [
        (["KpiTargetMissed"], ["KpiTargetOffTrack", "KpiTargetAtRisk", "KpiForecastMiss"]),
        (["KpiTargetOffTrack"], ["KpiTargetAtRisk", "KpiForecastMiss"]),
        (["KpiTargetAtRisk", "KpiFigureWorsened", "KpiForecastMiss"], []),
    ],
)
def test_of_one_target_the_worst_is_told(
    alertmanager: AlertmanagerServer, ears: Ears, loud: list[str], muted: list[str]
) -> None:
    _fire(alertmanager, *({"alertname": name, **TARGET} for name in [*loud, *muted]))

    expected = {**dict.fromkeys(loud, "active"), **dict.fromkeys(muted, "suppressed")}
    # What is muted may be looked at before what mutes it.
    wait_until(
        lambda: _states(alertmanager, len(expected)) == expected,
        seconds=SECONDS,
        what=f"the states {expected}",
    )
    told = wait_until(lambda: ears.webhooks("mech"), seconds=SECONDS, what="a message")
    assert sorted(one["labels"]["alertname"] for one in told[0]["alerts"]) == sorted(loud)


def test_another_target_is_not_muted(alertmanager: AlertmanagerServer) -> None:
    other = {**TARGET, "kpi": "cases"}
    _fire(
        alertmanager,
        {"alertname": "KpiTargetMissed", **TARGET},
        {"alertname": "KpiTargetAtRisk", **other},
    )

    assert set(_states(alertmanager, 2).values()) == {"active"}


def test_stale_figures_are_not_told_to_be_overdue_as_well(
    alertmanager: AlertmanagerServer,
) -> None:
    _fire(
        alertmanager,
        {"alertname": "KpiFiguresStale", "period": "2013-01", **SUBMISSION},
        {"alertname": "KpiSubmissionOverdue", "period": "2013-02", **SUBMISSION},
    )

    assert _states(alertmanager, 2) == {
        "KpiFiguresStale": "active",
        "KpiSubmissionOverdue": "suppressed",
    }


@pytest.mark.parametrize("outage", ["DabiaoDown", "DabiaoCollectorFailing"])
def test_no_verdict_is_told_while_nobody_can_read_a_newer_one(
    alertmanager: AlertmanagerServer, ears: Ears, outage: str
) -> None:
    _fire(
        alertmanager,
        {"alertname": outage, **PLATFORM},
        {"alertname": "KpiTargetMissed", **TARGET},
        {"alertname": "KpiSubmissionOverdue", "period": "2013-02", **SUBMISSION},
        {"alertname": "DabiaoReplicaFailing", **PLATFORM},
        {"alertname": "DabiaoLedgerBroken", **PLATFORM},
    )

    assert _states(alertmanager, 5) == {
        outage: "active",
        "KpiTargetMissed": "suppressed",
        "KpiSubmissionOverdue": "suppressed",
        "DabiaoReplicaFailing": "suppressed",
        "DabiaoLedgerBroken": "active",
    }
    wait_until(lambda: len(ears.webhooks("operators")) > 1, seconds=SECONDS, what="messages")
    assert ears.webhooks("mech") == []
