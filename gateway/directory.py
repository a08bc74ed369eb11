"""What admission must know of devices, channels and series: read from the registry, again whenever it changes."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

import numpy as np
import structlog
from numpy.typing import NDArray

from devices.quantity import Quantity
from devices.reading import shard_of, topic_of
from gateway.numerics.params import dated_row, no_params, series_row
from gateway.numerics.watch import Site
from gateway.registry import Device, Installation, Registry, Series

FAR_S = 1 << 62
"""The end of an installation that lasts."""
REVOKED, EXPIRED = "revoked", "expired"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Stay:
    """A channel fills a series for times in [from_s, until_s)."""

    from_s: int
    until_s: int
    series: int


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel of a device: what is admitted, and which series it fills when."""

    unit: str
    low: float
    high: float
    stays: tuple[Stay, ...]
    """Oldest first; `series` for [from_s, until_s) is the last one, where nearly all readings go."""
    series: int
    from_s: int
    until_s: int

    def series_at(self, time_s: int) -> int | None:
        """The series that the channel filled at that time, by the installation that was valid then."""
        for stay in reversed(self.stays):
            if stay.from_s <= time_s < stay.until_s:
                return stay.series
        return None


@dataclass(frozen=True, slots=True)
class Known:
    """A registered device."""

    number: int
    """Its position in `Directory.devices`."""
    device: str
    base: str
    """What its SenML names begin with."""
    channels: Mapping[str, Channel]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A device of an identity that was made in advance."""

    known: Known
    expires_s: int


class Directory:
    """The registry as admission reads it; `devices` only grows while the process lives, so that positions stay."""

    def __init__(self, registry: Registry, quantities: Mapping[str, Quantity]) -> None:
        self.devices: list[str] = []
        self.topics: Mapping[str, Known] = {}
        """Topic of a device's packs -> the device: those that may speak."""
        self.waiting: Mapping[str, Waiting] = {}
        """Topic -> a device that may speak if it is heard in time, and was not heard yet."""
        self.barred: Mapping[str, str] = {}
        """Device that is locked out -> why: `revoked`, or `expired` where it was not heard in time."""
        self._welcomed: set[str] = set()
        self.strange: frozenset[str] = frozenset()
        """Quantities that devices measure and the catalogue does not have: their records are unknown channels."""
        self._registry, self._quantities = registry, quantities
        self._numbers: dict[str, int] = {}
        self._series: Mapping[int, Series] = {}
        self._periods: Mapping[int, tuple[tuple[int, float], ...]] = {}
        self._table = no_params(0)
        self.sites: Mapping[int, Site] = {}
        """Where each series is, and which channel: the same channel of places nearby is compared."""
        self._zones: Mapping[int, tzinfo] = {}
        self._revision: int | None = None
        self.refresh()

    def refresh(self) -> bool:
        """Read the registry again where it changed; did it? A thread may do it while others read the directory.

        May raise RegistryAway: then what was known stays known.
        """
        revision = self._registry.revision()
        if revision == self._revision:
            return False
        series = {row.id: row for row in self._registry.series()}
        periods = self._registry.all_periods()
        table = no_params(max(series, default=-1) + 1)
        for number, row in series.items():
            table[number] = self._params(row, periods[number])
        devices = self._registry.devices()
        topics, waiting, strange = self._read_devices(devices, series)
        barred = {row.id: why for row in devices if (why := _barred(row)) is not None}
        if strange - self.strange:
            log.warning(
                "directory.strange",
                quantities=sorted(strange),
                cure="set GIROUETTE_RECIPES to the folder of their recipes",
            )
        places = {place.id: place for place in self._registry.places()}
        self.sites = {
            number: Site(row.channel, row.place_id, places[row.place_id].lat, places[row.place_id].lon)
            for number, row in series.items()
            if row.place_id in places
        }
        clocks = {pilot.id: ZoneInfo(pilot.timezone) for pilot in self._registry.pilots()}
        self._zones = {
            number: clocks[places[row.place_id].pilot_id] for number, row in series.items() if row.place_id in places
        }
        self.topics, self.strange, self._series, self._periods, self._table = topics, strange, series, periods, table
        self.waiting, self.barred, self._revision = waiting, barred, revision
        return True

    def welcome(self, topic: str, now_s: float) -> bool:
        """May the waiting device of this topic speak from now on? So it is where it is heard in time, or was."""
        waiting = self.waiting[topic]
        if now_s >= waiting.expires_s and waiting.known.device not in self._welcomed:
            return False
        self._welcomed.add(waiting.known.device)
        self.topics = {**self.topics, topic: waiting.known}
        return True

    def note_welcomed(self) -> None:
        """Write down who was heard in time, where that is not known yet. May raise RegistryError."""
        if heard := {one.known.device for one in self.waiting.values()} & self._welcomed:
            self._registry.identities.heard(heard)

    def number(self, device: str) -> int | None:
        """The position of a device in `devices`."""
        return self._numbers.get(device)

    def shard(self, device: str) -> str:
        """The shard of a device, as it stands in its topic."""
        return shard_of(device)

    def zone(self, series_id: int) -> tzinfo:
        """The zone whose calendar the days of a series follow: its pilot's; UTC where it is not registered (any more)."""
        return self._zones.get(series_id, UTC)

    def table(self) -> NDArray[np.void]:
        """PARAMS records indexed by series id."""
        return self._table

    def params(self, series_id: int) -> np.void:
        """The PARAMS record of a series, its dated periods included. Raises KeyError where no such series is registered."""
        return self._params(self._series[series_id], self._periods[series_id])

    def _params(self, series: Series, periods: Sequence[tuple[int, float]]) -> np.void:
        quantity = self._quantities.get(series.quantity)
        if quantity is None:
            return dated_row("mean", periods, series.quality)
        return series_row(quantity, periods, series.quality)

    def _read_devices(
        self, devices: Iterable[Device], series: Mapping[int, Series]
    ) -> tuple[dict[str, Known], dict[str, Waiting], frozenset[str]]:
        """Devices that may speak by topic, those that wait to be heard, and the quantities that the catalogue lacks."""
        stays = _stays(self._registry.installations())
        filled = {(row.place_id, row.channel): row.id for row in series.values()}
        measured = self._registry.channels()
        topics: dict[str, Known] = {}
        waiting: dict[str, Waiting] = {}
        for device in devices:
            number = self._numbers.setdefault(device.id, len(self.devices))
            if number == len(self.devices):
                self.devices.append(device.id)
            channels = {
                name: _channel(self._quantities[quantity], name, stays[device.id], filled)
                for name, quantity in measured.get(device.id, ())
                if quantity in self._quantities
            }
            topic = f"{topic_of(device.id)}/obs"
            known = Known(number, device.id, f"{device.id}/", {n: c for n, c in channels.items() if c is not None})
            if device.revoked_s is not None:
                continue
            if device.expires_s is None:
                topics[topic] = known
            else:
                waiting[topic] = Waiting(known, device.expires_s)
        named = {quantity for pairs in measured.values() for _, quantity in pairs}
        return topics, waiting, frozenset(named - set(self._quantities))


def _barred(device: Device) -> str | None:
    """Why a device is locked out, None where it is not."""
    if device.revoked_s is None:
        return None
    return EXPIRED if device.expires_s is not None and device.expires_s <= device.revoked_s else REVOKED


def _stays(installations: Iterable[Installation]) -> Mapping[str, list[tuple[int, int, int]]]:
    """For every device (from_s, until_s, place), oldest first.

    What a device measured before its first installation belongs there too, back to when another device stood there: boards
    measure before somebody has registered them, and the public sees intervals only in which a device was public.
    """
    ordered = sorted(installations, key=lambda i: (i.start_s, i.id))
    ends: dict[int, list[int]] = defaultdict(list)
    for past in ordered:
        if past.end_s is not None:
            insort(ends[past.place_id], past.end_s)
    found: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    for here in ordered:
        from_s = here.start_s
        if here.device_id not in found:
            before = ends[here.place_id]
            at = bisect_right(before, here.start_s)
            from_s = before[at - 1] if at else 0
        found[here.device_id].append((from_s, FAR_S if here.end_s is None else here.end_s, here.place_id))
    return found


def _channel(
    quantity: Quantity, name: str, stays: Iterable[tuple[int, int, int]], filled: Mapping[tuple[int, str], int]
) -> Channel | None:
    """A channel with the series that it fills; None where it fills none."""
    there = tuple(
        Stay(from_s, until_s, filled[place, name]) for from_s, until_s, place in stays if (place, name) in filled
    )
    if not there:
        return None
    last = there[-1]
    return Channel(quantity.unit_wire, quantity.low, quantity.high, there, last.series, last.from_s, last.until_s)
