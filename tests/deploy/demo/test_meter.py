"""What a process costs is read, over restarts too."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from deploy.demo.meter import Meter, age_s


@pytest.mark.slow
def test_cpu_is_summed_over_processes() -> None:
    """A second process adds to the first, and a dead one is not forgotten."""
    busy = "import time\nwhile time.process_time() < 0.3: pass\ntime.sleep(60)"
    meter = Meter()
    for _ in range(2):
        child = subprocess.Popen([sys.executable, "-c", busy])
        deadline = time.monotonic() + 30
        before = meter.cpu_s
        while meter.cpu_s < before + 0.25 and time.monotonic() < deadline:
            meter.look(child.pid)
        child.kill()
        child.wait()
        meter.look(child.pid)

    assert meter.cpu_s >= 0.5
    assert meter.peak_mib > 3


def test_age_counts_from_the_start_of_the_process() -> None:
    """This process is older than this test."""
    assert age_s(time.time()) > 0
    assert os.getpid()
