"""One journey through everything, as its users take it: programs, HTTP, and nothing else.

Every figure is a published one but the correction, which is there to be corrected.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx
import pytest

from tests.metrics.reading import parsed, series
from tests.parts import Process, free_port
from tests.programs import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.parts import PrometheusServer

DABIAO: Final = Path(sys.executable).with_name("dabiao")
PLAN, KPI, OFFICE = "uspto-fiscal-2011", "uspto-first-action-pendency", "uspto"
TARGET: Final = f"/targets/{PLAN}/{KPI}/{OFFICE}"
FIRST_ACTION: Final = {"plan": PLAN, "kpi": KPI}
JUNE: Final = "2011-06"
FURTHER_MONTHS: Final = f"""kpi,department,period,value
{KPI},{OFFICE},{JUNE},27.2
{KPI},{OFFICE},2013-09,18.2
"""
WRONG: Final = f"""指标,部门,期间,数值
{KPI},{OFFICE},2011-07,27.8
首次审查意见周期,美国专利商标局,2011-08,二十八
"""


@dataclass(frozen=True)
class Service:
    """A running server with the seeds in it, and the key that was printed at the first start."""

    url: str
    admin_key: str

    def get(self, path: str, **query: str) -> Any:  # noqa: ANN401 - whatever JSON it answers
        """Return a page of the API; its decimals stay the text that they are."""
        answer = httpx.get(f"{self.url}/api/v1{path}", params=query, trust_env=False)
        assert answer.status_code == 200, answer.text
        return json.loads(answer.text, parse_float=str, parse_int=str)

    def post(self, key: str, rows: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "text/csv; charset=utf-8"}
        body = rows.encode()
        url = f"{self.url}/api/v1/submissions"
        return httpx.post(url, content=body, headers=headers, trust_env=False)

    def metrics(self) -> Mapping[Any, float]:
        return parsed(httpx.get(f"{self.url}/metrics", trust_env=False).content)

    def verdict(self, **query: str) -> dict[str, Any]:
        """Return the one line of the scoreboard that speaks of the first action."""
        (line,) = self.get("/scoreboard", **FIRST_ACTION, **query)["items"]
        found: dict[str, Any] = line
        return found

    def explained(self, **query: str) -> dict[str, Any]:
        """Return its arithmetic, without the instant that the page is of."""
        page = self.get(f"{TARGET}/explain", **query)
        return {name: value for name, value in page.items() if name != "as_of"}

    def figures_on_metrics(self) -> dict[Any, float]:
        """Return what is exposed, without the counters and instants of deliveries."""
        passing = ("kpi_submission", "kpi_snapshot")
        found = self.metrics().items()
        return {key: value for key, value in found if not key[0].startswith(passing)}


def dabiao(*words: str) -> str:
    done = subprocess.run(
        [DABIAO, *words], cwd=ROOT, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Service]]:
    """Start servers as `make run` does, each on the empty database of its URL."""
    running: list[Process] = []

    def start(database_url: str) -> Service:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        monkeypatch.setenv("DABIAO_DATABASE_URL", database_url)
        monkeypatch.setenv("DABIAO_PORT", str(port))
        dabiao("migrate")
        printed = dabiao("bootstrap", "seeds")
        running.append(Process([DABIAO, "serve"], log=tmp_path / "serve.log"))
        running[-1].wait_ready(lambda: is_ready(url), seconds=120)
        return Service(url, printed.removeprefix("admin key: "))

    yield start
    for process in running:
        process.stop()


def is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/api/v1/plans", trust_env=False).is_success
    except httpx.TransportError:
        return False


@pytest.fixture
def service(serve: Callable[[str], Service], database_url: str) -> Service:
    return serve(database_url)


def test_from_the_seeds_to_a_revised_target(service: Service) -> None:
    the_verdicts_are_those_that_the_offices_came_to(service)
    reporter = dabiao("key", "create", "--role", "reporter", "--department", OFFICE)
    a_further_month_changes_every_page(service, reporter)
    the_same_again_changes_nothing(service, reporter)
    before = a_wrong_row_is_refused_and_kept(service, reporter)
    a_correction_gives_its_reason(service, reporter, before)
    a_revised_target_leaves_earlier_verdicts(service, before)


def the_verdicts_are_those_that_the_offices_came_to(service: Service) -> None:
    assert service.admin_key.startswith("dbk_")
    lines = service.get("/scoreboard", limit="1000")["items"]

    said = {(line["plan"], line["kpi"]): line for line in lines if line["status"] != "no_data"}
    assert {key: (line["actual"], line["status"]) for key, line in said.items()} == {
        ("five-year-plan-12", "invention-patents-per-10k"): ("6.3", "attained"),
        (PLAN, KPI): ("28", "missed"),
        (PLAN, "uspto-total-pendency"): ("33.7", "attained"),
    }
    assert {line["plan"] for line in lines if line["status"] == "no_data"} == {"work-plan-2013"}


def a_further_month_changes_every_page(service: Service, reporter: str) -> None:
    figure = {"kpi": KPI, "department": OFFICE}
    assert service.verdict(period=JUNE)["period"] == "2011-05"
    assert service.metrics()[series("kpi_actual_value", **figure)] == 18.3
    late = service.metrics()[series("kpi_next_due_timestamp_seconds", **figure)]

    answer = service.post(reporter, FURTHER_MONTHS)

    assert answer.status_code == 201
    assert answer.json()["created"] == 2
    line = service.verdict(period=JUNE)
    assert (line["period"], line["actual"], line["status"]) == (JUNE, "27.2", "off_track")
    points = {point["period"]: point for point in service.get(f"{TARGET}/series")["items"]}
    assert points[JUNE]["actual"] == "27.2"
    explained = service.explained(period=JUNE)
    assert [step["numbers"] for step in explained["steps"] if step["name"] == "ratio"] == [
        "1 + (23 - 27.2) / |23| = 0.817391304347"
    ]
    exposed = service.metrics()
    assert exposed[series("kpi_actual_value", **figure)] == 18.2
    assert exposed[series("kpi_previous_value", **figure)] == 18.3
    # June is there now; what is missing longest was due a month later.
    assert exposed[series("kpi_next_due_timestamp_seconds", **figure)] == late + 31 * 86400


def the_same_again_changes_nothing(service: Service, reporter: str) -> None:
    board, exposed = service.get("/scoreboard"), service.figures_on_metrics()

    answer = service.post(reporter, FURTHER_MONTHS)

    assert answer.status_code == 201
    assert (answer.json()["created"], answer.json()["unchanged"]) == (0, 2)
    assert service.get("/scoreboard") == board
    assert service.figures_on_metrics() == exposed


def a_wrong_row_is_refused_and_kept(service: Service, reporter: str) -> str:
    """Return the instant of the refusal: the last thing that happened before the corrections."""
    answer = service.post(reporter, WRONG)

    told = answer.json()
    assert answer.status_code == 422
    assert [(found["row"], found["column"]) for found in told["findings"]] == [(3, "数值")]
    kept = service.get(f"/submissions/{told['id']}")
    assert kept["status"] == "refused"
    assert [found["message"] for found in kept["findings"]] == [
        found["message"] for found in told["findings"]
    ]
    months = service.get("/actuals", kpi=KPI, **{"from": "2011-07", "to": "2011-08"})["items"]
    assert months == []
    return str(kept["received_at"])


def a_correction_gives_its_reason(service: Service, reporter: str, before: str) -> None:
    header, row = "kpi,department,period,value,reason", f"{KPI},{OFFICE},{JUNE},27.3"
    board, explained = service.verdict(period=JUNE), service.explained(period=JUNE)

    without = service.post(reporter, f"{header}\n{row},\n")
    with_reason = service.post(reporter, f"{header}\n{row},counted anew\n")

    assert without.status_code == 422
    assert [found["column"] for found in without.json()["findings"]] == ["reason"]
    assert with_reason.status_code == 201
    assert with_reason.json()["revised"] == 1
    assert service.verdict(period=JUNE)["actual"] == "27.3"
    lines = service.get(f"/actuals/{KPI}/{OFFICE}/{JUNE}/revisions")["items"]
    assert [(line["value"], line["reason"]) for line in lines] == [
        ("27.2", None),
        ("27.3", "counted anew"),
    ]
    assert service.verdict(period=JUNE, as_of=before) == board
    assert service.explained(period=JUNE, as_of=before) == explained


def a_revised_target_leaves_earlier_verdicts(service: Service, before: str) -> None:
    planner = dabiao("key", "create", "--role", "planner")
    address = f"{service.url}/api/v1{TARGET}"
    got = httpx.get(address, trust_env=False)
    earlier = service.verdict(as_of=before)
    revised = {**got.json(), "target": "<= 28"}
    revised.pop("version", None)

    answer = httpx.put(
        address,
        json=revised,
        headers={"Authorization": f"Bearer {planner}", "If-Match": got.headers["etag"]},
        trust_env=False,
    )

    assert answer.status_code == 200, answer.text
    now = service.verdict()
    assert (now["status"], now["ratio"], now["target_version"]) == ("attained", "1", "2")
    assert earlier["status"] == "missed"
    assert service.verdict(as_of=before) == earlier


@pytest.mark.part("prometheus")
def test_a_real_prometheus_answers_for_a_kpi_by_its_chinese_name(
    serve: Callable[[str], Service],
    start_prometheus: Callable[..., PrometheusServer],
    tmp_path: Path,
) -> None:
    service = serve(f"sqlite:///{tmp_path / 'dabiao.db'}")
    prometheus = start_prometheus({"dabiao": f"{service.url}/metrics"})
    named = '* on(kpi) group_left(name) kpi_info{name="首次审查意见周期"}'

    (sample,) = prometheus.wait_until(f"kpi_attainment_ratio {named}")

    assert sample.labels["plan"] == PLAN
    assert sample.value == pytest.approx(1 - 5 / 23, abs=1e-12)

    service.post(service.admin_key, FURTHER_MONTHS)

    prometheus.wait_until(f"kpi_actual_value {named} == 18.2")
