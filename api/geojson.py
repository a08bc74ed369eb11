"""The newest reading of everything public, on a map: one GeoJSON FeatureCollection (RFC 7946)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec
import numpy as np

from api.answers import tag
from api.catalogue import Shown, View
from api.corrected import Newest
from api.licences import licence_url
from api.links import Links
from api.listings import pilot_json
from api.sensorthings.moments import iso
from gateway.numerics.columns import as_bytes
from gateway.numerics.sentences import sentence

MEDIA = "application/geo+json"


def latest_tag(view: View, latest: Mapping[int, np.void], now_s: float, links: Links) -> str:
    """An ETag of what it tells but for ages: it moves with a new reading or flag, one that grows stale, or the registry."""
    rows = [latest[number] for number in sorted(latest)]
    stale = [int(now_s) - int(row["time_s"]) > view.shown[int(row["series"])].stale_after_s for row in rows]
    return tag(view.revision, links.base, b"".join(map(as_bytes, rows)), bytes(stale))


def latest_geojson(
    view: View, latest: Mapping[int, np.void], corrected: Mapping[int, Newest], now_s: float, links: Links
) -> bytes:
    """A Feature a place, with the newest reading of each of its series, and what corrections make of it."""
    features = [_feature(view, view.by_place[place], latest, corrected, now_s, links) for place in view.places]
    pilots = [pilot_json(p) for p in view.pilots]
    whole = {"type": "FeatureCollection", "generated_at": iso(int(now_s)), "pilots": pilots, "features": features}
    return msgspec.json.encode(whole)


def _feature(
    view: View,
    series: Sequence[Shown],
    latest: Mapping[int, np.void],
    corrected: Mapping[int, Newest],
    now_s: float,
    links: Links,
) -> dict[str, object]:
    place, pilot = series[0].place, series[0].pilot
    heard = [s for s in series if s.id in latest]
    return {
        "type": "Feature",
        "id": place.id,
        "geometry": {"type": "Point", "coordinates": [place.lon, place.lat]},
        "properties": {
            "name": place.name,
            "pilot": pilot.slug,
            "public": view.key is None,
            "licence": licence_url(pilot.licence) or pilot.licence,
            "attribution": pilot.attribution,
            "sensorthings": links.to(f"/v1.1/Things({place.id})"),
            "latest": [latest_json(s, latest[s.id], corrected.get(s.id), now_s) for s in heard],
            **{name: value for s in heard for name, value in _flat(s, latest[s.id], corrected.get(s.id))},
        },
    }


def _flat(shown: Shown, row: np.void, corrected: Newest | None) -> Iterator[tuple[str, object]]:
    """Value, flag and time by the name of the channel: a map program styles by plain attributes, not by lists."""
    channel, value = shown.series.channel, float(row["value"])
    yield channel, value if np.isfinite(value) else None
    yield f"{channel}_flag", int(row["flag"])
    yield f"{channel}_time", iso(int(row["time_s"]))
    if corrected is not None:
        yield f"{channel}_corrected", corrected.value


def latest_json(shown: Shown, row: np.void, corrected: Newest | None, now_s: float) -> dict[str, object]:
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
        **({} if corrected is None else corrected.told()),
    }
