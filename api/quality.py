"""Why a reading has its flag: what each test said of it, with its numbers, made again from what is stored and visible."""

from __future__ import annotations

import math

import msgspec
import numpy as np

from api.catalogue import Shown, View
from api.corrected import Corrector
from api.links import Links
from api.listings import series_json
from api.problems import Malformed, NotThere
from api.readings import Readings
from api.sensorthings.moments import iso, read_instant
from devices.words import LANGUAGES
from gateway.numerics.flags import unpack_tests
from gateway.numerics.params import series_row
from gateway.numerics.reasons import EVENT_MEMORY_S, RAISED_BY, Reason, by_events, explain, memory_s
from gateway.numerics.sentences import sentence

AFTER_S = 86_400
"""How far after a reading the one is looked for that its spike test was made with."""


def reasons(readings: Readings, shown: Shown, row: np.void, lang: str) -> list[Reason]:
    """Each test that found a reading suspect or rejected it, with value, threshold and sentence."""
    known = series_row(shown.quantity, shown.periods, shown.series.quality)
    time_s = int(row["time_s"])
    before = readings.read(shown, time_s - memory_s(known), time_s + 1)
    after = next(readings.blocks(shown, time_s + 1, time_s + AFTER_S, rows=1), before[:0])
    told = explain(row, np.concatenate([before, after[:1]]), known=known, quantity=shown.quantity, lang=lang)
    if not any(one.test in RAISED_BY for one in told):
        return told
    events = readings.events(shown, time_s - EVENT_MEMORY_S, time_s + 1)
    return by_events(told, time_s, events, quantity=shown.quantity, lang=lang)


def quality_body(readings: Readings, view: View, shown: Shown, moment: str, links: Links) -> bytes:
    """The quality of the reading at a moment. Raises Malformed where it is none, NotThere where none is visible then."""
    try:
        time_s = read_instant(moment).s
    except Malformed as error:
        raise Malformed(f"time: {error.detail}") from None
    found = readings.read(shown, math.floor(time_s), math.floor(time_s) + 1)
    if not len(found) or time_s != int(time_s):
        raise NotThere(f"series {shown.id} has no public reading at {moment}; /api/series/{shown.id}.json lists them")
    return msgspec.json.encode(_told(readings, view, shown, found[0], links))


def _told(readings: Readings, view: View, shown: Shown, row: np.void, links: Links) -> dict[str, object]:
    told = {lang: reasons(readings, shown, row, lang) for lang in LANGUAGES}
    beside = Corrector(readings, view, shown).beside(np.array([row]), "raw")
    corrected = beside is not None and bool(beside.name[0])
    return {
        "series": series_json(shown, links),
        "time": iso(int(row["time_s"])),
        "value": number(float(row["value"])),
        "unit": shown.quantity.unit_ucum,
        "flag": int(row["flag"]),
        "sentence": {lang: sentence(row, shown.quantity, lang) for lang in LANGUAGES},
        "tests": unpack_tests(int(row["tests"])),
        "score": number(float(row["score"])),
        "reasons": [
            {
                "test": one.test,
                "flag": one.flag,
                "value": number(one.value),
                "threshold": number(one.threshold),
                "sentence": {lang: told[lang][nth].sentence for lang in LANGUAGES},
            }
            for nth, one in enumerate(told["en"])
        ],
        **(
            {
                "corrected": number(float(beside.value[0])),
                "corrected_flag": int(beside.flag[0]),
                "correction": beside.name[0],
            }
            if corrected and beside is not None
            else {}
        ),
    }


def number(value: float) -> float | None:
    """A number as JSON has it, None for what is none."""
    return value if math.isfinite(value) else None
