"""History exported once, made into blocks by promtool, and asked for in a real Prometheus."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from app.cli.export.openmetrics import openmetrics
from app.exports.history import FAMILIES, History, named
from app.exports.openmetrics import parts
from tests.programs import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from prometheus_client.samples import Sample

    from app.ledger.office import Office
    from tests.parts import PrometheusServer

END_OF_2013 = 1388505599
LONG_ENOUGH = "--storage.tsdb.retention.time=50y"


def exported(office: Office) -> bytes:
    with office.database.read() as connection:
        stored, seen = office.seen(connection)
        return b"".join(parts(History(connection, stored, seen, office.zone)))


def put_into_blocks(office: Office, promtool: Path, tmp_path: Path) -> None:
    """Have promtool make blocks where the test's first Prometheus will keep its own."""
    file, data = tmp_path / "history.om", tmp_path / "prometheus-0" / "data"
    file.write_bytes(exported(office))
    data.mkdir(parents=True)
    done = subprocess.run(
        [promtool, "tsdb", "create-blocks-from", "openmetrics", file, data],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def _milliseconds(sample: Sample) -> int:
    assert sample.timestamp is not None
    return int(float(sample.timestamp)) * 1000


def test_what_is_exported_is_what_the_history_says(settled: Office) -> None:
    text = exported(settled).decode()
    parsed = text_string_to_metric_families(text)  # type: ignore[no-untyped-call]
    families = {family.name: family for family in parsed}

    assert list(families) == list(FAMILIES)
    assert {family.type for family in families.values()} == {"gauge"}
    told: dict[frozenset[tuple[str, str]], list[tuple[int, float]]] = {}
    for family in families.values():
        for sample in family.samples:
            labels = frozenset({**sample.labels, "__name__": sample.name}.items())
            told.setdefault(labels, []).append((_milliseconds(sample), sample.value))
    with settled.database.read() as connection:
        stored, seen = settled.seen(connection)
        history = History(connection, stored, seen, settled.zone)
        assert told == {
            frozenset(series.labels("backfill").items()): samples
            for series, samples in history.read(list(named(stored.catalogue)))
        }


def test_an_office_without_figures_still_makes_a_whole_file(office: Office) -> None:
    assert exported(office) == b"# EOF\n"


def test_memory_does_not_grow_with_the_office(
    settled: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However few series are read at a time, the file is the same."""
    whole = exported(settled)
    read = History.read
    most: list[int] = []

    def watched(self: History, chosen: list[object]) -> object:
        most.append(len(chosen))
        return read(self, chosen)  # type: ignore[arg-type]

    monkeypatch.setattr("app.exports.openmetrics._AT_ONCE", 1)
    monkeypatch.setattr(History, "read", watched)

    assert exported(settled) == whole
    # Those of one target: six families, and one for each status.
    assert max(most) <= 13
    assert len(most) > 10


@pytest.mark.part("prometheus")
def test_a_real_prometheus_takes_it_in(
    settled: Office,
    promtool: Path,
    tmp_path: Path,
    start_prometheus: Callable[..., PrometheusServer],
) -> None:
    put_into_blocks(settled, promtool, tmp_path)
    server = start_prometheus({}, options=[LONG_ENOUGH])

    found = server.query(
        'last_over_time(kpi_target_actual_value{time="backfill",kpi="cases"}[300d])',
        at=END_OF_2013,
    )
    assert [(sample.labels["plan"], sample.value) for sample in found] == [("year-2013", 240)]
    assert server.query("count_over_time(kpi_actual_value{kpi='cases'}[1y])", at=END_OF_2013)


def test_the_help_and_the_handbook_warn_of_the_retention() -> None:
    for text in (str(openmetrics.__doc__), (ROOT / "metrics" / "README.md").read_text("utf-8")):
        assert re.search(r"retention\.time.*before", " ".join(text.split()), re.IGNORECASE)


@pytest.mark.part("prometheus")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_without_a_retention_that_is_long_enough_it_is_deleted(
    settled: Office,
    promtool: Path,
    tmp_path: Path,
    start_prometheus: Callable[..., PrometheusServer],
) -> None:
    """The trap that the handbook warns of; if Prometheus mends it, the warning can go."""
    put_into_blocks(settled, promtool, tmp_path)
    server = start_prometheus({})

    assert not server.query("count_over_time(kpi_actual_value[100d])", at=END_OF_2013)
