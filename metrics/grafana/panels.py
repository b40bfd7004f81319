"""The kinds of panel, so that all dashboards look alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from grafana_foundation_sdk.builders import bargauge, stat, statetimeline, table, timeseries, trend
from grafana_foundation_sdk.builders import common as shape
from grafana_foundation_sdk.builders import dashboard as board
from grafana_foundation_sdk.builders import prometheus as prom
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models import common as shapes
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    DataTransformerConfig,
    DynamicConfigValue,
    FieldColorModeId,
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMappingResult,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from metrics.grafana.variables import POSTGRESQL, PROMETHEUS
from metrics.grafana.words import STATUSES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from grafana_foundation_sdk.models.dashboard import ValueMapping

    from metrics.grafana.words import Say

WIDTH: Final = 24
VALUE_AND_NAME: Final = shapes.BigValueTextMode.VALUE_AND_NAME
Columns = dict[str, str]
"""What a table's columns are called in the answers, and how they are headed; in order."""


# --- queries ------------------------------------------------------------------------------------


def query(
    expression: str, legend: str = "", *, ref: str = "A", now: bool = False
) -> prom.Dataquery:
    """Return a query over the time range, or with `now` of the newest values."""
    made = prom.Dataquery().datasource(PROMETHEUS).expr(expression)
    made = made.legend_format(legend).ref_id(ref)
    return made.instant() if now else made.range()


def rows(expression: str, ref: str = "A") -> prom.Dataquery:
    """Return a query whose newest values, with their labels, are a table's rows."""
    return query(expression, ref=ref, now=True).format(PromQueryFormat.TABLE)


class _Sql(Dataquery):
    """A query of the PostgreSQL data source, for which the library has no type."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self._fields = fields

    def to_json(self) -> dict[str, object]:
        return self._fields


class Sql(Builder[Dataquery]):
    """Asks the database; `series` for columns over time, else the rows as they are."""

    def __init__(self, statement: str, *, series: bool = False) -> None:
        """Take a statement; whitespace in it is free."""
        self._fields: dict[str, Any] = {
            "refId": "A",
            "datasource": {"type": POSTGRESQL.type_val, "uid": POSTGRESQL.uid},
            "editorMode": "code",
            "format": "time_series" if series else "table",
            "rawQuery": True,
            "rawSql": " ".join(statement.split()),
        }

    def build(self) -> Dataquery:
        """Return the query."""
        return _Sql(self._fields)


# --- how values look ----------------------------------------------------------------------------


def status_mapping(say: Say) -> list[ValueMapping]:
    """Return what turns a status's number into its word and colour."""
    words = {
        str(word.code): ValueMappingResult(
            text=say(word.chinese, word.english), color=word.colour, index=word.code
        )
        for word in STATUSES
    }
    return [ValueMap(options=words)]


def steps(*pairs: tuple[float | None, str]) -> board.ThresholdsConfig:
    """Return colours from values on; the first begins below all."""
    made = [Threshold(value=value, color=colour) for value, colour in pairs]
    return board.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(made)


def _last() -> shape.ReduceDataOptions:
    return shape.ReduceDataOptions().calcs(["lastNotNull"])


def _fixed(colour: str) -> DynamicConfigValue:
    value = {"mode": FieldColorModeId.FIXED.value, "fixedColor": colour}
    return DynamicConfigValue(id_val="color", value=value)


# --- panels -------------------------------------------------------------------------------------


def number(title: str, target: prom.Dataquery, *, width: int, unit: str = "") -> stat.Panel:
    """Return one large number, or one a series, each under its legend."""
    made = stat.Panel().title(title).datasource(PROMETHEUS).height(4).span(width)
    made = (
        made.with_target(target).reduce_options(_last()).graph_mode(shapes.BigValueGraphMode.NONE)
    )
    return made.unit(unit) if unit else made


def status_number(title: str, target: prom.Dataquery, say: Say, *, width: int) -> stat.Panel:
    """Return a status as its word on its colour."""
    made = number(title, target, width=width).mappings(status_mapping(say))
    return made.color_mode(shapes.BigValueColorMode.BACKGROUND)


def name_number(title: str, target: prom.Dataquery, *, width: int) -> stat.Panel:
    """Return a series' legend in the place of its number."""
    return number(title, target, width=width).text_mode(shapes.BigValueTextMode.NAME)


def counts(title: str, targets: Mapping[str, str], say: Say, *, width: int) -> stat.Panel:
    """Return how many targets have each status; `targets` gives the query of each."""
    made = stat.Panel().title(title).datasource(PROMETHEUS).height(4).span(width)
    made = made.reduce_options(_last()).graph_mode(shapes.BigValueGraphMode.NONE)
    made = made.text_mode(VALUE_AND_NAME)
    for place, word in enumerate(reversed(STATUSES)):
        name = say(word.chinese, word.english)
        made = made.with_target(
            query(targets[word.status], name, ref=chr(ord("A") + place), now=True)
        ).override_by_name(name, [_fixed(word.colour)])
    return made


def bars(title: str, target: prom.Dataquery, *, width: int, height: int = 8) -> bargauge.Panel:
    """Return a bar a series, as a share of 1."""
    made = bargauge.Panel().title(title).datasource(PROMETHEUS).height(height).span(width)
    made = made.with_target(target).unit("percentunit").min(0).max(1).reduce_options(_last())
    made = made.thresholds(steps((None, "red"), (0.8, "orange"), (1, "green")))
    return made.orientation(shapes.VizOrientation.HORIZONTAL)


def amounts(title: str, target: prom.Dataquery, *, width: int) -> bargauge.Panel:
    """Return a bar a series, as long as its value."""
    made = bargauge.Panel().title(title).datasource(PROMETHEUS).height(9).span(width)
    made = made.with_target(target).min(0).reduce_options(_last())
    return made.orientation(shapes.VizOrientation.HORIZONTAL)


def lines(
    title: str,
    *targets: prom.Dataquery,
    unit: str = "",
    width: int = WIDTH,
    height: int = 8,
) -> timeseries.Panel:
    """Return lines over time, from Prometheus."""
    made = timeseries.Panel().title(title).datasource(PROMETHEUS).height(height).span(width)
    for target in targets:
        made = made.with_target(target)
    made = made.tooltip(shape.VizTooltipOptions().mode(shapes.TooltipDisplayMode.MULTI))
    return made.unit(unit) if unit else made


def months(title: str, statement: str, *, width: int = WIDTH, height: int = 10) -> timeseries.Panel:
    """Return lines with a point a period, from the database."""
    made = timeseries.Panel().title(title).datasource(POSTGRESQL).height(height).span(width)
    made = made.with_target(Sql(statement, series=True)).span_nulls(True)
    made = made.show_points(shapes.VisibilityMode.ALWAYS).point_size(6)
    return made.tooltip(shape.VizTooltipOptions().mode(shapes.TooltipDisplayMode.MULTI))


def periods(
    title: str, statement: str, period: str, *, width: int, height: int = 10
) -> trend.Panel:
    """Return the same of all of a plan, whatever the time range; `period` heads the axis's column.

    That column holds milliseconds of Unix time.
    """
    made = trend.Panel().title(title).datasource(POSTGRESQL).height(height).span(width)
    made = made.with_target(Sql(statement)).x_field(period).span_nulls(True)
    made = made.show_points(shapes.VisibilityMode.ALWAYS).point_size(6)
    made = made.override_by_name(period, [unit("time:YYYY-MM")])
    return made.tooltip(shape.VizTooltipOptions().mode(shapes.TooltipDisplayMode.MULTI))


def area(lower: str, upper: str) -> list[tuple[str, list[DynamicConfigValue]]]:
    """Return what fills the room between two columns' lines, and hides the lines."""
    edge = [
        DynamicConfigValue(id_val="custom.lineWidth", value=0),
        DynamicConfigValue(id_val="custom.showPoints", value=shapes.VisibilityMode.NEVER.value),
        _fixed("#8e8e8e"),
    ]
    filled = [
        DynamicConfigValue(id_val="custom.fillBelowTo", value=lower),
        DynamicConfigValue(id_val="custom.fillOpacity", value=25),
    ]
    return [(lower, edge), (upper, [*edge, *filled])]


def status_timeline(
    title: str, statement: str, say: Say, *, height: int = 10
) -> statetimeline.Panel:
    """Return a band a target, coloured by its status period by period; from the database."""
    made = statetimeline.Panel().title(title).datasource(POSTGRESQL).height(height).span(WIDTH)
    made = made.with_target(Sql(statement, series=True)).mappings(status_mapping(say))
    return made.show_value(shapes.VisibilityMode.NEVER).row_height(0.8).per_page(30)


def joined_table(
    title: str, expressions: Sequence[str], columns: Columns, *, width: int = WIDTH, height: int = 9
) -> table.Panel:
    """Return a table of several queries' newest values, joined by the labels that they share.

    The value of the first query is the column `Value #A`, and so on.
    """
    made = table.Panel().title(title).datasource(PROMETHEUS).height(height).span(width)
    for place, expression in enumerate(expressions):
        made = made.with_target(rows(expression, chr(ord("A") + place)))
    values = [f"Value #{chr(ord('A') + place)}" for place in range(len(expressions))]
    left_out = {name: True for name in ("Time", *values) if name not in columns}
    options = {
        "excludeByName": left_out,
        "indexByName": {name: place for place, name in enumerate(columns)},
        "renameByName": columns,
    }
    made = made.with_transformation(DataTransformerConfig(id_val="merge", options={}))
    return made.with_transformation(DataTransformerConfig(id_val="organize", options=options))


def record_table(title: str, statement: str, *, width: int = WIDTH, height: int = 9) -> table.Panel:
    """Return a table of the database's rows; the statement heads its columns."""
    made = table.Panel().title(title).datasource(POSTGRESQL).height(height).span(width)
    return made.with_target(Sql(statement))


def coloured(column: str, say: Say) -> tuple[str, list[DynamicConfigValue]]:
    """Return what draws a column of status numbers as words on their colours."""
    mappings = [mapping.to_json() for mapping in status_mapping(say)]
    cell = {"type": "color-background"}
    return column, [
        DynamicConfigValue(id_val="mappings", value=mappings),
        DynamicConfigValue(id_val="custom.cellOptions", value=cell),
    ]


def linking(column: str, title: str, url: str) -> tuple[str, list[DynamicConfigValue]]:
    """Return what makes a column's cells links."""
    link = {"title": title, "url": url}
    return column, [DynamicConfigValue(id_val="links", value=[link])]


def hidden(*columns: str) -> list[tuple[str, list[DynamicConfigValue]]]:
    """Return what keeps columns for links alone: they are not shown."""
    hide = DynamicConfigValue(id_val="custom.hidden", value=True)
    return [(column, [hide]) for column in columns]


def unit(name: str) -> DynamicConfigValue:
    """Return what shows a column in a unit."""
    return DynamicConfigValue(id_val="unit", value=name)


# --- the dashboard around them ------------------------------------------------------------------


def dashboard(name: str, title: str, say: Say, *, span: str) -> board.Dashboard:
    """Return an empty dashboard with the ways to the others and to the other language."""
    others = board.DashboardLink(say("达标看板", "Dabiao")).type(DashboardLinkType.DASHBOARDS)
    others = others.tags([f"dabiao-{say.language}"]).keep_time(True).as_dropdown(False)
    translated = board.DashboardLink(say.other("中文", "English")).type(DashboardLinkType.LINK)
    translated = translated.url(f"/d/{say.other.uid(name)}").include_vars(True).keep_time(True)
    return (
        board.Dashboard(title)
        .uid(say.uid(name))
        .tags(["dabiao", f"dabiao-{say.language}"])
        .timezone("")  # Grafana's own, or the user's
        .refresh("5m")
        .time(f"now-{span}", "now")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .readonly()
        .link(others)
        .link(translated.icon("external link"))
    )
