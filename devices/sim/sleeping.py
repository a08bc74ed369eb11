"""Deep sleep and the memory that outlives it: a file beside the board's disk, gone when the power is.

A sleeping board is a process that waits and then starts anew (devices/interpreter.py) with nothing in its heap.
"""

import os
import sys
import time

from place import beside

REBOOT = 131
MEMORY = beside("rtc")
WOKEN = beside("woken")
MOST_BYTES = 2048


class RTC:
    """The chip's clock, and its memory."""

    def datetime(self, told: tuple | None = None) -> tuple:
        """Read or set the date; it is set where libfaketime holds this process's clock, and kept as ever elsewhere."""
        if told is not None:
            year, month, day, _, hour, minute, second = told[:7]
            set_clock(days_to(year, month, day) * 86400.0 + hour * 3600 + minute * 60 + second)
        year, month, day, hour, minute, second, weekday = time.gmtime()[:7]
        return (year, month, day, weekday, hour, minute, second, 0)

    def memory(self, content: bytes | None = None) -> bytes | None:
        """Read, or replace, up to 2 KiB."""
        if content is None:
            try:
                with open(MEMORY, "rb") as file:
                    return file.read()
            except OSError:
                return b""
        if len(content) > MOST_BYTES:
            raise ValueError("buffer too long")
        with open(MEMORY, "wb") as file:
            file.write(content)
        return None


def deepsleep(ms: int) -> None:
    """Sleep, then start again with `DEEPSLEEP_RESET`."""
    time.sleep_ms(ms)
    with open(WOKEN, "w") as file:
        file.write(str(ms))
    sys.exit(REBOOT)


def clock_off_s() -> float:
    """By how much the chip's clock is ahead of this machine's: not at all, unless libfaketime holds it."""
    path = os.getenv("FAKETIME_TIMESTAMP_FILE")
    if path is None:
        return 0.0
    with open(path) as file:
        return float(file.read())


def days_to(year: int, month: int, day: int) -> int:
    """Days from 1970-01-01 to this date of the Gregorian calendar."""
    past = year - (month < 3)
    since_march = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return past * 365 + past // 4 - past // 100 + past // 400 + since_march - 719468


def set_clock(unix_s: float) -> None:
    """Set the chip's clock, by the file in which libfaketime reads how far it is off."""
    path = os.getenv("FAKETIME_TIMESTAMP_FILE")
    if path is not None:
        off_s = clock_off_s() + unix_s - time.time()
        with open(path + ".new", "w") as file:
            file.write("%+.3f" % off_s)
        os.rename(path + ".new", path)


def forget(name: str) -> bool:
    """Remove a file; was it there?"""
    try:
        os.remove(name)
    except OSError:
        return False
    return True


if os.getenv("GIROUETTE_SIM_RESET") is None:
    forget(MEMORY)  # the power was off
    forget(WOKEN)
slept = forget(WOKEN)
"""Has this start followed upon a sleep?"""
