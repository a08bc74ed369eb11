"""Measures the firmware from outside: how much of the heap it takes, and how long each step of its tasks holds the loop.

Prints `# loaded: [...]`, the firmware's modules that are loaded, and `# gauge: {...}` every second of the board: bytes of the heap that the firmware took at the most (garbage included)
and that it holds after a collection, and the longest step in microseconds with its task: by the clock, and by the processor's time, which other
work on this machine does not lengthen (from the end of the step before, so with what the loop itself does between them). What the simulated sensors leave
behind in the same heap is in it.
"""

import gc
import json
import sys
import time

EVERY_MS = 1000


def busy_us() -> int:
    """The processor's time that this process has taken; 0 where time is virtual."""
    return int(time.clock() * 1000000) if hasattr(time, "clock") else 0


class Gauge:
    """The figures since power-on."""

    def __init__(self):
        gc.collect()
        self._before = gc.mem_alloc()
        self._due = time.ticks_add(time.ticks_ms(), EVERY_MS)
        self.peak = self.steps = self.longest_us = 0
        self.task = self.busy_task = ""
        self.busy_us, self._busy_before = 0, busy_us()

    def stepped(self, name: str, took_us: int) -> None:
        """A step of a task has ended."""
        busy = busy_us() - self._busy_before
        if self.steps and busy > self.busy_us:  # before the first step there is the loading of the firmware
            self.busy_us, self.busy_task = busy, name
        self.steps += 1
        self.peak = max(self.peak, gc.mem_alloc() - self._before)
        if took_us > self.longest_us:
            self.longest_us, self.task = took_us, name
        if time.ticks_diff(time.ticks_ms(), self._due) >= 0:
            self._due = time.ticks_add(time.ticks_ms(), EVERY_MS)
            self._tell()
        self._busy_before = busy_us()

    def _tell(self) -> None:
        print("# loaded:", json.dumps([name for name in sys.modules if name.startswith("girouette.")]))
        gc.collect()
        held = gc.mem_alloc() - self._before
        told = {"held": held, "peak": self.peak, "longest_us": self.longest_us, "task": self.task, "steps": self.steps}
        told.update({"busy_us": self.busy_us, "busy_task": self.busy_task})
        print("# gauge:", json.dumps(told))


def attach(gauge: Gauge) -> None:
    """Let every step of every task be told to this gauge too."""
    from girouette.watchdog import Watchdog  # the firmware's own: measured with the rest of it

    stepped = Watchdog.stepped

    def both(self, name: str, took_us: int) -> None:
        stepped(self, name, took_us)
        gauge.stepped(name, took_us)

    Watchdog.stepped = both
