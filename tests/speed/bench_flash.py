"""From an erased board to its first stored value, board after board, and a changed file on a board that is a device already.

    python tests/speed/bench_flash.py [--boards 20] [--at-once 4]

Real esptool, mpremote, mosquitto and gateway; the chip is played by a bootloader that speaks Espressif's protocol, the
board by the real MicroPython interpreter, started from the bytes in its flash of 4 MiB. USB is a socket here: what a real cable
takes comes on top (at 460,800 baud some 25 s for MicroPython and files).

    first_value   seconds of each step of one `girouette flash RECIPE`, typed once, nothing else typed, and of the whole
    in_turn       one board after the other, each erased, none waited for at the gateway
    at_once       so many at the same time by `--many`
    repeated      ids, passwords, keys and links that two of all these boards share; failures
    push          seconds of `girouette push` of one changed file, its hash compared and the board restarted

Prints one JSON object.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "devices")]

from erased import ErasedBoard  # noqa: E402
from wholes import whole  # noqa: E402

from devices.flash.nvs import settings_of  # noqa: E402
from devices.flash.partitions import read_table  # noqa: E402

KIND, RECIPE = "c3", "climate"
PUSHES = 5


def main() -> None:
    """Measure, and print one JSON object."""
    given = argparse.ArgumentParser()
    given.add_argument("--boards", type=int, default=20)
    given.add_argument("--at-once", type=int, default=4)
    told = given.parse_args()
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as room:
        first, push = room.first_value()
        in_turn = [room.whole() for _ in range(told.boards)]
        at_once = room.together(told.at_once)
        print(json.dumps({
            "first_value": first, "push": push,
            "in_turn": {"boards": len(in_turn), "median_s": sorted(in_turn)[len(in_turn) // 2], "longest_s": max(in_turn)},
            "at_once": {"boards": told.at_once, "seconds": at_once},
            "repeated": room.repeated(), "failures": room.failures, "devices": len(room.identities),
        }))  # fmt: skip


class Room:
    """A broker, a gateway and boards, in a folder."""

    def __init__(self, home: Path, environ: dict[str, str]) -> None:
        self.home, self._environ = home, environ
        self.identities: list[dict[str, Any]] = []
        self.failures = 0
        self._count = 0
        (home / "micropython.bin").write_bytes(whole(KIND))
        (home / "girouette-wifi.toml").write_text('[[network]]\nssid = "atelier"\npassword = "un-mot-de-passe"\n')
        (home / "girouette-wifi.toml").chmod(0o600)

    def typed(self, *words: str) -> Any:
        """What a command answers; a failure is counted."""
        command = [sys.executable, "-m", "deploy.cli", *words, "--json"]
        ran = subprocess.run(command, cwd=self.home, env=self._environ, capture_output=True, text=True, check=False)
        self.failures += ran.returncode != 0
        if ran.returncode:
            print(ran.stderr, file=sys.stderr)
        return json.loads(ran.stdout) if ran.stdout else None

    def flash(self, ports: Sequence[str], *words: str) -> Any:
        """Type `girouette flash`."""
        named = [word for port in ports for word in ("--port", port)]
        place = ("--place", "48.11,-1.68", "--name", "Atelier", "--micropython", "micropython.bin")
        return self.typed("flash", RECIPE, *named, *place, *words)

    def board(self) -> ErasedBoard:
        """An erased board."""
        self._count += 1
        return ErasedBoard(KIND, self.home / f"board-{self._count}")

    def know(self, board: ErasedBoard) -> None:
        """Keep who a board is."""
        content = board.content
        nvs = read_table(content).nvs
        self.identities.append(json.loads(settings_of(content[nvs.offset : nvs.end])["identity"]))

    def first_value(self) -> tuple[dict[str, Any], dict[str, float]]:
        """One command until a value is stored; then a changed file on the same board, some times."""
        with self.board() as board:
            began = time.monotonic()
            told = self.flash([board.url])
            took_s = time.monotonic() - began
            self.know(board)
            pushes = [self.push(board, number) for number in range(PUSHES)]
        steps = told["seconds"] if told else {}
        return {"steps_s": steps, "whole_s": round(took_s, 1), "commands": 1, "secrets_typed": 0}, {
            "median_s": sorted(pushes)[PUSHES // 2], "longest_s": max(pushes),
        }  # fmt: skip

    def push(self, board: ErasedBoard, number: int) -> float:
        """Change a file on the board, as one would be changed here, and push."""
        change = f"f = open('/rule.py', 'a'); f.write('# {number}\\n'); f.close()"
        command = [sys.executable, "-m", "mpremote", "connect", board.port, "exec", change]
        subprocess.run(command, capture_output=True, check=True)
        began = time.monotonic()
        told = self.typed("push", "--port", board.port)
        self.failures += not told or told["written"] != ["/rule.py"]
        return round(time.monotonic() - began, 2)

    def whole(self) -> float:
        """One erased board, until it is written and restarted."""
        with self.board() as board:
            began = time.monotonic()
            self.flash([board.url], "--wait", "0")
            took_s = time.monotonic() - began
            self.know(board)
        return round(took_s, 1)

    def together(self, count: int) -> float:
        """So many erased boards by one command."""
        with contextlib.ExitStack() as boards:
            there = [boards.enter_context(self.board()) for _ in range(count)]
            began = time.monotonic()
            self.flash([board.url for board in there], "--many", "--count", str(count), "--wait", "0")
            took_s = time.monotonic() - began
            for board in there:
                self.know(board)
        return round(took_s, 1)

    def repeated(self) -> int:
        """How many ids, passwords, keys and links two boards share."""
        told = [{**identity, **identity["broker"]} for identity in self.identities]
        return sum(
            len(told) - len({one[name] for one in told}) for name in ("device", "password", "update_key", "page")
        )


@contextlib.contextmanager
def running(home: Path) -> Iterator[Room]:
    """A room whose broker and gateway run."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    (home / "mosquitto.conf").write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
    environ = {
        **os.environ, "PYTHONPATH": str(ROOT), "GIROUETTE_BROKER": f"mqtt://127.0.0.1:{port}", "GIROUETTE_GATEWAY_HTTP_PORT": "0",
    }  # fmt: skip
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    broker = subprocess.Popen(["/usr/sbin/mosquitto", "-c", str(home / "mosquitto.conf")], **quiet)
    gateway = subprocess.Popen([sys.executable, "-m", "deploy.cli", "gateway"], cwd=home, env=environ, **quiet)
    try:
        yield Room(home, environ)
    finally:
        for child in (gateway, broker):
            child.kill()
            child.wait()


if __name__ == "__main__":
    main()
