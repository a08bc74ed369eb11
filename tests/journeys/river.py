"""The whole river as real processes for the journeys: broker, gateway and boards that can be killed one by one."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deploy.assembly import open_registry, open_store
from devices.console import Told, read_console
from devices.image import Identity, Image, build_image
from devices.recipe import load_recipes
from devices.simulate import Board, Surroundings, control, start_board
from gateway.numerics.columns import FAIL
from gateway.store.port import FAR_S

ROOT = Path(__file__).parent.parent.parent
SILENT_S = 5.0
"""A board that numbers nothing for so long, five of its periods, has heard that it is to stop."""
Key = tuple[str, str, int]
"""A reading's name in the ground truth: device, channel, time."""


def girouette(*args: str, cwd: Path) -> dict[str, Any]:
    """Run one command with --json in the folder of a pilot and give what it printed."""
    command = [sys.executable, "-m", "deploy.cli", *args, "--json"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    told: dict[str, Any] = json.loads(ran.stdout)
    return told


@dataclass
class River:
    """A pilot in a folder: what runs can be killed and started again, and the boards' own logs are the truth."""

    home: Path
    broker_port: int
    take_port: Callable[[], int]
    broker: subprocess.Popen[bytes] | None = None
    gateway: subprocess.Popen[bytes] | None = None
    boards: dict[str, Board] = field(default_factory=dict)
    images: dict[str, Image] = field(default_factory=dict)
    http_port: int = 0
    store: str | None = None
    """Where the series go, when it is not the embedded file: an InfluxDB's URL as the commands name it."""
    environ: dict[str, str] = field(default_factory=dict)
    numbered: tuple[int, float] = (0, 0.0)
    """How many samples the boards had numbered when that was last seen to change, and when."""

    @property
    def file(self) -> Path:
        """The one embedded file: registry, journal and series."""
        return self.home / "girouette.sqlite"

    @property
    def store_url(self) -> str:
        """The store as the commands name it."""
        return self.store or f"sqlite:{self.file}"

    @property
    def at_store(self) -> tuple[str, ...]:
        """The options that name store and registry."""
        registry = ("--registry", f"sqlite:{self.file}") if self.store else ()
        return ("--store", self.store_url, *registry)

    def start_broker(self) -> None:
        """Start mosquitto without persistence on the same port as ever."""
        conf = self.home / "mosquitto.conf"
        conf.write_text(
            f"listener {self.broker_port} 127.0.0.1\nallow_anonymous true\npersistence false\nset_tcp_nodelay true\n"
            "max_inflight_messages 4000\nmax_queued_messages 0\n"
        )
        with (self.home / "mosquitto.log").open("ab") as log:
            self.broker = subprocess.Popen(["/usr/sbin/mosquitto", "-c", str(conf)], stdout=log, stderr=log)

    def start_gateway(self) -> None:
        """Start the gateway as its own process."""
        url = f"mqtt://127.0.0.1:{self.broker_port}"
        command = [sys.executable, "-m", "deploy.cli", "gateway", "--broker", url, *self.at_store]
        self.http_port = self.http_port or self.take_port()
        mine = {"PYTHONPATH": str(ROOT), "GIROUETTE_GATEWAY_HTTP_PORT": str(self.http_port), **self.environ}
        env = {**os.environ, **mine}
        with (self.home / "gateway.log").open("ab") as log:
            self.gateway = subprocess.Popen(command, cwd=self.home, env=env, stdout=log, stderr=log)

    def add_device(self, name: str, recipe: str) -> None:
        """Register a device by the command that an operator uses, and make its image."""
        place = f"48.11,{-1.60 - len(self.images) / 100:.2f}"
        told = girouette(
            "device", "add", "--recipe", recipe, "--id", name, "--place", place, *self.at_store, cwd=self.home
        )
        identity = Identity(
            device=name, shard=told["shard"], user=told["user"], password=told["password"],
            host="127.0.0.1", port=self.broker_port, period_s=1,
        )  # fmt: skip
        self.images[name] = build_image([load_recipes()[recipe]], identity)

    def register(self, names: Sequence[str]) -> list[tuple[str, str]]:
        """Register many devices of the recipe `air` at once, each at a place of its own; their names and shards."""
        recipe = load_recipes()["air"]
        channels = [(c.name, c.quantity, recipe.quality.get(c.name, {})) for c in recipe.channels]
        with contextlib.closing(open_registry(f"sqlite:{self.file}")) as registry:
            pilot = registry.pilots()[0]
            for number, name in enumerate(names):
                place = registry.add_place(pilot.id, name, lat=48.2 + number / 1000, lon=-1.7)
                registry.add_device(
                    name, pilot_id=pilot.id, recipe="air", channels=channels, period_s=1.0, place_id=place.id,
                    at_s=int(time.time()) - 60, password_hash="",
                )  # fmt: skip
            return [(d.id, d.shard) for d in registry.devices() if d.id in set(names)]

    def kill_gateway(self) -> None:
        """Kill the gateway at once, as a power cut would."""
        assert self.gateway is not None
        self.gateway.kill()
        self.gateway.wait()

    def kill_broker(self) -> None:
        """Kill the broker at once; it keeps nothing."""
        assert self.broker is not None
        self.broker.kill()
        self.broker.wait()

    def shard(self, name: str) -> str:
        """The shard of a device, as its image has it."""
        told: str = self.images[name].told["topic"].split("/")[2]
        return told

    def listens(self) -> bool:
        """Has the gateway subscribed? Its `/readyz` says so."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http_port}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def start_board(self, name: str, recipe: str, *, faults: tuple[Mapping[str, Any], ...] = ()) -> None:
        """Switch a board on; switching it on again is a power cut and a restart."""
        home = self.home / "boards" / name
        home.mkdir(parents=True, exist_ok=True)
        around = Surroundings(signals=load_recipes()[recipe].signals, faults=faults, seed=len(self.boards))
        self.boards[name] = start_board(self.images[name], directory=home, around=around, log=home / "serial.log")

    def told(self) -> dict[str, Told]:
        """What each board's serial log says: the truth that the store is held against."""
        return {name: read_console(board.log.read_text(errors="replace")) for name, board in self.boards.items()}

    def stop_sampling(self) -> None:
        """Let every board fall silent and send what it holds."""
        for board in self.boards.values():
            control(board, sampling=False)

    def drained(self) -> bool:
        """Has every board fallen silent, and a receipt for every sample that it numbered and did not drop?

        A board hears a moment late that it is to stop: it is silent when it numbered nothing for so long.
        """
        told = self.told().values()
        numbered = sum(len(log.by_number) for log in told)
        if numbered != self.numbered[0]:
            self.numbered = (numbered, time.monotonic())
        return time.monotonic() - self.numbered[1] > SILENT_S and all(not log.waiting() for log in told)

    def spooled(self, name: str) -> int:
        """How many segments wait on a board's disk."""
        spool = self.home / "boards" / name / "flash" / "spool"
        return len(list(spool.iterdir())) if spool.exists() else 0

    def settle(self, until: Callable[..., None]) -> None:
        """Wait until the store has caught up with the journal."""
        wanted = len(made(self.told()))
        until(lambda: len(self.stored()) >= wanted, within_s=60, what="the journal drained into the store")

    def stored(self) -> dict[Key, float]:
        """What the store holds, by device, channel and time."""
        with contextlib.closing(open_store(self.store_url, read_only=True)) as store:
            return {
                (device, channel, int(row["time_s"])): float(row["value"])
                for (device, channel), series in self.series().items()
                for row in store.read(series, 0, FAR_S)
            }

    def windows(self, tier: str) -> dict[tuple[str, str, int], tuple[float, ...]]:
        """Windows of a tier as plain tuples: count, min, max, value, worst flag."""
        with contextlib.closing(open_store(self.store_url, read_only=True)) as store:
            return {
                (device, channel, int(w["start_s"])): (int(w["count"]), w["min"], w["max"], w["value"], int(w["flag"]))
                for (device, channel), series in self.series().items()
                for w in store.read(series, 0, FAR_S, tier=tier)
            }

    def series(self) -> dict[tuple[str, str], int]:
        """The series number of each device's channels."""
        with contextlib.closing(open_registry(f"sqlite:{self.file}")) as registry:
            at = {i.place_id: i.device_id for i in registry.installations()}
            return {(at[s.place_id], s.channel): s.id for s in registry.series()}

    def rows_twice(self) -> int:
        """Rows of the ledger's samples that were stored more than once (the key forbids it, so this asks the file)."""
        with contextlib.closing(sqlite3.connect(self.file)) as file:
            return int(
                file.execute("SELECT count(*) - count(DISTINCT series || ' ' || time_s) FROM store_raw").fetchone()[0]
            )

    def stop(self) -> None:
        """Stop what was started here, boards first."""
        children = [*self.boards.values(), self.gateway, self.broker]
        for child in [c for c in children if c is not None and c.poll() is None]:
            child.send_signal(signal.SIGKILL)
            child.wait()
        for child in children:
            if child is not None and child.stdin is not None:
                child.stdin.close()


def made(told: Mapping[str, Told]) -> dict[Key, float]:
    """What the boards say they made and did not drop."""
    return {
        (device, channel, sample.time_s): value
        for device, log in told.items()
        for sample in log.samples
        if not sample.dropped
        for channel, value in sample.values.items()
    }


def hold_to_truth(river: River) -> None:
    """Every reading that a board made is in the store with its value, and the store holds nothing else."""
    truth, stored = made(river.told()), river.stored()

    assert truth, "the boards made nothing: the journey proves nothing"
    assert {key: value for key, value in truth.items() if stored.get(key) != value} == {}
    assert set(stored) - set(truth) == set()


@contextlib.contextmanager
def river(home: Path, take_port: Callable[[], int]) -> Iterator[River]:
    """A river whose processes end with the test."""
    here = River(home, take_port(), take_port)
    try:
        yield here
    finally:
        here.stop()


def pause(seconds: float) -> None:
    """Let the river run for a while: the time itself is what is inflicted."""
    time.sleep(seconds)


__all__ = ["FAIL", "Key", "River", "girouette", "hold_to_truth", "made", "pause", "river"]
