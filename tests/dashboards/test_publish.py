"""The files for Grafana: the same bytes each time, found where the provisioning says, and answered by a real InfluxDB."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from asked import Question, beyond_portable, questions, unanswered
from asked import dashboards as boards_of

from dashboards.publish import Grafana, build
from devices.quantity import load_quantities
from gateway.figures import Figures
from gateway.fleet import Fleet
from gateway.numerics.columns import READING, TIERS, WINDOW
from gateway.registry import Registry
from gateway.registry.rows import Pilot, Place
from gateway.store.influx import InfluxStore
from gateway.store.port import Batch, Point

GOLDEN = Path(__file__).parent / "golden"
TOWN = (Pilot(1, "rennes", "Rennes", "Europe/Paris", "etalab-2.0", "Rennes", demo=False),)
PLACES = (Place(1, 1, "Place du Parlement", 48.11, -1.68, "k"), Place(2, 1, "Thabor", 48.11, -1.67, "k"))
START_S = 1_790_000_000 // 3600 * 3600
SPAN_S = 7200
QUANTITIES = tuple(load_quantities())


def test_golden_files(tmp_path: Path) -> None:
    """Two quantities and two places give exactly these files, byte for byte."""
    some = {slug: load_quantities()[slug] for slug in ("temperature", "pm2_5")}
    made = build(tmp_path, quantities=some, pilots=TOWN, places=PLACES)
    if os.environ.get("GIROUETTE_GOLDEN") == "write":
        build(GOLDEN, quantities=some, pilots=TOWN, places=PLACES)

    assert {p.relative_to(tmp_path): p.read_text() for p in made} == {
        p.relative_to(GOLDEN): p.read_text() for p in GOLDEN.rglob("*") if p.is_file()
    }


def test_the_same_town_gives_the_same_bytes(tmp_path: Path) -> None:
    """Built twice, in two folders, in any order of places."""
    one = build(tmp_path / "one", quantities=load_quantities(), places=PLACES)
    two = build(tmp_path / "two", quantities=load_quantities(), places=PLACES[::-1])

    assert [p.read_bytes() for p in one] == [p.read_bytes() for p in two]


def test_an_operators_own_files_stay(tmp_path: Path) -> None:
    """Only our files are written, and no half of one is left."""
    mine = tmp_path / "dashboards/fr/mine.json"
    mine.parent.mkdir(parents=True)
    mine.write_text("{}")

    made = build(tmp_path, quantities=load_quantities())

    assert mine.read_text() == "{}"
    assert {p for p in tmp_path.rglob("*") if p.is_file()} == {*made, mine}


def test_grafana_finds_what_was_written(tmp_path: Path) -> None:
    """Each provider's folder is one that was built; the data source is the database that the store writes."""
    build(tmp_path, quantities=load_quantities(), grafana=Grafana("http://127.0.0.1:8086", "TOKEN", "/x/dashboards"))
    providers = yaml.safe_load((tmp_path / "provisioning/dashboards/girouette.yaml").read_text())["providers"]
    (source,) = yaml.safe_load((tmp_path / "provisioning/datasources/girouette.yaml").read_text())["datasources"]

    assert [p["options"]["path"] for p in providers] == ["/x/dashboards/fr", "/x/dashboards/en"]
    assert sorted(p.name for p in (tmp_path / "dashboards").iterdir()) == ["en", "fr"]
    assert source["url"] == "http://127.0.0.1:8086"
    assert source["jsonData"]["dbName"] == "girouette"
    assert source["secureJsonData"] == {"httpHeaderValue1": "Token $TOKEN"}


def test_one_language_alone(tmp_path: Path) -> None:
    """A town that wants French only has no English folder."""
    build(tmp_path, quantities=load_quantities(), grafana=Grafana(languages=("fr",)))

    assert [p.name for p in (tmp_path / "dashboards").iterdir()] == ["fr"]
    assert "girouette-en" not in (tmp_path / "provisioning/dashboards/girouette.yaml").read_text()


def test_pilots_of_two_zones_are_read_in_the_readers(tmp_path: Path) -> None:
    """With one zone it is theirs, with two the reader's."""
    away = Pilot(2, "cayenne", "Cayenne", "America/Cayenne", "etalab-2.0", "", demo=False)
    build(tmp_path / "one", quantities=load_quantities(), pilots=TOWN)
    build(tmp_path / "two", quantities=load_quantities(), pilots=(*TOWN, away))

    zones = {name: {b["timezone"] for b in boards_of(tmp_path / name).values()} for name in ("one", "two")}
    assert zones == {"one": {"Europe/Paris"}, "two": {"browser"}}


@pytest.fixture
def asked(tmp_path: Path) -> list[Question]:
    """Everything that the dashboards ask over the time that is filled."""
    build(tmp_path, quantities=load_quantities())
    span = {"start_s": START_S, "end_s": START_S + SPAN_S}
    return [question for board in boards_of(tmp_path).values() for question in questions(board, **span)]


def test_everything_asked_is_portable(asked: list[Question]) -> None:
    """For every quantity and tier, and the variables too."""
    assert len(asked) > 400
    assert {q.where: found for q in asked if (found := beyond_portable(q.text))} == {}


@pytest.mark.slow
def test_everything_asked_is_answered_by_a_real_influxdb(asked: list[Question], influx: Any, tmp_path: Path) -> None:
    """Filled through the store as the gateway fills it, InfluxDB answers every question with data; empty, none."""
    assert len(unanswered(influx, asked)) == len(asked)

    with contextlib.closing(Registry(f"sqlite:{tmp_path / 'registry.sqlite'}")) as registry:
        fill(influx, points(registry))

    assert unanswered(influx, asked) == []


def fill(influx: Any, told: list[Point]) -> None:
    """Two hours of every quantity at two places, and these points, written by the store."""
    series = {n: {"quantity": q, "channel": q, "place": str(1 + n % 2), "pilot": "rennes"} for n, q in
              enumerate((*QUANTITIES, *QUANTITIES), 1)}  # fmt: skip
    store = InfluxStore(influx.url, token=influx.token, org=influx.org, labels=lambda n: series[n])
    m1, h1 = (windows(sorted(series), TIERS[tier]) for tier in ("m1", "h1"))
    store.write(Batch(readings=readings(sorted(series)), m1=m1, h1=h1, points=told))
    store.close()


def readings(numbers: list[int]) -> np.ndarray[Any, Any]:
    """A reading a minute of each series, with every flag in turn."""
    rows = np.zeros(len(numbers) * SPAN_S // 60, READING)
    rows["series"] = np.repeat(numbers, SPAN_S // 60)
    rows["time_s"] = np.tile(START_S + np.arange(0, SPAN_S, 60), len(numbers))
    rows["value"] = 20.5
    rows["flag"] = 1 + rows["time_s"] // 60 % 4
    rows["score"] = 0.25
    return rows


def windows(numbers: list[int], width_s: int) -> np.ndarray[Any, Any]:
    """Windows of each series."""
    rows = np.zeros(len(numbers) * SPAN_S // width_s, WINDOW)
    rows["series"] = np.repeat(numbers, SPAN_S // width_s)
    rows["start_s"] = np.tile(START_S + np.arange(0, SPAN_S, width_s), len(numbers))
    rows["count"], rows["flag"] = width_s // 2, 1
    for name in ("min", "max", "value", "completeness"):
        rows[name] = 0.5
    return rows


def points(registry: Registry) -> list[Point]:
    """What the gateway writes each minute of two devices, one of them silent, and of itself."""
    pilot = registry.add_pilot("rennes", "Rennes")
    for number, device in enumerate(("air-1", "noise-7")):
        place = registry.add_place(pilot.id, device, lat=48.1 + number, lon=-1.7)
        registry.add_device(
            device, pilot_id=pilot.id, recipe="air", channels=[("temperature", "temperature", {})], period_s=2.0,
            place_id=place.id, at_s=START_S - 60, password_hash="",
        )  # fmt: skip
    fleet, figures, found = Fleet({}), Figures(started_s=START_S), []
    fleet.know(registry)
    for time_s in range(START_S, START_S + SPAN_S, 60):
        fleet.told("air-1", "health", {"signal": -61, "free": 90_000, "held": 3, "dropped": 0, "faults": {}}, time_s)
        figures.add(readings=1000, shed=1)
        figures.refused.update(["not-json"])
        found += [*fleet.points(time_s), figures.point(time_s, {"ledger": "a1"})]
    return found
