"""A dashboard as Grafana's classic JSON, from the tables of panels.py, in one language. Pure: the same input gives the same JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dashboards.panels import (
    FLEET_PANELS,
    GREEN,
    PILOTS_OF_FLEET,
    PILOTS_OF_SERIES,
    PLACES_OF_QUANTITY,
    PRESENCE,
    QUANTITY_PANELS,
    RED,
    Kind,
    Panel,
    Question,
)
from dashboards.sdk import Dataquery, build, common, dashboard, parts, stat, statetimeline, table, timeseries
from devices.quantity import Quantity
from devices.words import say

SOURCE = common.DataSourceRef("influxdb", "${datasource}")
ALL = dashboard.VariableOption(selected=True, text=["All"], value=["$__all"])
BUILDERS: Mapping[Kind, Any] = {
    "stat": stat.Panel, "lines": timeseries.Panel, "bars": timeseries.Panel, "states": statetimeline.Panel,
    "table": table.Panel,
}  # fmt: skip
REFRESH = "1m"
"""Points of the fleet and windows come each minute; asking more often finds nothing new."""


@dataclass(frozen=True, slots=True)
class Town:
    """What a dashboard is built from."""

    quantities: Mapping[str, Quantity]
    places: Mapping[int, str] = field(default_factory=dict)
    """Place -> its name; a place that is not in it goes by its number."""
    timezone: str = "browser"


@dataclass(frozen=True, slots=True)
class Influxql(Dataquery):
    """One question as Grafana's InfluxDB data source keeps it."""

    letter: str
    text: str
    alias: str
    table: bool

    def build(self) -> Influxql:
        """Itself: the SDK asks builders for what they build."""
        return self

    def to_json(self) -> dict[str, object]:
        """Its JSON."""
        return {
            "refId": self.letter, "datasource": SOURCE, "query": self.text, "rawQuery": True, "alias": self.alias,
            "resultFormat": "table" if self.table else "time_series",
        }  # fmt: skip


def fleet_board(town: Town, lang: str) -> dashboard.Dashboard:
    """The dashboard of the fleet."""
    return board("fleet", FLEET_PANELS, (asked_variable("pilot", PILOTS_OF_FLEET, lang),), town=town, lang=lang)


def quantity_board(town: Town, lang: str) -> dashboard.Dashboard:
    """The dashboard of one quantity, which the reader chooses, in all places."""
    pilot = asked_variable("pilot", PILOTS_OF_SERIES, lang)
    chosen = (quantity_variable(town, lang), tier_variable(lang), pilot, place_variable(town, lang))
    return board("quantity", QUANTITY_PANELS, chosen, town=town, lang=lang)


def board(
    key: str, panels: Sequence[Panel], variables: Sequence[Any], *, town: Town, lang: str
) -> dashboard.Dashboard:  # fmt: skip
    """The dashboard `girouette-<key>-<lang>` with these panels, one after another, numbered from 1."""
    made = (
        build.Dashboard(say(f"panels.{key}_board", lang))
        .uid(f"girouette-{key}-{lang}")
        .description(say(f"panels.{key}_board_about", lang))
        .tags(["girouette", lang])
        .timezone(town.timezone)
        .week_start("monday" if lang == "fr" else "")
        .time("now-24h", "now")
        .refresh(REFRESH)
        .readonly()
        .tooltip(dashboard.DashboardCursorSync.CROSSHAIR)
        .variables([source_variable(lang), *variables])
    )
    for number, panel in enumerate(panels, 1):
        made = made.with_panel(panel_of(panel, town, lang).id(number))
    return made.build()


def panel_of(panel: Panel, town: Town, lang: str) -> Any:
    """The SDK's builder of a panel."""
    made = BUILDERS[panel.kind]()
    made = made.title(say(f"panels.{panel.key}", lang)).description(say(f"panels.{panel.key}_about", lang))
    made = made.datasource(SOURCE).span(panel.size[0]).height(panel.size[1])
    made = made.thresholds(steps_of(panel)).no_value(say("panels.nothing", lang))
    made = made.mappings(presence(lang)) if panel.unit == PRESENCE else made.unit(panel.unit)
    made = made.time_from(panel.span) if panel.span else made
    low, high = panel.bounds
    made = made.min(low) if low is not None else made
    made = made.max(high) if high is not None else made
    for letter, question in zip("ABCDEFGH", panel.questions, strict=False):
        made = asked(made, panel, letter, question, lang=lang)
    return dressed(made, panel, town, lang)


def asked(made: Any, panel: Panel, letter: str, question: Question, *, lang: str) -> Any:
    """The panel with one more question, in its colour where it has one."""
    name = question.name if "$" in question.name or not question.name else say(f"panels.{question.name}", lang)
    if question.color:
        color = dashboard.DynamicConfigValue("color", {"mode": "fixed", "fixedColor": question.color})
        made = made.override_by_query(letter, [color])
    return made.with_target(Influxql(letter, question.text, name, panel.kind == "table"))


def dressed(made: Any, panel: Panel, town: Town, lang: str) -> Any:
    """The panel with what only its kind has."""
    if panel.kind == "table":
        return columns_of(made, panel, town, lang)
    if panel.kind == "stat":
        reduced = parts.ReduceDataOptions().calcs(["lastNotNull"]).values(False)
        return named(made.reduce_options(reduced).graph_mode(common.BigValueGraphMode.NONE), town)
    legend = parts.VizLegendOptions().display_mode(common.LegendDisplayMode.LIST).show_legend(True)
    made = made.legend(legend.placement(common.LegendPlacement.BOTTOM))
    if panel.kind == "states":
        return made.show_value(common.VisibilityMode.NEVER).color_scheme(by_steps())
    if panel.kind == "bars":
        stacked = parts.StackingConfig().mode(common.StackingMode.NORMAL).group("A")
        return made.draw_style(common.GraphDrawStyle.BARS).fill_opacity(80).stacking(stacked)
    tooltip = parts.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI).sort(common.SortOrder.DESCENDING)
    return named(made.tooltip(tooltip).show_points(common.VisibilityMode.AUTO), town)


def named(made: Any, town: Town) -> Any:
    """The panel with names of places instead of their numbers."""
    for number, name in sorted(town.places.items()):
        shown = dashboard.DynamicConfigValue("displayName", f"{name} · ${{__field.labels.channel}}")
        made = made.override_by_regexp(f"/^{number} · /", [shown])
    return made


def columns_of(made: Any, panel: Panel, town: Town, lang: str) -> Any:
    """The table with headings, units, names of places, and without the time that InfluxDB gives each row."""
    order = {"Time": 0} | {name: n for n, (name, _) in enumerate(panel.columns, 1)}
    headings = {name: say(f"panels.column_{name}", lang) for name, _ in panel.columns}
    arranged = {"excludeByName": {"Time": True}, "indexByName": order, "renameByName": headings}
    made = made.with_transformation(dashboard.DataTransformerConfig("organize", options=arranged))
    for name, unit in panel.columns:
        shown = [dashboard.DynamicConfigValue("unit", unit)] if unit not in {"", PRESENCE} else []
        if unit == PRESENCE:
            shown = [dashboard.DynamicConfigValue("mappings", presence(lang))]
        if name == "place" and town.places:
            shown = [dashboard.DynamicConfigValue("mappings", [names_of(town.places)])]
        made = made.override_by_name(headings[name], shown) if shown else made
    return made


def names_of(places: Mapping[int, str]) -> dashboard.ValueMap:
    """Numbers of places to their names."""
    return dashboard.ValueMap({str(n): dashboard.ValueMappingResult(text=name) for n, name in sorted(places.items())})


def presence(lang: str) -> list[dashboard.ValueMap]:
    """1 is there, 0 is silent."""
    there = dashboard.ValueMappingResult(text=say("panels.there", lang), color=GREEN)
    gone = dashboard.ValueMappingResult(text=say("panels.gone", lang), color=RED)
    return [dashboard.ValueMap({"0": gone, "1": there})]


def steps_of(panel: Panel) -> build.ThresholdsConfig:
    """From which value on which colour."""
    steps = [dashboard.Threshold(value=value, color=color) for value, color in panel.steps]
    return build.ThresholdsConfig().mode(dashboard.ThresholdsMode.ABSOLUTE).steps(steps)


def by_steps() -> build.FieldColor:
    """Colours by value."""
    return build.FieldColor().mode(dashboard.FieldColorModeId.THRESHOLDS)


def source_variable(lang: str) -> Any:
    """Which InfluxDB is asked."""
    return build.DatasourceVariable("datasource").label(say("panels.source", lang)).type("influxdb")


def place_variable(town: Town, lang: str) -> Any:
    """Which places: by name where names are known, else those that measured the quantity, by number."""
    if not town.places:
        return asked_variable("place", PLACES_OF_QUANTITY, lang)
    options = ",".join(f"{listed(name)} : {number}" for number, name in sorted(town.places.items()))
    chosen = build.CustomVariable("place").label(say("panels.place", lang)).values(options)
    return chosen.multi(True).include_all(True).all_value(".*").current(ALL)


def asked_variable(name: str, question: str, lang: str) -> Any:
    """A variable whose values InfluxDB is asked for when the dashboard's time changes."""
    made = build.QueryVariable(name).label(say(f"panels.{name}", lang)).datasource(SOURCE).query(question)
    made = made.definition(question).refresh(dashboard.VariableRefresh.ON_TIME_RANGE_CHANGED)
    made = made.sort(
        dashboard.VariableSort.NUMERICAL_ASC if name == "place" else dashboard.VariableSort.ALPHABETICAL_ASC
    )
    return made.multi(True).include_all(True).all_value(".*").current(ALL)


def quantity_variable(town: Town, lang: str) -> Any:
    """Which quantity: those of the catalogue, by their names and units."""
    texts = {slug: f"{q.name(lang)} ({q.unit_text})" for slug, q in town.quantities.items()}
    options = ",".join(f"{listed(text)} : {slug}" for slug, text in texts.items())
    slug, text = next(iter(texts.items()))
    current = dashboard.VariableOption(selected=True, text=text, value=slug)
    return build.CustomVariable("quantity").label(say("panels.quantity", lang)).values(options).current(current)


def tier_variable(lang: str) -> Any:
    """Windows of a minute or of an hour."""
    texts = {tier: say(f"panels.tier_{tier}", lang) for tier in ("m1", "h1")}
    options = ",".join(f"{listed(text)} : {tier}" for tier, text in texts.items())
    current = dashboard.VariableOption(selected=True, text=texts["m1"], value="m1")
    return build.CustomVariable("tier").label(say("panels.tier", lang)).values(options).current(current)


def listed(text: str) -> str:
    r"""The text as one entry of Grafana's comma-separated lists.

    >>> listed("PM2,5 : fines")
    'PM2\\,5 – fines'
    """
    return re.sub(r"\s:\s", " – ", text).replace(",", "\\,")
