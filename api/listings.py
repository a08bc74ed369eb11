"""Places, series and quantities as plain JSON: what there is to ask for."""

from __future__ import annotations

from collections.abc import Mapping

from api.catalogue import FOR_EVER_S, Shown, View
from api.corrected import corrections_json
from api.licences import licence_url
from api.links import Links
from api.sensorthings.moments import iso
from devices.quantity import Quantity
from gateway.registry import Pilot, Place


def pilot_json(pilot: Pilot) -> dict[str, object]:
    """A pilot: whose readings these are, and under which licence."""
    return {
        "slug": pilot.slug,
        "name": pilot.name,
        "licence": pilot.licence,
        "licence_url": licence_url(pilot.licence),
        "attribution": pilot.attribution,
        "timezone": pilot.timezone,
        "demonstration": pilot.demo,
    }


def place_json(place: Place, view: View, links: Links) -> dict[str, object]:
    """A place and where to read on."""
    shown = view.by_place[place.id]
    return {
        "id": place.id,
        "name": place.name,
        "pilot": shown[0].pilot.slug,
        "lat": place.lat,
        "lon": place.lon,
        "series": [s.id for s in shown],
        "sensorthings": links.to(f"/v1.1/Things({place.id})"),
        "page": links.to(f"/en/place/{place.id}") if view.key is None else None,
    }


def series_json(shown: Shown, links: Links) -> dict[str, object]:
    """A series, its unit, and where its readings are."""
    return {
        "id": shown.id,
        "place": shown.place.id,
        "place_name": shown.place.name,
        "pilot": shown.pilot.slug,
        "channel": shown.series.channel,
        "quantity": shown.quantity.slug,
        "name": {"fr": shown.quantity.name_fr, "en": shown.quantity.name_en},
        "unit": shown.quantity.unit_ucum,
        "aggregate": shown.quantity.aggregate,
        "period_s": shown.series.period_s,
        "public": [[iso(a), None if b >= FOR_EVER_S else iso(b)] for a, b in shown.spans],
        "generated_until": iso(shown.series.generated_until_s) if shown.series.generated_until_s else None,
        "corrections": corrections_json(shown),
        "licence": licence_url(shown.pilot.licence) or shown.pilot.licence,
        "attribution": shown.pilot.attribution,
        "csv": links.to(f"/api/series/{shown.id}.csv"),
        "json": links.to(f"/api/series/{shown.id}.json"),
        "sensorthings": links.to(f"/v1.1/Datastreams({shown.id})"),
    }


def quantity_json(quantity: Quantity) -> dict[str, object]:
    """A quantity: its names, its unit, how it is condensed, and the thresholds of its tests."""
    return {
        "slug": quantity.slug,
        "name": {"fr": quantity.name_fr, "en": quantity.name_en},
        "unit": {"ucum": quantity.unit_ucum, "wire": quantity.unit_wire, "text": quantity.unit_text},
        "aggregate": quantity.aggregate,
        "digits": quantity.digits,
        "definition": quantity.definition,
        "quality": dict(quantity.quality),
    }


def places_body(view: View, links: Links) -> dict[str, object]:
    """All visible places."""
    return {
        "pilots": [pilot_json(p) for p in view.pilots],
        "places": [place_json(p, view, links) for p in view.places.values()],
    }


def series_body(view: View, links: Links) -> dict[str, object]:
    """All visible series."""
    return {
        "pilots": [pilot_json(p) for p in view.pilots],
        "series": [series_json(s, links) for s in view.shown.values()],
    }


def quantities_body(quantities: Mapping[str, Quantity]) -> dict[str, object]:
    """All quantities that a recipe may measure."""
    return {"quantities": [quantity_json(q) for q in quantities.values()]}
