"""Files made to harm, cut off, or named for what they are not: refused in few words.

Peaks of memory, measured with the worst file of each kind that fits the upload limit of 10 MiB
(`test_the_worst_files_stay_within_the_limits` holds them below 512 MiB and 400 MiB):

- in the child, 320 MiB: 1.9 million different shared strings of 100 characters (5.2 MiB packed);
- in the service, 150 MiB more than before: 2 million cells, no two the same (5.3 MiB packed).
"""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.finding import TEMPLATES, english
from app.intake.workbook import DEFAULT, MIB, read_workbook
from tests.intake.workbook import hostile
from tests.intake.workbook.files import GOOD, HEADER, XML, book, packed, parts, rows, sheet
from tests.intake.workbook.test_programs import excel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PLAIN = book(sheet(rows(HEADER, GOOD)))
OLE = bytes.fromhex("D0CF11E0A1B11AE1")
MEASURE = """
import json, resource, sys
from pathlib import Path
from app.intake.workbook import read_workbook
body = Path(sys.argv[1]).read_bytes()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
table = read_workbook(body)
print(json.dumps({
    "codes": sorted({found.code for found in table.findings}),
    "rows": len(table),
    "own": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before,
    "child": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss,
}))
"""


def refused(body: bytes) -> str:
    table = read_workbook(body)
    assert len(table) == 0
    (finding,) = table.findings
    assert english(finding)
    assert finding.row is None
    return finding.code


# --- files that are something else ------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty"),
        (b"kpi,department,period,value\n", "text_not_workbook"),
        ("指标,部门".encode("gb18030"), "text_not_workbook"),
        (b"<html><table><tr><td>kpi</td></tr></table></html>", "web_page"),
        (b'\xef\xbb\xbf\r\n<?xml version="1.0"?><Workbook/>', "web_page"),
        (OLE + b"\0" * 504 + "Workbook".encode("utf-16-le"), "old_workbook"),
        (OLE + b"\0" * 900 + "EncryptedPackage".encode("utf-16-le"), "encrypted_workbook"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not_a_workbook"),
        (b"%PDF-1.7\n%\0", "not_a_workbook"),
        (b"\0", "not_a_workbook"),
        (b"PK", "damaged_workbook"),
        (b"PK\x03\x04" + hashlib.shake_128(b"noise").digest(3000), "damaged_workbook"),
        (packed({}), "not_a_workbook"),
        (packed({"word/document.xml": "<w/>"}), "not_a_workbook"),
        (packed({"xl/workbook.bin": b"\0"}), "not_a_workbook"),
        (packed({"xl/workbook.xml": f"{XML}<document/>"}), "not_a_workbook"),
        (
            packed({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "a": "b"}),
            "open_document",
        ),
    ],
)
def test_a_file_is_what_it_is_whatever_it_is_called(body: bytes, code: str) -> None:
    assert refused(body) == code


def test_a_workbook_of_another_kind_of_the_same_form_is_read() -> None:
    """With macros, or without the relations that few files lack: the cells are the same."""
    made = parts(sheet(rows(HEADER, GOOD)), more={"xl/vbaProject.bin": OLE})
    del made["_rels/.rels"]
    assert read_workbook(packed(made)).findings == ()


@pytest.mark.parametrize("left_out", ["xl/workbook.xml", "xl/worksheets/sheet1.xml"])
def test_a_workbook_without_a_part_that_it_needs(left_out: str) -> None:
    made = parts(sheet(rows(HEADER, GOOD)))
    del made[left_out]
    assert refused(packed(made)) in {"not_a_workbook", "damaged_workbook"}


@pytest.mark.parametrize("target", ["https://example.com/s.xml", "../../../../etc/passwd", ""])
def test_relations_lead_nowhere_but_into_the_package(target: str) -> None:
    made = parts(sheet(rows(HEADER, GOOD)))
    name = "xl/_rels/workbook.xml.rels"
    made[name] = str(made[name]).replace("worksheets/sheet1.xml", target)
    assert refused(packed(made)) == "damaged_workbook"
    made[name] = str(made[name]).replace("/>", ' TargetMode="External"/>')
    assert refused(packed(made)) == "empty"


# --- damaged files ----------------------------------------------------------------------------


@pytest.mark.parametrize("part", [0.05, 0.3, 0.6, 0.9, 0.999])
def test_a_file_that_was_cut_off(part: float) -> None:
    whole = excel()
    assert refused(whole[: int(len(whole) * part)]) == "damaged_workbook"


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, len(PLAIN) - 1), st.binary(min_size=1, max_size=4))
def test_a_file_with_wrong_bytes_is_read_or_told(place: int, wrong: bytes) -> None:
    table = read_workbook(PLAIN[:place] + wrong + PLAIN[place + len(wrong) :])
    assert len(table) in {0, 1}
    assert all(found.code in TEMPLATES for found in table.findings)


def altered(flag: int = 0, method: int | None = None) -> bytes:
    """Say of every entry that it is encrypted, or packed by a method."""
    body = bytearray(PLAIN)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = body.find(signature)
        while place >= 0:
            body[place + offset] |= flag
            if method is not None:
                body[place + offset + 2] = method
            place = body.find(signature, place + 4)
    return bytes(body)


def test_parts_that_are_encrypted_or_packed_otherwise() -> None:
    assert refused(altered(flag=1)) == "encrypted_workbook"
    for method in (1, 9, 12, 14, 93, 99):
        assert refused(altered(method=method)) == "damaged_workbook"


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_packing_that_unpacks_without_bounds_is_not_unpacked(compression: int) -> None:
    made = parts(sheet(rows(HEADER, GOOD)), more={"mimetype": "x"})
    assert refused(packed(made, compression)) == "damaged_workbook"


def test_a_package_of_very_many_parts() -> None:
    file = io.BytesIO(PLAIN)
    with zipfile.ZipFile(file, "a") as package:
        for number in range(10_001):
            package.writestr(f"{number}", "")
    assert refused(file.getvalue()) == "too_many_parts"


# --- document types and entities --------------------------------------------------------------


@pytest.mark.parametrize("declared", [hostile.LAUGHS, hostile.FILE, hostile.QUADRATIC])
@pytest.mark.parametrize(
    "part",
    [
        *("xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml"),
        *("xl/workbook.xml", "_rels/.rels"),
    ],
)
def test_no_document_type_is_read_wherever_it_stands(part: str, declared: str) -> None:
    assert refused(hostile.with_document_type(part, declared)) == "document_type"


def test_nor_in_another_encoding() -> None:
    declared = XML.replace("UTF-8", "UTF-16") + hostile.LAUGHS + "<worksheet/>"
    assert refused(book(declared.encode("utf-16"))) == "document_type"


# --- too much of it ---------------------------------------------------------------------------


def test_a_sheet_of_all_its_rows_with_figures_in_few_is_read() -> None:
    """As programs leave it when a whole column was formatted down to the last row."""
    table = read_workbook(hostile.many_rows(1_048_576, b'<c s="1"/><c s="1"/>'))
    assert (len(table), table.findings) == (1, ())


def test_a_sheet_of_all_its_rows_and_figures_in_all_is_too_much() -> None:
    assert refused(hostile.many_rows(1_048_576, b"<c><v>1</v></c>" * 4)) == "too_many_filled_cells"


def test_one_row_more_than_a_sheet_has() -> None:
    assert refused(hostile.many_rows(1_048_577, b"")) == "damaged_workbook"


def test_a_sheet_of_all_its_columns() -> None:
    findings = read_workbook(hostile.wide()).findings
    assert {found.code for found in findings} == {"unknown_column", "too_many_findings"}


def test_figures_in_opposite_corners() -> None:
    table = read_workbook(hostile.far_apart())
    assert [(found.code, found.row) for found in table.findings] == [("too_many_cells", 1_048_576)]


def test_a_part_that_unpacks_to_a_thousand_times_its_size() -> None:
    assert refused(hostile.long_text(2**29)) == "workbook_too_large"
    assert refused(hostile.strings(16_000_000)) == "too_many_filled_cells"
    assert refused(hostile.style_formats(70_000)) == "damaged_workbook"
    assert refused(hostile.merged(100_001)) == "workbook_too_demanding"


def test_more_is_told_than_may_be_answered() -> None:
    narrow = replace(DEFAULT, answer=1000)
    table = read_workbook(book(sheet(rows(HEADER, *[GOOD] * 100))), narrow)
    assert [found.code for found in table.findings] == ["workbook_too_large"]


def test_memory_is_limited() -> None:
    body = hostile.different_strings(400_000, 100)
    table = read_workbook(body, replace(DEFAULT, memory=64 * MIB))
    assert [found.code for found in table.findings] == ["workbook_too_demanding"]


def test_time_is_limited() -> None:
    body = hostile.empty_cells(40_000_000)
    for narrow in (replace(DEFAULT, seconds=1), replace(DEFAULT, patience=0.5)):
        table = read_workbook(body, narrow)
        assert [found.code for found in table.findings] == ["workbook_too_demanding"]


WORST: dict[str, Callable[[], bytes]] = {
    "strings": lambda: hostile.different_strings(1_900_000, 100),
    "figures": lambda: hostile.different_figures(1_999_000),
}


@pytest.mark.parametrize("kind", WORST)
def test_the_worst_files_stay_within_the_limits(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "worst.xlsx"
    file.write_bytes(WORST[kind]())
    assert file.stat().st_size < 10 * MIB
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, file],
        capture_output=True,
        check=True,
    )
    measured = json.loads(done.stdout)
    assert measured["codes"] == []
    assert measured["child"] < 512 * 1024
    assert measured["own"] < 400 * 1024
