"""Durations as people write them: `90`, `90s`, `10m`, `2h`, `30d`."""

from __future__ import annotations

import re

from deploy.faults import USAGE, CommandError

UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400, "j": 86_400}
WRITTEN = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdj]?)")


def seconds(written: str) -> float:
    """A duration in seconds; `j` is French for days. Raises CommandError.

    >>> seconds("90s"), seconds("1.5h"), seconds("30d")
    (90.0, 5400.0, 2592000.0)
    """
    found = WRITTEN.fullmatch(written.strip().lower())
    if found is None:
        raise CommandError("bad_duration", code=USAGE, value=written)
    return float(found[1]) * UNITS[found[2]]
