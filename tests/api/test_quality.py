"""Why a reading has its flag, asked of the application."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from api.catalogue import Catalogue
from api.quality import number, reasons
from api.readings import Readings
from devices.quantity import load_quantities
from gateway.numerics.columns import FAIL, GOOD, SUSPECT
from gateway.numerics.flags import pack_tests
from gateway.numerics.watch import EVENT, KINDS
from gateway.registry import Wanted
from gateway.store.port import Batch

START_S = 1_795_600_800
"""2026-11-25T10:00:00Z."""
SPIKE, STUCK = "2026-11-25T10:30:00Z", "2026-11-25T11:59:00Z"


def judged(city: Any) -> int:
    """Two hours of a sensor that spikes once and is stuck at last; its series."""
    values = 15 + np.round(np.random.default_rng(1).standard_normal(120) * 0.2, 2)
    values[30], values[60:] = 38.0, 21.4
    number_of: int = city.judge("Quai ouest", "temperature", START_S, values)
    return number_of


def test_the_numbers_that_gave_a_flag_are_told(own_city: Any, asker: Callable[[Any], Any]) -> None:
    """Test, value, threshold and a sentence in both languages, of each test that found something; the others with flags."""
    series = judged(own_city)
    ask = asker(own_city.app())

    spike = ask.json(f"/api/series/{series}/readings/{SPIKE}/quality")
    stuck = ask.json(f"/api/series/{series}/readings/{STUCK}/quality")
    good = ask.json(f"/api/series/{series}/readings/2026-11-25T10:10:00%2B00:00/quality")

    told = {one["test"]: one for one in spike["reasons"]}
    assert (spike["value"], spike["unit"], spike["flag"]) == (38.0, "Cel", FAIL)
    assert told["spike"]["value"] > told["spike"]["threshold"] > 0
    assert "38" not in told["spike"]["sentence"]["fr"]
    assert spike["tests"]["gross"] == GOOD
    flat = next(one for one in stuck["reasons"] if one["test"] == "flat")
    assert (flat["value"], flat["flag"]) == (59 * 60.0, stuck["flag"])
    assert "capteur figé depuis 59 min : 21,4 °C, 60 mesures" in flat["sentence"]["fr"]
    assert "sensor stuck for 59 min: 21.4 °C, 60 readings" in flat["sentence"]["en"]
    assert (good["flag"], good["reasons"], good["sentence"]["en"]) == (GOOD, [], "normal value")


def test_a_flag_of_the_watch_is_told_by_its_event(own_city: Any, asker: Callable[[Any], Any]) -> None:
    """Sentence, size and limit of the event that covers the reading, in both languages."""
    series, time_s = judged(own_city), START_S + 600
    row = own_city.store.read(series, time_s, time_s + 1)
    row["tests"], row["flag"], row["score"] = pack_tests(neighbours=SUSPECT), SUSPECT, 0.4
    events = np.array([(series, time_s - 300, time_s, 0, KINDS.index("jump"), 2.5, 0.6, 4, 0)], EVENT)
    own_city.store.write(Batch(readings=row, events=events))

    (told,) = asker(own_city.app()).json(f"/api/series/{series}/readings/2026-11-25T10:10:00Z/quality")["reasons"]

    assert (told["test"], told["flag"], told["value"], told["threshold"]) == ("neighbours", SUSPECT, 2.5, 0.6)
    assert told["sentence"]["fr"].startswith("saut de +2,5 °C en moins d’une heure (d’habitude moins de 0,6 °C)")
    assert told["sentence"]["en"].startswith("a jump of +2.5 °C within an hour (usually less than 0.6 °C)")


@pytest.mark.slow
def test_a_corrected_reading_says_so(own_city: Any, asker: Callable[[Any], Any]) -> None:
    """The corrected value and its correction stand beside the raw one."""
    series = judged(own_city)
    own_city.registry.add_calibration(Wanted("air-1", "temperature", "linear", {"slope": 1.0, "offset": -1.0}), at_s=1)

    told = asker(own_city.app()).json(f"/api/series/{series}/readings/{SPIKE}/quality")

    assert (told["value"], told["corrected"], told["correction"]) == (38.0, 37.0, "linear@1")


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/api/series/1/readings/soon/quality", 400, "time:"),
        ("/api/series/1/readings/2026-11-25T10:00:30Z/quality", 404, "no public reading"),
        ("/api/series/1/readings/2026-11-25T10:00:00.5Z/quality", 404, "no public reading"),
        ("/api/series/999/readings/2026-11-25T10:00:00Z/quality", 404, "no public series"),
        ("/api/series/1/readings/2026-11-25T10:00:00Z/quality?lang=fr", 400, "lang"),
    ],
)
def test_what_cannot_be_told_is_refused(ask: Any, path: str, status: int, said: str) -> None:
    """problem+json, with what is wrong."""
    told = ask(path)

    assert (told.status_code, told.headers["content-type"]) == (status, "application/problem+json")
    assert said in told.json()["detail"]


def test_what_is_hidden_explains_nothing(own_city: Any) -> None:
    """Where what came before may not be seen, a flag stands and its number is unknown; hidden values are never read."""
    series = judged(own_city)
    own_city.registry.set_stage("air-1", "essai", at_s=START_S + 60 * 118)
    own_city.registry.set_stage("air-1", "public", at_s=START_S + 60 * 119)
    shown = Catalogue(own_city.registry, load_quantities()).view().series(series)
    readings = Readings(own_city.store)
    row = readings.read(shown, START_S + 60 * 119, START_S + 60 * 120)[0]

    told = reasons(readings, shown, row, "en")

    assert [(one.test, one.flag in {SUSPECT, FAIL}) for one in told] == [("flat", True)]
    assert told[0].value == 0.0
    assert (number(float("nan")), number(1.5)) == (None, 1.5)
