"""Corrected values beside the raw ones: for all history at once, and gone to the last byte when they are taken back."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from api.catalogue import Catalogue
from api.corrected import Corrector, _Sums, humidity_of
from api.readings import Readings
from devices.quantity import load_quantities
from gateway.numerics.columns import GOOD, READING
from gateway.numerics.corrections import Corrected
from gateway.registry import Wanted
from gateway.store.port import Batch

HOUR_S = 3600
TIERS = "raw", "m1", "h1"
PATHS = (
    *(f"/api/series/2.{ending}?tier={tier}" for ending in ("csv", "json") for tier in TIERS),
    "/api/series/2.csv?excel=1",
    "/api/series",
    "/api/latest.geojson",
    "/v1.1/Datastreams(2)",
    "/v1.1/Datastreams(2)/Observations?$top=5",
    "/fr/lieu/1",
)
LINE = Wanted("air-1", "pm2_5", "linear", {"slope": 0.5, "offset": 2.0}, evidence={"r2": 0.9, "beside": ["secret-1"]})


@pytest.fixture
def damp_city(own_city: Any) -> Any:
    """The city, with a humidity of 60 % at the quay of which the last hour is 97 % and the first is missing."""
    rennes = own_city.registry.pilots()[0].id
    own_city.add_device("damp-1", rennes, "Quai ouest", "humidity")
    own_city.registry.set_stage("damp-1", "public", at_s=own_city.registry.installations()[0].start_s)
    own_city.fill("Quai ouest", "humidity", lambda _: 60.0)
    number, last_s = own_city.series("Quai ouest", "humidity"), int(own_city.now_s) - HOUR_S
    own_city.store.delete(number, 0, int(own_city.now_s) - 5 * HOUR_S)
    rows = np.zeros(60, READING)
    rows["series"], rows["time_s"], rows["value"] = number, last_s + 60 * np.arange(60), 97.0
    rows["flag"], rows["score"] = GOOD, np.nan
    own_city.store.write(Batch(readings=rows))
    return own_city


def table(told: Any) -> list[dict[str, str]]:
    """A CSV as Python's own reader has it."""
    return list(csv.DictReader(io.StringIO(told.text, newline="")))


def test_a_calibration_is_undone_byte_for_byte(own_city: Any, asker: Callable[[Any], Any]) -> None:
    """Recorded, it changes what is published; taken back, every answer is what it was, and raw values never changed."""
    ask = asker(own_city.app())
    before = {path: ask(path).content for path in PATHS}
    raw = repr(own_city.store.read(2, 0, 1 << 40).tolist())

    made = own_city.registry.add_calibration(LINE, at_s=1)
    during = {path: ask(path).content for path in PATHS}
    stored = repr(own_city.store.read(2, 0, 1 << 40).tolist())
    own_city.registry.remove_calibration(made.id, at_s=2)

    assert [path for path in PATHS if before[path] == during[path]] == [PATHS[-2]]
    assert {path: ask(path).content for path in PATHS} == before
    assert stored == raw == repr(own_city.store.read(2, 0, 1 << 40).tolist())


@pytest.mark.slow
@pytest.mark.parametrize("tier", TIERS)
def test_raw_and_corrected_stand_side_by_side(own_city: Any, asker: Callable[[Any], Any], tier: str) -> None:
    """At every tier, of all history: the raw value, the corrected one and the name of the correction; JSON says the same."""
    made = own_city.registry.add_calibration(LINE, at_s=1)
    ask = asker(own_city.app())

    rows = table(ask(f"/api/series/2.csv?tier={tier}"))
    told = ask.json(f"/api/series/2.json?tier={tier}")["readings" if tier == "raw" else "windows"]

    assert len(rows) == {"raw": 360, "m1": 360, "h1": 6}[tier]
    for row, same in zip(rows[:-1], told[:-1], strict=True):  # the town's last window does not know its last reading
        assert float(row["corrected"]) == pytest.approx(0.5 * float(row["value"]) + 2, abs=1e-3)
        assert row["correction"] == same["correction"] == made.name
        assert (row["corrected_flag"], float(row["corrected"])) == (str(same["corrected_flag"]), same["corrected"])


@pytest.mark.parametrize(("aggregate", "value"), [("max", 7.0), ("min", 2.0), ("last", 6.0), ("mean", 5.0)])
def test_a_corrected_window_is_condensed_as_its_quantity_is(aggregate: str, value: float) -> None:
    """Of readings that come in two blocks."""
    sums = _Sums(1, aggregate)
    for values in ([5.0, 2.0], [7.0, 6.0]):
        there = np.zeros(len(values), np.int64)
        sums.add(Corrected(np.array(values), np.full(len(values), GOOD, np.uint8)), there, there, there == 0)

    assert sums.told(np.array([GOOD], np.uint8), ["linear@1"]).value.tolist() == [value]


def test_a_correction_holds_between_its_dates(own_city: Any, asker: Callable[[Any], Any]) -> None:
    """Before and after, cells are empty; of a window three quarters must be corrected; two that meet are both named."""
    begins = int(own_city.now_s) - 6 * HOUR_S
    for start_s, end_s in (
        (begins + 1800, begins + 2 * HOUR_S - 600),
        (begins + 2 * HOUR_S - 600, begins + 3 * HOUR_S),
    ):
        one = Wanted("air-1", "pm2_5", "linear", {"slope": 1.0, "offset": 1.0}, start_s, end_s)
        own_city.registry.add_calibration(one, at_s=1)

    ask = asker(own_city.app())
    raw, hours = (table(ask(f"/api/series/2.csv?tier={tier}")) for tier in ("raw", "h1"))

    assert [i for i in range(1, 360) if (raw[i]["corrected"] == "") != (raw[i - 1]["corrected"] == "")] == [30, 180]
    assert [row["correction"] for row in hours] == ["", "linear@1+linear@2", "linear@2", "", "", ""]


def test_humidity_is_that_of_the_place(damp_city: Any, asker: Callable[[Any], Any]) -> None:
    """Where there is none near a reading it is not corrected, and above 95 % what is corrected is suspect."""
    damp_city.registry.add_calibration(
        Wanted("air-1", "pm2_5", "kappa-koehler-2018", {"kappa": 0.2, "density": 1.65}), at_s=1
    )
    rows = table(asker(damp_city.app())("/api/series/2.csv"))

    assert [row["corrected"] for row in rows[:45]] == [""] * 45
    assert [i for i, row in enumerate(rows) if row["corrected"]] == list(range(45, 360))
    assert float(rows[100]["corrected"]) == pytest.approx(float(rows[100]["value"]) / (1 + 0.2 / 1.65 * 1.5), abs=1e-3)
    assert {row["corrected_flag"] for row in rows[60:299]} == {"1"}
    assert {row["corrected_flag"] for row in rows[301:]} == {"3"}
    assert {row["correction"] for row in rows[45:]} == {"kappa-koehler-2018@1"}


@pytest.mark.slow
def test_humidity_that_is_not_public_corrects_nothing(own_city: Any, asker: Callable[[Any], Any]) -> None:
    """A corrected value would tell of it: who may not see the humidity gets raw values alone, who may gets both."""
    rennes = own_city.registry.pilots()[0].id
    own_city.add_device("damp-1", rennes, "Quai ouest", "humidity")
    own_city.fill("Quai ouest", "humidity", lambda _: 60.0)
    own_city.registry.add_calibration(Wanted("air-1", "pm2_5", "barkjohn-2021", {}), at_s=1)
    ask = asker(own_city.app())

    public = table(ask("/api/series/2.csv"))
    opened = table(ask(f"/api/series/2.csv?key={own_city.places['Quai ouest'].key}"))

    assert {row["correction"] for row in public} == {""}
    assert {row["correction"] for row in opened} == {"barkjohn-2021@1"}
    assert float(opened[0]["corrected"]) == pytest.approx(
        0.524 * float(opened[0]["value"]) - 0.0862 * 60 + 5.75, abs=1e-3
    )


@pytest.mark.slow
def test_the_list_says_what_is_corrected_and_on_what_evidence(own_city: Any, asker: Callable[[Any], Any]) -> None:
    """Id, dates, numbers, R2; never the names of devices beside which it was found."""
    own_city.registry.add_calibration(LINE, at_s=1)
    ask = asker(own_city.app())

    told = ask.json("/api/series")["series"]
    latest = ask.json("/api/latest.geojson")["features"][0]["properties"]

    assert told[1]["corrections"] == [
        {"id": "linear@1", "from": None, "to": None, "numbers": {"slope": 0.5, "offset": 2.0}, "evidence": {"r2": 0.9}}
    ]
    assert told[0]["corrections"] == []
    particles = next(one for one in latest["latest"] if one["channel"] == "pm2_5")
    assert (particles["corrected"], particles["correction"]) == (3.5, "linear@1")
    assert latest["pm2_5_corrected"] == 3.5


@pytest.mark.slow
def test_windows_do_not_depend_on_how_readings_are_read(own_city: Any) -> None:
    """Corrected windows asked in one block or one by one are the same to the last bit; days have their own ends."""
    own_city.registry.add_calibration(LINE, at_s=1)
    view = Catalogue(own_city.registry, load_quantities()).view()
    shown, readings = view.series(2), Readings(own_city.store)
    corrector, hours = Corrector(readings, view, shown), readings.read(shown, 0, 1 << 40, tier="h1")

    whole = corrector.beside(hours, "h1")
    day = hours[:1].copy()
    day["start_s"] = 1_795_561_200  # 2026-11-25 at midnight in Rennes
    of_day = corrector.beside(day, "d1")

    assert whole is not None
    assert of_day is not None
    ones = [corrector.beside(hours[n : n + 1], "h1") for n in range(len(hours))]
    assert whole.value.tobytes() == b"".join(one.value.tobytes() for one in ones if one)
    assert of_day.value[0] == pytest.approx(whole.value.mean())
    assert humidity_of(view, shown) is None
