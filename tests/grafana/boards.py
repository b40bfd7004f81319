"""Reads dashboards as Grafana does: panels, queries, variables and what they are replaced by."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.programs import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

FOLDER = ROOT / "metrics" / "grafana" / "dashboards"
FILES = sorted(FOLDER.glob("*/*.json"))
SQL_TYPE = "grafana-postgresql-datasource"


def label(path: Path) -> str:
    """Name a file in a test's id."""
    return f"{path.parent.name}/{path.stem}"


def load(path: Path) -> dict[str, Any]:
    """Read a dashboard."""
    whole: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return whole


def panels(board: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Give every panel that asks something, also those in rows."""
    for panel in board["panels"]:
        if panel["type"] == "row":
            yield from panel.get("panels", [])
        else:
            yield panel


def variables(board: Mapping[str, Any], kind: str = "query") -> list[dict[str, Any]]:
    """Return the variables of a kind, in their order."""
    return [variable for variable in board["templating"]["list"] if variable["type"] == kind]


def said(panel: Mapping[str, Any]) -> set[str]:
    """Return the labels that the legends of a panel are made of."""
    legends = [target.get("legendFormat", "") for target in panel["targets"]]
    return {name for legend in legends for name in re.findall(r"\{\{\s*(\w+)\s*\}\}", legend)}


@dataclass(frozen=True)
class Chosen:
    """What stands in the place of each variable, and the time range."""

    values: Mapping[str, str]
    start: str
    end: str

    def promql(self, expression: str) -> str:
        """Put values into a PromQL query."""
        filled = {"__rate_interval": "10s", **self.values}
        return self._filled(expression, filled)

    def sql(self, statement: str) -> str:
        """Put values into a statement; the macro of the time range, too."""
        within = rf"\1 BETWEEN '{self.start}' AND '{self.end}'"
        statement = re.sub(r"\$__timeFilter\(([\w.]+)\)", within, statement)
        quoted = {f"{name}:sqlstring": f"'{value}'" for name, value in self.values.items()}
        piped = {f"{name}:pipe": value for name, value in self.values.items()}
        return self._filled(statement, {**quoted, **piped})

    @staticmethod
    def _filled(text: str, values: Mapping[str, str]) -> str:
        def value(match: re.Match[str]) -> str:
            # What names no variable stays, as the $1 of label_replace does.
            return values.get(match[1] or match[2], match[0])

        return re.sub(r"\$(?:\{([\w:]+)\}|(\w+))", value, text)


def options(variable: Mapping[str, Any], texts: list[str]) -> dict[str, str]:
    """Return a variable's choices, code by name, that Grafana makes of series as text."""
    regex = variable.get("regex", "")
    if not regex:
        return {text: text for text in texts}
    pattern = re.compile(regex.strip("/").replace("(?<", "(?P<"))
    found = {}
    for text in texts:
        match = pattern.search(text)
        if match and "text" in match.groupdict():
            found[match["text"]] = match["value"]
        elif match:
            found[match[1]] = match[1]
    return found


def as_text(metric: Mapping[str, str]) -> str:
    """Return a series as `query_result` gives it: labels in order, without any escaping."""
    labels = ",".join(f'{name}="{value}"' for name, value in sorted(metric.items()))
    return f"{{{labels}}} 1 1388534400000"
