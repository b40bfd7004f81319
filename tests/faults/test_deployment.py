"""The deployment past one machine holds together, as the programs that read its files see it.

What its `patroni.yml` sets is run by `test_failover`; its images were never built here.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.programs import ROOT, locate

FOLDER = ROOT / "metrics" / "failover"
TOOLS = Path(sys.executable).parent
DATA_NODES = ("db1", "db2", "db3")

Service = dict[str, Any]


def output_of(*command: str | Path) -> str:
    words = [str(word) for word in command]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def services() -> dict[str, Service]:
    """Every service, as compose understands the file."""
    file = FOLDER / "docker-compose.yml"
    whole = output_of(TOOLS / "docker-compose", "--file", file, "config", "--format", "json")
    found: dict[str, Service] = json.loads(whole)["services"]
    return found


def test_a_commit_waits_for_a_standby() -> None:
    settings = yaml.safe_load((FOLDER / "patroni.yml").read_text("utf-8"))["bootstrap"]["dcs"]
    assert settings["synchronous_mode"] is True
    assert settings["synchronous_node_count"] == 1
    assert settings["postgresql"]["parameters"]["synchronous_commit"] == "on"
    # Patroni's own rule for them.
    assert settings["loop_wait"] + 2 * settings["retry_timeout"] <= settings["ttl"]


def test_there_are_three_data_nodes_and_three_of_etcd(services: dict[str, Service]) -> None:
    assert {name for name in services if name.startswith("db")} == set(DATA_NODES)
    for name in DATA_NODES:
        said = services[name]["environment"]
        assert said["PATRONI_NAME"] == name
        assert said["PATRONI_POSTGRESQL_CONNECT_ADDRESS"] == f"{name}:5432"
        assert said["PATRONI_RESTAPI_CONNECT_ADDRESS"] == f"{name}:8008"
        assert re.findall(r"'(\w+):2379'", said["PATRONI_ETCD3_HOSTS"]) == [
            name for name in sorted(services) if name.startswith("etcd")
        ]
    assert len([name for name in services if name.startswith("etcd")]) == 3


def test_the_service_knows_every_data_node(services: dict[str, Service]) -> None:
    for name in ("migrate", "app1", "app2"):
        (command,) = services[name]["command"]
        assert re.findall(r"host=(\w+):5432", command) == list(DATA_NODES), name


def test_every_service_gives_up_what_it_does_not_need(services: dict[str, Service]) -> None:
    for name, service in services.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert int(service["user"].split(":")[0]) > 0, name
        assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}, name
        for port in service.get("ports", []):
            assert port["host_ip"] == "127.0.0.1", name


def test_what_is_kept_is_kept_in_a_volume_of_its_own(services: dict[str, Service]) -> None:
    kept = [mount["source"] for one in services.values() for mount in one.get("volumes", [])]
    assert len(kept) == len(set(kept))
    for name in services:
        if name.startswith(("db", "etcd")):
            (mount,) = services[name]["volumes"]
            assert mount["type"] == "volume", name


def test_the_image_of_the_data_nodes_is_made_of_locked_parts() -> None:
    assert output_of(TOOLS / "hadolint", FOLDER / "Dockerfile") == ""
    text = (FOLDER / "Dockerfile").read_text(encoding="utf-8")
    assert "--require-hashes" in text
    allowed = (FOLDER / "Dockerfile.dockerignore").read_text(encoding="utf-8")
    for paths in re.findall(r"^COPY (.+) \S+$", text, re.MULTILINE):
        for path in paths.split():
            assert (ROOT / path).exists(), path
            assert f"\n!{path}\n" in allowed, path


@pytest.mark.part("haproxy")
def test_haproxy_takes_its_configuration() -> None:
    # That the names are not known on this machine is no fault of the file.
    subprocess.run([locate("haproxy"), "-c", "-f", FOLDER / "haproxy.cfg"], check=True)


def test_haproxy_knows_every_replica_and_data_node(services: dict[str, Service]) -> None:
    text = (FOLDER / "haproxy.cfg").read_text(encoding="utf-8")
    known = dict(re.findall(r"^  server (\w+) (\w+:\d+)$", text, re.MULTILINE))
    assert known == {
        **{name: f"{name}:8000" for name in services if name.startswith("app")},
        **{name: f"{name}:5432" for name in DATA_NODES},
    }
