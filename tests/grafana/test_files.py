"""The files that Grafana loads are what the code writes, and what its published model takes."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from app.domain.attainment import Status
from app.translation import Translator
from metrics.grafana import build
from metrics.grafana.words import LANGUAGES, STATUSES
from tests.grafana import boards
from tests.grafana.boards import FILES, FOLDER, SQL_TYPE
from tests.programs import ROOT

if TYPE_CHECKING:
    from pathlib import Path

PROVISIONING = ROOT / "metrics" / "grafana" / "provisioning"
every_file = pytest.mark.parametrize("path", FILES, ids=boards.label)


def test_what_is_kept_is_what_the_code_writes() -> None:
    kept = {str(path.relative_to(FOLDER)): path.read_text("utf-8") for path in FILES}

    assert kept == build.rendered()


def test_a_changed_a_missing_and_a_surplus_file_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(build, "FOLDER", tmp_path)
    assert build.main([]) == 0
    assert build.main(["--check"]) == 0

    (tmp_path / "zh" / "kpi.json").write_text("{}")
    (tmp_path / "en" / "kpi.json").unlink()
    (tmp_path / "en" / "old.json").write_text("{}")
    assert build.main(["--check"]) == 1
    named = re.findall(r"dashboards/(\S+) is not", capsys.readouterr().err)
    assert named == ["en/kpi.json", "en/old.json", "zh/kpi.json"]

    assert build.main([]) == 0
    assert not (tmp_path / "en" / "old.json").exists()
    assert build.main(["--check"]) == 0


@every_file
def test_the_published_model_takes_every_field(path: Path) -> None:
    """A field that the model does not know, or reads as something else, is lost on the way."""
    register_default_plugins()
    board = _without_sql(boards.load(path))

    back = json.loads(JSONEncoder().encode(Dashboard.from_json(board)))

    assert back == board


def _without_sql(board: dict[str, Any]) -> dict[str, Any]:
    """Leave out the queries for which the model has no type; the panels' tests run them."""
    for panel in boards.panels(board):
        asked = panel["targets"]
        panel["targets"] = [one for one in asked if one["datasource"]["type"] != SQL_TYPE]
    return board


@every_file
def test_panels_fill_the_width_and_name_a_source_that_can_be_chosen(path: Path) -> None:
    board = boards.load(path)
    sources = {f"${{{one['name']}}}": one["query"] for one in boards.variables(board, "datasource")}
    taken: set[tuple[int, int]] = set()
    for panel in boards.panels(board):
        assert sources[panel["datasource"]["uid"]] == panel["datasource"]["type"], panel["title"]
        place = panel["gridPos"]
        cells = {
            (place["x"] + right, place["y"] + down)
            for right in range(place["w"])
            for down in range(place["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells
    assert {column for column, _ in taken} == set(range(24))


@every_file
def test_every_variable_that_is_used_is_there(path: Path) -> None:
    board = boards.load(path)
    there = {variable["name"] for variable in board["templating"]["list"]}
    asked = [json.dumps(panel["targets"]) for panel in boards.panels(board)]
    asked += [json.dumps(variable) for variable in board["templating"]["list"]]
    used = {name for text in asked for name in re.findall(r"\$\{?([a-z]\w*)", text)}

    assert used == there


@pytest.mark.parametrize("name", sorted({path.stem for path in FILES}))
def test_the_two_languages_ask_the_same_in_their_own_words(name: str) -> None:
    chinese, english = (boards.load(FOLDER / language / f"{name}.json") for language in LANGUAGES)

    assert chinese["uid"] != english["uid"]
    assert english["uid"] in chinese["links"][1]["url"]
    assert _neutral(chinese) == _neutral(english)
    for board, is_chinese in ((chinese, True), (english, False)):
        rows = [panel for panel in board["panels"] if panel["type"] == "row"]
        for panel in [*boards.panels(board), *rows]:
            assert bool(re.search("[一-鿿]", panel["title"])) is is_chinese, panel["title"]


def _neutral(board: dict[str, Any]) -> list[object]:
    """Return what a dashboard asks, without its language."""
    return [
        [re.sub(r"_(zh|en)\b|\"[^\"]*\"", "", target.get("expr") or target["rawSql"])
         for target in panel["targets"]]
        for panel in boards.panels(board)
    ]  # fmt: skip


def test_statuses_are_all_of_them_in_the_words_of_the_pages() -> None:
    translate = Translator().translate

    assert {word.status for word in STATUSES} == set(Status)
    for word in STATUSES:
        assert word.chinese == translate(word.status, "zh")
        assert word.english.lower().replace(" ", "_") == word.status


def test_grafana_is_given_both_sources_and_both_folders() -> None:
    whole = yaml.safe_load((PROVISIONING / "datasources" / "dabiao.yml").read_text("utf-8"))
    kinds = {source["type"]: source for source in whole["datasources"]}
    assert set(kinds) == {"prometheus", SQL_TYPE}
    assert kinds[SQL_TYPE]["user"] == "grafana_reader"
    password = kinds[SQL_TYPE]["secureJsonData"]["password"]
    assert password == "$__file{/run/secrets/grafana_db_password}"

    whole = yaml.safe_load((PROVISIONING / "dashboards" / "dabiao.yml").read_text("utf-8"))
    paths = {provider["options"]["path"] for provider in whole["providers"]}
    assert paths == {f"/srv/dashboards/{language}" for language in LANGUAGES}
