"""JSON schemas of what programs read, for the OpenAPI document; tests hold the answers to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.problems import MEDIA as PROBLEM

Schema = Mapping[str, Any]
Answers = dict[int | str, dict[str, Any]]


def _object(required: str, **properties: Schema) -> Schema:
    """An object that may grow: only what is named here is promised."""
    return {"type": "object", "required": required.split(), "properties": properties}


def _many(of: Schema) -> Schema:
    return {"type": "array", "items": of}


def _maybe(kind: Schema) -> Schema:
    return {"anyOf": [kind, {"type": "null"}]}


TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
TRUTH: Schema = {"type": "boolean"}
TIME: Schema = {"type": "string", "format": "date-time"}
ADDRESS: Schema = {"type": "string", "format": "uri"}
BOTH = _object("fr en", fr=TEXT, en=TEXT)
FLAG: Schema = {"type": "integer", "enum": [1, 2, 3, 4, 9]}

REFUSAL = _object(
    "type title status detail", type=TEXT, title=TEXT, status=WHOLE, detail=TEXT, code=WHOLE, message=TEXT
)
REFUSALS: Answers = {
    code: {"description": told, "content": {PROBLEM: {"schema": REFUSAL}}}
    for code, told in {
        "4XX": "What was asked cannot be given; `detail` says why",
        "5XX": "Not now, or not offered",
    }.items()
}
"""What every route may answer besides."""

PILOT = _object(
    "slug name licence licence_url attribution timezone demonstration",
    slug=TEXT, name=TEXT, licence=TEXT, licence_url=_maybe(ADDRESS), attribution=TEXT, timezone=TEXT, demonstration=TRUTH,
)  # fmt: skip
PLACE = _object(
    "id name pilot lat lon series",
    id=WHOLE, name=TEXT, pilot=TEXT, lat=NUMBER, lon=NUMBER, series=_many(WHOLE), sensorthings=ADDRESS, page=_maybe(ADDRESS),
)  # fmt: skip
ANY: Schema = {"type": "object"}
CORRECTION = {
    **_object("id numbers evidence", id=TEXT, numbers=ANY, evidence=ANY),
    "description": "How readings are corrected in [from, to); null where there is no bound",
}
SERIES = _object(
    "id place place_name pilot channel quantity name unit aggregate period_s public licence attribution csv json corrections",
    id=WHOLE, place=WHOLE, place_name=TEXT, pilot=TEXT, channel=TEXT, quantity=TEXT, name=BOTH, unit=TEXT, aggregate=TEXT,
    period_s=NUMBER, public=_many(_many(_maybe(TIME))), generated_until=_maybe(TIME), licence=TEXT, attribution=TEXT,
    corrections=_many(CORRECTION), csv=ADDRESS, json=ADDRESS, sensorthings=ADDRESS,
)  # fmt: skip
QUANTITY = _object(
    "slug name unit aggregate digits definition quality",
    slug=TEXT, name=BOTH, unit=_object("ucum wire text", ucum=TEXT, wire=TEXT, text=TEXT), aggregate=TEXT, digits=WHOLE,
    definition=TEXT, quality={"type": "object", "additionalProperties": NUMBER},
)  # fmt: skip
PLACES = _object("pilots places", pilots=_many(PILOT), places=_many(PLACE))
ALL_SERIES = _object("pilots series", pilots=_many(PILOT), series=_many(SERIES))
QUANTITIES = _object("quantities", quantities=_many(QUANTITY))
CORRECTED = {"corrected": NUMBER, "corrected_flag": FLAG, "correction": TEXT}
"""Present where a reading or a window is corrected."""
READING = _object("time value flag", time=TIME, value=_maybe(NUMBER), flag=FLAG, generated=TRUTH, **CORRECTED)
WINDOW = {
    **_object(
        "time value flag completeness count min max",
        time=TIME, value=_maybe(NUMBER), flag=WHOLE, completeness=_maybe(NUMBER), count=WHOLE, min=_maybe(NUMBER),
        max=_maybe(NUMBER), generated=TRUTH, strength=_maybe(NUMBER), **CORRECTED,
    ),
    "patternProperties": {"^p[0-9]{1,3}$": _maybe(NUMBER)},
}  # fmt: skip
ROWS = {
    **_object(
        "series tier from to licence attribution",
        **{"series": SERIES, "tier": TEXT, "from": _maybe(TIME), "to": _maybe(TIME), "licence": TEXT, "attribution": TEXT},
        readings=_many(READING), windows=_many(WINDOW), percentiles=_many(WHOLE),
    ),
    "oneOf": [{"required": ["readings"]}, {"required": ["windows"]}],
}  # fmt: skip
REASON = _object(
    "test flag value threshold sentence",
    test=TEXT, flag=FLAG, value=_maybe(NUMBER), threshold=_maybe(NUMBER), sentence=BOTH,
)  # fmt: skip
QUALITY = _object(
    "series time value unit flag sentence tests score reasons",
    series=SERIES, time=TIME, value=_maybe(NUMBER), unit=TEXT, flag=FLAG, sentence=BOTH,
    tests={"type": "object", "additionalProperties": FLAG}, score=_maybe(NUMBER), reasons=_many(REASON), **CORRECTED,
)  # fmt: skip
EVENT = _object(
    "start end told kind sentence size against neighbours compared agreeing",
    start=TIME, end=_maybe(TIME), told=TIME, kind=TEXT, sentence=BOTH, size=_maybe(NUMBER), against=_maybe(NUMBER),
    neighbours={"type": "string", "enum": ["nobody", "alone", "few", "news"]}, compared=WHOLE, agreeing=WHOLE,
)  # fmt: skip
EVENTS = _object(
    "series from to licence attribution events",
    **{"series": SERIES, "from": _maybe(TIME), "to": _maybe(TIME), "licence": TEXT, "attribution": TEXT},
    events=_many(EVENT),
)
LATEST = _object(
    "series channel quantity value unit time age_s stale flag sentence generated",
    series=WHOLE, channel=TEXT, quantity=TEXT, value=_maybe(NUMBER), unit=TEXT, time=TIME, age_s=WHOLE, stale=TRUTH,
    flag=FLAG, sentence=BOTH, generated=TRUTH, **CORRECTED,
)  # fmt: skip
POINT = _object(
    "type coordinates",
    type={"const": "Point"}, coordinates={"type": "array", "items": NUMBER, "minItems": 2, "maxItems": 3},
)  # fmt: skip
FEATURE = _object(
    "type id geometry properties",
    type={"const": "Feature"}, id=WHOLE, geometry=POINT,
    properties=_object(
        "name pilot public licence attribution latest",
        name=TEXT, pilot=TEXT, public=TRUTH, licence=TEXT, attribution=TEXT, latest=_many(LATEST),
    ),
)  # fmt: skip
GEOJSON = _object(
    "type generated_at pilots features",
    type={"const": "FeatureCollection"}, generated_at=TIME, pilots=_many(PILOT), features=_many(FEATURE),
)  # fmt: skip
SENSORTHINGS: Schema = {"type": "object"}


def answer(told: str, media: str, schema: Schema) -> Answers:
    """What a route answers when all goes well, and when the asker holds it already."""
    return {
        200: {"description": told, "content": {media: {"schema": schema}}},
        304: {"description": "The asker holds this answer already (`If-None-Match`)"},
    }


def json_answer(told: str, schema: Schema) -> Answers:
    """The same for plain JSON."""
    return answer(told, "application/json", schema)
