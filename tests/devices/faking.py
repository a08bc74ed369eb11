"""Other dates for real programs, by libfaketime: a chip's clock that lost its power, and years that pass in a moment."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

POWER_LOST_S = 946_684_810
"""What an ESP32 believes ten seconds after its power came back: 1 January 2000."""
PLACES = ("/usr/lib/*/faketime/libfaketime.so.1", "/usr/local/lib/faketime/libfaketime.so.1")


def library(part: Callable[[str], str]) -> str:
    """Where the library is that belongs to the command `faketime`."""
    part("faketime")
    return next(str(found) for place in PLACES for found in Path("/").glob(place.lstrip("/")))


def chip_clock(part: Callable[[str], str], file: Path, date_s: float) -> dict[str, str]:
    """The environment of a board whose chip's clock says this now; the board can set it, by the file."""
    file.write_text(f"{date_s - time.time():+.3f}")
    return {
        "LD_PRELOAD": library(part),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


def ahead(part: Callable[[str], str], ahead_s: float) -> dict[str, str]:
    """The environment of a program for which it is so much later."""
    return {
        "LD_PRELOAD": library(part),
        "FAKETIME": f"{ahead_s:+.0f}",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
