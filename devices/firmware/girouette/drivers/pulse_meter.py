"""An electricity meter's pulses (S0 output, or the light on its front): energy in kWh since power-on, and power in W.

EN 62053-31: a pulse of 30 ms at least; the meter's plate says how many make a kWh. Power is the energy between two pulses over the
time between them; while none comes it can be no more than one pulse since the last would have made it.
"""

import time

from micropython import const

from girouette.sensor import SensorError

BUS = "pulse"
KEYS = ("energy", "power")

_PULSES_A_KWH = const(1000)
QUIET_MS = 20
_STUCK_S = const(10)
MS_A_KWH = 3600000000.0
"""A kWh as watts times milliseconds."""


class Driver:
    """One meter."""

    def __init__(self, bus, options: dict):
        self._bus = bus
        self._pulses_a_kwh: float = options.get("pulses_a_kwh", _PULSES_A_KWH)
        self._quiet_ms: int = options.get("quiet_ms", QUIET_MS)
        self._counting = False
        self._closed_s = 0
        self._count, self._at_ms = 0, 0
        self._power: float | None = None

    async def start(self) -> None:
        """Count from now on."""
        if not self._counting:
            self._bus.start(self._quiet_ms)
            self._counting = True

    def tick(self) -> None:
        """Note for how long the contact has been closed, and when the first pulse was."""
        count, closed = self._bus.read()
        self._closed_s = self._closed_s + 1 if closed else 0
        if count and not self._count:
            self._count, self._at_ms = count, self._bus.last_ms()

    async def read(self) -> dict:
        """The energy since power-on, and the power since the pulse before the last reading."""
        count, closed = self._bus.read()
        if closed and self._closed_s > _STUCK_S:
            raise SensorError("stuck")
        found = {"energy": count / self._pulses_a_kwh}
        power = self._watts(count)
        if power is not None:
            found["power"] = power
        return found

    def _watts(self, count: int) -> float | None:
        """The power; None before the second pulse."""
        if not self._count:
            return None
        new, before_ms = count - self._count, self._at_ms
        if new:
            self._count, self._at_ms = count, self._bus.last_ms()
            self._power = self._of(new, time.ticks_diff(self._at_ms, before_ms))
        elif self._power is not None:
            self._power = min(self._power, self._of(1, time.ticks_diff(time.ticks_ms(), self._at_ms)))
        return self._power

    def _of(self, pulses: int, took_ms: int) -> float:
        return pulses * MS_A_KWH / self._pulses_a_kwh / max(took_ms, 1)
