"""A contact that closes now and then, counted: a reed switch between a pin and ground bounces, so each driver says for
how long after a closure nothing counts."""

import time

from machine import Pin


class Pulses:
    """Counts closures of a contact since power-on."""

    def __init__(self, pin: Pin):
        self._pin = pin
        self._quiet_ms = 0
        self._closed_ms = time.ticks_ms()
        self._count = 0

    def start(self, quiet_ms: int) -> None:
        """Count from now on; after a closure nothing counts for `quiet_ms`."""
        self._quiet_ms = quiet_ms
        self._pin.irq(self._closed, Pin.IRQ_FALLING)

    def read(self) -> tuple[int, bool]:
        """How often the contact has closed since power-on, and whether it is closed at this moment."""
        return self._count, not self._pin.value()

    def last_ms(self) -> int:
        """When the contact closed last, on the millisecond counter."""
        return self._closed_ms

    def _closed(self, _pin) -> None:
        now = time.ticks_ms()
        if time.ticks_diff(now, self._closed_ms) >= self._quiet_ms:
            self._closed_ms = now
            self._count += 1
