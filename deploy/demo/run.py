"""One run of the demonstration: its processes, its clock, and its end."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from deploy import assembly
from deploy.child import let_go, start_child
from deploy.demo.cast import Player
from deploy.demo.meter import Meter
from deploy.demo.options import DemoError, DemoOptions
from deploy.supervise import Crew
from devices.image import Identity, build_image, shard_of
from devices.quantity import Quantity
from devices.recipe import Recipe
from devices.simulate import Board, Surroundings, control, start_board

LOOPBACK = "127.0.0.1"
PORT = 8000
FILE = "girouette.sqlite"
READY_S = 5.0
PERIOD_S = 2
"""A board of the demonstration samples each two seconds."""


@dataclass(slots=True)
class Run:
    """The processes of one demonstration in its folder."""

    home: Path
    options: DemoOptions
    players: list[Player]
    recipes: Mapping[str, Recipe]
    quantities: Mapping[str, Quantity]
    crew: Crew
    broker_port: int
    gateway_port: int
    page_port: int
    boards: dict[str, Board] = field(default_factory=dict)
    meter: Meter = field(default_factory=Meter)
    stopping: threading.Event = field(default_factory=threading.Event)
    hurrying: threading.Event = field(default_factory=threading.Event)
    began_s: float = field(default_factory=time.time)
    open: bool = False
    """May gateway and public side begin?"""

    @property
    def page(self) -> str:
        """The address of the public page."""
        return f"http://{LOOPBACK}:{self.page_port}/"

    @property
    def store_url(self) -> str:
        """The one file: registry, journal and series."""
        return f"sqlite:{self.home / FILE}"

    def start_services(self) -> None:
        """Start broker, gateway and public side; the latter two load, and wait until the pilot is founded."""
        self.crew.hire("broker", self.start_broker)
        broker = f"mqtt://{LOOPBACK}:{self.broker_port}"
        self.crew.hire("gateway", partial(self.start_service, "gateway", "--broker", broker))
        self.crew.hire("api", partial(self.start_service, "api", "--port", str(self.page_port)))

    def start_service(self, name: str, *options: str) -> subprocess.Popen[bytes]:
        """Start one of our own commands, which knows what these recipes measure, and where boards of its atelier reach the broker."""
        env = {
            "GIROUETTE_BOARD_BROKER": f"mqtt://{LOOPBACK}:{self.broker_port}", **os.environ,
            "GIROUETTE_GATEWAY_HTTP_PORT": str(self.gateway_port),
        }  # fmt: skip
        log = self.home / f"{name}.log"
        mine = [word for folder in self.options.recipes for word in ("--recipes", str(folder.resolve()))]
        child = start_child(name, *options, "--store", self.store_url, *mine, cwd=self.home, log=log, env=env)
        if self.open:
            let_go(child)
        return child

    def start_devices(self) -> None:
        """Let gateway and public side begin; once packs are taken, or after a while, switch the other boards on."""
        self.open = True
        for name in ("gateway", "api"):
            let_go(self.crew.children[name].process)
        deadline = time.monotonic() + READY_S
        while not is_ready(self.gateway_port) and time.monotonic() < deadline:
            time.sleep(0.02)
        self.switch_on(self.players[1:])

    def switch_on(self, players: Sequence[Player]) -> None:
        """Switch boards on: they keep what they measure until a receipt comes."""
        for player in players:
            self.crew.hire(player.id, partial(self.start_board, player))

    def start_broker(self) -> subprocess.Popen[bytes]:
        """The embedded broker, on loopback only; on the same port each time."""
        return assembly.start_broker(
            self.home, self.broker_port, kind=self.options.broker, log=self.home / "broker.log"
        )

    def start_board(self, player: Player) -> Board:
        """Switch a simulated board on; switching it on again is a power cut."""
        recipe = self.recipes[player.recipe]
        identity = Identity(
            device=player.id, shard=shard_of(player.id), user=player.id, password="", host=LOOPBACK,
            port=self.broker_port, period_s=PERIOD_S,
        )  # fmt: skip
        around = Surroundings(
            signals=recipe.signals, faults=player.faults, seed=self.players.index(player), longitude=player.at[1]
        )
        directory = self.home / "boards" / player.id
        directory.mkdir(parents=True, exist_ok=True)
        board = start_board(
            build_image([recipe], identity), directory=directory, around=around, log=directory / "serial.log"
        )
        self.boards[player.id] = board
        return board

    def found(self) -> int:
        """Register the pilot where it is not, with its generated past; how many readings were generated.

        The first board is switched on before the past is written: it takes a second to start.
        """
        from deploy.demo.founding import found, give_past

        now_s = int(time.time())
        start_s = now_s - int(self.options.backfill_s)
        with (
            contextlib.closing(assembly.open_registry(self.store_url)) as registry,
            contextlib.closing(assembly.open_store(self.store_url)) as store,
        ):
            new = found(registry, self.players, self.recipes, start_s=start_s)
            self.switch_on(self.players[:1])
            return give_past(registry, store, new, self.recipes, self.quantities, start_s=start_s, now_s=now_s)

    def fall_silent(self) -> None:
        """Every board measures no more, and goes on sending what it holds."""
        for board in self.boards.values():
            control(board, sampling=False)

    def tend(self) -> list[str]:
        """Start again who died, and read the gateway's costs; who was started."""
        self.meter.look(self.crew.children["gateway"].process.pid)
        return self.crew.mend()

    def stop(self) -> None:
        """No process of this run is left."""
        self.crew.dismiss(["api", "gateway"])
        self.crew.dismiss([player.id for player in self.players])
        self.crew.dismiss(["broker"])

    def hear(self, _number: int, _frame: Any) -> None:
        """The first signal ends the run in good order, the second at once."""
        (self.hurrying if self.stopping.is_set() else self.stopping).set()


def is_ready(port: int) -> bool:
    """Does the gateway whose figures are on this port take packs?"""
    try:
        with urllib.request.urlopen(f"http://{LOOPBACK}:{port}/readyz", timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def shows_a_reading(page: str) -> bool:
    """Is a measured reading on the public page?"""
    try:
        with urllib.request.urlopen(f"{page}api/latest.geojson", timeout=2) as answer:  # noqa: S310 - our own address
            whole = msgspec.json.decode(answer.read())
    except OSError:
        return False
    return any(not row["generated"] for f in whole["features"] for row in f["properties"]["latest"])


def free_port() -> int:
    """A TCP port that is free on loopback now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def page_port(asked: int | None) -> int:
    """The port that was asked for, else the usual one where it is free, else any.

    Raises DemoError where the asked one is taken.
    """
    for port in (asked or PORT,):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((LOOPBACK, port))
            return port
    if asked is not None:
        raise DemoError("port_taken", port=asked)
    return free_port()


@contextlib.contextmanager
def folder(keep: Path | None) -> Iterator[Path]:
    """The folder of a run: the one to keep, or one that is gone afterwards."""
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="girouette-") as passing:
        yield Path(passing)


@contextlib.contextmanager
def signals(run: Run) -> Iterator[None]:
    """SIGINT and SIGTERM are heard by the run meanwhile."""
    before = {number: signal.signal(number, run.hear) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
