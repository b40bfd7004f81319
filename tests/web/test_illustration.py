"""Figures that were made up are marked on every page, and nobody else can have that said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.access import Actor, Role
from app.intake.folder import load_folder
from tests.ledger.small_office import fill
from tests.web.conftest import FIGURE, TARGET
from tests.web.reading import Read

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from starlette.testclient import TestClient

    from app.ledger.office import Office

MARK = "Illustrative data."


def load(office: Office, folder: Path) -> None:
    """Load a folder with one figure, on this machine."""
    (folder / "figures").mkdir(parents=True)
    rows = "kpi,department,period,value\npendency,exam,2013-03,22\n"
    (folder / "figures" / "2013-03.csv").write_text(rows, "utf-8")
    assert load_folder(office, folder, Actor("here", Role.ADMIN)).receipts


def test_every_page_says_that_figures_were_made_up(
    browse: Callable[..., TestClient], office: Office, tmp_path: Path
) -> None:
    fill(office)
    site = browse()
    assert MARK not in Read(site.get("/").text).text

    load(office, tmp_path / "year-illustrative")
    for address in ("/", TARGET, FIGURE, "/submissions/2", "/nowhere"):
        assert MARK in Read(site.get(address).text).text


def test_published_figures_are_not_marked(
    browse: Callable[..., TestClient], office: Office, tmp_path: Path
) -> None:
    fill(office)
    load(office, tmp_path / "year-published")
    assert MARK not in Read(browse().get("/").text).text
