"""Journey 4: a virtual board out of its bag, from `girouette flash` to a value on the public page, as an agent types it.

Everything is the shipped code and runs as a process of its own: the board, esptool, broker, gateway, the public side.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from room import answers

from devices.interpreter import have_micropython

ROOT = Path(__file__).parent.parent.parent
PLACE = "Cour de l’école"


class Desk:
    """A folder in which somebody types commands, with a broker beside it."""

    def __init__(self, home: Path, broker_port: int, take_port: Callable[[], int]) -> None:
        self.home, self.gateway_port, self.page_port = home, take_port(), take_port()
        (home / "tmp").mkdir()
        self.environ = {
            **os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": "fr_FR.UTF-8", "TMPDIR": str(home / "tmp"),
            "GIROUETTE_BROKER": f"mqtt://127.0.0.1:{broker_port}",
            "GIROUETTE_GATEWAY_HTTP_PORT": str(self.gateway_port), "GIROUETTE_API_PORT": str(self.page_port),
        }  # fmt: skip

    @contextmanager
    def window(self, *words: str) -> Iterator[subprocess.Popen[str]]:
        """A command that runs in a window of its own until Ctrl-C, which it must take well."""
        command = [sys.executable, "-m", "deploy.cli", *words]
        with (
            (self.home / f"{words[0]}.log").open("w") as log,
            subprocess.Popen(command, cwd=self.home, env=self.environ, stdout=log, stderr=log, text=True) as running,
        ):
            try:
                yield running
            finally:
                running.send_signal(signal.SIGINT)
            assert running.wait(30) in {0, 130}

    def said(self, name: str) -> str:
        """What a window shows."""
        return (self.home / f"{name}.log").read_text(encoding="utf-8")

    def type(self, *words: str) -> str:
        """What a command prints; it must succeed."""
        command = [sys.executable, "-m", "deploy.cli", *words]
        ran = subprocess.run(command, cwd=self.home, env=self.environ, capture_output=True, text=True, timeout=120)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    def page(self, address: str) -> str:
        """A page, after the addresses that lead to it."""
        url = f"http://127.0.0.1:{self.page_port}{address}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            text: str = answer.read().decode()
            return text


@pytest.mark.journey
@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.skipif(not have_micropython(), reason="no MicroPython for this machine")
def test_from_the_bag_to_the_page_without_a_board(
    tmp_path: Path, mosquitto: int, free_port: Callable[[], int], until: Callable[..., None]
) -> None:
    """One command and no secret typed: the board measures, its private page has the value, and once it is public so has the public one."""
    desk = Desk(tmp_path, mosquitto, free_port)
    with ExitStack() as windows:
        for words in (("gateway",), ("api",), ("board", "--pty")):
            windows.enter_context(desk.window(*words))
        until(lambda: "Ctrl-C" in desk.said("board"), within_s=60, what="a board that says its port")
        until(lambda: answers(f"http://127.0.0.1:{desk.gateway_port}/readyz"), within_s=60, what="a gateway")
        until(lambda: answers(f"http://127.0.0.1:{desk.page_port}/livez"), within_s=60, what="a public side")

        words = re.search(r"girouette (flash \w+)", desk.said("board"))
        assert words is not None
        told = desk.type(*words[1].split(), "--period", "2", "--place", "48.1172,-1.6778", "--name", PLACE)

        value = re.search(r"température de l’air ([0-9,-]+) °C", told)
        link = re.search(r"http://127.0.0.1:\d+(/d/\S+)", told)
        assert value is not None
        assert link is not None
        assert PLACE in desk.page(link[1])
        assert PLACE not in desk.page("/fr/")

        desk.type("device", "stage", "climate-1", "public")
        until(lambda: "°C" in desk.page("/fr/"), within_s=60, what="a value on the public page")
        assert PLACE in desk.page("/fr/")
        assert PLACE in json.dumps(json.loads(desk.page("/api/latest.geojson")), ensure_ascii=False)
    assert list((tmp_path / "tmp").glob("girouette-*/*")) == []
