"""The newest readings on a map."""

from __future__ import annotations

from typing import Any


def test_a_feature_tells_value_age_and_meaning(city: Any, ask: Any) -> None:
    """With the sentence of its flag in both languages, and plain attributes for map programs."""
    features = {f["properties"]["name"]: f for f in ask.json("/api/latest.geojson")["features"]}
    quay = features["Quai ouest"]
    told = {one["channel"]: one for one in quay["properties"]["latest"]}

    assert quay["geometry"] == {"type": "Point", "coordinates": [-1.69, 48.112]}
    assert told["temperature"]["value"] == 45.5
    assert (told["temperature"]["flag"], told["temperature"]["age_s"], told["temperature"]["stale"]) == (3, 60, False)
    assert told["temperature"]["sentence"]["fr"] != told["indoor.temperature"]["sentence"]["fr"]
    assert told["indoor.temperature"]["sentence"]["fr"] == "valeur normale"
    assert quay["properties"]["temperature"] == 45.5
    assert quay["properties"]["temperature_flag"] == 3


def test_its_tag_moves_with_a_reading_and_with_silence(own_city: Any, asker: Any) -> None:
    """Not with every second, but with a new reading and when one becomes stale."""
    ask = asker(own_city.app())
    first = ask("/api/latest.geojson").headers["etag"]
    own_city.now_s += 1
    second = ask("/api/latest.geojson").headers["etag"]
    own_city.now_s += 3600
    stale = ask("/api/latest.geojson")
    own_city.flag("Port", "rain", own_city.now_s, 1, 7.5)
    fresh = ask("/api/latest.geojson").headers["etag"]

    assert first == second
    assert len({first, stale.headers["etag"], fresh}) == 3
    assert all(one["stale"] for f in stale.json()["features"] for one in f["properties"]["latest"])
