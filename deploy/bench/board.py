"""What a real board can be asked by itself: `girouette bench board` runs small probes on it and keeps what they find.

The probes (devices/probes, MicroPython) run in the board's memory by mpremote and change nothing on its disk. Then the board is
restarted and listened to: from its start to its first sample, pack and receipt. The report names no network and no password.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any

from deploy.faults import AWAY, CommandError
from deploy.flashing.cable import heard
from deploy.flashing.mpremote import FOUND, PROBES
from deploy.flashing.ports import Port
from devices.console import read_console

STEPS = ("who", "disk", "wires", "sensors", "network")
PATIENCE_S = 90.0
LISTEN_S = 60.0
START = re.compile(r"# girouette (\S+) (\S+) (\S+)")
Speak = Callable[[str, Mapping[str, Any]], None]


def examine(port: str, *, listen_s: float = LISTEN_S, speak: Speak = lambda _step, _found: None) -> dict[str, Any]:
    """The report of one board: each step with `ok` and what it found, or `why` it found nothing; `speak` hears each at once.

    Raises CommandError where mpremote is not installed, or nobody answers at this port.
    """
    steps: dict[str, Any] = {}
    for step in STEPS:
        steps[step] = probe(port, step)
        if step == "who" and not steps[step]["ok"]:
            raise CommandError("no_board", code=AWAY, port=port, why=steps[step]["why"])
        speak(step, steps[step])
    steps["life"] = listen(port, listen_s)
    speak("life", steps["life"])
    return {"girouette": version("girouette"), "time_s": int(time.time()), "steps": steps}


def mpremote(port: str, *words: str) -> list[str]:
    """The command that talks to a board. Raises CommandError where it is not installed."""
    from importlib.util import find_spec

    if find_spec("mpremote") is None:
        raise CommandError("no_mpremote", code=AWAY)
    return [sys.executable, "-m", "mpremote", "connect", port, *words]


def probe(port: str, step: str) -> dict[str, Any]:
    """Run one probe; what it found, or the last line of what went wrong."""
    command = mpremote(port, "run", str(PROBES / f"{step}.py"))
    try:
        ran = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=PATIENCE_S, check=False)
    except subprocess.TimeoutExpired:
        return {"ok": False, "why": f"no answer within {PATIENCE_S:g} s"}
    for line in ran.stdout.splitlines():
        if line.startswith(FOUND):
            return {"ok": True, **json.loads(line.removeprefix(FOUND))}
    said = [line for line in (ran.stdout + ran.stderr).splitlines() if line.strip()]
    return {"ok": False, "why": said[-1].strip() if said else f"exit code {ran.returncode}"}


def listen(port: str, for_s: float) -> dict[str, Any]:
    """Restart the board and hear how it lives: seconds until each thing first happens, and what its console counts."""
    subprocess.run(mpremote(port, "reset"), capture_output=True, timeout=PATIENCE_S, check=False)
    firsts: dict[str, float] = {}
    lines: list[str] = []
    began = time.monotonic()
    for line in heard(Port(port, port), for_s):
        lines.append(line)
        kind = line.partition(" ")[0]
        key = {"N": "sample_s", "P": "pack_s", "R": "receipt_s"}.get(kind)
        if START.match(line):
            key = "start_s"
        if key is not None:
            firsts.setdefault(key, round(time.monotonic() - began, 2))
        if "receipt_s" in firsts:
            break
    told = read_console("\n".join(lines))
    counts = {"samples": len(told.samples), "packs": len(told.packs), "receipts": told.receipts}
    return {"ok": "pack_s" in firsts, **firsts, **counts} | ({} if "pack_s" in firsts else {"why": last_remark(lines)})


def last_remark(lines: list[str]) -> str:
    """What the console said last, where nothing was sent."""
    remarks = [line for line in lines if line]
    return remarks[-1] if remarks else "the console stays silent"
