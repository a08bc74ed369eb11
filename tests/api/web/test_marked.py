"""What a page says of stretches that are marked, and of events."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from api.bounds import Bounds
from api.catalogue import Catalogue
from api.readings import Readings
from api.web.charts import STRETCHES, chart
from api.web.marked import MOST, flagged, happened
from api.web.speech import Speech
from devices.quantity import load_quantities
from gateway.numerics.watch.events import EVENT, KINDS
from gateway.store.port import Batch

START_S = 1_795_600_800
"""2026-11-25T10:00:00Z, 11:00 in Rennes."""
FR, EN = (Speech(lang, ZoneInfo("Europe/Paris")) for lang in ("fr", "en"))


@pytest.fixture
def troubled(own_city: Any) -> Any:
    """Three hours of a temperature that spikes once and is stuck from the second hour on; a shared jump, and one alone."""
    values = 15 + np.round(np.random.default_rng(1).standard_normal(180) * 0.2, 2)
    values[30], values[60:] = 38.0, 21.4
    series = own_city.judge("Quai ouest", "temperature", START_S, values)
    rows = np.zeros(2, EVENT)
    rows["series"], rows["start_s"], rows["end_s"] = series, [START_S, START_S + 3600], [START_S + 1200, 0]
    rows["kind"] = [KINDS.index("jump"), KINDS.index("stuck")]
    rows["size"], rows["against"], rows["compared"], rows["agreeing"] = [2.5, 36], [1, 5], [2, 2], [2, 0]
    own_city.store.write(Batch(events=rows))
    return own_city


def test_a_marked_stretch_opens_to_its_sentence(troubled: Any) -> None:
    """The newest first, each with its time, its word, and the numbers of the reading that it ended with."""
    shown = Catalogue(troubled.registry, load_quantities()).view().series(1)
    readings = Readings(troubled.store)
    runs = chart(readings, shown, STRETCHES["24h"], FR, troubled.now_s).runs

    stuck, *_, spike = flagged(readings, shown, runs, FR)

    assert (spike.state, spike.word) == ("fail", "rejetée")
    assert (stuck.state, stuck.word) == ("suspect", "suspecte")
    assert re.match(r"25 nov\. 11:\d\d – 11:3\d", spike.when)
    assert stuck.why == ("Capteur figé depuis 119 min : 21,4 °C, 120 mesures ; au plus 45 min.",)
    assert all(text[0].isupper() and text.endswith(".") for one in (stuck, spike) for text in one.why)


def test_events_say_who_saw_them(troubled: Any) -> None:
    """What neighbours share is news, not a fault; what lasts says since when."""
    shown = Catalogue(troubled.registry, load_quantities()).view().series(1)

    stuck, jump = happened(Readings(troubled.store), shown, Bounds(), EN)

    assert (jump.state, jump.word) == ("good", "seen nearby, too")
    assert (stuck.state, stuck.word) == ("suspect", "to be checked")
    assert stuck.when.startswith("since")
    assert "2 of the 2 places nearby" in jump.why[0]


@pytest.mark.slow
def test_no_more_are_told_than_one_reads(troubled: Any) -> None:
    """The newest of many."""
    rows = np.zeros(50, EVENT)
    rows["series"], rows["start_s"] = 1, START_S + 60 * np.arange(50)
    troubled.store.write(Batch(events=rows))
    shown = Catalogue(troubled.registry, load_quantities()).view().series(1)

    assert len(happened(Readings(troubled.store), shown, Bounds(), FR)) == MOST


@pytest.mark.slow
@pytest.mark.parametrize(("lang", "said"), [("fr", "Capteur figé depuis"), ("en", "Sensor stuck for")])
def test_the_page_needs_no_script_for_it(troubled: Any, asker: Callable[[Any], Any], lang: str, said: str) -> None:
    """What opens is a `details` of HTML, in the language of the page."""
    page = asker(troubled.app())(f"/{lang}/{'lieu' if lang == 'fr' else 'place'}/1").text

    assert said in page
    assert page.count("<details>") >= 3
    assert "<script" not in page


@pytest.mark.slow
def test_a_year_is_drawn_by_days(troubled: Any, asker: Callable[[Any], Any]) -> None:
    """From the windows of local days."""
    days = troubled.store.read(1, 0, 1 << 40, tier="h1")[:1]
    days["start_s"] = 1_795_561_200
    troubled.store.write(Batch(d1=days))

    ask, key = asker(troubled.app()), troubled.places["Quai ouest"].key
    public, opened = ask("/en/place/1?range=1y"), ask(f"/preview/{key}?range=1y")

    assert "No reading over 1 year." in public.text, "a day that was not public whole tells of what was not"
    assert "25 Wed" in opened.text or "Wed 25" in opened.text
    assert opened.text.count("No reading over 1 year.") == public.text.count("No reading over 1 year.") - 2
