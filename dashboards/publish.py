"""`girouette dashboards build DIR`: what a Grafana needs to show a town, as files that it reads at its start.

DIR/provisioning is Grafana's own folder of that name (data source, folders); DIR/dashboards/<language> has the dashboards.
The same input gives the same bytes; nothing else in DIR is touched.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from devices.quantity import Quantity
from devices.words import LANGUAGES, say
from gateway.registry.rows import Pilot, Place
from gateway.store.names import DATABASE

if TYPE_CHECKING:
    from dashboards.sdk import dashboard

NAME = "girouette"
SOURCE = """\
# Written by: girouette dashboards build
apiVersion: 1
datasources:
  - name: Girouette
    uid: {name}
    type: influxdb
    access: proxy
    url: {url}
    isDefault: true
    editable: false
    jsonData:
      version: InfluxQL
      dbName: {database}
      httpMode: POST
      timeInterval: 1m
      httpHeaderName1: Authorization
    secureJsonData:
      httpHeaderValue1: Token ${token}
"""
PROVIDERS = """\
# Written by: girouette dashboards build
apiVersion: 1
providers:
"""
PROVIDER = """\
  - name: {name}-{lang}
    folder: {folder}
    folderUid: {name}-{lang}
    type: file
    allowUiUpdates: false
    updateIntervalSeconds: 60
    options:
      path: {path}/{lang}
"""


@dataclass(frozen=True, slots=True)
class Grafana:
    """The Grafana that will read the files: where it finds InfluxDB, the token and the dashboards, and in which languages."""

    influx_url: str = "http://influxdb:8086"
    token: str = "GF_GIROUETTE_TOKEN"  # noqa: S105 - the name of the variable of Grafana's environment that holds it
    dashboards: str = "/var/lib/girouette/dashboards"
    languages: Sequence[str] = LANGUAGES


def build(
    directory: Path,
    *,
    quantities: Mapping[str, Quantity],
    pilots: Sequence[Pilot] = (),
    places: Sequence[Place] = (),
    grafana: Grafana = Grafana(),
) -> list[Path]:
    """Write the dashboards and how Grafana finds them; gives the files, in order.

    Times are shown in the pilots' time zone where they have one in common, else in the reader's; places by name where they
    are given, else by number.
    """
    from dashboards.board import Town, fleet_board, quantity_board

    zones = {pilot.timezone for pilot in pilots}
    zone = zones.pop() if len(zones) == 1 else "browser"
    town = Town(quantities, {place.id: place.name for place in places}, zone)
    files = provisioning(grafana)
    for lang in grafana.languages:
        files[f"dashboards/{lang}/fleet.json"] = text_of(fleet_board(town, lang))
        files[f"dashboards/{lang}/quantity.json"] = text_of(quantity_board(town, lang))
    return [put(directory / name, text) for name, text in sorted(files.items())]


def provisioning(grafana: Grafana) -> dict[str, str]:
    """The data source and one folder a language, as Grafana's provisioning files."""
    source = SOURCE.format(name=NAME, url=grafana.influx_url, database=DATABASE, token=grafana.token)
    folders = [
        PROVIDER.format(name=NAME, lang=lang, folder=say("panels.folder", lang), path=grafana.dashboards)
        for lang in grafana.languages
    ]
    return {
        f"provisioning/datasources/{NAME}.yaml": source,
        f"provisioning/dashboards/{NAME}.yaml": PROVIDERS + "".join(folders),
    }


def text_of(made: dashboard.Dashboard) -> str:
    """The dashboard as JSON for people and diffs."""
    from dashboards.sdk import JSONEncoder

    return json.dumps(made, cls=JSONEncoder, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def put(path: Path, text: str) -> Path:
    """Write a file whole: a Grafana that looks meanwhile sees the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)
    return path
