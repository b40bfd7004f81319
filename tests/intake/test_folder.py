"""A catalogue's folder: taken as a whole or not at all, and read to findings whatever it holds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.domain.finding import english
from app.errors import NotFound, Refused
from app.intake.folder import Loaded, load_folder
from app.ledger.database import Database
from app.ledger.migrating import migrate
from app.ledger.office import Office
from app.ledger.submissions import Counts, Outcome
from tests.clock import Clock
from tests.factories import amount
from tests.ledger.small_office import (
    PLANNER,
    assert_whole,
    count_rows,
    history,
    issue_key,
    row,
    send,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.domain.finding import Finding

FILES = {
    "departments.yaml": """\
        - {code: exam, name_zh: 审查部, name_en: Examination, kind: department, parent: office}
        - {code: office, name_zh: 局, name_en: Office, kind: office}
        """,
    "plans.yaml": """\
        - {code: plan-2013, name_zh: 计划, name_en: Plan, start: 2013-01, end: 2013-12}
        """,
    "kpis.yaml": """\
        - code: pendency
          name_zh: 审查周期
          name_en: Pendency
          unit_zh: 月
          unit_en: months
          kind: level
          frequency: M
          reported_by: [exam]
        """,
    "targets.yaml": """\
        - {plan: plan-2013, kpi: pendency, department: exam, target: <= 22.5, due: 2013-12}
        """,
    "figures/01.csv": "kpi,department,period,value,reason\npendency,exam,2013-02,25.0,\n",
    "figures/02.csv": "kpi,department,period,value,reason\npendency,exam,2013-02,24.5,overview\n",
}


def write(folder: Path, files: dict[str, str] | None = None, **changed: str | bytes) -> Path:
    """Write a folder's files; `changed` by their names without an end: `targets="- {}"`."""
    for name, text in (FILES if files is None else files).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        body = changed.get(path.stem, text)
        path.write_bytes(body if isinstance(body, bytes) else body.encode())
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "catalogue")


def rows_in_tables(office: Office) -> dict[str, int]:
    with office.database.read() as connection:
        return count_rows(connection)


def refused(office: Office, folder: Path) -> list[Finding]:
    """Load a folder that is refused, having checked that nothing of it was stored."""
    with pytest.raises(Refused) as caught:
        load_folder(office, folder, PLANNER)
    assert set(rows_in_tables(office).values()) == {0}
    return list(caught.value.findings)


# --- what a folder does -----------------------------------------------------------------------


def test_a_folder_brings_its_catalogue_and_then_its_figures_in_order(
    office: Office, folder: Path
) -> None:
    loaded = load_folder(office, folder, PLANNER)
    assert loaded.resources == 5
    one, two = loaded.receipts
    assert (one.filename, two.filename) == ("catalogue/01.csv", "catalogue/02.csv")
    assert (one.result.counts, two.result.counts) == (Counts(1, 1), Counts(1, revised=1))
    lines = history(office, "2013-02")
    assert [line.figure.amount for line in lines] == [amount(25), amount("24.5")]
    assert [line.reason for line in lines] == [None, "overview"]
    with office.database.read() as connection:
        stored = office.catalogue(connection).catalogue
    target = stored.targets["plan-2013", "pendency", "exam"]
    assert (str(target.goal), str(target.due)) == ("<= 22.5", "2013-12")
    assert stored.departments["exam"].parent == "office"
    assert_whole(office.database)


def test_a_folder_loaded_again_changes_nothing(office: Office, folder: Path, clock: Clock) -> None:
    first = load_folder(office, folder, PLANNER)
    before = rows_in_tables(office)
    clock.forward(days=1)
    assert load_folder(office, folder, PLANNER) == Loaded(0, first.receipts)
    assert rows_in_tables(office) == before
    send(office, row("23", "2013-02", reason="recount"))
    assert load_folder(office, folder, PLANNER) == Loaded(0, first.receipts)
    assert history(office, "2013-02")[-1].figure.amount == amount(23)


def test_a_changed_file_is_a_delivery_of_its_own(office: Office, folder: Path) -> None:
    first = load_folder(office, folder, PLANNER)
    text = (folder / "figures/02.csv").read_text(encoding="utf-8")
    (folder / "figures/02.csv").write_text(text + "pendency,exam,2013-03,24,\n", encoding="utf-8")
    (folder / "targets.yaml").write_text(
        FILES["targets.yaml"].replace("22.5", "20"), encoding="utf-8"
    )
    again = load_folder(office, folder, PLANNER)
    assert again.resources == 1
    assert again.receipts[0] == first.receipts[0]
    assert again.receipts[1].result.counts == Counts(2, created=1, unchanged=1)


def test_a_refused_file_does_not_keep_the_others_out_and_is_tried_again(
    office: Office, folder: Path, clock: Clock
) -> None:
    """What it lacked may be there by now: here, the end of the month that it speaks for."""
    clock.set(2013, 2, 20)
    first = load_folder(office, folder, PLANNER)
    assert [one.result.outcome for one in first.receipts] == [Outcome.REFUSED] * 2
    assert rows_in_tables(office)["submission"] == 2
    clock.set(2013, 3, 1)
    again = load_folder(office, folder, PLANNER)
    assert [one.result.outcome for one in again.receipts] == [Outcome.ACCEPTED] * 2
    before = rows_in_tables(office)
    assert load_folder(office, folder, PLANNER) == Loaded(0, again.receipts)
    assert rows_in_tables(office) == before
    assert_whole(office.database)


def test_another_sender_s_same_file_is_another_delivery(office: Office, folder: Path) -> None:
    first = load_folder(office, folder, PLANNER)
    sender = issue_key(office, "other")
    again = load_folder(office, folder, sender)
    assert {one.id for one in first.receipts}.isdisjoint({one.id for one in again.receipts})
    assert again.receipts[0].result.outcome is Outcome.REFUSED  # 25.0 would be a correction now


def test_figures_alone_are_a_folder_too(office: Office, folder: Path, tmp_path: Path) -> None:
    load_folder(office, folder, PLANNER)
    text = "指标,部门,期间,数值\n审查周期,审查部,2013年5月,２３\n"
    more = tmp_path / "more" / "figures"
    more.mkdir(parents=True)
    (more / "五月.csv").write_bytes(text.encode("gb18030"))
    (more / "README.md").write_text("not a figure", encoding="utf-8")
    loaded = load_folder(office, more.parent, PLANNER)
    assert loaded.resources == 0
    assert [one.result.counts for one in loaded.receipts] == [Counts(1, created=1)]


def test_a_folder_that_is_none_or_holds_nothing_is_not_found(
    office: Office, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "empty").mkdir()
    for name in ("absent", "file", "empty"):
        with pytest.raises(NotFound, match=name):
            load_folder(office, tmp_path / name, PLANNER)


def test_a_whole_folder_or_nothing(office: Office, tmp_path: Path) -> None:
    """Faults in three files: each is told with file, entry and field; nothing is stored."""
    one = FILES["targets.yaml"].rstrip(" ")
    targets = one + one.replace("exam", "moon")
    folder = write(tmp_path / "x", targets=targets)
    (found,) = refused(office, folder)
    assert (found.code, found.row, found.column) == (
        "unknown_department", 2, "targets.yaml: department")  # fmt: skip
    write(folder, targets="- {target: soon}", kpis="- code: K", plans="[")
    told = [(found.row, found.column) for found in refused(office, folder)]
    assert (None, "plans.yaml") in told
    assert (1, "kpis.yaml: code") in told
    assert (1, "targets.yaml: target") in told
    assert (1, "targets.yaml: plan") in told


# --- traps of YAML ----------------------------------------------------------------------------

TARGET = "plan: plan-2013, kpi: pendency, department: exam"
READ: dict[str, tuple[str, str, object]] = {
    "a year as a number": (f"- {{{TARGET}, target: <= 5, due: 2013}}", "due", "2013"),
    "a month without quotation marks": (
        f"- {{{TARGET}, target: <= 5, due: 2013-12}}", "due", "2013-12"),
    "a number with its zeros": (
        f"- {{{TARGET}, target: <= 5, due: 2013, weight: 22.50}}", "weight", "22.50"),
    "a number in quotation marks": (
        f"- {{{TARGET}, target: <= 5, due: 2013, weight: '1e1'}}", "weight", "1E+1"),
    "a single entry without its dash": (f"{{{TARGET}, target: <= 5, due: 2013}}", "due", "2013"),
    "an anchor and its alias": (
        f"- {{{TARGET}, target: &t <= 5, due: 2013, source: *t}}", "source", "<= 5"),
    "a byte order mark": (f"\ufeff- {{{TARGET}, target: <= 5, due: 2013}}", "due", "2013"),
    "line ends of another system": (
        f"- {{{TARGET},\r\n   target: <= 5,\r\n   due: 2013}}\r\n", "due", "2013"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "name", "value"), READ.values(), ids=READ.keys())
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_yaml_can_mean_in_one_way_is_read_so(
    office: Office, tmp_path: Path, text: str, name: str, value: object
) -> None:
    load_folder(office, write(tmp_path / "x", targets=text), PLANNER)
    with office.database.read() as connection:
        targets = office.catalogue(connection).catalogue.targets
    found = getattr(targets["plan-2013", "pendency", "exam"], name)
    assert str(found.normalize() if name == "weight" and "E" in str(value) else found) in (
        str(value), "22.500000")  # fmt: skip


GOOD = f"{TARGET}, target: <= 5, due: 2013-12"
TRAPS: dict[str, tuple[str | bytes, int | None, str]] = {
    "an empty file": ("", 1, "targets.yaml"),
    "nothing but a comment": ("# nothing\n", 1, "targets.yaml"),
    "an entry that is nothing": (f"- {{{GOOD}}}\n-\n", 2, "targets.yaml"),
    "an entry that is text": (f"- {{{GOOD}}}\n- text\n", 2, "targets.yaml"),
    "an entry that is a list": ("- []\n", 1, "targets.yaml"),
    "plain text": ("no catalogue at all", 1, "targets.yaml"),
    "a field twice": (f"- {{{GOOD}, due: 2013-11}}", None, "targets.yaml"),
    "a field twice, once as a number": (
        f"- {{{GOOD}, 5: a, '5': b}}", None, "targets.yaml"),
    "a period twice among the points": (
        f"- {{{GOOD}, trajectory: {{shape: points, points: {{2013-06: 8, 2013-06: 9}}}}}}",
        None, "targets.yaml"),
    "a list for a field's name": (f"- {{{GOOD}, [a]: b}}", None, "targets.yaml"),
    "an object for a field's name": (f"- {{{GOOD}, {{a: b}}: c}}", None, "targets.yaml"),
    "a truth value for a field's name": (f"- {{{GOOD}, yes: b}}", None, "targets.yaml"),
    "nothing for a field's name": (f"- {{{GOOD}, ~: b}}", None, "targets.yaml"),
    "an unknown field": (f"- {{{GOOD}, colour: red}}", 1, "targets.yaml: colour"),
    "a number for a field's name": (f"- {{{GOOD}, 5: red}}", 1, "targets.yaml: 5"),
    "an exponent beyond all bounds": (f"- {{{GOOD}, weight: 1e400}}", 1, "targets.yaml: weight"),
    "the same with a point": (f"- {{{GOOD}, weight: 1.0e+400}}", 1, "targets.yaml: weight"),
    "a number in parts of sixty": (f"- {{{GOOD}, weight: 1:30}}", 1, "targets.yaml: weight"),
    "a hexadecimal number": (f"- {{{GOOD}, weight: 0x1F}}", 1, "targets.yaml: weight"),
    "underscores in a number": (f"- {{{GOOD}, weight: 1_000}}", 1, "targets.yaml: weight"),
    "an infinity": (f"- {{{GOOD}, weight: .inf}}", 1, "targets.yaml: weight"),
    "not a number": (f"- {{{GOOD}, weight: .nan}}", 1, "targets.yaml: weight"),
    "a number of too many digits": (
        f"- {{{GOOD}, weight: 0.{'1' * 5000}}}", 1, "targets.yaml: weight"),
    "a date": (f"- {{{TARGET}, target: <= 5, due: 2013-12-31}}", 1, "targets.yaml: due"),
    "an instant": (
        f"- {{{TARGET}, target: <= 5, due: 2013-12-31T00:00:00Z}}", 1, "targets.yaml: due"),
    "a truth value for a code": (
        "- {plan: NO, kpi: pendency, department: exam, target: <= 5, due: 2013}",
        1, "targets.yaml: plan"),
    "a truth value for a period": (
        f"- {{{TARGET}, target: <= 5, due: yes}}", 1, "targets.yaml: due"),
    "a number for text": (f"- {{{GOOD}, source: 5}}", 1, "targets.yaml: source"),
    "a folded target that is a number": (
        f"- {{{TARGET}, target: 22.5, due: 2013}}", 1, "targets.yaml: target"),
    "a list for text": (f"- {{{GOOD}, source: [a, b]}}", 1, "targets.yaml: source"),
    "a NUL in text": (f'- {{{GOOD}, source: "a\\0b"}}', None, "targets.yaml"),
    "half a character in text": (f'- {{{GOOD}, source: "\\uD800"}}', None, "targets.yaml"),
    "half a character in a field's name": (f'- {{{GOOD}, "\\uD800": x}}', None, "targets.yaml"),
    "half a character in a number": (
        f'- {{{GOOD}, weight: !!int "\\uD800"}}', None, "targets.yaml"),
    "an alias of nothing": (f"- {{{GOOD}, source: *nobody}}", None, "targets.yaml"),
    "an entry within itself": ("- &a {plan: *a}", 1, "targets.yaml: plan"),
    "a list within itself": ("&a [*a]", 1, "targets.yaml"),
    "a merged entry": (f"- &a {{{GOOD}}}\n- {{<<: *a}}\n", None, "targets.yaml"),
    "a tag of this language": (
        "- !!python/object/apply:os.system [echo]", None, "targets.yaml"),
    "an unknown tag": (f"- !mine {{{GOOD}}}", None, "targets.yaml"),
    "a truth value by force": (f"- {{{GOOD}, source: !!bool maybe}}", None, "targets.yaml"),
    "a truth value from a list": (f"- {{{GOOD}, source: !!bool [a]}}", None, "targets.yaml"),
    "an object from a list": ("- !!map [a]", None, "targets.yaml"),
    "an object from text": ("- !!map a", None, "targets.yaml"),
    "a number from a list": (f"- {{{GOOD}, weight: !!int [1]}}", 1, "targets.yaml: weight"),
    "a number from text": (f"- {{{GOOD}, weight: !!float one}}", 1, "targets.yaml: weight"),
    "a date from a list": (f"- {{{GOOD}, source: !!timestamp [a]}}", 1, "targets.yaml: source"),
    "bytes": (f"- {{{GOOD}, source: !!binary aGk=}}", 1, "targets.yaml: source"),
    "bytes that are none": (f"- {{{GOOD}, source: !!binary ü}}", None, "targets.yaml"),
    "a set": ("- !!set {a, b}", 1, "targets.yaml"),
    "the value of everything": (f"- {{{GOOD}, source: =}}", None, "targets.yaml"),
    "two documents": (f"- {{{GOOD}}}\n---\n- {{{GOOD}}}\n", None, "targets.yaml"),
    "a bracket that stays open": ("- {", None, "targets.yaml"),
    "a tab for indentation": ("- plan: p\n\tkpi: k\n", None, "targets.yaml"),
    "thousands of brackets": ("[" * 5000, None, "targets.yaml"),
    "a control character": ("- \x07", None, "targets.yaml"),
    "an encoding of another office": (f"- {{{GOOD}, source: 审查}}".encode("gb18030"), None,
                                      "targets.yaml"),
    "an encoding of two bytes": (f"- {{{GOOD}}}".encode("utf-16"), None, "targets.yaml"),
    "bytes of nothing": (bytes(range(256)), None, "targets.yaml"),
    "the same target twice": (f"- {{{GOOD}}}\n- {{{GOOD}}}\n", 2, "targets.yaml"),
}  # fmt: skip


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Give an empty office for what is refused before the engine has a part in it."""
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('untouched')}/dabiao.db")
    migrate(database)
    yield Office(database, ZoneInfo("Asia/Shanghai"), Clock())
    database.close()


@pytest.fixture(scope="module")
def traps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("traps")


@pytest.mark.parametrize(("text", "row", "column"), TRAPS.values(), ids=TRAPS.keys())
def test_what_yaml_makes_doubtful_is_a_finding_with_its_file_and_entry(
    untouched: Office, traps: Path, text: str | bytes, row: int | None, column: str
) -> None:
    findings = refused(untouched, write(traps, targets=text))
    assert (findings[0].row, findings[0].column) == (row, column)
    for found in findings:
        said = english(found)
        assert "\n" not in said
        assert found.column is not None
        assert found.column.startswith("targets.yaml")


def test_many_aliases_of_aliases_are_no_burden(untouched: Office, tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    findings = refused(untouched, write(tmp_path / "x", targets="\n".join(lines)))
    assert {found.code for found in findings} == {"unknown_field", "missing_field"}


@pytest.mark.parametrize("name", ["departments.yaml", "plans.yaml", "kpis.yaml", "targets.yaml"])
def test_a_fault_in_any_of_the_four_files_keeps_all_of_them_out(
    untouched: Office, folder: Path, name: str
) -> None:
    (folder / name).write_text("- {colour: red}", encoding="utf-8")
    findings = refused(untouched, folder)
    assert {found.column for found in findings} >= {f"{name}: colour"}
    assert all(str(found.column).startswith(name) for found in findings)


def test_a_folder_in_a_file_s_place_is_a_finding(untouched: Office, folder: Path) -> None:
    (folder / "plans.yaml").unlink()
    (folder / "plans.yaml").mkdir()
    (found,) = refused(untouched, folder)
    assert (found.code, found.column) == ("invalid", "plans.yaml")


# A document of whatever JSON can say is YAML, too.
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
fields = st.sampled_from(["code", "plan", "kpi", "department", "target", "due", "trajectory"])
documents = st.lists(st.dictionaries(fields, anything, max_size=7), min_size=1, max_size=3)


@settings(max_examples=60, deadline=None)
@given(text=st.one_of(documents.map(json.dumps), anything.map(json.dumps), st.text()))
@example(text="[]")
def test_whatever_a_file_holds_it_is_taken_or_refused(
    untouched: Office, traps: Path, text: str
) -> None:
    body = text.encode("utf-8", "surrogatepass")
    folder = write(traps / "alone", {"targets.yaml": ""}, targets=body)
    try:
        load_folder(untouched, folder, PLANNER)
    except NotFound:
        assert yaml.safe_load(text) == []
    except Refused as error:
        findings = error.findings
        assert findings
        assert all(found.column and found.column.startswith("targets.yaml") for found in findings)
        assert all(english(found) for found in findings)
    assert set(rows_in_tables(untouched).values()) == {0}
