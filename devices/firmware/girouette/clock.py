"""What time it is: uptime always, dates only once somebody who knows has told; no date is ever invented.

The board's own epoch (2000 on an ESP32, 1970 on unix) never enters: dates are Unix seconds, made of uptime and a base.
"""

import time

from micropython import const

_EARLIEST_S = const(1704067200)
"""2024-01-01: whoever claims an earlier time has no clock either."""
FRESH_S = 2
"""A `time` message answers a `state` of at most this long ago: an older one is a stale clock."""
_SMALL_STEP_S = const(2)
"""Steps back of up to this are smoothed, so that no two samples bear the same second."""
_NTP_TRUSTED_MS = const(86400000)


class Uptime:
    """Milliseconds since power-on, sleep included, that never wrap, as `ticks_ms` does after 12 days; ask once in six at least."""

    def __init__(self, ticks_ms=time.ticks_ms, start_ms: int = 0):
        self._ticks_ms = ticks_ms
        self._last = ticks_ms()
        self._ms = start_ms

    def ms(self) -> int:
        """Milliseconds since power-on."""
        now = self._ticks_ms()
        self._ms += time.ticks_diff(now, self._last)
        self._last = now
        return self._ms

    def s(self) -> int:
        """Whole seconds since power-on."""
        return self.ms() // 1000


class Clock:
    """The date, learnt by NTP or from the gateway, and the last second that was given to a sample."""

    def __init__(self, uptime: Uptime):
        self._uptime = uptime
        self._base_ms: int | None = None
        self._heard_ms = 0
        self.source: str | None = None
        self.last_s = 0
        self.steps = 0
        self.on_learnt = None
        """What is told each date that is learnt, in Unix seconds."""
        self.off_ms = 0
        """By how much it was wrong when it was last set right."""

    @property
    def base_ms(self) -> int:
        """The date at which uptime was 0, in milliseconds; only once the clock is known."""
        return self._base_ms or 0

    def resume(self, base_ms: int, last_s: int) -> None:
        """Go on after a sleep in which uptime went on."""
        self._base_ms, self.last_s, self.source = base_ms, last_s, "sleep"

    @property
    def known(self) -> bool:
        """Has the date been learnt in this boot?"""
        return self._base_ms is not None

    @property
    def base_s(self) -> int:
        """The date at which uptime was 0, in whole seconds; only once the clock is known."""
        return self._base_ms // 1000 if self._base_ms is not None else 0

    def now_s(self) -> int | None:
        """Unix seconds now, or None."""
        return None if self._base_ms is None else (self._base_ms + self._uptime.ms()) // 1000

    def learn_ntp(self, unix_ms: int) -> bool:
        """Take the date from NTP; False when it makes no sense."""
        return self._learn(unix_ms - self._uptime.ms(), "ntp")

    def learn_time(self, now_s, asked_up_s) -> bool:
        """Take the date from the gateway's answer to a `state` that bore `asked_up_s`; False when it is stale."""
        if not isinstance(now_s, int) or not isinstance(asked_up_s, int):
            return False
        up_ms = self._uptime.ms()
        age_s = up_ms // 1000 - asked_up_s
        if not 0 <= age_s <= FRESH_S:
            return False
        if self.source == "ntp" and up_ms - self._heard_ms < _NTP_TRUSTED_MS:
            return False
        base_ms = now_s * 1000 - (asked_up_s * 1000 + up_ms) // 2
        if self._base_ms is not None and abs(base_ms - self._base_ms) <= _SMALL_STEP_S * 1000:
            return False  # whole seconds on both sides: a smaller difference is rounding, not a better clock
        return self._learn(base_ms, "time")

    def _learn(self, base_ms: int, source: str) -> bool:
        up_ms = self._uptime.ms()
        if (base_ms + up_ms) // 1000 < _EARLIEST_S:
            return False
        if self._base_ms is not None and base_ms < self._base_ms - _SMALL_STEP_S * 1000:
            self.steps += 1
        self.off_ms = base_ms - self._base_ms if self._base_ms is not None else 0
        self._base_ms, self.source, self._heard_ms = base_ms, source, up_ms
        print("# clock:", source)
        if self.on_learnt is not None:
            self.on_learnt((base_ms + up_ms) // 1000)
        return True

    def date(self, up_s: int) -> int:
        """The date of a sample made at this uptime before the clock was known: uptimes differ, so dates do."""
        date_s = self.base_s + up_s
        self.last_s = max(self.last_s, date_s)
        return date_s

    def stamp(self) -> int:
        """The date of a sample made now: never that of the one before, small steps back included."""
        now_s = self.now_s()
        if now_s is None:
            raise ValueError("no clock")
        if self.last_s - _SMALL_STEP_S <= now_s <= self.last_s:
            now_s = self.last_s + 1
        self.last_s = now_s
        return now_s
