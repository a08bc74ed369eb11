"""Percentiles of minute values, asked of the plain routes."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from api.catalogue import Catalogue
from api.percentiles import AT_ONCE, Ranker, read_percentiles
from api.problems import Malformed
from api.readings import Readings
from devices.quantity import load_quantities
from gateway.numerics.columns import GOOD, TIERS, WINDOW
from gateway.store.port import Batch

TEMPERATURE = "Quai ouest", "temperature"
HOUR = "from=2026-11-25T09:00:00Z&to=2026-11-25T10:00:00Z&tier=h1"


def minutes(city: Any, start_s: int, count: int) -> int:
    """Minutes, and the hours that they fill, with the value of their number in the hour; the series."""
    number: int = city.series("Port", "rain")
    for tier, width in TIERS.items():
        rows = np.zeros(count * TIERS["m1"] // width, WINDOW)
        rows["series"], rows["start_s"] = number, start_s + width * np.arange(len(rows))
        rows["count"], rows["seen"], rows["flag"] = width // 60, width // 60, GOOD
        rows["value"] = np.arange(len(rows)) % 60
        city.store.write(Batch(**{tier: rows}))
    return number


def test_an_hour_has_the_percentiles_that_are_asked(ask: Any, city: Any) -> None:
    """Of its sixty minutes, in JSON by name and in CSV at the end; without the parameter nothing stands there."""
    series = city.series(*TEMPERATURE)
    values = [w["value"] for w in ask.json(f"/api/series/{series}.json?{HOUR.replace('h1', 'm1')}")["windows"]]
    p10, p90 = np.round(np.quantile(values, [0.1, 0.9]), 3)

    told = ask.json(f"/api/series/{series}.json?{HOUR}&percentiles=90,10")
    table = ask(f"/api/series/{series}.csv?{HOUR}&percentiles=90,10")
    french = ask(f"/api/series/{series}.csv?{HOUR}&percentiles=90&excel=1").text
    plain = ask(f"/api/series/{series}.csv?{HOUR}").text

    (window,), (row,) = told["windows"], csv.DictReader(io.StringIO(table.text, newline=""))
    assert told["percentiles"] == [10, 90]
    assert (len(values), window["p10"], window["p90"]) == (60, pytest.approx(p10), pytest.approx(p90))
    assert list(row)[-3:] == ["correction", "p10", "p90"]
    assert (float(row["p10"]), float(row["p90"])) == (window["p10"], window["p90"])
    assert french.splitlines()[1].endswith(f";{window['p90']}".replace(".", ","))
    assert "p90" not in plain
    assert plain.endswith(",,,\r\n")


def test_a_local_day_has_its_own_minutes(own_city: Any) -> None:
    """From midnight to midnight of the place; minutes that are not kept leave nothing."""
    view = Catalogue(own_city.registry, load_quantities()).view()
    shown, day = view.series(own_city.series(*TEMPERATURE)), np.zeros(2, WINDOW)
    day["start_s"] = [
        1_795_474_800,
        1_795_561_200,
    ]  # midnights in Paris, 23:00 UTC; measured is from 08:00 UTC on the second

    told = Ranker(Readings(own_city.store), shown, (0, 100)).beside(day, "d1")

    assert told is not None
    assert np.isnan(told[0]).all()
    assert told[1].tolist() == [10.0, 15.98]
    assert Ranker(Readings(own_city.store), shown, ()).beside(day, "d1") is None


@pytest.mark.slow
def test_many_hours_are_streamed_a_few_at_once(own_city: Any, asker: Callable[[Any], Any]) -> None:
    """Three blocks of hours, each with its own minutes, once and in order; other percentiles are another answer."""
    start_s, hours = 1_795_651_200, 2 * AT_ONCE["h1"] + 3
    own_city.now_s = start_s + hours * 3600
    series = minutes(own_city, start_s, 60 * hours)
    ask = asker(own_city.app())
    path = f"/api/series/{series}.json?from=2026-11-26&tier=h1"

    told = ask(f"{path}&percentiles=50,100")

    windows = told.json()["windows"]
    assert "content-length" not in told.headers
    assert [(w["p50"], w["p100"]) for w in windows] == [(29.5, 59.0)] * hours
    assert len({w["time"] for w in windows}) == hours
    assert ask(f"{path}&percentiles=50", headers={"if-none-match": told.headers["etag"]}).status_code == 200


@pytest.mark.parametrize(
    ("place", "query", "said"),
    [
        (TEMPERATURE, "tier=h1&percentiles=", "write 10,50,90"),
        (TEMPERATURE, "tier=h1&percentiles=101", "from 0 to 100"),
        (TEMPERATURE, "tier=h1&percentiles=50%25", "write 10,50,90"),
        (TEMPERATURE, "tier=h1&percentiles=0,1,2,3,4,5,6,7,8,9", "up to 9"),
        (TEMPERATURE, "tier=h1&percentiles=10&percentiles=90", "given twice"),
        (TEMPERATURE, "tier=m1&percentiles=10", "tier=h1 or tier=d1"),
        (TEMPERATURE, "percentiles=10", "tier=h1 or tier=d1"),
        (("Toit", "wind_direction"), "tier=h1&percentiles=10", "directions have no lowest"),
    ],
)
@pytest.mark.parametrize("ending", ["csv", "json"])
def test_what_cannot_be_ranked_is_refused(
    ask: Any, city: Any, place: tuple[str, str], query: str, said: str, ending: str
) -> None:
    """problem+json, with what to do."""
    told = ask(f"/api/series/{city.series(*place)}.{ending}?{query}")

    assert (told.status_code, told.headers["content-type"]) == (400, "application/problem+json")
    assert said in told.json()["detail"]


def test_a_list_is_read_once_each_and_rising(city: Any) -> None:
    """However it is written; nothing asked is nothing made."""
    shown = Catalogue(city.registry, load_quantities()).view().series(city.series(*TEMPERATURE))

    assert read_percentiles("90,010,10", shown, "d1") == (10, 90)
    assert read_percentiles(None, shown, "raw") == ()
    with pytest.raises(Malformed):
        read_percentiles("²", shown, "h1")
