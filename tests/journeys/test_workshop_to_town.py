"""From a workshop to a town without flashing again: two gateways, two brokers, one of which dies; every sample is there once."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from guarded import Guarded
from halves import Half
from tls import anchor, authority, show

from deploy.cli import run
from deploy.initialise import broker_conf
from devices.console import Told, read_console
from devices.image import Identity, build_image
from devices.recipe import load_recipes
from devices.simulate import Board, Surroundings, start_board, stop_sampling
from gateway.store.port import FAR_S

ROOT = Path(__file__).parent.parent.parent
BOARDS = ("noise-1", "noise-2")
SAFE_NAME = "localhost"


@dataclass
class Side:
    """A gateway with its broker, its file and its commands."""

    broker: Guarded
    environ: Mapping[str, str]
    until: Callable[..., None]
    gateway: subprocess.Popen[bytes] | None = None

    @property
    def file(self) -> Path:
        """The embedded file."""
        return self.broker.home / "girouette.sqlite"

    @property
    def half(self) -> Half:
        """The file, to be looked into."""
        return Half(self.file)

    def type(self, *words: str, code: int = 0) -> Any:
        """Type a command in this side's folder, and give its JSON."""
        out = io.StringIO()
        with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out):
            for name, value in self.environ.items():
                patch.setenv(name, value)
            patch.chdir(self.broker.home)
            assert run([*words, "--json"]) == code
        return json.loads(out.getvalue())

    def open(self) -> None:
        """Run the gateway until it takes packs."""
        with (self.broker.home / "gateway.log").open("ab") as log:
            command = [sys.executable, "-m", "deploy.cli", "gateway"]
            self.gateway = subprocess.Popen(command, cwd=self.broker.home, env=self.environ, stdout=log, stderr=log)
        self.until(lambda: self.says("inbox.connected"), within_s=30, what="a gateway that is connected")

    def says(self, word: str) -> bool:
        """Does this word stand in the gateway's log of its last start?"""
        return word in (self.broker.home / "gateway.log").read_text()

    def close(self) -> None:
        """End the gateway in good order."""
        if self.gateway is not None:
            self.gateway.terminate()
            self.gateway.wait(20)
            (self.broker.home / "gateway.log").rename(self.broker.home / "gateway.before")
        self.gateway = None


@dataclass
class Travellers:
    """The boards, from the workshop to the town."""

    folder: Path
    boards: dict[str, Board] = field(default_factory=dict)

    def flash(self, told: Mapping[str, Any], port: int) -> None:
        """Lay identity and firmware down as flashing does, and switch the board on."""
        recipe = load_recipes()["noise"]
        identity = Identity(
            told["id"], told["shard"], told["user"], told["password"], "127.0.0.1", port, period_s=1, ntp=None,
            update_key=told["update_key"],
        )  # fmt: skip
        place = self.folder / told["id"]
        place.mkdir()
        self.boards[told["id"]] = start_board(
            build_image([recipe], identity), directory=place, around=Surroundings(recipe.signals), log=place / "log"
        )

    def told(self, name: str) -> Told:
        """What a board has said."""
        return read_console((self.folder / name / "log").read_text(errors="replace"))

    def identity(self, name: str) -> dict[str, Any]:
        """Who it is, by its NVS."""
        found: dict[str, Any] = json.loads((self.folder / name / "nvs" / "girouette" / "identity").read_text())
        return found


@pytest.fixture
def side(
    tmp_path: Path, part: Callable[[str], str], free_port: Callable[[], int], until: Callable[..., None]
) -> Iterator[Callable[[str], Side]]:
    """A side by name; what runs afterwards is killed."""
    made: list[Side] = []

    def make(name: str) -> Side:
        broker = Guarded(tmp_path / name, free_port(), part("mosquitto"), until)
        broker.lay()
        for file in ("passwords", "acl"):
            (broker.accounts / file).touch()
        environ = {
            **{key: value for key, value in os.environ.items() if not key.startswith("GIROUETTE_")},
            "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8",
            "GIROUETTE_BROKER": f"mqtt://127.0.0.1:{broker.port}", "GIROUETTE_BROKER_USER": "gateway-0",
            "GIROUETTE_BROKER_PASSWORD": "gateway-0", "GIROUETTE_COMMAND_USER": "commands",
            "GIROUETTE_COMMAND_PASSWORD": "commands", "GIROUETTE_ACCOUNTS": str(broker.accounts),
            "GIROUETTE_BROKER_PID_FILE": str(broker.home / "mosquitto.pid"), "GIROUETTE_GATEWAY_HTTP_PORT": "0",
        }  # fmt: skip
        made.append(Side(broker, environ, until))
        return made[-1]

    yield make
    for each in made:
        for child in (each.gateway, each.broker.child):
            if child is not None and child.poll() is None:
                child.kill()
                child.wait()


def safe(town: Side, port: int) -> None:
    """Let the town's broker speak TLS to boards, by an authority of the town's own."""
    home = town.broker.home
    mine = authority()
    (home / "tls").mkdir()
    (home / "anchors").mkdir()
    show(home / "tls", mine, (SAFE_NAME,))
    (home / "anchors" / "1.der").write_bytes(anchor(mine))
    more = broker_conf(str(home), safe=True).partition("# Boards, over TLS")[2].partition("\n")[2]
    text = town.broker.conf.read_text() + more.replace("listener 8883", f"listener {port} 127.0.0.1")
    town.broker.conf.write_text(text)
    town.environ = {
        **town.environ, "GIROUETTE_BOARD_BROKER": f"mqtts://{SAFE_NAME}:{port}",
        "GIROUETTE_BOARD_ANCHORS": str(home / "anchors"),
    }  # fmt: skip


@pytest.fixture
def travellers(tmp_path: Path) -> Iterator[Travellers]:
    """No board yet; those that run afterwards are switched off."""
    made = Travellers(tmp_path)
    yield made
    for board in made.boards.values():
        with board:
            board.kill()


@pytest.mark.journey
@pytest.mark.slow
def test_boards_go_to_the_town_with_all_that_they_measured(
    side: Callable[[str], Side], travellers: Travellers, free_port: Callable[[], int], until: Callable[..., None]
) -> None:
    """The workshop's file is merged while it goes on, boards move while its broker is killed, the rest is merged at the end."""
    workshop, town = side("workshop"), side("town")
    begin(workshop, town, travellers, free_port())
    receipted(travellers, until, 3)
    passage = invite(workshop, town)
    before = {name: len(travellers.told(name).samples) for name in BOARDS}

    go(workshop, "noise-1", passage)
    assert workshop.broker.child is not None
    workshop.broker.child.send_signal(signal.SIGKILL)  # noise-2 holds what it measures from now on
    workshop.broker.child.wait()
    until(lambda: len(travellers.told("noise-2").waiting()) > 1, what="samples that wait")
    workshop.broker.start()
    go(workshop, "noise-2", passage)

    until(
        lambda: all(travellers.identity(name)["broker"]["host"] == SAFE_NAME for name in BOARDS), within_s=40,
        what="boards that are the town's for good",
    )  # fmt: skip
    assert travellers.identity("noise-2")["device"] == "noise-3"
    for board in travellers.boards.values():
        stop_sampling(board)
    until(lambda: not any(travellers.told(n).waiting() for n in BOARDS), within_s=30, what="receipts for all")
    bring_the_rest(workshop, town)
    until(lambda: missing(town, travellers) == [], within_s=20, what="every sample in the town's store")
    town.close()
    assert doubled(town) == []
    assert town.half.counts()["journal_quarantine"] == 0
    assert all(len(travellers.told(name).samples) > count for name, count in before.items())


def begin(workshop: Side, town: Side, travellers: Travellers, port: int) -> None:
    """Both brokers run, the town's with TLS; the workshop has boards, and the town one whose name is taken there."""
    safe(town, port)
    for each in (workshop, town):
        each.broker.start()
    for name in BOARDS:
        where = f"48.{name[-1]},-1.6"
        told = workshop.type("device", "add", "--recipe", "noise", "--id", name, "--period", "1", "--place", where)
        travellers.flash(told, workshop.broker.port)
    workshop.open()
    town.type("device", "add", "--recipe", "noise", "--id", "noise-2", "--place", "47.2,-1.5")


def invite(workshop: Side, town: Side) -> str:
    """What the workshop has measured is the town's; the file of orders for its boards."""
    workshop.type("backup", "copy.sqlite")
    merged = town.type("registry", "merge", str(workshop.broker.home / "copy.sqlite"), "--apply", "--rename", "auto")
    assert merged["devices"] == {"noise-1": "noise-1", "noise-2": "noise-3"}
    town.type("device", "invite", "passage.gir")
    town.open()
    return str(town.broker.home / "passage.gir")


def go(workshop: Side, name: str, passage: str) -> None:
    """A board takes its order and leaves."""
    told = workshop.type("device", "move", name, "--to", passage, "--watch", "1s")
    assert [each["end"] for each in told["devices"]] == ["left"]


def bring_the_rest(workshop: Side, town: Side) -> None:
    """What came to the workshop after its file was copied is merged, and worked through."""
    workshop.close()
    town.close()
    town.type("registry", "merge", str(workshop.file), "--apply")
    town.open()


def receipted(travellers: Travellers, until: Callable[..., None], count: int) -> None:
    """Wait until each board has receipts for so many samples."""
    until(
        lambda: all(sum(s.receipted for s in travellers.told(n).samples) >= count for n in BOARDS), within_s=40,
        what=f"{count} receipts for each board",
    )  # fmt: skip


def stored(town: Side, name: str) -> dict[int, float]:
    """Time and value of all that the town has of a board's channel."""
    half = town.half
    with half.store() as store:
        rows = store.read(half.series(name)["noise_level"], 0, FAR_S)
    return dict(zip(rows["time_s"].tolist(), rows["value"].tolist(), strict=True))


def missing(town: Side, travellers: Travellers) -> list[tuple[str, int]]:
    """Samples that boards made, and that the town has not, or with another value."""
    found = []
    for name in BOARDS:
        there = stored(town, {"noise-2": "noise-3"}.get(name, name))
        for sample in travellers.told(name).samples:
            assert sample.dropped is None
            if sample.time_s is not None and there.get(sample.time_s) != sample.values["noise_level"]:
                found.append((name, sample.sq))
    return found


def doubled(town: Side) -> list[str]:
    """Series that have more readings than their board made samples: none can, since a second is stored once."""
    return [name for name in ("noise-1", "noise-3") if len(stored(town, name)) != town.half.entry_count(name)]
