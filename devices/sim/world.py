"""The world of a simulated board: what its sensors meet now, and what is wrong with it, from `sim.json` and `control`.

The board's disk is the current folder; `sim.json` and `control` lie beside it, out of the firmware's reach.
"""

import json
import os
import random
import struct
import time

from place import beside
from waves import noisy, phase_of, value_at

LOOK_MS = 250


def read_json(path: str) -> dict:
    """A file's content, or nothing where it is not there or half written."""
    try:
        with open(path) as file:
            return json.load(file)
    except (OSError, ValueError):
        return {}


def running_config() -> dict:
    """The configuration of the version that runs, as the firmware finds it: in its folder, or the copy of the last good one."""
    slots = read_json("slots.json")
    folder = (slots.get("trial") or slots.get("good") or "") if isinstance(slots, dict) else ""
    found = read_json(folder + "/config.json" if folder else "config.json")
    if not isinstance(found, dict) or "sensors" not in found:
        found = read_json("config.good") or (found if isinstance(found, dict) else {})
    return dict(found, **read_json(beside("nvs/girouette/identity")))


class World:
    """Signals and faults of one board."""

    def __init__(self):
        told = read_json(beside("sim.json"))
        self.config = running_config()
        self._device = self.config.get("device", "")
        self._signals = told.get("signals") or self._of_recipes()
        self._faults = told.get("faults") or []
        self._wifi = told.get("wifi")
        self._ahead_s = told.get("ahead_s", 0)
        self.joined: str | None = None
        """The name of the network that the board called last."""
        self._longitude = told.get("longitude", 0.0)
        self._began = time.ticks_ms()
        self._stuck: dict[str, float] = {}
        self._control: dict = {}
        self._looked = time.ticks_add(self._began, -LOOK_MS)
        self._age_s, self._aged = 0.0, self._began
        random.seed(told.get("seed", 0))

    def _of_recipes(self) -> dict:
        """The signals of what the board was flashed with, where only its disk says what that is."""
        found = {}
        for slug in self.config.get("recipe", "").split("+"):
            found.update(read_json(beside("signals/" + slug + ".json")))
        return found

    def age_s(self) -> float:
        """Seconds since power-on."""
        now = time.ticks_ms()
        self._age_s += time.ticks_diff(now, self._aged) / 1000
        self._aged = now
        return self._age_s

    def control(self, name: str, default):
        """What the control file says now, looked at four times a second at most."""
        now = time.ticks_ms()
        if time.ticks_diff(now, self._looked) >= LOOK_MS:
            self._looked = now
            try:
                os.stat(beside("control"))
            except OSError:
                return self._control.get(name, default)
            self._control = read_json(beside("control")) or self._control
        return self._control.get(name, default)

    def fault(self, kind: str, key: str, name: str) -> dict | None:
        """The fault of this kind that a channel, a sensor or the board has now, or None."""
        age_s = self.age_s()
        for fault in self._faults:
            begins = fault.get("after_s", 0)
            ends = begins + fault.get("for_s", 1e9)
            if fault["kind"] == kind and fault.get(key, name) == name and begins <= age_s < ends:
                return fault
        return None

    def offline(self) -> bool:
        """Is the network gone?"""
        return bool(self.control("offline", False)) or self.fault("offline", "board", "") is not None

    def no_clock(self) -> bool:
        """Does no time server answer?"""
        return bool(self.control("no_clock", False)) or self.fault("no-clock", "board", "") is not None

    def ahead_s(self) -> float:
        """How much later it is in this world than on this machine."""
        return self.control("ahead_s", self._ahead_s)

    def wifi(self) -> dict | None:
        """What there is of Wi-Fi: `networks` (name: password), `secured` (names that ask for a user), `leases`; None is any network.

        `login` (name: {"port", "lies"}) are networks that want a login page, `ports` where what the board's own network has is found.
        """
        return self.control("wifi", self._wifi)

    def login(self) -> dict | None:
        """The login page that stands before everything on the network that the board is on, or None."""
        return ((self.wifi() or {}).get("login") or {}).get(self.joined)

    def silent(self, sensor: str) -> bool:
        """Does this sensor give no sign of life?"""
        return self.still() or self.fault("absent", "sensor", sensor) is not None

    def still(self) -> bool:
        """Is nothing to be measured any more? Then even what cannot be missed, an open contact, fails to be read."""
        return not self.control("sampling", True)

    def value(self, channel: str) -> float:
        """What this channel's quantity is now, faults included, in the single precision of a board."""
        signal = self._signals.get(channel) or {}
        value = value_at(signal, time.time(), self._longitude, phase_of(self._device, channel))
        value = self._spoil(channel, noisy(signal, value))
        return struct.unpack("f", struct.pack("f", value))[0]

    def _spoil(self, channel: str, value: float) -> float:
        if self.fault("stuck", "channel", channel) is not None:
            return self._stuck.setdefault(channel, value)
        self._stuck.pop(channel, None)
        offset = self.fault("offset", "channel", channel)
        if offset is not None:
            value += offset.get("size", 10.0)
        drift = self.fault("drift", "channel", channel)
        if drift is not None:
            value += drift.get("per_h", 60.0) * (self.age_s() - drift.get("after_s", 0)) / 3600
        spike = self.fault("spike", "channel", channel)
        if spike is not None:
            into_s = self.age_s() - spike.get("after_s", 0)
            if into_s % spike.get("every_s", 20.0) < spike.get("lasts_s", 2.0):
                value += spike.get("size", 30.0)
        return value


the_world = World()
