"""Who is there: a point a device and minute, the silent ones included, and what the boards say of themselves."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from gateway.registry import Device, Registry
from gateway.store.names import FLEET, HEALTH
from gateway.store.port import Point

PERIODS = 3
"""A device that was silent for so many periods is not there."""
LEAST_PERIOD_S = 60.0
"""Boards say that they are there each minute, however often they measure."""
MOST_FIELDS = 32
VERSION = re.compile(r"[A-Za-z0-9._+-]{1,32}")
FIELD = re.compile(r"[a-z][a-z0-9_]{0,31}")
RETIRED = "retired"


class Fleet:
    """What was heard of each device, and when."""

    def __init__(self, heard_s: Mapping[str, float]) -> None:
        """`heard_s`: device -> when it was last heard, as far as that is remembered."""
        self._heard_s = dict(heard_s)
        self._gone: set[str] = set()
        self._asleep_s: dict[str, float] = {}
        self._health: dict[str, dict[str, float]] = {}
        self._devices: list[tuple[Device, dict[str, str]]] = []
        self._known: dict[str, str] = {}
        self._versions: dict[str, str] = {}
        """Devices that were heard to run another firmware than the registry says."""

    def know(self, registry: Registry) -> None:
        """Read again which devices there are, and where. Raises RegistryError."""
        pilots = {pilot.id: pilot.slug for pilot in registry.pilots()}
        places = {i.device_id: str(i.place_id) for i in registry.installations() if i.end_s is None}
        self._devices = [
            (device, _tags(device, pilots[device.pilot_id], places.get(device.id, "")))
            for device in registry.devices()
            if device.stage != RETIRED
        ]
        self._known = {device.id: device.firmware for device, _ in self._devices}

    def note_versions(self, registry: Registry) -> None:
        """Write down which firmware devices were heard to run, where that has changed. Raises RegistryError."""
        if heard := dict(self._versions):
            registry.note_firmware(heard)
            for device, version in heard.items():
                if self._versions.get(device) == version:
                    del self._versions[device]

    def hear(self, devices: Iterable[str], now_s: float) -> None:
        """Packs of these have come."""
        for device in devices:
            self._heard_s[device] = now_s
            self._gone.discard(device)

    def told(self, device: str, channel: str, body: Mapping[str, Any], now_s: float, *, live: bool = True) -> None:
        """A device, or its last will, has spoken: `state` says whether it is there, `health` how it is.

        What the broker kept (not `live`) may be old: it tells of sleep and of the last will, not that somebody is there.
        """
        if channel == "state":
            asleep_s = body.get("asleep_until", -math.inf)
            self._asleep_s[device] = float(asleep_s) if _is_number(asleep_s) else -math.inf
            self._runs(device, body.get("firmware"))
            if body.get("online") is False:
                self._gone.add(device)
                return
        if channel == "health":
            self._health[device] = figures_of(body)
        if live:
            self.hear([device], now_s)

    def _runs(self, device: str, version: object) -> None:
        known = self._known.get(device)
        if known is not None and isinstance(version, str) and VERSION.fullmatch(version) and version != known:
            self._versions[device] = version

    def points(self, now_s: float) -> list[Point]:
        """A `fleet` point of every device that is not retired, and a `health` point of those that told since the last call."""
        told, self._health = self._health, {}
        time_s = int(now_s)
        fleet = [Point(FLEET, time_s, tags, self._presence(device, now_s)) for device, tags in self._devices]
        health = [Point(HEALTH, time_s, tags, told[d.id]) for d, tags in self._devices if told.get(d.id)]
        return [*fleet, *health]

    def _presence(self, device: Device, now_s: float) -> dict[str, float]:
        """Is it there, or asleep as it said it would be; and seconds since it was heard, or registered."""
        age_s = max(now_s - self._heard_s.get(device.id, device.added_s), 0.0)
        allowed_s = PERIODS * max(device.period_s, LEAST_PERIOD_S)
        asleep = now_s < self._asleep_s.get(device.id, -math.inf) + allowed_s
        there = device.id in self._heard_s and device.id not in self._gone and age_s <= allowed_s
        return {"online": float(there or asleep), "age_s": round(age_s, 3)}


def figures_of(body: Mapping[str, Any]) -> dict[str, float]:
    """The finite numbers of a `health` message by name, 32 at most; the number of faults where it tells them by name.

    >>> figures_of({"free": 41000, "ok": True, "reset": "power-on", "faults": {"bme280": "absent"}, "Bad name": 1})
    {'free': 41000.0, 'faults': 1.0}
    """
    found = {name: float(value) for name, value in body.items() if FIELD.fullmatch(name) and _is_number(value)}
    if isinstance(faults := body.get("faults"), dict):
        found["faults"] = float(len(faults))
    return dict(list(found.items())[:MOST_FIELDS])


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300


def _tags(device: Device, pilot: str, place: str) -> dict[str, str]:
    return {"device": device.id, "pilot": pilot, "place": place, "recipe": device.recipe, "stage": device.stage,
            "firmware": device.firmware}  # fmt: skip
