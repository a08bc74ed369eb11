"""A room's machine: files with secrets of their own, commands that tell none, and services that are what systemd would run."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deploy.faults import USAGE, CommandError
from deploy.workshop.hotspot import Room, steps, texts, write_room
from deploy.workshop.room import look

ROOT = Path(__file__).parent.parent.parent.parent


def test_no_secret_stands_in_what_is_typed_or_shown(tmp_path: Path) -> None:
    """The network's key and the services' passwords are in files of their owner alone; each folder has its own."""
    one, other = Room(tmp_path / "one"), Room(tmp_path / "other")
    write_room(one)
    write_room(other)

    key = one.key_file.read_text().strip()
    secret = (one.home / "secrets" / "girouette_broker_password").read_text()
    shown = " ".join(step.told + " ".join(step.commands) for step in steps(one, "fr")) + "".join(texts(one).values())
    assert len(key) == 16
    assert key != other.key_file.read_text().strip()
    assert key not in shown
    assert secret not in shown
    for file in (one.key_file, *(one.home / "secrets").iterdir(), one.home / "accounts" / "services"):
        assert file.stat().st_mode & 0o77 == 0


def test_what_is_there_is_not_replaced(tmp_path: Path) -> None:
    """A second time nothing is written."""
    write_room(Room(tmp_path))
    before = (tmp_path / "hotspot.key").read_text()

    with pytest.raises(CommandError, match="not replaced"):
        write_room(Room(tmp_path))
    assert (tmp_path / "hotspot.key").read_text() == before


def test_each_line_is_one_that_a_shell_reads(tmp_path: Path) -> None:
    """No line is broken, and the network's lines are NetworkManager's."""
    for step in steps(Room(tmp_path), "fr"):
        for line in step.commands:
            assert subprocess.run(["bash", "-n", "-c", line], check=False).returncode == 0, line
    assert sum("nmcli" in line for line in steps(Room(tmp_path), "en")[1].commands) == 5


@pytest.fixture
def room(tmp_path: Path, part: Callable[[str], str], free_port: Callable[[], int]) -> Room:
    """A room on loopback, made, with nothing running."""
    part("mosquitto")
    made = Room(
        tmp_path / "room", address="127.0.0.1", mqtt_port=free_port(), page_port=free_port(), gateway_port=free_port()
    )
    write_room(made)
    conf = made.home / "mosquitto.conf"
    if os.geteuid() == 0:
        conf.write_text(conf.read_text() + "user root\n")
    return made


def start(room: Room, unit: str) -> subprocess.Popen[bytes]:
    """Run what systemd would: the unit's command in its environment and folder."""
    text = (room.home / "units" / f"{unit}.service").read_text()
    told = dict(line.partition("=")[::2] for line in text.splitlines() if "=" in line)
    environ = {key: value for key, value in os.environ.items() if not key.startswith("GIROUETTE_")}
    environ |= dict(each.partition("=")[::2] for each in told["Environment"].split())
    with (room.home / f"{unit}.log").open("wb") as log:
        return subprocess.Popen(
            shlex.split(told["ExecStart"]), cwd=told["WorkingDirectory"], env=environ | {"PYTHONPATH": str(ROOT)},
            stdout=log, stderr=log,
        )  # fmt: skip


@pytest.mark.slow
def test_the_look_finds_what_lacks_and_then_what_is_there(room: Room, until: Callable[..., None]) -> None:
    """Broker, gateway and page are away first; started as their units say, they are found, with a sentence each."""

    def found() -> dict[str, bool]:
        return {one.check: one.ok for one in look(room, "fr")}

    before = found()
    assert (before["broker"], before["gateway"], before["page"], before["address"]) == (False, False, False, True)

    running = []
    try:
        for unit in ("girouette-broker", "girouette-gateway", "girouette-api"):
            running.append(start(room, unit))
            until(
                lambda unit=unit: found()[unit.removeprefix("girouette-").replace("api", "page")],
                within_s=40,
                what=unit,
            )
        told = look(room, "fr")
    finally:
        for child in running[::-1]:
            child.terminate()
            child.wait(20)
    assert all(one.ok for one in told if one.check in {"broker", "gateway", "page", "address", "room"})


def test_a_broker_that_lets_anybody_in_is_not_ours(mosquitto: int, tmp_path: Path) -> None:
    """It is told, with how to put ours in its place."""
    room = Room(tmp_path, address="127.0.0.1", mqtt_port=mosquitto, page_port=9, gateway_port=9)

    broker = next(one for one in look(room, "en") if one.check == "broker")

    assert not broker.ok
    assert "systemctl disable --now mosquitto" in broker.told


def test_the_command_writes_once_and_looks_when_asked(girouette: Callable[..., Any], home: Path) -> None:
    """Steps with numbers; a look at a folder that was never made, or at nothing, is refused."""
    assert girouette("atelier", "--check").code == USAGE
    assert "first girouette atelier --hotspot" in girouette("atelier", "--hotspot", "room", "--check").err
    told = girouette("atelier", "--hotspot", "room", "--json").told
    assert len(told["written"]) == 12
    again = girouette("atelier", "--hotspot", "room")
    assert "is ready already" in again.out
    assert "2. The room’s network" in again.out
