"""What a process and its children cost: CPU seconds and memory, over restarts too."""

from __future__ import annotations

import os
import time
from pathlib import Path

import psutil


class Meter:
    """CPU and memory of whatever process has the name that is metered; look often, since the dead tell nothing."""

    def __init__(self) -> None:
        self._spent: dict[int, float] = {}
        self.peak_mib = 0.0

    def look(self, pid: int) -> None:
        """Read the process with this pid, if it is still there."""
        try:
            process = psutil.Process(pid)
            with process.oneshot():
                times = process.cpu_times()
                self._spent[pid] = times.user + times.system
                self.peak_mib = max(self.peak_mib, process.memory_info().rss / 2**20)
        except psutil.Error:
            return

    @property
    def cpu_s(self) -> float:
        """CPU seconds of all processes that were looked at."""
        return sum(self._spent.values())


def age_s(now_s: float) -> float:
    """Seconds since this process was started, its imports included."""
    stat = Path("/proc/self/stat")
    if stat.exists():  # psutil adds the time of the last boot, which Linux tells to the second only
        started = stat.read_text(encoding="utf-8").rpartition(")")[2].split()[19]
        return time.clock_gettime(time.CLOCK_BOOTTIME) - int(started) / os.sysconf("SC_CLK_TCK")
    began_s: float = psutil.Process().create_time()
    return now_s - began_s
