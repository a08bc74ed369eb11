"""Where an axis has its marks: round numbers, round hours of the local day."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo


def nice_ticks(low: float, high: float, most: int = 4) -> list[float]:
    """Round numbers that span [low, high], at most about `most` of them inside.

    >>> nice_ticks(0.3, 9.7)
    [0.0, 5.0, 10.0]
    """
    span = high - low if high > low else 1.0
    rough = span / most
    power: float = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough * 0.999)
    first = math.floor(low / step + 1e-9)
    last = math.ceil(high / step - 1e-9)
    return [round(i * step, 10) + 0.0 for i in range(first, max(last, first + 1) + 1)]


def time_ticks(start_s: float, end_s: float, zone: ZoneInfo) -> list[tuple[float, str]]:
    """Moments with their kind, `hour` or `day`: every 4 hours of a day, every day of a week, every 5 days of a month, every 61 of a year."""
    span = end_s - start_s
    if span <= 2 * 86_400:
        return [(s, "hour") for s in _local_hours(start_s, end_s, zone, 4)]
    every = next(days for days, most in ((1, 10), (5, 60), (61, math.inf)) if span <= most * 86_400)
    return [(s, "day") for s in _local_hours(start_s, end_s, zone, 24)[::every]]


def _local_hours(start_s: float, end_s: float, zone: ZoneInfo, every_h: int) -> list[float]:
    """Local times at multiples of so many hours, whatever the clocks do in spring and autumn."""
    day = datetime.fromtimestamp(start_s, UTC).astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    found: list[float] = []
    while day.timestamp() < end_s:
        found += [day.replace(hour=h).timestamp() for h in range(0, 24, every_h)]
        day = (day + timedelta(days=1)).replace(hour=0)
    return [s for s in found if start_s <= s <= end_s]
