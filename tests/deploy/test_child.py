"""A child of ours ends with the process that started it, even by `kill -9`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from demonstration import gone

ROOT = Path(__file__).parent.parent.parent
PARENT = """
import os, sys, time
from pathlib import Path
from deploy.child import start_child
home = Path(sys.argv[1])
child = start_child("api", "--store", f"sqlite:{home / 'girouette.sqlite'}", "--port", sys.argv[2],
                    cwd=home, log=home / "api.log", env=os.environ)
print(child.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.slow
def test_a_child_dies_with_its_parent(tmp_path: Path, free_port: Callable[[], int], until: Callable[..., None]) -> None:
    """The parent is killed without a chance to clean up, and its child is gone too; it was in a group of its own."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run(
        [sys.executable, "-m", "deploy.cli", "pilot", "add", "rennes", "Rennes", "--store", f"sqlite:{tmp_path}/girouette.sqlite"],
        env=env, check=True, capture_output=True,
    )  # fmt: skip
    command = [sys.executable, "-c", PARENT, str(tmp_path), str(free_port())]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert os.getpgid(pid) != os.getpgid(parent.pid)
        until(lambda: "deploy.child" in Path(f"/proc/{pid}/cmdline").read_text(), what="the child started")
        assert not gone(pid)
        parent.kill()

    until(lambda: gone(pid), what="the child gone")
