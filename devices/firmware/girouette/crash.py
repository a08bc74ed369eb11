"""Why the board started, and what the last failure was: one short line that `slots.crashed` left. `health` tells both.

Loaded at the start only.
"""

import os

import machine

from slots import CRASH, LONGEST

RESETS = ("PWRON_RESET", "HARD_RESET", "WDT_RESET", "DEEPSLEEP_RESET", "SOFT_RESET")


def last() -> str | None:
    """The failure before this boot, forgotten once read; None when there was none."""
    try:
        with open(CRASH) as file:
            text = file.read(LONGEST)
        os.remove(CRASH)
    except OSError:
        return None
    return text


def reset_cause() -> str:
    """Why the board started: power-on, hard, watchdog, deepsleep or soft."""
    cause = machine.reset_cause()
    for name in RESETS:
        if getattr(machine, name, None) == cause:
            return name[:-6].lower().replace("pwron", "power-on").replace("wdt", "watchdog")
    return "unknown"
