"""The demonstration as a process, for the tests that watch it from outside."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def start(home: Path, *options: str, log: Path) -> subprocess.Popen[bytes]:
    """Start `girouette demo` with a short past."""
    command = [sys.executable, "-m", "deploy.cli", "demo", "--keep", str(home), "--backfill", "1d", *options]
    with log.open("wb") as told:
        env = {**os.environ, "LANG": "fr_FR.UTF-8", "LC_ALL": "fr_FR.UTF-8"}
        return subprocess.Popen(command, cwd=ROOT, stdout=told, stderr=told, env=env)


def pids(home: Path) -> dict[str, int]:
    """Pids of the children, as the demonstration writes them down."""
    file = home / "pids.json"
    return dict(json.loads(file.read_text())) if file.exists() else {}


def gone(pid: int) -> bool:
    """Is there no live process with this pid?"""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def listening(port: int) -> bool:
    """Does something listen on this loopback port?"""
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0
