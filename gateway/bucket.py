"""Token buckets: how many packs a device may send before some are shed, so that a loud one harms nobody else."""

from __future__ import annotations


class Buckets:
    """A bucket a key: it holds at most `burst` tokens and gains `rate` a second; a pack takes one.

    Time is an argument and may step back: then nothing is gained until it is where it was.
    """

    def __init__(self, *, rate: float, burst: int) -> None:
        self._rate, self._burst = rate, float(burst)
        self._levels: dict[int, tuple[float, float]] = {}

    def take(self, key: int, now_s: float) -> bool:
        """Take one token out of the bucket; False where there is none.

        >>> buckets = Buckets(rate=1, burst=2)
        >>> [buckets.take(7, 0), buckets.take(7, 0), buckets.take(7, 0), buckets.take(7, 1)]
        [True, True, False, True]
        """
        level, then_s = self._levels.get(key, (self._burst, now_s))
        if now_s > then_s:
            level = min(self._burst, level + (now_s - then_s) * self._rate)
            then_s = now_s
        if level < 1.0:
            self._levels[key] = (level, then_s)
            return False
        self._levels[key] = (level - 1.0, then_s)
        return True
