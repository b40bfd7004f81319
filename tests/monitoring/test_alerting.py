"""A figure that slips is told to its department, once, whatever happens to who tells it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from app.domain.access import Role
from app.domain.kpi import Direction
from app.domain.period import Period
from app.ledger import keys
from app.ledger.database import Database
from app.ledger.migrating import migrate
from app.ledger.office import Office
from tests import factories
from tests.bench import servers
from tests.metrics import world
from tests.monitoring import stack
from tests.monitoring.hearing import Ears
from tests.parts import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.bench.servers import HttpServer
    from tests.parts import AlertmanagerServer, PostgresServer, PrometheusServer

pytestmark = pytest.mark.part("postgresql", "prometheus", "alertmanager")

ZONE = ZoneInfo("Asia/Shanghai")
SECONDS = 60
PAGE = "http://127.0.0.1:8000/targets/now/pendency"


def _months() -> tuple[Period, Period]:
    """Return the month before the last, and the last: services read the real clock."""
    today = dt.datetime.now(ZONE).date()
    this = Period.of(today.year, month=today.month)
    return this.shift(-2), this.shift(-1)


def _fill(office: Office) -> str:
    """Enter a plan with a target for each of three departments; returns a key that may post."""
    first, last = _months()
    departments = ("mech", "elec", "law")
    world.enter(
        office,
        factories.plan("now", start=str(first), end=str(last.shift(9))),
        factories.department("office"),
        *(
            replace(
                factories.department(code, parent="office"),
                name_zh=f"{code} 审查部",
                name_en=f"Examination {code}",
            )
            for code in departments
        ),
        replace(
            # Of late deadlines, so that nothing is due, overdue or stale here.
            factories.kpi(
                "pendency", direction=Direction.LOWER, due_days=60, reported_by=departments
            ),
            name_zh="审查周期",
            name_en="Pendency",
            unit_zh="个月",
            unit_en="months",
        ),
        *(
            factories.target(
                "<= 22.5",
                due=str(last.shift(9)),
                plan_code="now",
                kpi_code="pendency",
                department_code=code,
            )
            for code in departments
        ),
    )
    with office.database.write() as connection:
        stored = office.catalogue(connection)
        new = keys.NewKey("reporter", Role.REPORTER, ("office",))
        return keys.create(connection, stored, new, actor=world.PLANNER, now=office.clock())[1]


@dataclass
class Stack:
    """Everything that runs, and what a test does with it."""

    folder: Path
    database_url: str
    key: str
    ports: list[int]
    ears: Ears
    alertmanager: AlertmanagerServer
    prometheus: PrometheusServer
    replicas: dict[int, HttpServer]

    def start(self, number: int) -> None:
        port = self.ports[number]
        variables = {"DABIAO_DATABASE_URL": self.database_url, "DABIAO_PORT": str(port)}
        self.replicas[number] = servers.HttpServer(
            self.folder, servers.DABIAO, ready="/-/ready", port=port, variables=variables
        )

    def stop(self, number: int) -> None:
        self.replicas.pop(number).stop()

    def restart_prometheus(self) -> None:
        self.prometheus.stop()
        self.prometheus = stack.prometheus(
            self.folder / "prometheus", self.ports, self.alertmanager.port
        )

    def post(self, number: int, **figure: object) -> None:
        answer = httpx.post(
            f"http://127.0.0.1:{self.ports[number]}/api/v1/submissions",
            json={"actuals": [{"kpi": "pendency", **figure}]},
            headers={"Authorization": f"Bearer {self.key}"},
            trust_env=False,
        )
        assert answer.status_code == 201, answer.text

    def believed(self, count: int) -> None:
        """Wait until Prometheus believes so many replicas."""
        self.prometheus.wait_until(
            "count(kpi_collector_success == 1) or vector(0)",
            lambda samples: [sample.value for sample in samples] == [count],
            seconds=SECONDS,
        )

    def messages(self, name: str, count: int) -> list[dict[str, Any]]:
        """Wait for a receiver to have had so many messages and return them."""
        return wait_until(
            lambda: found if len(found := self.ears.webhooks(name)) >= count else None,
            seconds=SECONDS,
            what=f"{count} messages to {name}",
        )

    def wecom(self, count: int) -> list[dict[str, Any]]:
        """Wait for WeCom to have had so many messages and return them."""
        return wait_until(
            lambda: found if len(found := self.ears.wecom()) >= count else None,
            seconds=SECONDS,
            what=f"{count} messages to WeCom",
        )

    def told_anew(self) -> str:
        """Wait for Prometheus to tell Alertmanager of mech's alert again; returns its beginning."""
        now = dt.datetime.now(dt.UTC)

        def newer() -> str | None:
            for alert in self.alertmanager.alerts():
                updated = dt.datetime.fromisoformat(alert["updatedAt"])
                if alert["labels"].get("department") == "mech" and updated > now:
                    begun: str = alert["startsAt"]
                    return begun
            return None

        return wait_until(newer, seconds=SECONDS, what="mech's alert, told anew")


@pytest.fixture
def running(postgres_server: PostgresServer, tmp_path: Path) -> Iterator[Stack]:
    url = postgres_server.create_database("alerting")
    database = Database(url)
    migrate(database)
    office = Office(database, ZONE, lambda: dt.datetime.now(dt.UTC))
    key = _fill(office)
    database.close()
    ports = stack.free_ports(2)
    with Ears() as ears, stack.alertmanager(tmp_path / "alertmanager", ears) as alertmanager:
        prometheus = stack.prometheus(tmp_path / "prometheus", ports, alertmanager.port)
        whole = Stack(tmp_path, url, key, ports, ears, alertmanager, prometheus, {})
        try:
            yield whole
        finally:
            whole.prometheus.stop()
            for replica in whole.replicas.values():
                replica.stop()
    postgres_server.drop_database("alerting")


def test_a_slip_is_told_once_to_its_department_alone_until_it_is_mended(running: Stack) -> None:
    before, last = map(str, _months())
    running.start(0)
    for department in ("mech", "elec", "law"):
        running.post(0, department=department, period=before, value="22.0")
    running.believed(1)

    running.post(0, department="mech", period=last, value="25.25")
    (message,) = running.messages("mech", 1)

    _says_what_slips(message, last)
    _is_put_into_words(running.wecom(1), last)

    running.restart_prometheus()
    begun = running.told_anew()

    running.stop(0)
    running.believed(0)
    assert running.told_anew() == begun, "it lasts while nobody can be scraped"
    running.start(1)
    running.believed(1)
    running.start(0)
    running.believed(2)
    assert running.told_anew() == begun, "it is the same after the gap, of two replicas"

    # What comes through now came after everything that might have been told again.
    running.post(1, department="elec", period=last, value="30")
    running.messages("elec", 1)
    assert len(running.ears.webhooks("mech")) == 1
    assert len(running.ears.wecom()) == 1

    running.post(1, department="mech", period=last, value="22.4", reason="counted again")
    _, ended = running.messages("mech", 2)

    assert ended["status"] == "resolved"
    assert {alert["status"] for alert in ended["alerts"]} == {"resolved"}
    assert "已恢复 / over】审查周期（mech 审查部）有落后风险" in _last(running.wecom(2))
    assert len(running.ears.webhooks("elec")) == 1
    assert running.ears.webhooks("office") == []
    assert running.ears.webhooks("watchdog")
    heard = [alert for message in running.ears.webhooks("operators") for alert in message["alerts"]]
    assert "DabiaoDown" in {alert["labels"]["alertname"] for alert in heard}


def _last(sent: list[Any]) -> str:
    text: str = sent[-1]["text"]["content"]
    return text


def _says_what_slips(message: dict[str, Any], period: str) -> None:
    (alert,) = message["alerts"]
    said = alert["annotations"]

    assert alert["status"] == "firing"
    assert alert["labels"] == {
        "alertname": "KpiTargetAtRisk",
        "category": "target",
        "severity": "info",
        "plan": "now",
        "kpi": "pendency",
        "department": "mech",
        "period": period,
    }
    assert said["summary_zh"] == "审查周期（mech 审查部）有落后风险"
    assert said["summary_en"] == "Pendency (Examination mech) is at risk"
    assert said["description_zh"].splitlines() == [
        f"数值：25.25 个月（{period}）",
        "目标：<= 22.5",
        "进度要求：22.5",
        f"始于：{period}，计划：now",
    ]
    assert said["description_en"].splitlines() == [
        f"Figure: 25.25 months ({period})",
        "Target: <= 22.5",
        "Expected by now: 22.5",
        f"Since: {period}, plan: now",
    ]
    assert said["link"] == f"{PAGE}/mech"
    assert said["runbook_url"] == "metrics/README.md#kpitargetatrisk"


def _is_put_into_words(sent: list[Any], period: str) -> None:
    (one,) = sent
    assert one["toparty"] == "12"
    for words in (
        "【提示 / info】审查周期（mech 审查部）有落后风险",
        f"数值：25.25 个月（{period}）",
        "Pendency (Examination mech) is at risk",
        f"{PAGE}/mech",
    ):
        assert words in one["text"]["content"]
