"""What each page shows, as frozen values that its template only lays out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
from markupsafe import Markup

from api.catalogue import Shown, View
from api.corrected import Newest, newest_corrected
from api.licences import licence_url
from api.readings import Readings
from api.web.charts import Chart, Stretch, chart
from api.web.geomap import Marker, geomap
from api.web.marked import Marked, flagged, happened
from api.web.speech import Speech, alphabetical
from api.web.told import Told, tell, worst
from devices.quantity import Quantity
from gateway.registry import Pilot, Place

PLACE_PATH = {"fr": "/fr/lieu/{id}", "en": "/en/place/{id}"}
USE_PATH = {"fr": "/fr/donnees", "en": "/en/data"}
QUALITY_PATH = {"fr": "/fr/qualite", "en": "/en/quality"}
PREVIEW_PATH = {"fr": "/apercu/{key}", "en": "/preview/{key}"}
DEVICE_PATH = {"fr": "/d/{key}/fr", "en": "/d/{key}/en"}
"""The page of a device by its link, in a language; `/d/{key}` alone, as labels have it, takes the browser's."""


def place_path(view: View) -> Mapping[str, str]:
    """How the page of a place is reached by who may see this view."""
    if view.key is None:
        return PLACE_PATH
    return PREVIEW_PATH if view.device is None else DEVICE_PATH


@dataclass(frozen=True, slots=True)
class Card:
    """One place of the first page."""

    place: Place
    href: str
    state: str
    told: tuple[Told, ...]
    age: str


@dataclass(frozen=True, slots=True)
class Section:
    """One pilot of the first page: its map, its places."""

    pilot: Pilot
    speech: Speech
    licence_url: str | None
    map: Markup
    cards: tuple[Card, ...]
    fresh: int
    series: int
    newest: str

    @property
    def rows(self) -> list[tuple[Card, Told, int]]:
        """Lines of the table: the first of each place says how many follow."""
        return [(c, t, len(c.told) if n == 0 else 0) for c in self.cards for n, t in enumerate(c.told)]


@dataclass(frozen=True, slots=True)
class Choice:
    """One quantity that the first page can be narrowed to."""

    slug: str
    name: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class PlacePart:
    """One series of a place's page."""

    told: Told
    chart: Chart
    corrected: str
    """What a correction makes of the newest reading, with the correction's name; empty where nothing is corrected."""
    flagged: tuple[Marked, ...]
    events: tuple[Marked, ...]


def zone_of(pilot: Pilot) -> ZoneInfo:
    """The local clock of a pilot."""
    return ZoneInfo(pilot.timezone or "UTC")


def choices(view: View, speech: Speech, chosen: str | None) -> list[Choice]:
    """The quantities that are measured somewhere, by name."""
    measured: dict[str, Quantity] = {s.quantity.slug: s.quantity for s in view.shown.values()}
    named = sorted(((speech.name(q), q.slug) for q in measured.values()), key=lambda n: alphabetical(n[0]))
    return [Choice(slug, name, slug == chosen) for name, slug in named]


def sections(
    view: View, latest: Mapping[int, np.void], *, lang: str, now_s: float, base: str, chosen: str | None
) -> list[Section]:
    """The first page, a pilot at a time; with a quantity chosen, only the places that measure it."""
    found = []
    for pilot in view.pilots:
        speech = Speech(lang, zone_of(pilot))
        wanted = [
            s for s in view.shown.values() if s.pilot.id == pilot.id and (chosen is None or s.quantity.slug == chosen)
        ]
        if wanted:
            found.append(_section(pilot, wanted, latest, speech, now_s, base, chosen))
    return found


def _section(
    pilot: Pilot,
    wanted: Sequence[Shown],
    latest: Mapping[int, np.void],
    speech: Speech,
    now_s: float,
    base: str,
    chosen: str | None,
) -> Section:
    by_place: dict[int, list[Shown]] = {}
    for shown in wanted:
        by_place.setdefault(shown.place.id, []).append(shown)
    found = (_card(s, latest, speech, now_s, base) for s in by_place.values())
    cards = sorted(found, key=lambda c: alphabetical(c.place.name))
    heard = [int(latest[s.id]["time_s"]) for s in wanted if s.id in latest]
    return Section(
        pilot=pilot,
        speech=speech,
        licence_url=licence_url(pilot.licence),
        map=_map(cards, pilot, speech, labelled=chosen is not None),
        cards=tuple(cards),
        fresh=sum(not t.stale for c in cards for t in c.told),
        series=len(wanted),
        newest=speech.age(max(0.0, now_s - max(heard))) if heard else "–",
    )


def _card(series: Sequence[Shown], latest: Mapping[int, np.void], speech: Speech, now_s: float, base: str) -> Card:
    place = series[0].place
    told = tuple(tell(s, latest.get(s.id), speech, now_s) for s in series)
    heard = [int(latest[s.id]["time_s"]) for s in series if s.id in latest]
    age = speech.age(max(0.0, now_s - max(heard))) if heard else ""
    return Card(place, base + PLACE_PATH[speech.lang].format(id=place.id), worst(told), told, age)


def _map(cards: Sequence[Card], pilot: Pilot, speech: Speech, *, labelled: bool) -> Markup:
    markers = [
        Marker(
            lat=c.place.lat,
            lon=c.place.lon,
            state=c.state,
            label=c.told[0].value if labelled else c.place.name,
            told=f"{c.place.name} : "
            + ", ".join(f"{t.name} {t.value}" for t in c.told)
            + f" ({c.age or speech.word('silent')})",
            href=c.href,
        )
        for c in cards
    ]
    title = speech.word("map_text", places=speech.many("places", len(markers)))
    winds = speech.word("compass").split()[::2]
    drawn = geomap(markers, title=title, identity=f"map-{pilot.id}", winds=winds, number=speech.number)
    return Markup(drawn)  # noqa: S704 - every text in it is escaped


def place_parts(
    view: View, place: Place, readings: Readings, *, speech: Speech, stretch: Stretch, now_s: float
) -> list[PlacePart]:
    """The page of a place: a part a series."""
    series = view.by_place[place.id]
    latest = readings.latest(series)
    corrected = newest_corrected(readings, view, latest)
    parts = []
    for one in series:
        drawn = chart(readings, one, stretch, speech, now_s)
        parts.append(
            PlacePart(
                told=tell(one, latest.get(one.id), speech, now_s),
                chart=drawn,
                corrected=_corrected(one, corrected.get(one.id), speech),
                flagged=tuple(flagged(readings, one, drawn.runs, speech)),
                events=tuple(happened(readings, one, drawn.bounds, speech)),
            )
        )
    return parts


def _corrected(shown: Shown, newest: Newest | None, speech: Speech) -> str:
    if newest is None:
        return ""
    return speech.word("corrected", value=speech.value(newest.value, shown.quantity), name=newest.name)
