"""What an audience may see: pilots, places, series and the intervals in which each is open, at one registry revision."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from api.problems import NotThere
from gateway.registry.spans import merged

if TYPE_CHECKING:
    from devices.quantity import Quantity
    from gateway.registry import Calibration, Device, Installation, Pilot, Place, Registry, Series

Span = tuple[int, int]
"""[start_s, end_s), in seconds since 1970 UTC."""
FOR_EVER_S = 1 << 40
MOST_KEPT = 16
PUBLIC = "public"
SILENT_PERIODS = 3
SILENT_LEAST_S = 30


@dataclass(frozen=True, slots=True)
class Correction:
    """A calibration where it holds for a series: while its device filled it, in [start_s, end_s)."""

    start_s: int
    end_s: int
    by: Calibration


@dataclass(frozen=True, slots=True)
class Shown:
    """One series as an audience may see it: where, what, by which device, and in which intervals."""

    series: Series
    place: Place
    pilot: Pilot
    quantity: Quantity
    spans: tuple[Span, ...]
    device: Device | None
    periods: Sequence[tuple[int, float]] = ()
    """From when on a reading was expected every so often, oldest first."""
    corrections: tuple[Correction, ...] = ()
    """What is corrected, oldest first; no two at one time."""

    @property
    def zone(self) -> ZoneInfo:
        """The clock of its pilot."""
        return ZoneInfo(self.pilot.timezone or "UTC")

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
    """Everything one audience may see; `key` is what opened it: a place's key or a device's link; None for the public."""

    revision: int
    key: str | None
    opened: int | None
    """The place that the key opens."""
    device: str | None
    """The device whose link opened it: of the place it shows what this device measured there, and what is public."""
    pilots: tuple[Pilot, ...]
    places: Mapping[int, Place]
    shown: Mapping[int, Shown]
    """All visible series by their number."""
    by_place: Mapping[int, Sequence[Shown]]
    """The visible series of each place, in the order of their numbers."""
    since: Mapping[int, int]
    """The first moment from which a place may be seen, by the number of the place."""
    numbers: Mapping[str, int]
    """The number of each device that may be seen: that of its first installation, which is nobody else's for ever."""

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
        self._kept: dict[str | None, View] = {}

    @property
    def quantities(self) -> Mapping[str, Quantity]:
        """All quantities by slug."""
        return self._quantities

    def view(self, key: str | None = None) -> View:
        """What the public sees; with the key of a place that place whole besides, with a device's link what it measures there.

        The link of a public device, which may be on a label for all to read, opens no more than what is public.
        """
        revision = self._registry.revision()
        kept = self._kept.get(key)
        if kept is not None and kept.revision == revision:
            return kept
        opened = None if key is None else self._opened(key)
        if key is not None and opened is None:
            return self.view()
        view = self._build(revision, key, opened)
        if len(self._kept) >= MOST_KEPT:
            self._kept = {None: self._kept[None]} if None in self._kept else {}
        self._kept[key] = view
        return view

    def behind(self, link: str) -> tuple[Device, int | None]:
        """The device of this link, and the place where it stands or stood last. Raises NotThere."""
        device = self._registry.identities.by_link(link)
        if device is None:
            raise NotThere("no page opens with this address; ask who gave it to you for a new one")
        return device, self._registry.identities.last_place(device.id)

    def _opened(self, key: str) -> _Opened | None:
        """What a key opens: a place whole, or what one device measures where it stands now; None: nothing any more, it is public.

        Raises NotThere.
        """
        place = self._registry.place_by_key(key)
        if place is not None:
            return _Opened(place.id, None)
        device = self._registry.identities.by_link(key)
        if device is not None and device.revoked_s is None:
            if device.stage == PUBLIC:
                return None
            for one in self._registry.installations():
                if one.device_id == device.id and one.end_s is None:
                    return _Opened(one.place_id, device.id)
        raise NotThere("no place opens with this key; ask who gave it to you for a new one")

    def _build(self, revision: int, key: str | None, opened: _Opened | None) -> View:
        # Read in this order: whatever a row names is still there when it is looked up.
        series = sorted(self._registry.series(), key=lambda s: s.id)
        boards = _Boards(self._registry)
        places = {p.id: p for p in self._registry.places()}
        pilots = {p.id: p for p in self._registry.pilots()}
        periods = self._registry.all_periods()
        shown: dict[int, Shown] = {}
        for one in series:
            spans = _spans(self._registry.public_spans(one.id))
            if opened is not None and one.place_id == opened.place:
                spans = boards.opened(one, spans, opened.device)
            quantity = self._quantities.get(one.quantity)
            if spans and quantity is not None:
                place = places[one.place_id]
                shown[one.id] = Shown(
                    one, place, pilots[place.pilot_id], quantity, spans, boards.behind(one, spans), periods.get(one.id, ()),
                    boards.corrections(one),
                )  # fmt: skip
        return _view(revision, key, opened, shown, boards)


@dataclass(frozen=True, slots=True)
class _Opened:
    """What a key opens: the place with this number, whole, or only what one device measured there."""

    place: int
    device: str | None


class _Boards:
    """Which device stood behind a series when."""

    def __init__(self, registry: Registry) -> None:
        installations = registry.installations()
        self._channels = {name: {channel for channel, _ in of} for name, of in registry.channels().items()}
        self._devices = {d.id: d for d in registry.devices()}
        self._calibrations = registry.calibrations()
        self._there: dict[int, list[Installation]] = {}
        self._first: dict[str, int] = {}
        for one in sorted(installations, key=lambda i: (i.start_s, i.id)):
            self._there.setdefault(one.place_id, []).append(one)
            self._first[one.device_id] = min(one.id, self._first.get(one.device_id, one.id))

    def opened(self, series: Series, spans: tuple[Span, ...], device: str | None) -> tuple[Span, ...]:
        """When the series of an opened place may be seen: always; by a device's link in its own stays and where it is public."""
        if device is None:
            return ((0, FOR_EVER_S),)
        stays = [i for i in self._there.get(series.place_id, []) if i.device_id == device]
        if series.channel not in self._channels.get(device, ()):
            return spans
        return _spans(merged([*spans, *((self._from_s(i), i.end_s) for i in stays)]))

    def behind(self, series: Series, spans: Sequence[Span]) -> Device | None:
        """The last device that filled the series in one of these spans: who came later is not part of the view."""
        for one in reversed(self._there.get(series.place_id, [])):
            end_s = FOR_EVER_S if one.end_s is None else one.end_s
            fills = series.channel in self._channels.get(one.device_id, ())
            if fills and clip(spans, one.start_s, end_s):
                return self._devices.get(one.device_id)
        return None

    def corrections(self, series: Series) -> tuple[Correction, ...]:
        """How the devices that fill the series are calibrated, each while it stands there."""
        found = []
        for stay in self._there.get(series.place_id, []):
            for one in self._calibrations:
                if (one.device_id, one.channel) == (stay.device_id, series.channel):
                    held = (one.start_s, FOR_EVER_S if one.end_s is None else one.end_s)
                    end_s = FOR_EVER_S if stay.end_s is None else stay.end_s
                    found += [Correction(*span, one) for span in clip([held], self._from_s(stay), end_s)]
        return tuple(sorted(found, key=lambda c: c.start_s))

    def _from_s(self, stay: Installation) -> int:
        """When a stay begins: what a device measured before its first one belongs there too, back to another device's."""
        if stay.id != self._first[stay.device_id]:
            return stay.start_s
        there = self._there[stay.place_id]
        return max([i.end_s for i in there if i.end_s is not None and i.end_s <= stay.start_s], default=0)

    def numbers(self, devices: Iterable[Device]) -> dict[str, int]:
        """The number of each of these devices."""
        return {d.id: self._first[d.id] for d in devices}

    def since(self, place_id: int, series: Iterable[Shown]) -> int:
        """The first moment in which one of the series is visible and a device stood at the place."""
        first = self._there.get(place_id, [])[:1]
        return max(min(s.spans[0][0] for s in series), first[0].start_s if first else 0)


def _spans(told: Iterable[tuple[int, int | None]]) -> tuple[Span, ...]:
    spans = ((start, FOR_EVER_S if end is None else end) for start, end in told)
    return tuple(sorted((int(start), int(end)) for start, end in spans if start < end))


def _view(revision: int, key: str | None, opened: _Opened | None, shown: Mapping[int, Shown], boards: _Boards) -> View:
    """The view with only the places, pilots and devices that have something to show."""
    by_place: dict[int, list[Shown]] = {}
    for one in shown.values():
        by_place.setdefault(one.place.id, []).append(one)
    pilots = {s.pilot.id: s.pilot for s in shown.values()}
    return View(
        revision=revision,
        key=key,
        opened=None if opened is None else opened.place,
        device=None if opened is None else opened.device,
        pilots=tuple(pilots[i] for i in sorted(pilots)),
        places={i: of[0].place for i, of in sorted(by_place.items())},
        shown=shown,
        by_place=by_place,
        since={i: boards.since(i, of) for i, of in by_place.items()},
        numbers=boards.numbers(s.device for s in shown.values() if s.device is not None),
    )


def clip(spans: Iterable[Span], start_s: int, end_s: int) -> list[Span]:
    """The parts of the spans that lie in [start_s, end_s), oldest first.

    >>> clip([(0, 10), (20, 30)], 5, 25)
    [(5, 10), (20, 25)]
    """
    cut = ((max(a, start_s), min(b, end_s)) for a, b in sorted(spans))
    return [(a, b) for a, b in cut if a < b]
