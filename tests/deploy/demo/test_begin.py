"""How the demonstration begins and ends: dead children come back, and none outlives it."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from demonstration import gone, listening, pids, start


@pytest.mark.journey
@pytest.mark.timeout(180)
def test_dead_children_come_back_and_sigterm_leaves_nothing(
    tmp_path: Path, part: Callable[[str], str], free_port: Callable[[], int], until: Callable[..., None]
) -> None:
    """A killed gateway and a killed board are started again; SIGTERM ends all processes and frees the port, nothing lost."""
    part("mosquitto")
    home, report, port, log = tmp_path / "kept", tmp_path / "report.json", free_port(), tmp_path / "demo.log"
    demo = start(home, "--report", str(report), "--port", str(port), log=log)
    try:
        until(lambda: "Première mesure" in log.read_text(), within_s=60, what="the first reading")
        first = pids(home)
        for name in ("gateway", "air-mairie"):
            os.kill(first[name], signal.SIGKILL)
        until(
            lambda: pids(home)["gateway"] != first["gateway"] and pids(home)["air-mairie"] != first["air-mairie"],
            what="both started again",
        )
        seen = {*first.values(), *pids(home).values()}
        demo.send_signal(signal.SIGTERM)
        code = demo.wait(timeout=90)
    finally:
        demo.kill()
        demo.wait()

    told = json.loads(report.read_text())
    assert code == 0, log.read_text()
    assert (told["lost"], told["duplicated"]) == (0, 0)
    assert told["restarts"] == {"gateway": 1, "air-mairie": 1}
    assert len(seen) >= 17
    assert [pid for pid in seen if not gone(pid)] == []
    assert not listening(port)


@pytest.mark.journey
@pytest.mark.timeout(120)
def test_a_killed_demonstration_takes_its_children_along(
    tmp_path: Path, part: Callable[[str], str], free_port: Callable[[], int], until: Callable[..., None]
) -> None:
    """`kill -9` of the command itself leaves no process either."""
    part("mosquitto")
    home, log = tmp_path / "kept", tmp_path / "demo.log"
    demo = start(home, "--port", str(free_port()), log=log)
    until(lambda: len(pids(home)) >= 15, within_s=60, what="all children started")
    children = pids(home)

    demo.kill()
    demo.wait()

    until(lambda: all(gone(pid) for pid in children.values()), within_s=20, what=f"all of {children} gone")
