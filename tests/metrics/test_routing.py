"""Who hears what, asked of Alertmanager's own tool; and what is refused of the operator's file."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest
import yaml

from metrics.routing import main, render
from tests.programs import ROOT

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = ROOT / "metrics" / "alertmanager"
FILE = """
mail: {{smarthost: "mail.example.org:587", sender: dabiao@example.org}}
wecom: {{corp_id: ww0, agent_id: "1000002", secret_file: {secret}}}
office: {{email: [planning@example.org]}}
operators: {{webhook: ["https://hooks.example.org/operators"]}}
departments:
  mech:
    wecom: {{party: "12"}}
    email: [mechanics@example.org, deputy@example.org]
  elec:
    also: [optics, "opt.ics"]
    webhook: ["https://hooks.example.org/elec"]
"""


@pytest.fixture
def configured(tmp_path: Path) -> Path:
    """Give the configuration made of a file with every way to be told."""
    secret = tmp_path / "secret"
    secret.write_text("s3cret\n", "utf-8")
    made = tmp_path / "alertmanager.yml"
    made.write_text(render(FILE.format(secret=secret)), "utf-8")
    (tmp_path / "templates").symlink_to(FOLDER / "templates")
    return made


def _run(*command: object) -> str:
    done = subprocess.run(
        [str(word) for word in command],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.part("alertmanager")
def test_alertmanager_takes_what_is_made(configured: Path, amtool: Path) -> None:
    said = _run(amtool, "check-config", configured)

    assert "8 receivers" in said
    assert "1 templates" in said


@pytest.mark.part("alertmanager")
@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        ("alertname=KpiTargetMissed category=target department=mech", "department-mech"),
        ("alertname=KpiTargetAtRisk category=target department=elec", "department-elec"),
        ("alertname=KpiTargetAtRisk category=target department=optics", "department-elec"),
        ("alertname=KpiTargetAtRisk category=target department=opt.ics", "department-elec"),
        ("alertname=KpiTargetAtRisk category=target department=optXics", "office"),
        ("alertname=KpiTargetAtRisk category=target department=elec2", "office"),
        ("alertname=KpiTargetAtRisk category=target department=law", "office"),
        (
            "alertname=KpiSubmissionOverdue category=submission department=mech",
            "department-mech-reminders",
        ),
        ("alertname=KpiSubmissionOverdue category=submission department=law", "office-reminders"),
        ("alertname=DabiaoRowsRefused category=submission", "office-reminders"),
        ("alertname=DabiaoLedgerBroken category=platform", "operators"),
        ("alertname=Watchdog category=platform", "watchdog"),
    ],
)
def test_everybody_hears_what_is_theirs(
    configured: Path, amtool: Path, labels: str, receiver: str
) -> None:
    said = _run(
        *(amtool, "config", "routes", "test", "--config.file", configured),
        *(f"--verify.receivers={receiver}", *labels.split()),
    )

    assert said.splitlines()[-1].strip() == receiver


def test_each_way_says_whether_the_end_is_told(configured: Path) -> None:
    made = yaml.safe_load(configured.read_text("utf-8"))
    by_name = {receiver["name"]: receiver for receiver in made["receivers"]}

    assert made["global"]["wechat_api_secret"] == "s3cret"
    mech = by_name["department-mech"]
    assert mech["email_configs"][0]["to"] == "mechanics@example.org, deputy@example.org"
    assert mech["wechat_configs"][0]["to_party"] == "12"
    for name, receiver in by_name.items():
        ways = [way for key in receiver if key != "name" for way in receiver[key]]
        is_told = not name.endswith("-reminders")
        assert {way["send_resolved"] for way in ways} <= {is_told}


def test_what_is_shipped_is_made_of_what_is_shipped() -> None:
    receivers = (FOLDER / "receivers.yml").read_text("utf-8")

    assert (FOLDER / "alertmanager.yml").read_text("utf-8") == render(receivers)


def test_an_empty_file_tells_nobody() -> None:
    made = yaml.safe_load(render(""))

    assert [list(receiver) for receiver in made["receivers"]] == [["name"]] * 4


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("office: {email: [a@example.org]}", "there is no section mail"),
        ("departments: {mech: {wecom: {party: '1'}}}", "there is no section wecom"),
        ("departments: {mech: {wecom: {}}}", "departments.mech.wecom: Value error, name a party"),
        ("departments: {a: {also: [b]}, b: {}}", "more than one receiver answers for b"),
        ("office: {webhook: ['ftp://example.org']}", "office.webhook.0: String should match"),
        ("office: {telegram: x}", "office.telegram: Extra inputs are not permitted"),
        ("departments: {mech: {email: [nobody]}}", "departments.mech.email.0: "),
        ("- a list", "the file: "),
        ("a: [", "while parsing"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(
    text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "receivers.yml"
    file.write_text(text, "utf-8")

    assert main([str(file)]) == 1

    out, err = capsys.readouterr()
    assert out == ""
    assert all(line.startswith(f"{file}: ") for line in err.splitlines())
    assert said in err


def test_a_file_that_is_not_there_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "none.yml")]) == 1
    assert capsys.readouterr().err == f"{tmp_path / 'none.yml'}: No such file or directory\n"


def test_the_same_file_gives_the_same_configuration(
    configured: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "receivers.yml"
    file.write_text(FILE.format(secret=tmp_path / "secret"), "utf-8")

    assert main([str(file)]) == 0
    assert capsys.readouterr().out == configured.read_text("utf-8")


# --- messages ---------------------------------------------------------------------------------


def _alert(name: str, status: str, number: int = 1) -> dict[str, object]:
    return {
        "status": status,
        "labels": {"alertname": name, "severity": "warning"},
        "annotations": {
            "summary_zh": f"周期{number}",
            "summary_en": f"Pendency {number}",
            "description_zh": "数值：25",
            "description_en": "Figure: 25 <b>",
            "link": "https://dabiao.example/targets/a/b/c",
            "runbook_url": "https://handbook.example/#x",
        },
    }


def _rendered(amtool: Path, tmp_path: Path, name: str, *alerts: dict[str, object]) -> str:
    data = tmp_path / "data.json"
    data.write_text(json.dumps({"alerts": alerts}), "utf-8")
    return _run(
        *(amtool, "template", "render", "--template.glob", FOLDER / "templates" / "*.tmpl"),
        *("--template.text", f'{{{{ template "{name}" . }}}}', "--template.data", data),
    ).strip()


@pytest.mark.part("alertmanager")
def test_a_message_is_in_both_languages(amtool: Path, tmp_path: Path) -> None:
    firing = _alert("KpiTargetMissed", "firing")

    said = _rendered(amtool, tmp_path, "dabiao.text", firing)

    assert said.splitlines() == [
        "【警告 / warning】周期1",
        "数值：25",
        "",
        "Pendency 1",
        "Figure: 25 <b>",
        "",
        "https://dabiao.example/targets/a/b/c",
        "https://handbook.example/#x",
    ]
    subject = _rendered(amtool, tmp_path, "dabiao.subject", firing)
    assert subject == "[达标 Dabiao] 周期1 / Pendency 1"


@pytest.mark.part("alertmanager")
def test_what_is_over_is_said_once_of_a_target(amtool: Path, tmp_path: Path) -> None:
    nested = ("KpiTargetMissed", "KpiTargetOffTrack", "KpiTargetAtRisk")
    ended = [_alert(name, "resolved") for name in nested]

    for template in ("dabiao.text", "dabiao.html", "dabiao.wecom"):
        said = _rendered(amtool, tmp_path, template, *ended)
        assert said.count("【已恢复 / over】周期1 / Pendency 1") == 1
    subject = _rendered(amtool, tmp_path, "dabiao.subject", *ended)
    assert subject == "[达标 Dabiao] 已恢复 / over: 周期1 / Pendency 1"


@pytest.mark.part("alertmanager")
@pytest.mark.parametrize("status", ["firing", "resolved"])
def test_wecom_takes_what_a_bad_month_brings(amtool: Path, tmp_path: Path, status: str) -> None:
    many = [_alert("KpiTargetAtRisk", status, number) for number in range(1, 31)]

    said = _rendered(amtool, tmp_path, "dabiao.wecom", *many)

    assert len(said.encode()) < 2048
    assert "Pendency 4" in said
    assert "Pendency 5" not in said
    assert ("共 30 条 / 30 in all" in said) == (status == "firing")
    assert "共 30 条" in _rendered(amtool, tmp_path, "dabiao.subject", *many) or status != "firing"
