"""Events of a series: what the watch saw, since when, and whether neighbours saw it, too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec
import numpy as np

from api.bounds import Bounds
from api.catalogue import FOR_EVER_S, Shown
from api.formats import cell, source_of
from api.links import Links
from api.listings import series_json
from api.quality import number
from api.readings import Readings
from api.sensorthings.moments import iso
from devices.words import LANGUAGES
from gateway.numerics.watch.events import KINDS
from gateway.numerics.watch.telling import told, verdict

COLUMNS = (
    "start", "end", "told", "kind", "sentence_fr", "sentence_en", "neighbours", "compared", "agreeing", "licence", "attribution",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Event:
    """One event as the public may see it."""

    row: np.void
    end_s: int | None
    """None while it lasts."""

    @property
    def start_s(self) -> int:
        """Since when."""
        return int(self.row["start_s"])

    @property
    def kind(self) -> str:
        """What was seen."""
        return KINDS[self.row["kind"]]


def events(readings: Readings, shown: Shown, bounds: Bounds) -> list[Event]:
    """What began in the bounds, oldest first, in the intervals that may be seen: it ends where the interval does."""
    found = []
    for start_s, end_s in shown.spans:
        for row in readings.events(shown, max(start_s, bounds.start_s), min(end_s, bounds.end_s)):
            last_s = int(row["end_s"]) or (None if end_s >= FOR_EVER_S else end_s)
            found.append(Event(row, last_s if last_s is None else min(last_s, end_s)))
    return found


def events_json(readings: Readings, shown: Shown, bounds: Bounds, links: Links) -> bytes:
    """They as one JSON object."""
    licence, attribution = source_of(shown)
    first, last = bounds.written()
    return msgspec.json.encode(
        {
            "series": series_json(shown, links),
            "from": first,
            "to": last,
            "licence": licence,
            "attribution": attribution,
            "events": [_event_json(one, shown) for one in events(readings, shown, bounds)],
        }
    )


def _event_json(one: Event, shown: Shown) -> dict[str, object]:
    row = one.row
    return {
        "start": iso(one.start_s),
        "end": None if one.end_s is None else iso(one.end_s),
        "told": iso(int(row["told_s"])),
        "kind": one.kind,
        "sentence": {lang: told(row, shown.quantity, lang) for lang in LANGUAGES},
        "size": number(float(row["size"])),
        "against": number(float(row["against"])),
        "neighbours": verdict(row),
        "compared": int(row["compared"]),
        "agreeing": int(row["agreeing"]),
    }


def events_csv(readings: Readings, shown: Shown, bounds: Bounds) -> bytes:
    """They as CSV, a row an event."""
    lines = [COLUMNS, *_rows(events(readings, shown, bounds), shown)]
    return "".join(",".join(map(cell, line)) + "\r\n" for line in lines).encode()


def _rows(found: Iterable[Event], shown: Shown) -> Iterator[tuple[str, ...]]:
    for one in found:
        row = one.row
        yield (
            iso(one.start_s), "" if one.end_s is None else iso(one.end_s), iso(int(row["told_s"])), one.kind,
            told(row, shown.quantity, "fr"), told(row, shown.quantity, "en"), verdict(row), str(row["compared"]),
            str(row["agreeing"]), *source_of(shown),
        )  # fmt: skip
