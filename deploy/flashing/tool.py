"""esptool and mpremote as commands: programs of their own, heard line by line, and ended with us but not by our Ctrl-C."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from deploy.flashing.faults import FlashError, fault_of

PLAIN = {"NO_COLOR": "1", "PYTHONUNBUFFERED": "1", "COLUMNS": "200"}


def run_tool(tool: str, port: str, *words: str, hear: Callable[[str], object] = lambda _line: None) -> str:
    """Run a tool; what it said, each line told as it comes. Raises FlashError where it fails or is not installed.

    Ctrl-C in a workshop ends the waiting for new boards, not the writing of one that is under way; who stops waiting for a
    tool stops the tool.
    """
    if find_spec(tool) is None:
        raise FlashError("no_tool", tool=tool)
    said: list[str] = []
    with subprocess.Popen(
        [sys.executable, "-m", tool, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env=os.environ | PLAIN, start_new_session=True,
    ) as child:  # fmt: skip
        whole = False
        try:
            for line in child.stdout or ():
                said.append(line.decode(errors="replace").rstrip())
                hear(said[-1])
            whole = True
        finally:
            if not whole:
                child.kill()
    if child.returncode:
        raise fault_of(tool, port, "\n".join(said))
    return "\n".join(said)


def private(file: Path, content: bytes) -> Path:
    """A file that nobody else may read, with this content."""
    file.touch(mode=0o600)
    file.write_bytes(content)
    return file
