"""An ultrasonic sensor on two pins: a pulse asks, and how long the answer stays high is how long the sound was on its way.

Both edges of the answer are noted by an interrupt, so that nobody waits for them (`machine.time_pulse_us` would, 26 ms for 4.5 m).
The interpreter calls it when it comes to it: 0.1 ms late, say, which is 17 mm; a median of many pings bears that.
"""

import time

from machine import Pin


class Echo:
    """One sensor; `asked` and `taken_us` are of the latest ping."""

    def __init__(self, trigger: Pin, answer: Pin):
        self._trigger = trigger
        self._answer = answer
        self._rose_us = 0
        self._risen = False
        self._took_us = -1

    def start(self) -> None:
        """Listen for edges from now on."""
        self._answer.irq(self._edge, Pin.IRQ_RISING | Pin.IRQ_FALLING)

    def ask(self, pulse_us: int) -> bool:
        """Send one ping; False where the answer to the one before is still high."""
        if self._answer.value():
            return False
        self._risen, self._took_us = False, -1
        self._trigger.value(1)
        time.sleep_us(pulse_us)
        self._trigger.value(0)
        return True

    def took_us(self) -> int:
        """How long the answer was high; -1 where it did not rise, or has not fallen yet."""
        return self._took_us

    def risen(self) -> bool:
        """Has the answer begun?"""
        return self._risen

    def _edge(self, _pin) -> None:
        now = time.ticks_us()
        if self._answer.value():
            self._rose_us, self._risen = now, True
        elif self._risen:
            self._took_us = time.ticks_diff(now, self._rose_us)
