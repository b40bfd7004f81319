"""`dabiao submit` into the database, and `dabiao load`, on each engine."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from openpyxl import Workbook

from app.ledger import submissions
from app.ledger.database import Database
from app.ledger.submissions import Outcome
from tests.cli.folders import FIRST, KPIS, SECOND, write
from tests.cli.running import Ran, dabiao, table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection

GOOD = "kpi,department,period,value\npendency,exam,2013-01,23.10\n"
BAD = GOOD + "pendency,exam,2013-02,many\nnothing,exam,2013-02,1\n"
JSON = (
    '{"actuals": [{"kpi": "pendency", "department": "exam", "period": "2013-01", "value": 23.1}]}'
)


@contextmanager
def record(url: str) -> Iterator[Connection]:
    """Give what is on record."""
    database = Database(url)
    with database.read() as connection:
        yield connection
    database.close()


def kept(url: str) -> list[tuple[Outcome, str | None, int]]:
    """Return every submission on record: its outcome, its file's name, and its rows."""
    with record(url) as connection:
        found = submissions.listed(connection, before=None, limit=100)
    return [(one.result.outcome, one.filename, one.result.counts.received) for one in found]


def submit(*options: str, text: str = GOOD, name: str | None = None) -> Ran:
    return dabiao("submit", name or "-", *options, stdin=None if name else text)


# --- submit -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "text"), [("january.csv", GOOD), ("january.JSON", JSON)])
def test_a_file_is_taken_in(name: str, text: str, loaded: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    ran = submit(name=name)
    assert (ran.status, ran.err) == (0, "")
    said = "accepted (received 1, created 1, revised 0, unchanged 0, rejected 0)\n"
    assert ran.out == f"submission 2: {said}"
    assert kept(loaded) == [(Outcome.ACCEPTED, name, 1)]
    history = dabiao("history", "pendency", "exam", "2013-01", "--json").json
    assert [line["value"] for line in history] == ["23.1"]


def test_a_workbook_is_taken_in(catalogue: str, tmp_path: Path) -> None:
    book = Workbook()
    assert book.active is not None
    for row in (line.split(",") for line in GOOD.splitlines()):
        book.active.append(row)
    book.save(tmp_path / "january.XLSX")
    ran = submit(name="january.XLSX")
    assert (ran.status, ran.err) == (0, "")
    assert kept(catalogue) == [(Outcome.ACCEPTED, "january.XLSX", 1)]


def test_standard_input_is_taken_in(loaded: str) -> None:
    assert submit().status == 0
    assert kept(loaded) == [(Outcome.ACCEPTED, None, 1)]


def test_the_same_again_is_unchanged(loaded: str) -> None:
    submit()
    ran = submit()
    assert ran.status == 0
    assert "accepted (received 1, created 0, revised 0, unchanged 1, rejected 0)" in ran.out
    assert len(kept(loaded)) == 2


def test_a_dry_run_keeps_nothing(loaded: str) -> None:
    ran = submit("--dry-run")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.startswith("submission (--dry-run): accepted (received 1, created 1, ")
    assert submit("--dry-run", "--json").json["id"] is None
    assert submit("--dry-run", text=BAD).status == 1
    assert kept(loaded) == []


def test_a_refusal_lists_its_findings_and_is_on_record(loaded: str) -> None:
    ran = submit(text=BAD)
    assert ran.status == 1
    assert ran.out.startswith("submission 2: refused (received 3, created 0, ")
    heading, *findings = table(ran.err)
    assert heading == ["severity", "row", "column", "finding"]
    assert [(row[0], row[1], row[2]) for row in findings] == [
        ("error", "3", "value"),
        ("error", "4", "kpi"),
    ]
    assert "“many” is not a number" in findings[0][3]
    assert kept(loaded) == [(Outcome.REFUSED, None, 3)]
    with record(loaded) as connection:
        receipt = submissions.get(connection, 2)
    assert receipt is not None
    assert [(found.row, found.code) for found in receipt.result.findings] == [
        (3, "not_a_number"),
        (4, "unknown_kpi"),
    ]
    assert dabiao("history", "pendency", "exam", "2013-01").status == 1


@pytest.mark.usefixtures("catalogue")
def test_a_refusal_in_json_is_1_too() -> None:
    ran = submit("--json", text=BAD)
    assert (ran.status, ran.err) == (1, "")
    assert ran.json["status"] == "refused"
    assert [found["row"] for found in ran.json["findings"]] == [3, 4]
    assert ran.json["received_at"].endswith("+08:00")


def test_good_rows_can_stand_without_the_bad(loaded: str) -> None:
    ran = submit("--on-error", "skip", text=BAD)
    assert ran.status == 0
    assert "partial (received 3, created 1, revised 0, unchanged 0, rejected 2)" in ran.out
    assert len(table(ran.err)) == 3
    assert kept(loaded) == [(Outcome.PARTIAL, None, 3)]


@pytest.mark.usefixtures("catalogue")
def test_findings_speak_chinese_and_keep_their_columns() -> None:
    ran = submit("--language", "zh", text=BAD)
    assert ran.out.startswith("提交 2: 已拒收 (收到 3, ")
    heading, *findings = table(ran.err)
    assert heading == ["级别", "行", "列", "问题"]
    assert [row[0] for row in findings] == ["错误", "错误"]


@pytest.mark.usefixtures("catalogue")
def test_a_cell_is_repeated_as_it_stands_whatever_it_is() -> None:
    ran = submit(text="kpi,department,period,value\n[/red] :smile:,exam,2013-01,1\n")
    assert ran.status == 1
    assert "“[/red] :smile:”" in ran.err


def test_an_idempotency_key_gets_the_first_answer(loaded: str) -> None:
    first = submit("--idempotency-key", "january")
    again = submit("--idempotency-key", "january")
    assert (again.status, again.out) == (0, first.out)
    assert len(kept(loaded)) == 1
    other = submit("--idempotency-key", "january", text=BAD)
    assert (other.status, other.out) == (1, "")
    assert other.line == "this Idempotency-Key came before with another body"
    assert len(kept(loaded)) == 1


@pytest.mark.parametrize("text", ["", "\n\n", "\x00\x01", "kpi;period\n", '"open'])
def test_what_is_no_table_is_refused_and_on_record(text: str, catalogue: str) -> None:
    ran = submit(text=text)
    assert ran.status == 1
    assert ran.out.startswith("submission 2: refused")
    assert len(table(ran.err)) >= 2
    assert [outcome for outcome, _, _ in kept(catalogue)] == [Outcome.REFUSED]


# --- load -------------------------------------------------------------------------------------


def test_a_folder_is_loaded_and_again_changes_nothing(empty: str, tmp_path: Path) -> None:
    folder = write(tmp_path / "office")
    ran = dabiao("load", folder)
    assert (ran.status, ran.out) == (0, "")
    assert ran.err == "office: 21 catalogue entries new or changed, 12 figures in 2 submissions\n"
    before = kept(empty)
    assert before == [(Outcome.ACCEPTED, "office/2.csv", 1), (Outcome.ACCEPTED, "office/1.csv", 11)]
    again = dabiao("load", folder, "--json")
    assert again.json["resources"] == 0
    assert kept(empty) == before


def test_a_bad_catalogue_lists_everything_and_stores_nothing(empty: str, tmp_path: Path) -> None:
    kpis = [{**KPIS[0], "kind": "speed", "colour": "red"}, {**KPIS[1], "frequency": 12}]
    targets = [{"plan": "plan-2013", "kpi": "pendency", "department": "exam", "target": "soon"}]
    ran = dabiao("load", write(tmp_path / "office", kpis=kpis, targets=targets))
    assert (ran.status, ran.out) == (1, "")
    first, *findings = ran.err.splitlines()
    assert first.startswith("dabiao: ")
    assert first.endswith("office is not a catalogue that can be loaded")
    named = [line.partition(": ")[0] + ":" + line.partition(": ")[2] for line in findings]
    for file, field, place in (
        ("kpis.yaml", "kind", "#1"),
        ("kpis.yaml", "colour", "#1"),
        ("kpis.yaml", "frequency", "#2"),
        ("targets.yaml", "target", "#1"),
        ("targets.yaml", "due", "#1"),
    ):
        assert any(
            line.startswith(f"  {file}") and field in line and place in line for line in named
        ), (file, field, place)
    assert len(findings) == 5
    assert kept(empty) == []
    assert dabiao("scoreboard", "--plan", "plan-2013").line == "there is no plan plan-2013"


def test_a_catalogue_that_does_not_fit_together_stores_nothing(empty: str, tmp_path: Path) -> None:
    folder = write(tmp_path / "office", kpis=KPIS[1:])
    ran = dabiao("load", folder, "--language", "zh")
    assert (ran.status, ran.out) == (1, "")
    first, *findings = ran.err.splitlines()
    assert first == "dabiao: the catalogue is not as it must be"
    assert len(findings) == 2  # a target in each plan
    assert all(line.startswith("  targets.yaml: kpi #") for line in findings)
    assert all("没有" in line and "pendency" in line for line in findings)
    assert kept(empty) == []


def test_a_refused_file_of_figures_is_1_and_the_rest_stands(empty: str, tmp_path: Path) -> None:
    ran = dabiao("load", write(tmp_path / "office", figures={"a.csv": BAD, "b.csv": FIRST}))
    assert (ran.status, ran.out) == (1, "")
    first, second, *findings = ran.err.splitlines()
    assert first == "office: 21 catalogue entries new or changed, 11 figures in 2 submissions"
    assert second == "office/a.csv: refused"
    assert len(table("\n".join(findings))) == 3
    outcomes = [(outcome, name) for outcome, name, _ in kept(empty)]
    assert outcomes == [(Outcome.ACCEPTED, "office/b.csv"), (Outcome.REFUSED, "office/a.csv")]


@pytest.mark.usefixtures("empty")
def test_loading_in_json_gives_a_receipt_a_file(tmp_path: Path) -> None:
    ran = dabiao(
        "load", write(tmp_path / "office", figures={"a.csv": BAD, "b.csv": FIRST}), "--json"
    )
    assert (ran.status, ran.err) == (1, "")
    assert ran.json["resources"] == 21
    made = [(one["filename"], one["status"]) for one in ran.json["submissions"]]
    assert made == [("office/a.csv", "refused"), ("office/b.csv", "accepted")]


@pytest.mark.usefixtures("catalogue")
def test_a_folder_of_figures_alone_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "more" / "figures").mkdir(parents=True)
    (tmp_path / "more" / "figures" / "2.csv").write_text(SECOND, "utf-8")
    ran = dabiao("load", "more")
    assert ran.status == 0
    assert ran.err == "more: 0 catalogue entries new or changed, 1 figures in 1 submissions\n"
