"""Run a command of ours as a child that ends when the process that started it does, even by `kill -9`.

The parent gives it a pipe as stdin and keeps the other end open.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from devices.interpreter import die_with_parent


def start_child(*args: str, cwd: Path, log: Path, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start `girouette ARGS` in a process group of its own, so that a terminal's Ctrl-C does not reach it."""
    command = [sys.executable, "-m", "deploy.child", *args]
    with log.open("ab") as told:
        return subprocess.Popen(
            command, cwd=cwd, env=dict(env), stdin=subprocess.PIPE, stdout=told, stderr=told, process_group=0
        )


def main() -> None:
    """Be that child."""
    die_with_parent()
    from deploy.cli import main as command

    command()


if __name__ == "__main__":
    main()
