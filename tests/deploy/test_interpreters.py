"""`girouette update --interpreter`: real boards with two slots, a real broker; kept by a receipt, left without, refused by a word."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from chips import give_slots, image_bytes

from deploy.commands.interpreters import interpreter_in
from deploy.delivery import BACK, Outcome, deliver
from deploy.faults import DONE, REFUSED, USAGE, CommandError
from deploy.orders import Broker
from devices.console import read_console
from devices.flash.chip_image import interpreter_release, read_image
from devices.image import Identity, build_image, shard_of
from devices.interpreter import have_micropython
from devices.recipe import load_recipes
from devices.refusal import InterpreterError
from devices.simulate import Board, Surroundings, start_board

ROOM = "260000"
KEY = bytes(range(32))
NAME = "noise-1"
OLD = image_bytes("1.28.0", seed=1)
real = pytest.mark.skipif(not have_micropython(), reason="no MicroPython interpreter for this platform")


@contextlib.contextmanager
def powered(port: int, folder: Path, monkeypatch: pytest.MonkeyPatch, key: bytes = KEY) -> Iterator[Board]:
    """A running noise board with two slots, which is started again whenever it resets itself."""
    monkeypatch.setenv("GIROUETTE_SIM_FREE", ROOM)
    identity = Identity(NAME, shard_of(NAME), NAME, "", "127.0.0.1", port, period_s=1, update_key=key.hex())
    noise = load_recipes()["noise"]
    if not folder.exists():
        give_slots(folder, OLD)
    with start_board(
        build_image([noise], identity), directory=folder, around=Surroundings(noise.signals), log=folder / "log"
    ) as board:
        try:
            yield board
        finally:
            board.kill()


def started(board: Board) -> list[str]:
    """What the bootloader started, in order."""
    return [line.split()[2] for line in board.log.read_text().splitlines() if line.startswith("# bootloader:")]


def connected(board: Board) -> bool:
    """Has it joined the broker since its last start?"""
    return "# connected" in board.log.read_text().split("# bootloader:")[-1]


@real
@pytest.mark.slow
def test_an_interpreter_that_comes_to_nothing_is_left_by_the_chip_itself(
    mosquitto: int, tmp_path: Path, until: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that does not come up, and one whose samples nobody receipts: the old one runs again, and says why."""

    async def give(image: bytes, serial: int) -> Outcome:
        made = interpreter_release(NAME, read_image(image, NAME), key=KEY, serial=serial, within_s=8)
        return await deliver(made, broker=Broker(f"mqtt://127.0.0.1:{mosquitto}"), wait_s=90)

    with powered(mosquitto, tmp_path / "board", monkeypatch) as board:
        until(lambda: "# connected" in board.log.read_text(), within_s=60, what="connected")
        dead = asyncio.run(give(image_bytes("1.29.0", dead=True), 5))
        unheard = asyncio.run(give(image_bytes("1.30.0"), 6))
        told = started(board)
        count = len(read_console(board.log.read_text()).samples)
        until(lambda: len(read_console(board.log.read_text()).samples) > count, what="samples under the old one")

    assert [(o.end, o.why) for o in (dead, unheard)] == [(BACK, "start"), (BACK, "time")]
    assert told == ["ota_0", "ota_1", "ota_0", "ota_1", "ota_0"]


@real
@pytest.mark.slow
def test_an_interpreter_is_kept_by_a_receipt_and_outlives_a_power_cut(
    home: Path, mosquitto: int, service: Callable[..., Any], girouette: Callable[..., Any],
    until: Callable[..., None], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """By the command; a board that has room for one only refuses with the word that says so."""
    told = girouette("device", "add", "--recipe", "noise", "--id", NAME, "--place", "48.11,-1.68", "--json").told
    url = f"mqtt://127.0.0.1:{mosquitto}"
    service("gateway", "--broker", url, GIROUETTE_GATEWAY_HTTP_PORT=0)
    key, folder = bytes.fromhex(told["update_key"]), home / "board"
    file = home / "new.app-bin"
    file.write_bytes(image_bytes("1.29.0"))
    give = ("update", NAME, "--broker", url, "--wait", "90s", "--json", "--interpreter")
    with powered(mosquitto, folder, monkeypatch, key) as board:
        until(lambda: read_console(board.log.read_text()).samples, within_s=60, what="a sample")
        kept = girouette(*give, str(file))
    entries = (folder / "partitions/otadata.json").read_text()
    running = (folder / "partitions/ota_1").read_bytes()
    with powered(mosquitto, folder, monkeypatch, key) as later:
        until(lambda: len(started(later)) == 3 and connected(later), within_s=60, what="connected")
        told = started(later)
        (folder / "partitions/ota_1").unlink()
        file.write_bytes(image_bytes("1.30.0"))
        refused = girouette(*give, str(file))

    assert kept.code == DONE, kept.err
    assert [d["end"] for d in kept.told["devices"]] == ["kept"]
    assert kept.told["version"].startswith("1.29.0-")
    assert running.startswith(image_bytes("1.29.0"))
    assert entries == "[[2, 2], [0, 4294967295]]", "marked as valid"
    assert told == ["ota_0", "ota_1", "ota_1"]
    assert refused.code == REFUSED
    assert [(d["end"], d["why"]) for d in refused.told["devices"]] == [("refused", "one-slot")]


def test_files_that_are_no_interpreter_for_the_board_are_told(tmp_path: Path) -> None:
    """Each fault by a sentence; an interpreter and settings are two updates."""
    file = tmp_path / "new.app-bin"
    file.write_bytes(OLD)
    assert interpreter_in(file, "c6", alone=True).content == OLD
    with pytest.raises(CommandError) as refused:
        interpreter_in(file, None, alone=False)
    assert refused.value.code == USAGE
    with pytest.raises(CommandError, match="for c6, not for s3"):
        interpreter_in(file, "s3", alone=True)
    for content, words in ((b"x" * 99, "no image"), (OLD + OLD, "whole flash"), (OLD[:-1], "damaged")):
        file.write_bytes(content)
        with pytest.raises(InterpreterError, match=words):
            interpreter_in(file, None, alone=True)
