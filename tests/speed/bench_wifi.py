"""What a board's ways in cost of its heap while they are open, and how long they hold the loop, in the real interpreter.

    python tests/speed/bench_wifi.py

This interpreter's words are twice as long as a board's, so objects are halved and bytecode is not (as in bench_firmware.py).

    improv_bytes  of a board's heap while it listens to the console: in the first ten seconds, and while no network works
    portal_bytes  more while its own Wi-Fi is open: page and server of names; a conversation has some 700 bytes more, three at a time
    login_bytes   for the moment in which it is found out whether a network wants a login page
    page_bytes    the page with twelve networks and a refusal on it, as a phone gets it
    code_bytes    the bytecode of which that is made, by module; `doors` and `net` are there all the time
    step_ms       the longest step of a board that is offline for twelve minutes and opens its own Wi-Fi, on this machine

Prints one JSON object.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests/devices")]

from sessions import Line, Session, play  # noqa: E402

from devices.image import firmware  # noqa: E402
from devices.interpreter import command  # noqa: E402
from devices.simulate import SIMULATOR, lay  # noqa: E402

OFFLINE_S, ENDS_S = 720, 800
PARTS = {"improv": ("improv", "known", "settings"), "portal": ("portal", "dns", "page"), "login": ("login",)}
"""The second beside the first, as on a board that has neither cable nor network."""
PIECE = """
import gc
import json
import network
import esp32
import asyncio
import select
import socket
import hashlib
from girouette.net import Link

class Config:
    device, page = "air-quai-7", "https://air.example/d/" + 22 * "x"
    update_key = 32 * "0"

def taken():
    gc.collect()
    return gc.mem_alloc()

link, sizes = Link([]), []
before = taken()
from girouette.improv import Improv
improv = Improv(link, Config)
sizes.append(taken() - before)
before = taken()
from girouette.portal import Portal
portal = Portal(link, Config)
sizes.append(taken() - before)
before = taken()
from girouette import login
sizes.append(taken() - before)
from girouette import page
networks = [("Un nom de reseau assez long " + str(n), -50 - n, 3) for n in range(12)]
shown = sum(len(part.encode()) for part in page.form(Config.device, networks, "wrong-password", networks[0][0]))
print(json.dumps([sizes, shown]))
"""


def main() -> None:
    """Measure, and print one JSON object."""
    with tempfile.TemporaryDirectory() as folder:
        (improv, portal, login), page = loaded(Path(folder))
        told = {"improv_bytes": improv, "portal_bytes": portal, "login_bytes": login, "page_bytes": page}
    names = ("net", "doors", *(name for part in PARTS.values() for name in part))
    told["code_bytes"] = {name: code(name) for name in names}
    with tempfile.TemporaryDirectory() as folder:
        told["step_ms"] = longest_ms(Path(folder))
    print(json.dumps(told, indent=2))


def code(name: str) -> int:
    """Bytes of a module's bytecode."""
    return len(firmware()[f"/girouette/{name}.mpy"])


def loaded(home: Path) -> tuple[list[int], int]:
    """Bytes of a board's heap that each part takes, and those of the page."""
    lay(firmware(), home / "flash")
    (home / "sim.json").write_text("{}")
    (home / "piece.py").write_text(PIECE)
    with subprocess.Popen(
        command("-X", "heapsize=256wK", str(home / "piece.py")),
        cwd=home / "flash", env=os.environ | {"MICROPYPATH": f"{home}/flash:{SIMULATOR}:.frozen"},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as board:  # fmt: skip
        assert board.stdout is not None
        sizes, page = json.loads(board.stdout.read().splitlines()[-1])
    codes = [sum(map(code, part)) for part in PARTS.values()]
    return [(size - c) // 2 + c for size, c in zip(sizes, codes, strict=True)], page


def longest_ms(home: Path) -> float:
    """The longest step of a board while its own Wi-Fi is open."""
    session = Session(
        board={"recipe": "weather", "period_s": 5, "update_key": "00" * 16},
        faults=[{"kind": "offline", "for_s": OFFLINE_S}],
        lines=[Line(1000 * ENDS_S, "note", ("end",))],
        gateway=True, transcript=False, gauge=True,
    )  # fmt: skip
    told: list[dict[str, Any]] = [
        json.loads(line.partition(": ")[2])
        for line in play(session, home).console.splitlines()
        if line.startswith("# gauge: ")
    ]
    return round(max(t["longest_us"] for t in told) / 1000, 1)


if __name__ == "__main__":
    main()
