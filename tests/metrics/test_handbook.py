"""The handbook and the rules say the same: every alert has its part, every example works."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from metrics.families import BY_NAME
from metrics.routing import render
from tests.programs import ROOT

if TYPE_CHECKING:
    from pathlib import Path

HANDBOOK = (ROOT / "metrics" / "README.md").read_text("utf-8")
RULES = ROOT / "metrics" / "prometheus" / "rules"
GROUPS: list[dict[str, Any]] = [
    group
    for file in sorted(RULES.glob("*.yml"))
    for group in yaml.safe_load(file.read_text("utf-8"))["groups"]
]
ALERTS = {rule["alert"]: rule for group in GROUPS for rule in group["rules"] if "alert" in rule}
SEVERITIES = {"critical", "warning", "info"}
LANGUAGES = ("zh", "en")


def _section(title: str) -> str:
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", HANDBOOK, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def _examples(title: str) -> list[Any]:
    return [
        yaml.safe_load(re.sub(r"^  ", "", text, flags=re.MULTILINE) if indent else text)
        for indent, text in re.findall(
            r"^( *)```yaml\n(.*?)^ *```", _section(title), re.MULTILINE | re.DOTALL
        )
    ]


def test_every_alert_has_its_part_and_every_part_its_alert() -> None:
    parts = re.findall(r"^### (\w+)$", _section("Alert by alert"), re.MULTILINE)

    assert parts == list(ALERTS)


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_leads_to_its_part_and_says_its_severity(name: str) -> None:
    rule = ALERTS[name]
    part = _section("Alert by alert").split(f"### {name}\n")[1].split("### ")[0]
    severity = rule["labels"]["severity"]

    anchor = f"#{name.lower()}"
    assert (
        rule["annotations"]["runbook_url"] == "{{ $externalLabels.dabiao_handbook_url }}" + anchor
    )
    assert (f"*{severity}.*" in part) == (severity in SEVERITIES)


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_speaks_both_languages_and_leads_to_a_page(name: str) -> None:
    annotations = ALERTS[name]["annotations"]

    for kind in ("summary", "description"):
        for language in LANGUAGES:
            said = annotations[f"{kind}_{language}"]
            assert (re.search(r"[\u4e00-\u9fff]", said) is not None) == (language == "zh")
    assert annotations["link"].startswith("{{ $externalLabels.dabiao_url }}/")


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_is_tested_firing_and_silent(name: str) -> None:
    tests = "\n".join(file.read_text("utf-8") for file in sorted((RULES / "tests").glob("*.yml")))

    assert re.search(rf"alertname: {name}\n +exp_alerts:\n", tests), "told, word for word"
    if name != "Watchdog":
        category = ALERTS[name]["labels"]["category"]
        silent = (
            rf"alertname: {name}, exp_alerts: \[\]",
            rf'alertname=~?"[^"]*{name}[^"]*"[^}}]*}}.*exp_samples: \[\]',
            rf'category="{category}"[^}}]*}}.*exp_samples: \[\]',
        )
        assert any(re.search(pattern, tests) for pattern in silent)


def test_the_rules_read_only_what_is_there() -> None:
    """What is exposed under another address, or written by the operator, is named here."""
    elsewhere = {"kpi_ledger_violations"}
    recorded = {rule["record"] for group in GROUPS for rule in group["rules"] if "record" in rule}
    for group in GROUPS:
        for rule in group["rules"]:
            text = rule["expr"] + " ".join(rule.get("annotations", {}).values())
            names = re.findall(r"\b(?:kpi_[a-z_]+|[a-z_]+(?::[a-z_]+)+)\b(?!\s*=)", text)
            fields = {"kpi_zh", "kpi_en"}
            for metric in set(names) - fields - elsewhere:
                assert metric in recorded | BY_NAME.keys(), rule


def _check(promtool: Path, *words: object) -> None:
    command = [str(word) for word in (promtool, *words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.part("prometheus")
def test_an_exception_of_the_operator_is_heeded(promtool: Path, tmp_path: Path) -> None:
    """Of every threshold that the handbook names, by its own example where it has one."""
    named = set(re.findall(r"^\| `(dabiao_\w+)` \|", _section("The rules"), re.MULTILINE))
    thresholds = (RULES / "thresholds.yml").read_text("utf-8")
    (example,) = _examples("The rules")

    assert set(re.findall(r"\bdabiao_\w+", thresholds)) - {"dabiao_"} == named

    shutil.copytree(RULES, tmp_path / "rules")
    own = tmp_path / "rules" / "own.yml"
    own.write_text(yaml.safe_dump(example), "utf-8")
    labels = example["groups"][0]["rules"][0]["labels"]
    target = ",".join(f'{name}="{value}"' for name, value in labels.items())
    test = {
        "rule_files": [str(tmp_path / "rules" / "*.yml")],
        "group_eval_order": [
            "own-thresholds",
            *(group["name"] for group in GROUPS if group["name"] == "dabiao-last-known"),
            "dabiao-thresholds",
        ],
        "tests": [
            {
                "interval": "1m",
                "input_series": [
                    {"series": "kpi_collector_success", "values": "1x5"},
                    {"series": f"kpi_target_info{{{target}}}", "values": "1x5"},
                ],
                "promql_expr_test": [
                    {
                        "expr": "target:alert_after_periods:threshold",
                        "eval_time": "2m",
                        "exp_samples": [
                            {
                                "labels": f"target:alert_after_periods:threshold{{{target}}}",
                                "value": 3,
                            }
                        ],
                    }
                ],
            }
        ],
    }
    file = tmp_path / "test.yml"
    file.write_text(yaml.safe_dump(test), "utf-8")
    _check(promtool, "test", "rules", file)


@pytest.mark.part("prometheus")
def test_the_example_of_scraping_replicas_is_a_configuration(
    promtool: Path, tmp_path: Path
) -> None:
    # Further examples are of other files than Prometheus's, or of parts of it.
    example = _examples("Scraping")[0]
    file = tmp_path / "prometheus.yml"
    file.write_text(yaml.safe_dump(example), "utf-8")

    _check(promtool, "check", "config", file)
    shipped = yaml.safe_load((RULES.parent / "prometheus.yml").read_text("utf-8"))
    assert [job["job_name"] for job in example["scrape_configs"]] == [
        job["job_name"] for job in shipped["scrape_configs"]
    ]


def test_the_example_of_receivers_is_understood(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret", "utf-8")
    (example,) = _examples("Routing and receivers")
    example["wecom"]["secret_file"] = str(secret)

    made = yaml.safe_load(render(yaml.safe_dump(example)))

    assert 'department=~"exam|exam\\\\-east"' in made["route"]["routes"][2]["matchers"]
