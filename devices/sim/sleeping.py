"""Deep sleep and the memory that outlives it: a file beside the board's disk, gone when the power is.

A sleeping board is a process that waits and then starts anew (devices/interpreter.py) with nothing in its heap.
"""

import os
import sys
import time

REBOOT = 131
MEMORY = "../rtc"
WOKEN = "../woken"
MOST_BYTES = 2048


class RTC:
    """The clock's memory."""

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
