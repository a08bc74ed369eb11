"""A board's own network, open on this machine: the firmware's parts of it in the real interpreter, found on ports of loopback."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from devices.image import FIRMWARE
from devices.interpreter import command
from devices.simulate import SIMULATOR

OWN = "192.168.4.1"
PIECE = """
import asyncio
import gc
from girouette.net import Link
from girouette.portal import Portal

class Config:
    device, page = "air-quai-7", "https://air.example/d/Zm9yIGEgdGVzdA"
    update_key = "00112233445566778899aabbccddeeff"

link = Link([])

async def tick():
    count = 0
    while True:
        await asyncio.sleep_ms(100)
        count += 1
        gc.collect()
        print("# tick", count, gc.mem_alloc())

async def main():
    asyncio.create_task(link.run(lambda: None))
    asyncio.create_task(tick())
    await Portal(link, Config).run()
    print("# over")

asyncio.run(main())
"""


def take_udp_port() -> int:
    """A UDP port that is free on loopback now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class OwnAir:
    """The board, with its page at `web` and its name server at `names`."""

    def __init__(self, directory: Path, port: int, until: Callable[..., None], **air: Any) -> None:
        """`air`: what there is of Wi-Fi (`networks`, `secured`; devices/sim/world.py)."""
        self.web, self.names, self._until = port, take_udp_port(), until
        self._log = directory / "log"
        self._home = directory
        ports = {"80": self.web, "53": self.names}
        (directory / "sim.json").write_text(json.dumps({"wifi": {"ports": ports, **air}}))
        (directory / "flash").mkdir()
        (directory / "flash/config.json").write_text("{}")
        (directory / "piece.py").write_text(PIECE)
        with self._log.open("wb") as log:
            self._board = subprocess.Popen(
                command("-X", "heapsize=512wK", str(directory / "piece.py")),
                cwd=directory / "flash",
                env=os.environ | {"MICROPYPATH": f"{FIRMWARE}:{SIMULATOR}:.frozen"},
                stdin=subprocess.PIPE, stdout=log, stderr=log,
            )  # fmt: skip

    def __enter__(self) -> Self:
        self._until(lambda: "# portal: open" in self.said() or self._board.poll() is not None, what="the network open")
        return self

    def __exit__(self, *_: object) -> None:
        self._board.kill()
        self._board.communicate()

    def said(self) -> str:
        """The console."""
        return self._log.read_text()

    def ticks(self) -> list[int]:
        """Bytes of the heap that were taken at each tick, ten a second."""
        return [int(n) for n in re.findall(r"# tick \d+ (\d+)\n", self.said())]

    def goes_on(self) -> None:
        """Wait for ten more ticks: whatever was done to the board, it has not stopped."""
        count = len(self.ticks())
        self._until(lambda: len(self.ticks()) >= count + 10, what="ten more ticks")

    def kept(self) -> Any:
        """The networks in NVS; None where there are none."""
        file = self._home / "nvs/girouette/wifi"
        return json.loads(file.read_bytes()) if file.exists() else None

    def raw(self, content: bytes, *, wait_s: float = 10.0) -> bytes:
        """What the page's server answers to these bytes; nothing where it hangs up without a word."""
        with socket.create_connection(("127.0.0.1", self.web), wait_s) as line:
            line.settimeout(wait_s)
            found = b""
            deadline = time.monotonic() + wait_s
            try:
                line.sendall(content)
                line.shutdown(socket.SHUT_WR)
                while time.monotonic() < deadline and (piece := line.recv(4096)):
                    found += piece
            except (ConnectionError, TimeoutError):
                pass  # the board has hung up
            return found

    def ask(self, path: str = "/", *, host: str = OWN, method: str = "GET", body: str = "") -> tuple[int, str, str]:
        """Status, where it leads, and the page."""
        head = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n" + (f"Content-Length: {len(body)}\r\n" if body else "")
        answer = self.raw(f"{head}\r\n{body}".encode()).decode()
        top, _, page = answer.partition("\r\n\r\n")
        leads = re.search(r"Location: (\S+)", top)
        return int(top.split(" ")[1]), leads.group(1) if leads else "", page
