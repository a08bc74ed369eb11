"""Tools are heard as they speak, their files are the owner's alone, and who stops waiting stops them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from deploy.flashing.faults import FlashError
from deploy.flashing.tool import private, run_tool


def test_what_a_tool_says_is_heard_and_given() -> None:
    """The real esptool tells its version, line by line."""
    heard: list[str] = []

    said = run_tool("esptool", "COM3", "version", hear=heard.append)

    assert heard == said.split("\n")
    assert said.startswith("esptool v5")


def test_a_tool_that_is_not_there_names_the_command_that_installs_it() -> None:
    """The extra is named, rather than a module."""
    with pytest.raises(FlashError, match=r"pip install girouette\[flash\]"):
        run_tool("no_such_tool", "COM3")


def test_who_stops_waiting_stops_the_tool(silent_port: str, until: Callable[..., None]) -> None:
    """Ctrl-C while esptool calls a board that does not answer: no process is left."""

    def stop(_line: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_tool("esptool", silent_port, "--port", silent_port, "flash-id", hear=stop)

    until(lambda: not [c for c in psutil.Process().children() if "esptool" in " ".join(c.cmdline())], what="its end")


def test_nobody_else_reads_what_is_about_to_be_written(tmp_path: Path) -> None:
    """The files that tools are given are the owner's alone: one of them has the board's password."""
    assert private(tmp_path / "nvs.bin", b"secret").stat().st_mode & 0o077 == 0
