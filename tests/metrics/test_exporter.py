"""What the published checklist for exporters asks and no other test here holds.

The checklist is Prometheus's "Writing exporters"; DESIGN.md answers it point by point.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from metrics.families import FAMILIES
from tests.programs import ROOT

if TYPE_CHECKING:
    from app.ledger.office import Office

RESERVED_LABELS = {"le", "quantile", "job", "instance", "type", "total", "time"}
RESERVED_BEGINNINGS = ("process_", "scrape_", "up", "go_", "python_")
UNITS = ("_ms", "_millis", "_kb", "_mb", "_percent", "_minutes", "_hours", "_days")


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_a_name_keeps_to_the_conventions(family: object) -> None:
    name, labels = family.name, family.labels  # type: ignore[attr-defined]

    assert re.fullmatch(r"kpi(_[a-z]+)+", name)
    assert not name.startswith(RESERVED_BEGINNINGS)
    assert not name.endswith((*UNITS, "_sum", "_count", "_bucket", "_created"))
    assert not set(labels) & RESERVED_LABELS
    # A label's name in the metric's would say the same twice, and be wrong once it is added up.
    assert not [label for label in labels if re.search(rf"_by_{label}\b", name)]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_landing_page_names_the_metrics(office: Office, language: str) -> None:
    url = office.database.url.render_as_string(hide_password=False)
    with TestClient(create_app(Settings(database_url=url), office.clock)) as client:
        page = client.get("/", headers={"Accept-Language": language})
        linked = re.findall(r'href="([^"]*metrics[^"]*)"', page.text)
        found = {str(page.url.join(link)) for link in linked}
        answers = {link: client.get(link).status_code for link in found}

    assert page.status_code == 200
    assert {str(page.url.join(path)) for path in ("/metrics", "/metrics/process")} <= found
    assert set(answers.values()) == {200}


@pytest.mark.parametrize("accept", ["*/*", "application/openmetrics-text; version=1.0.0"])
@pytest.mark.parametrize("path", ["/metrics", "/metrics/forecast", "/metrics/process"])
def test_there_are_no_timestamps_and_no_created_series(
    office: Office, path: str, accept: str
) -> None:
    url = office.database.url.render_as_string(hide_password=False)
    with TestClient(create_app(Settings(database_url=url), office.clock)) as client:
        client.get("/api/v1/plans")
        lines = client.get(path, headers={"Accept": accept}).text.splitlines()

    samples = [line for line in lines if line and not line.startswith("#")]
    assert samples
    for line in samples:
        assert len(re.sub(r"\{.*\}", "", line).split(" ")) == 2, line
        assert "_created" not in line


def test_the_answer_in_the_design_names_tests_that_are_there() -> None:
    design = (ROOT / "DESIGN.md").read_text("utf-8")
    section = design.split("\n## Being a good exporter\n")[1].split("\n## ")[0]
    named = re.findall(r"`(tests/[a-z_/]+\.py)`", section)

    assert len(named) > 20
    for path in named:
        assert (ROOT / path).is_file(), path
