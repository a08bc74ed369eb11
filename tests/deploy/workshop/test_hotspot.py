"""A room's machine: files with secrets of their own, commands that tell none, and services that are what systemd would run."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import shlex
import subprocess
import tomllib
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from wholes import whole

from deploy.faults import REFUSED, USAGE, CommandError
from deploy.orders import Broker, reach
from deploy.workshop import onefile, preparing
from deploy.workshop.hotspot import Room, steps, texts, write_room
from deploy.workshop.room import look
from devices.flash import micropython
from devices.flash.nvs import settings_of
from gateway.registry import Registry

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
    for file in (
        one.key_file,
        one.home / "girouette-wifi.toml",
        *(one.home / "secrets").iterdir(),
        one.home / "accounts" / "services",
    ):
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


def test_no_date_that_has_passed_is_there_to_be_typed(tmp_path: Path) -> None:
    """The line that sets the clock has the form of a date, and beside it stands to replace it."""
    for lang, form in (("fr", "AAAA-MM-JJ HH:MM"), ("en", "YYYY-MM-DD HH:MM")):
        told, commands = next((s.told, s.commands) for s in steps(Room(tmp_path), lang) if "date -s" in str(s.commands))
        assert commands == (f'sudo date -s "{form}"',)
        assert form in told


@pytest.fixture
def prepared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as `--prepare` leaves it, with MicroPython for the C3 alone, as if there were no other kind; nothing can be fetched."""
    (tmp_path / "c3.bin").write_bytes(whole("c3"))
    build = replace(micropython.builds()["c3"], file="c3.bin", url=(tmp_path / "c3.bin").as_uri(), sha256=None)
    monkeypatch.setattr(micropython, "builds", lambda: {"c3": build})
    monkeypatch.setenv("GIROUETTE_CACHE", str(tmp_path / "cache"))
    preparing.micropython(tmp_path / "stick", ["c3"])
    preparing.seal(tmp_path / "stick")
    (tmp_path / "c3.bin").unlink()
    return tmp_path / "stick"


def own_lines(told: dict[str, Any]) -> list[list[str]]:
    """Every line of ours that is to be typed, in its order, without its program."""
    lines = [shlex.split(line) for step in told["steps"] for line in step["commands"]]
    return [words[1:] for words in lines if words[0].endswith("girouette")]


@pytest.mark.slow
def test_each_line_of_ours_is_followed_from_another_folder(
    prepared: Path, tmp_path: Path, girouette: Callable[..., Any], home: Path, part: Callable[[str], str],
    free_port: Callable[[], int], until: Callable[..., None], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """What is made so the room's broker lets in, and it knows the room's Wi-Fi; without a radio and a board, the last two say what lacks."""
    read = onefile.read_asset
    monkeypatch.setattr(onefile, "read_asset", lambda name: read(name) or b"export {};\n")
    (home / "away").mkdir()
    made = girouette(
        *("atelier", "--hotspot", "my room", "--prepared", prepared, "--recipe", "climate", "--board", "c3"),
        *("--seats", "3", "--each", "1", "--json"),
    )
    monkeypatch.chdir(home / "away")
    place, file, sheet, label, cable, look = own_lines(made.told)
    room = Room(home / "my room", mqtt_port=free_port())
    conf = texts(room)["mosquitto.conf"] + ("user root\n" if os.geteuid() == 0 else "")
    (room.home / "mosquitto.conf").write_text(conf)
    with subprocess.Popen([part("mosquitto"), "-c", room.home / "mosquitto.conf"], stderr=subprocess.DEVNULL) as broker:
        try:
            until((room.home / "mosquitto.pid").exists, what="the room's broker")
            assert [girouette(*line).code for line in (place, file, sheet, label)] == [0, 0, 0, 0]
            boards = identities(room.home / "atelier.html")
            entered = [Broker(f"mqtt://127.0.0.1:{room.mqtt_port}", one["device"], one["password"]) for one in boards]
            until(lambda: all(lets_in(one) for one in entered), what="the boards' accounts")
            assert not lets_in(Broker(entered[0].url, entered[0].user, "another"))
        finally:
            broker.terminate()

    assert [one["device"] for one in boards] == ["climate-1", "climate-2", "climate-3"]
    assert {(one["host"], one["port"], one["ssid"]) for one in boards} == {("10.42.0.1", 1883, "Girouette")}
    assert boards[0]["key"] == room.key_file.read_text().strip()
    with closing(Registry(f"sqlite:{room.home}/girouette.sqlite")) as known:
        assert {round(row.lat, 4) for row in known.places()} == {48.1172}
    assert "atelier.html" in (room.home / "table.html").read_text()
    assert "climate-3" in (room.home / "labels.html").read_text()
    assert list(Path.cwd().iterdir()) == []
    assert cable[2:5] == ["flash", "climate", "--many"]
    assert girouette(*cable, "--help").code == 0
    found = {one["check"]: one["ok"] for one in girouette(*look, "--json").told}
    assert (found["images"], found["network"]) == (True, False)


def identities(file: Path) -> list[dict[str, Any]]:
    """What the boards of a file are: name, broker, password, network."""
    held = re.search(r'<script type="application/json" id="atelier">(.*?)</script>', file.read_text(), re.DOTALL)
    assert held is not None
    found = []
    for one in json.loads(held[1])["batch"]["identities"]:
        kept = settings_of(base64.b64decode(one["nvs"]))
        network, broker = json.loads(kept["wifi"])[0], json.loads(kept["identity"])["broker"]
        found.append({**broker, "device": one["device"], "ssid": network["ssid"], "key": network["password"]})
    return found


def lets_in(entry: Broker) -> bool:
    """Does the broker know who this is?"""
    try:
        asyncio.run(reach(entry))
    except CommandError:
        return False
    return True


def test_a_folder_that_was_prepared_may_be_named_later(
    prepared: Path, girouette: Callable[..., Any], home: Path
) -> None:
    """The room takes MicroPython from it from then on, once in its settings; one that has lost something is refused."""
    girouette("atelier", "--hotspot", "room")
    for _ in range(2):
        assert girouette("atelier", "--hotspot", "room", "--prepared", prepared).code == 0
    told = tomllib.loads((home / "room" / "girouette.toml").read_text())
    assert told["board_micropython"] == str(prepared / "micropython")
    (prepared / "micropython" / "c3.bin").unlink()
    spoilt = girouette("atelier", "--hotspot", "other", "--prepared", prepared)
    assert (spoilt.code, "micropython/c3.bin" in spoilt.err) == (REFUSED, True)
    assert not (home / "other").exists()
    assert girouette("atelier", "--prepared", prepared).code == USAGE


@pytest.fixture
def room(tmp_path: Path, part: Callable[[str], str], free_port: Callable[[], int]) -> Room:
    """A room on loopback, made, with nothing running."""
    part("mosquitto")
    made = Room(
        tmp_path / "a room", address="127.0.0.1", mqtt_port=free_port(), page_port=free_port(), gateway_port=free_port()
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
    environ |= dict(each.partition("=")[::2] for each in shlex.split(told["Environment"]))
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
    assert len(told["written"]) == 13
    again = girouette("atelier", "--hotspot", "room")
    assert "is ready already" in again.out
    assert "2. The room’s network" in again.out
