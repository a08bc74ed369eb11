"""Run a command of ours as a child that ends when the process that started it does, even by `kill -9`.

The parent gives it a pipe as stdin and keeps the other end open. A child loads what it will need at once, and begins when it is
let go: several can load beside what must be done before them.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from devices.interpreter import die_with_parent

NEEDS: Mapping[str, tuple[str, ...]] = {
    "gateway": ("gateway.pipeline", "gateway.inbox.mqtt", "gateway.store.sqlite", "deploy.probes", "deploy.serve"),
    "api": ("api.app", "gateway.store.sqlite", "deploy.serve"),
}
"""Command -> the modules that it spends its first second on."""


def start_child(*args: str, cwd: Path, log: Path, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start `girouette ARGS`, which waits to be let go, in a process group of its own: a terminal's Ctrl-C does not reach it."""
    command = [sys.executable, "-m", "deploy.child", *args]
    with log.open("ab") as told:
        return subprocess.Popen(
            command, cwd=cwd, env=dict(env), stdin=subprocess.PIPE, stdout=told, stderr=told, process_group=0
        )


def let_go(child: subprocess.Popen[bytes]) -> None:
    """The child begins; one that died meanwhile is found by who tends it."""
    assert child.stdin is not None
    try:
        child.stdin.write(b"go\n")
        child.stdin.flush()
    except BrokenPipeError:
        return


def main() -> None:
    """Be that child."""
    for module in NEEDS.get(sys.argv[1], ()):
        import_module(module)
    if not sys.stdin.buffer.readline():
        sys.exit(1)  # the parent died before it let this child go
    die_with_parent()
    from deploy.cli import main as command

    command()


if __name__ == "__main__":
    main()
