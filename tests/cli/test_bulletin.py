"""`dabiao export bulletin`: the monthly report as a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from tests.cli.running import dabiao

if TYPE_CHECKING:
    from pathlib import Path

BULLETIN = ("export", "bulletin", "plan-2013", "2013-03")


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(("name", "start"), [("a.pdf", b"%PDF"), ("a.XLSX", b"PK"), ("a", b"%PDF")])
def test_the_name_of_the_file_says_what_it_is(tmp_path: Path, name: str, start: bytes) -> None:
    ran = dabiao(*BULLETIN, tmp_path / name)
    assert (ran.status, ran.out, ran.err) == (0, "", "")
    assert (tmp_path / name).read_bytes().startswith(start)


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("form", ["pdf", "xlsx", "html"])
def test_an_edition_is_the_same_whenever_it_is_written(tmp_path: Path, form: str) -> None:
    as_of = ("--as-of", "2100-01-01T00:00:00+08:00")
    for name in ("one", "other"):
        assert dabiao(*BULLETIN, tmp_path / name, "--format", form, *as_of).status == 0
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


@pytest.mark.usefixtures("filled")
def test_every_form_speaks_the_language_asked_for(tmp_path: Path) -> None:
    for language, title in (("zh", "月报"), ("en", "bulletin of Mar 2013")):
        for form in ("pdf", "xlsx", "html"):
            file = tmp_path / f"{language}.{form}"
            assert dabiao(*BULLETIN, file, "--language", language).status == 0
        assert title in PdfReader(tmp_path / f"{language}.pdf").pages[0].extract_text()
        html = (tmp_path / f"{language}.html").read_text("utf-8")
        assert title in html.partition("</title>")[0]
        assert "<link" not in html
        assert "<script" not in html
        assert "@page" in html
    sheet = load_workbook(tmp_path / "zh.xlsx", read_only=True).sheetnames[0]
    assert sheet == "全局总览"


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("nothing", "2013-03"), 1, "there is no plan nothing"),
        (("plan-2013", "2012-03"), 1, "no bulletin of 2012-03"),
        (("plan-2013", "2013-Q1"), 2, "write 2013-03"),
        (("plan-2013", "March"), 2, "write 2013-03"),
    ],
)
def test_what_is_no_bulletin_is_said_in_one_line(
    tmp_path: Path, words: tuple[str, str], status: int, said: str
) -> None:
    ran = dabiao("export", "bulletin", *words, tmp_path / "b.pdf")
    assert (ran.status, ran.out) == (status, "")
    assert said in ran.line
    assert list(tmp_path.glob("*b.pdf*")) == []
