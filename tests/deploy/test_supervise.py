"""Children are started again when they die, and none is left at the end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from demonstration import gone

from deploy.supervise import Crew

DEAF = (
    "import signal, sys, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('deaf', flush=True)\ntime.sleep(60)"
)


def sleeper(code: str = "import time; time.sleep(60)", out: int | None = None) -> subprocess.Popen[bytes]:
    """A real process that lives for a minute."""
    return subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=out)


def test_who_dies_is_started_again(tmp_path: Path, until: Callable[..., None]) -> None:
    """A killed child has a new pid, which the file of pids tells."""
    crew = Crew(tmp_path / "pids.json")
    crew.hire("a", sleeper)
    crew.hire("b", sleeper)
    first = crew.pids()
    os.kill(first["a"], signal.SIGKILL)
    mended: list[str] = []
    until(lambda: mended.extend(crew.mend()) or mended, what="the dead child found")
    told = json.loads((tmp_path / "pids.json").read_text())
    crew.kill("b")
    assert crew.mend() == ["b"]
    now = crew.pids()
    crew.dismiss(["a", "b"])

    assert mended == ["a"]
    assert told["a"] != first["a"]
    assert told["b"] == first["b"]
    assert all(gone(pid) for pid in (*first.values(), *now.values()))
    assert json.loads((tmp_path / "pids.json").read_text()) == {}


def test_who_does_not_listen_is_killed(tmp_path: Path) -> None:
    """A child deaf to SIGTERM is gone all the same."""
    crew = Crew(tmp_path / "pids.json")
    crew.hire("deaf", lambda: sleeper(DEAF, subprocess.PIPE))
    child = crew.children["deaf"].process
    assert child.stdout is not None
    child.stdout.readline()

    crew.dismiss(["deaf", "nobody"], patience_s=0.2)

    assert child.returncode == -signal.SIGKILL
    child.stdout.close()
