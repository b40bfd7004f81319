from __future__ import annotations

import datetime as dt
import gzip
import subprocess
import zlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import generate_latest as library_text
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.openmetrics.exposition import generate_latest as library_openmetrics
from prometheus_client.registry import Collector

from metrics.exposition import Prepared, collector_block, header, lines
from metrics.families import BY_NAME, FAMILIES, KPI_FAMILIES, Family, Type
from metrics.negotiation import Format
from metrics.snapshot import Sample
from tests.metrics.reading import Snapshot, parsed, prepare, series

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from prometheus_client import Metric

    from metrics.snapshot import Filled, Slot

READ_AT = dt.datetime(2014, 1, 5, 4, tzinfo=dt.UTC)
BACKUP_AT = READ_AT - dt.timedelta(hours=7)
AWKWARD = [
    '"',
    "\\",
    "\n",
    '\\"',
    "\\n",
    "a\r\nb",
    "\t",
    "，。、",
    "电学\u2028发明",
    "😀",
    "",
    "{}=,",
]


def snapshot(value: float = 22.5) -> Snapshot:
    """Return a snapshot of every family, with label values of every kind."""
    families: Filled = {}
    for family in KPI_FAMILIES:
        groups: dict[Slot, list[Sample]] = {
            (text,): [Sample(tuple(text for _ in family.labels), value + place)]
            for place, text in enumerate(AWKWARD)
        }
        families[family.name] = groups
    return Snapshot(7, dt.date(2014, 1, 5), families)


class Library(Collector):
    """The same snapshot, told to the client library."""

    def __init__(self, of: Snapshot) -> None:
        self.of = of

    def collect(self) -> Iterator[Metric]:
        for family in FAMILIES:
            kind = CounterMetricFamily if family.type is Type.COUNTER else GaugeMetricFamily
            metric = kind(family.name, family.help, labels=family.labels, unit=family.unit or "")
            for group in self.of.families.get(family.name, {}).values():
                for sample in group:
                    metric.add_metric(sample.labels, sample.value)
            if family.name == "kpi_collector_success":
                metric.add_metric((), 1.0)
            if family.name == "kpi_snapshot_timestamp_seconds":
                metric.add_metric((), READ_AT.timestamp())
            if family.name == "kpi_backup_timestamp_seconds":
                metric.add_metric((), BACKUP_AT.timestamp())
            yield metric


def answer(of: Snapshot, form: Format, *, packed: bool = False) -> bytes:
    last = collector_block(form, success=True, read_at=READ_AT, backup_at=BACKUP_AT)
    return b"".join(prepare(of)[form].closed(last, gzip=packed))


def test_the_text_format_is_the_client_librarys_byte_for_byte() -> None:
    assert answer(snapshot(), Format.TEXT) == library_text(Library(snapshot()))


def test_openmetrics_is_the_client_librarys_byte_for_byte() -> None:
    assert answer(snapshot(), Format.OPENMETRICS) == library_openmetrics(  # type: ignore[no-untyped-call]
        Library(snapshot())
    )


@pytest.mark.parametrize("form", Format)
def test_label_values_come_back_as_they_were(form: Format) -> None:
    found = parsed(answer(snapshot(), form), form)

    for place, text in enumerate(AWKWARD):
        assert found[series("kpi_reports_expected", department=text)] == 22.5 + place
        assert found[series("kpi_submissions_total", source=text, outcome=text)] == 22.5 + place


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (20.0, "20.0"),
        (22.54, "22.54"),
        (0.0, "0.0"),
        (-0.000001, "-1e-06"),
        (999999.5, "999999.5"),
        (1388505600.0, "1.3885056e+09"),
        (1795372412.148214, "1.795372412148214e+09"),
        (123456789012.12, "1.2345678901212e+11"),
        (1e12, "1e+12"),
        (-1e12, "-1000000000000.0"),
    ],
)
def test_numbers_are_written_as_the_client_library_writes_them(value: float, written: str) -> None:
    family = BY_NAME["kpi_reports_expected"]

    line = lines(family, [Sample(("mech",), value)])

    assert line == f'kpi_reports_expected{{department="mech"}} {written}\n'.encode()
    assert float(written) == value


@given(st.floats(allow_nan=False, allow_infinity=False), st.text(st.characters(codec="utf-8")))
def test_any_number_and_any_name_survive(value: float, text: str) -> None:
    family = BY_NAME["kpi_reports_expected"]
    body = header(family, Format.TEXT) + lines(family, [Sample((text,), value)])

    assert parsed(body) == {series("kpi_reports_expected", department=text): value}


def test_help_texts_are_escaped_as_each_format_wants_it() -> None:
    family = Family("x_seconds", 'A "b" \\ c\nd.', unit="seconds")

    assert header(family, Format.TEXT) == (
        b'# HELP x_seconds A "b" \\\\ c\\nd.\n# TYPE x_seconds gauge\n'
    )
    assert header(family, Format.OPENMETRICS) == (
        b'# HELP x_seconds A \\"b\\" \\\\ c\\nd.\n'
        b"# TYPE x_seconds gauge\n# UNIT x_seconds seconds\n"
    )


@pytest.mark.parametrize("form", Format)
def test_gzip_gives_the_same_bytes_in_one_member(form: Format) -> None:
    packed, plain = answer(snapshot(), form, packed=True), answer(snapshot(), form)

    assert gzip.decompress(packed) == plain
    reader = zlib.decompressobj(zlib.MAX_WBITS | 16)
    assert reader.decompress(packed) == plain
    assert reader.eof
    assert reader.unused_data == b"", "curl would stop after the first member"
    assert len(packed) < len(plain) / 2


def test_equal_snapshots_give_equal_bytes() -> None:
    assert prepare(snapshot()) == prepare(snapshot())
    assert prepare(snapshot()) != prepare(snapshot(22.4))


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("form", Format)
def test_before_the_first_reading_there_is_only_what_the_collector_says(
    form: Format, *, packed: bool
) -> None:
    last = collector_block(form, success=False, read_at=None)
    body = b"".join(Prepared().closed(last, gzip=packed))

    plain = gzip.decompress(body) if packed else body

    assert parsed(plain, form) == {series("kpi_collector_success"): 0.0}


def test_a_family_without_samples_is_left_out() -> None:
    one = Snapshot(1, dt.date(2014, 1, 5), {"kpi_revision": {("a",): [Sample(("a", "b"), 1.0)]}})

    plain = prepare(one)[Format.TEXT].plain

    assert plain.count(b"# TYPE") == 1


def check_metrics(promtool: Path, body: bytes) -> tuple[int, str]:
    done = subprocess.run(
        [promtool, "check", "metrics"],
        input=body,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    return done.returncode, done.stdout.decode()


def test_promtool_finds_nothing_to_say(promtool: Path) -> None:
    assert check_metrics(promtool, answer(snapshot(), Format.TEXT)) == (0, "")


def test_promtool_would_find_something_to_say(promtool: Path) -> None:
    code, said = check_metrics(promtool, b"# TYPE x counter\nx 1\n")

    assert code != 0
    assert "_total" in said
