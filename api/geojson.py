"""The newest reading of everything public, on a map: one GeoJSON FeatureCollection (RFC 7946)."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import numpy as np

from api.catalogue import Shown, View
from api.links import Links
from api.listings import pilot_json
from api.sensorthings.moments import iso
from gateway.numerics.sentences import sentence

MEDIA = "application/geo+json"


def latest_geojson(view: View, latest: Mapping[int, np.void], now_s: float, links: Links) -> bytes:
    """A Feature a place, with the newest reading of each of its series."""
    by_place: dict[int, list[Shown]] = {place: [] for place in view.places}
    for shown in view.shown.values():
        by_place[shown.place.id].append(shown)
    features = [_feature(view, shown, latest, now_s, links) for shown in by_place.values()]
    pilots = [pilot_json(p) for p in view.pilots]
    whole = {"type": "FeatureCollection", "generated_at": iso(int(now_s)), "pilots": pilots, "features": features}
    return msgspec.json.encode(whole)


def _feature(
    view: View, series: list[Shown], latest: Mapping[int, np.void], now_s: float, links: Links
) -> dict[str, object]:
    place, pilot = series[0].place, series[0].pilot
    return {
        "type": "Feature",
        "id": place.id,
        "geometry": {"type": "Point", "coordinates": [place.lon, place.lat]},
        "properties": {
            "name": place.name,
            "pilot": pilot.slug,
            "public": view.key is None,
            "attribution": pilot.attribution,
            "sensorthings": links.to(f"/v1.1/Things({place.id})"),
            "latest": [latest_json(s, latest[s.id], now_s) for s in series if s.id in latest],
        },
    }


def latest_json(shown: Shown, row: np.void, now_s: float) -> dict[str, object]:
    """The newest reading of a series: its value, its age, and what its flag means."""
    time_s, value, quantity = int(row["time_s"]), float(row["value"]), shown.quantity
    age_s = max(0, int(now_s) - time_s)
    return {
        "series": shown.id,
        "channel": shown.series.channel,
        "quantity": quantity.slug,
        "value": value if np.isfinite(value) else None,
        "unit": quantity.unit_ucum,
        "time": iso(time_s),
        "age_s": age_s,
        "stale": age_s > shown.stale_after_s,
        "flag": int(row["flag"]),
        "sentence": {lang: sentence(row, quantity, lang) for lang in ("fr", "en")},
        "generated": shown.generated(time_s),
    }
