"""How fast boards may be made: so many at once, then one every so often."""

from __future__ import annotations

import math

AT_ONCE = 12
EVERY_S = 2.0
"""A room of twelve begins at once; a board takes a minute, so that nobody waits who writes real ones."""


class Pace:
    """A token bucket over the whole atelier."""

    def __init__(self, at_once: int = AT_ONCE, every_s: float = EVERY_S) -> None:
        self._at_once, self._every_s = at_once, every_s
        self._left, self._at_s = float(at_once), -math.inf

    def wait_s(self, now_s: float) -> int:
        """How many seconds are left to wait for one more; 0 where it may come now, and has then come."""
        since = max(0.0, now_s - self._at_s)
        self._left, self._at_s = min(self._at_once, self._left + since / self._every_s), now_s
        if self._left >= 1:
            self._left -= 1
            return 0
        return math.ceil((1 - self._left) * self._every_s)

    def give_back(self) -> None:
        """The one that came last was not made after all."""
        self._left = min(self._at_once, self._left + 1)
