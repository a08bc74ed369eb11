"""The demonstration as a user types it, with either broker, killed children and an early end."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent.parent


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


@pytest.mark.journey
@pytest.mark.timeout(180)
@pytest.mark.parametrize("broker", ["mosquitto", "iotcore"])
def test_nothing_is_lost_over_either_broker(
    tmp_path: Path, part: Callable[[str], str], free_port: Callable[[], int], broker: str
) -> None:
    """Ten seconds of twelve boards: every sample that was made is kept, once, and the report says so."""
    part("mosquitto")
    report, log = tmp_path / "report.json", tmp_path / "demo.log"
    options = ("--for", "10s", "--report", str(report), "--port", str(free_port()), "--broker", broker)

    code = start(tmp_path / "kept", *options, log=log).wait(timeout=150)

    assert code == 0, log.read_text()
    told: dict[str, Any] = json.loads(report.read_text())
    assert told["broker"] == broker
    assert told["sent"] == told["kept"] + told["refused"] + told["held"] + told["dropped"]
    assert (told["lost"], told["duplicated"], told["refused"], told["dropped"]) == (0, 0, 0, 0)
    assert told["kept"] >= 12 * 3
    assert sum(sum(flags.values()) for flags in told["readings"].values()) >= told["kept"]
    assert told["devices"] == 12
    assert told["first_reading_s"] > 0
    assert told["gateway_cpu_s"] > 0
    assert told["gateway_rss_mib"] > 10
    assert "Rien perdu" in log.read_text()


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
