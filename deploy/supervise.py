"""Children that are started again when they die, and whose pids are written down."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

Start = Callable[[], "subprocess.Popen[bytes]"]


@dataclass(slots=True)
class Child:
    """One process, and how it is started anew."""

    start: Start
    process: subprocess.Popen[bytes]
    restarts: int = 0


class Crew:
    """The children of one run, by name, in the order in which they were started."""

    def __init__(self, pids: Path) -> None:
        """Write pids to this file at each change."""
        self._pids = pids
        self.children: dict[str, Child] = {}

    def hire(self, name: str, start: Start) -> None:
        """Start a child; it is started again whenever it is found dead."""
        self.children[name] = Child(start, start())
        self._write()

    def mend(self) -> list[str]:
        """Start again whoever died; their names."""
        dead = [name for name, child in self.children.items() if child.process.poll() is not None]
        for name in dead:
            child = self.children[name]
            _forget(child.process)
            child.process = child.start()
            child.restarts += 1
        if dead:
            self._write()
        return dead

    def kill(self, name: str) -> None:
        """Kill a child as a power cut would; `mend` starts it again."""
        child = self.children[name]
        child.process.kill()
        child.process.wait()

    def dismiss(self, names: Iterable[str], *, patience_s: float = 5.0) -> None:
        """Ask these children to stop, and kill who has not by then; they are forgotten."""
        leaving = [self.children.pop(name).process for name in names if name in self.children]
        for process in leaving:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + patience_s
        for process in leaving:
            try:
                process.wait(max(0.05, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            _forget(process)
        self._write()

    def pids(self) -> dict[str, int]:
        """The pid of every child that was started and not dismissed."""
        return {name: child.process.pid for name, child in self.children.items()}

    def _write(self) -> None:
        fresh = self._pids.with_suffix(".new")
        fresh.write_text(json.dumps(self.pids(), indent=1), encoding="utf-8")
        fresh.replace(self._pids)


def _forget(process: subprocess.Popen[bytes]) -> None:
    """Close our end of a dead process's pipe."""
    if process.stdin is not None:
        process.stdin.close()
