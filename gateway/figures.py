"""What the gateway counts of itself, since its start."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping

import psutil

from gateway.store.names import GATEWAY
from gateway.store.port import Point

RECENT = 256
"""Delays that the median and the 99th percentile are taken over."""


class Figures:
    """Counts by name, refusals by code, and how long the newest batches took from their arrival to the store."""

    def __init__(self, *, started_s: float) -> None:
        self._started_s = started_s
        self._process = psutil.Process()
        self.counts: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self._delays_s: deque[float] = deque(maxlen=RECENT)

    def add(self, **counts: int) -> None:
        """So many more of each."""
        self.counts.update(counts)

    def stored(self, delay_s: float) -> None:
        """A batch is in the store, so long after it was committed."""
        self._delays_s.append(delay_s)

    def told(self, now_s: float) -> dict[str, float | dict[str, int]]:
        """All of them by name: seconds, MiB and counts."""
        cpu = self._process.cpu_times()
        delays = sorted(self._delays_s) or [0.0]
        return {
            "up_s": round(now_s - self._started_s, 1),
            "cpu_s": round(cpu.user + cpu.system, 2),
            "rss_mib": round(self._process.memory_info().rss / (1 << 20), 1),
            "delay_s": round(delays[len(delays) // 2], 3),
            "delay_p99_s": round(delays[len(delays) * 99 // 100], 3),
            **self.counts,
            "refused": self.refused.total(),
            "refused_by_code": dict(self.refused),
        }

    def point(self, now_s: float, tags: Mapping[str, str]) -> Point:
        """The same as a point for the store, without the codes."""
        fields = {name: float(value) for name, value in self.told(now_s).items() if not isinstance(value, dict)}
        return Point(GATEWAY, int(now_s), tags, fields)
