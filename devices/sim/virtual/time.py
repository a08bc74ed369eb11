"""Virtual time: it stands still while the board works, and jumps to the next moment when the board waits.

An hour of a board's life takes about a second, and the same script gives the same session, millisecond by millisecond.
Dates are those of the script; `ticks_us` stays real, since it measures how long a step holds the processor.
"""

import utime
from utime import *  # noqa: F403

AHEAD_MS = 3600000
"""The interpreter's own scheduler marks a task that is ready now with real ticks: virtual ones must lie beyond them."""
_start_ms = utime.ticks_ms() + AHEAD_MS
_passed_ms = 0
_start_unix_ms = 0


def begin(unix_ms: int) -> None:
    """From here on the date runs from this one."""
    global _start_unix_ms
    _start_unix_ms = unix_ms - _passed_ms


def advance(ms: int) -> None:
    """Let time pass."""
    global _passed_ms
    _passed_ms += ms


def passed_ms() -> int:
    """Milliseconds since power-on."""
    return _passed_ms


def ticks_ms() -> int:
    """The millisecond counter."""
    return _start_ms + _passed_ms


def time() -> float:
    """The date in Unix seconds."""
    return (_start_unix_ms + _passed_ms) / 1000


def sleep_ms(ms: int) -> None:
    """Wait, which takes no time."""
    advance(ms)


def sleep(seconds: float) -> None:
    """Wait, which takes no time."""
    advance(int(seconds * 1000))
