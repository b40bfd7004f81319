"""The shipped monitoring files on real servers, hastened: seconds where they say minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from metrics.routing import render
from tests.monitoring.hearing import WECOM, Ears
from tests.parts import AlertmanagerServer, PrometheusServer, free_port
from tests.programs import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SHIPPED = ROOT / "metrics"
# An alert outlives its Prometheus by four evaluations: twenty seconds in place of twenty minutes.
EVALUATION = "5s"


def hastened_rules(folder: Path) -> None:
    """Copy the shipped rules: what is evaluated every five minutes is told at once."""
    folder.mkdir(parents=True)
    for file in sorted((SHIPPED / "prometheus" / "rules").glob("*.yml")):
        rules: dict[str, Any] = yaml.safe_load(file.read_text("utf-8"))
        for group in rules["groups"]:
            is_seldom = "interval" in group
            if is_seldom:
                group["interval"] = EVALUATION
            for rule in group["rules"]:
                if "for" in rule:
                    rule["for"] = "0s" if is_seldom else "1s"
        (folder / file.name).write_text(yaml.safe_dump(rules), "utf-8")


def prometheus(folder: Path, services: Sequence[int], alertmanager: int) -> PrometheusServer:
    """Start Prometheus by the shipped configuration; on the ports of services and Alertmanager."""
    config: dict[str, Any] = yaml.safe_load(
        (SHIPPED / "prometheus" / "prometheus.yml").read_text("utf-8")
    )
    rules = folder / "rules"
    if not rules.exists():
        hastened_rules(rules)
    pace = {"scrape_interval": "500ms", "scrape_timeout": "500ms", "evaluation_interval": "500ms"}
    config["global"] |= pace
    config["rule_files"] = [f"{rules}/*.yml"]
    manager = {"static_configs": [{"targets": [f"127.0.0.1:{alertmanager}"]}]}
    config["alerting"]["alertmanagers"] = [manager]
    targets = [f"127.0.0.1:{port}" for port in services]
    for job in config["scrape_configs"]:
        # Each replica by itself: harder than the one logical target of the shipped file.
        job["static_configs"] = [{"targets": targets}]
    config.pop("remote_read", None)
    return PrometheusServer(folder, {}, config=config)


def receivers(ears: Ears, secret: Path) -> str:
    """Return an operator's file: two departments with receivers of their own, one without."""
    secret.write_text("secret\n", "utf-8")
    given = {
        "wecom": {
            "corp_id": "ww0",
            "agent_id": "1",
            "secret_file": str(secret),
            "api_url": f"{ears.url}{WECOM}",
        },
        "office": {"webhook": [f"{ears.url}/office"]},
        "operators": {"webhook": [f"{ears.url}/operators"]},
        "watchdog": {"webhook": [f"{ears.url}/watchdog"]},
        "departments": {
            "mech": {"webhook": [f"{ears.url}/mech"], "wecom": {"party": "12"}},
            "elec": {"webhook": [f"{ears.url}/elec"]},
        },
    }
    return yaml.safe_dump(given)


def alertmanager(folder: Path, ears: Ears) -> AlertmanagerServer:
    """Start Alertmanager by the configuration that is made of a file of receivers."""
    folder.mkdir()
    config = yaml.safe_load(render(receivers(ears, folder / "secret")))
    config["templates"] = [str(SHIPPED / "alertmanager" / name) for name in config["templates"]]
    for route in _routes(config["route"]):
        route.update({key: "1s" for key in ("group_wait", "group_interval") if key in route})
    return AlertmanagerServer(folder, config)


def _routes(route: dict[str, Any]) -> list[dict[str, Any]]:
    return [route, *(found for child in route.get("routes", []) for found in _routes(child))]


def free_ports(count: int) -> list[int]:
    """Return loopback ports that nobody listens on at this moment, all different."""
    found: set[int] = set()
    while len(found) < count:
        found.add(free_port())
    return sorted(found)
