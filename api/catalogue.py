"""What an audience may see: pilots, places, series and the intervals in which each is open, at one registry revision."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.problems import NotThere

if TYPE_CHECKING:
    from devices.quantity import Quantity
    from gateway.registry import Device, Installation, Pilot, Place, Registry, Series

Span = tuple[int, int]
"""[start_s, end_s), in seconds since 1970 UTC."""
FOR_EVER_S = 1 << 40
SILENT_PERIODS = 3
SILENT_LEAST_S = 30


@dataclass(frozen=True, slots=True)
class Shown:
    """One series as an audience may see it: where, what, by which device, and in which intervals."""

    series: Series
    place: Place
    pilot: Pilot
    quantity: Quantity
    spans: tuple[Span, ...]
    device: Device | None

    @property
    def id(self) -> int:
        """The number of the series."""
        return self.series.id

    @property
    def stale_after_s(self) -> float:
        """A latest reading older than this is shown as stale."""
        return max(SILENT_PERIODS * self.series.period_s, SILENT_LEAST_S)

    def generated(self, time_s: int) -> bool:
        """Was the reading at this time generated, rather than measured?"""
        return self.series.generated_until_s is not None and time_s < self.series.generated_until_s


@dataclass(frozen=True, slots=True)
class View:
    """Everything one audience may see; `key` is the preview key that opened it, None for the public."""

    revision: int
    key: str | None
    opened: int | None
    """The place that the key opens."""
    pilots: tuple[Pilot, ...]
    places: Mapping[int, Place]
    shown: Mapping[int, Shown]
    installations: tuple[Installation, ...]

    def of_place(self, place_id: int) -> list[Shown]:
        """The visible series of a place, in the order of their numbers."""
        return [s for s in self.shown.values() if s.place.id == place_id]

    def series(self, series_id: int) -> Shown:
        """The series of this number. Raises NotThere where the audience may not see it."""
        found = self.shown.get(series_id)
        if found is None:
            raise NotThere(f"there is no public series {series_id}; /api/series lists them all")
        return found


class Catalogue:
    """The registry as the public side reads it, made anew when its revision moves."""

    def __init__(self, registry: Registry, quantities: Mapping[str, Quantity]) -> None:
        self._registry = registry
        self._quantities = quantities
        self._public: View | None = None

    @property
    def quantities(self) -> Mapping[str, Quantity]:
        """All quantities by slug."""
        return self._quantities

    def view(self, key: str | None = None) -> View:
        """What the public sees; with the key of a place, that place whole besides."""
        revision = self._registry.revision()
        if key is None:
            if self._public is None or self._public.revision != revision:
                self._public = self._build(revision, None)
            return self._public
        place = self._registry.place_by_key(key)
        if place is None:
            raise NotThere("no place opens with this key; ask who gave it to you for a new one")
        return self._build(revision, (key, place.id))

    def _build(self, revision: int, key: tuple[str, int] | None) -> View:
        opened = key[1] if key is not None else None
        pilots = {p.id: p for p in self._registry.pilots()}
        places = {p.id: p for p in self._registry.places()}
        devices = {d.id: d for d in self._registry.devices()}
        installations = tuple(self._registry.installations())
        last = {i.place_id: i.device_id for i in sorted(installations, key=lambda i: i.start_s)}
        shown = {}
        for series in sorted(self._registry.series(), key=lambda s: s.id):
            spans = ((0, FOR_EVER_S),) if series.place_id == opened else self._spans(series.id)
            quantity = self._quantities.get(series.quantity)
            if spans and quantity is not None:
                place = places[series.place_id]
                device = devices.get(last.get(place.id, ""))
                shown[series.id] = Shown(series, place, pilots[place.pilot_id], quantity, spans, device)
        return _pruned(revision, key, places, shown, installations)

    def _spans(self, series_id: int) -> tuple[Span, ...]:
        spans = ((start, FOR_EVER_S if end is None else end) for start, end in self._registry.public_spans(series_id))
        return tuple(sorted((int(start), int(end)) for start, end in spans if start < end))


def _pruned(
    revision: int,
    key: tuple[str, int] | None,
    places: Mapping[int, Place],
    shown: dict[int, Shown],
    installed: Sequence[Installation],
) -> View:
    """The view with only the places and pilots that have something to show."""
    seen = {s.place.id for s in shown.values()}
    pilots = {s.pilot.id: s.pilot for s in shown.values()}
    return View(
        revision=revision,
        key=key[0] if key is not None else None,
        opened=key[1] if key is not None else None,
        pilots=tuple(pilots[i] for i in sorted(pilots)),
        places={i: p for i, p in sorted(places.items()) if i in seen},
        shown=shown,
        installations=tuple(i for i in installed if i.place_id in seen),
    )


def clip(spans: Iterable[Span], start_s: int, end_s: int) -> list[Span]:
    """The parts of the spans that lie in [start_s, end_s), oldest first.

    >>> clip([(0, 10), (20, 30)], 5, 25)
    [(5, 10), (20, 25)]
    """
    cut = ((max(a, start_s), min(b, end_s)) for a, b in sorted(spans))
    return [(a, b) for a, b in cut if a < b]
