"""The container files hold what their comments promise, as Docker's own tools read them."""

from __future__ import annotations

import json
import re
import shutil
import stat
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.programs import ROOT

TOOLS = Path(sys.executable).parent
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")

Service = dict[str, Any]


def output_of(*command: str | Path, folder: Path = ROOT) -> str:
    words = [str(word) for word in command]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    """The whole file, every profile, as compose understands it."""
    config = ("--profile", "*", "config", "--format", "json")
    whole: dict[str, Any] = json.loads(output_of(TOOLS / "docker-compose", *config))
    return whole


@pytest.fixture(scope="module")
def services(project: dict[str, Any]) -> dict[str, Service]:
    found: dict[str, Service] = project["services"]
    return found


def built_here(services: dict[str, Service]) -> set[str]:
    """Return the services that run the image that the Dockerfile makes."""
    images = {service["image"] for service in services.values() if "build" in service}
    return {name for name, service in services.items() if service["image"] in images}


def one_shots(services: dict[str, Service]) -> set[str]:
    """Return the services that others wait for to have ended."""
    return {
        name
        for service in services.values()
        for name, wait in (service.get("depends_on") or {}).items()
        if wait["condition"] == "service_completed_successfully"
    }


def test_the_service_starts_after_its_migration_and_that_after_the_database(
    services: dict[str, Service],
) -> None:
    assert {"db", "migrate", "app"} <= services.keys()
    conditions = {
        (name, other): wait["condition"]
        for name in ("migrate", "app")
        for other, wait in services[name]["depends_on"].items()
    }
    assert conditions == {
        ("migrate", "db"): "service_healthy",
        ("app", "db"): "service_healthy",
        ("app", "migrate"): "service_completed_successfully",
    }
    assert services["migrate"]["command"] == ["dabiao", "migrate"]
    assert services["migrate"]["restart"] == "no"


def test_every_service_gives_up_what_it_does_not_need(services: dict[str, Service]) -> None:
    for name, service in services.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert not service.get("privileged"), name
    for name in built_here(services):
        assert services[name]["user"] == "10001:10001", name
        assert "cap_add" not in services[name], name


def test_nothing_runs_as_root_but_the_start_of_the_database(services: dict[str, Service]) -> None:
    for name, service in services.items():
        if name == "db":
            assert set(service["cap_add"]) == {
                "CHOWN",
                "DAC_OVERRIDE",
                "FOWNER",
                "SETGID",
                "SETUID",
            }
            continue
        user = int(service["user"].split(":")[0])
        assert user > 0, name
        assert "cap_add" not in service, name


def test_nobody_takes_more_than_a_share_of_the_machine(services: dict[str, Service]) -> None:
    for name, service in services.items():
        limits = service["deploy"]["resources"]["limits"]
        assert set(limits) == {"cpus", "memory"}, name


def test_every_image_is_pinned_and_ours_bears_the_version(services: dict[str, Service]) -> None:
    pinned = re.compile(r":v?\d+\.\d+(\.\d+)?(-[a-z0-9.-]+)?(@sha256:[0-9a-f]{64})?$")
    for name, service in services.items():
        assert pinned.search(service["image"]), f"{name} runs {service['image']}"
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    ours = {services[name]["image"] for name in built_here(services)}
    assert ours == {f"dabiao:{version['version']}"}


def test_every_service_tells_its_health_or_ends(services: dict[str, Service]) -> None:
    ending, ours = one_shots(services), built_here(services)
    for name, service in services.items():
        asked = bool(service.get("healthcheck", {}).get("test"))
        assert asked or name in ours or name in ending, name
    assert '"-m", "app.ready"' in DOCKERFILE.rsplit("HEALTHCHECK", 1)[1]


def test_ports_are_open_to_this_machine_alone(services: dict[str, Service]) -> None:
    published = [
        (name, port) for name, service in services.items() for port in service.get("ports", [])
    ]
    assert published
    for name, port in published:
        assert port["host_ip"] == "127.0.0.1", name


def test_the_monitoring_stack_comes_on_request_and_in_order(services: dict[str, Service]) -> None:
    stack = {"prometheus", "alertmanager", "grafana", "grafana-reader"}
    assert {name for name, service in services.items() if service.get("profiles")} == stack
    for name in stack:
        assert services[name]["profiles"] == ["monitoring"], name
    conditions = {
        (name, other): wait["condition"]
        for name in stack
        for other, wait in (services[name].get("depends_on") or {}).items()
    }
    assert conditions == {
        ("grafana-reader", "db"): "service_healthy",
        ("grafana-reader", "migrate"): "service_completed_successfully",
        ("prometheus", "app"): "service_healthy",
        ("grafana", "prometheus"): "service_healthy",
        ("grafana", "grafana-reader"): "service_completed_successfully",
    }


def test_what_is_mounted_is_there_and_only_volumes_can_be_written(
    services: dict[str, Service],
) -> None:
    mounts = [(name, mount) for name, one in services.items() for mount in one.get("volumes", [])]
    for name, mount in mounts:
        if mount["type"] == "bind":
            assert mount["read_only"] is True, name
            assert Path(mount["source"]).is_dir(), mount["source"]
        else:
            assert (mount["type"], mount.get("read_only", False)) == ("volume", False)
    kept = {name: mount["target"] for name, mount in mounts if mount["type"] == "volume"}
    assert kept == {
        "db": "/var/lib/postgresql",
        "prometheus": "/prometheus",
        "alertmanager": "/alertmanager",
        "grafana": "/var/lib/grafana",
    }


def test_every_file_that_a_command_names_is_mounted(services: dict[str, Service]) -> None:
    """What the container will open is there on this side of the mount."""
    for name in ("prometheus", "alertmanager", "grafana", "grafana-reader"):
        service = services[name]
        said = (service.get("command") or [], (service.get("environment") or {}).values())
        words = " ".join(word for some in said for word in some)
        named = re.findall(r"(/(?:etc|sql|srv)/[a-z/.-]+\.[a-z]+)", words)
        assert named, name
        for path in named:
            assert any(
                (Path(mount["source"]) / Path(path).relative_to(mount["target"])).is_file()
                for mount in service["volumes"]
                if Path(path).is_relative_to(mount["target"])
            ), path


def test_grafana_speaks_chinese_and_calls_nobody(services: dict[str, Service]) -> None:
    said = services["grafana"]["environment"]
    assert said["GF_USERS_DEFAULT_LANGUAGE"] == "zh-Hans"
    assert said["GF_DATE_FORMATS_DEFAULT_TIMEZONE"] == "Asia/Shanghai"
    for name in (
        "GF_ANALYTICS_REPORTING_ENABLED",
        "GF_ANALYTICS_CHECK_FOR_UPDATES",
        "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES",
        "GF_NEWS_NEWS_FEED_ENABLED",
        "GF_PLUGINS_PLUGIN_ADMIN_ENABLED",
        "GF_SNAPSHOTS_EXTERNAL_ENABLED",
    ):
        assert said[name] == "false", name
    for name in (
        "GF_PLUGINS_PREINSTALL_DISABLED",
        "GF_PLUGINS_PUBLIC_KEY_RETRIEVAL_DISABLED",
        "GF_SECURITY_DISABLE_GRAVATAR",
    ):
        assert said[name] == "true", name


def test_the_database_is_reached_from_the_inside_alone(
    project: dict[str, Any], services: dict[str, Service]
) -> None:
    assert list(services["db"]["networks"]) == ["back"]
    assert project["networks"]["back"]["internal"] is True
    (mount,) = services["db"]["volumes"]
    assert (mount["type"], mount["target"]) == ("volume", "/var/lib/postgresql")


def test_no_secret_stands_in_the_file_or_in_an_environment(
    project: dict[str, Any], services: dict[str, Service]
) -> None:
    for secret in project["secrets"].values():
        assert Path(secret["file"]).parent == ROOT / "secrets"
    for name, service in services.items():
        for variable, value in (service.get("environment") or {}).items():
            if re.search("PASSWORD|TOKEN|SECRET|DATABASE_URL", variable):
                assert variable.endswith("_FILE"), (name, variable)
                assert value.startswith("/run/secrets/"), (name, variable)


def test_the_image_is_made_of_locked_parts_and_runs_without_rights() -> None:
    assert output_of(TOOLS / "hadolint", "Dockerfile") == ""
    final = DOCKERFILE.rsplit("\nFROM ", 1)[1]
    assert re.findall(r"^USER (.+)$", final, re.MULTILINE) == ["10001:10001"]
    for install in re.findall(r"pip install (.+)", DOCKERFILE):
        assert install.startswith(("--require-hashes", "--no-deps --no-build-isolation"))
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    allowed = (ROOT / ".dockerignore").read_text(encoding="utf-8")
    for path in copied:
        assert (ROOT / path).exists(), path
        assert f"\n!{path}\n" in allowed, path


def make_secrets(folder: Path) -> str:
    return output_of("make", "--file", ROOT / "Makefile", "secrets", folder=folder)


def test_make_secrets_makes_passwords_that_containers_can_read(tmp_path: Path) -> None:
    make_secrets(tmp_path)
    folder = tmp_path / "secrets"
    password = (folder / "db_password").read_text(encoding="ascii")
    url = (folder / "database_url").read_text(encoding="ascii")
    assert re.fullmatch("[0-9a-f]{48}", password)
    others = [(folder / f"grafana_{name}_password").read_text("ascii") for name in ("admin", "db")]
    assert len({password, *others}) == 3
    assert all(re.fullmatch("[0-9a-f]{48}", other) for other in others)
    assert url == f"postgresql+psycopg://dabiao:{password}@db:5432/dabiao"
    # Nobody else gets into the folder; in a container, where only the file is, anybody reads it.
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for file in folder.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o444


def test_make_secrets_adds_what_an_upgrade_brings(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    folder.mkdir()
    (folder / "db_password").write_text("kept", "ascii")
    assert "secrets/grafana_db_password" in make_secrets(tmp_path)
    assert (folder / "db_password").read_text("ascii") == "kept"
    assert "dabiao:kept@db" in (folder / "database_url").read_text("ascii")


def test_make_secrets_keeps_what_is_there(tmp_path: Path) -> None:
    make_secrets(tmp_path)
    before = (tmp_path / "secrets" / "db_password").read_text(encoding="ascii")
    assert "already" in make_secrets(tmp_path)
    assert (tmp_path / "secrets" / "db_password").read_text(encoding="ascii") == before
    shutil.rmtree(tmp_path / "secrets")
    make_secrets(tmp_path)
    assert (tmp_path / "secrets" / "db_password").read_text(encoding="ascii") != before
    assert [path.name for path in tmp_path.iterdir()] == ["secrets"]
