"""Safe mode and the rule of starts: what fails too often starts without sensors, says so, and is mended from afar."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bench import Broker
from on_board import run
from receiver import Receiver

from devices.image import Identity, build_image, shard_of
from devices.recipe import load_recipes
from devices.simulate import Board, Surroundings, start_board

NAME = "noise-1"
ROOM = "200000"
FAILED = b'{"good": "", "trial": null, "serial": 0, "fails": 3}'
"""A board that has failed to start three times: two more, and it starts without sensors."""
STARTS = """
import rule, slots
result = []
for slept in given["starts"]:
    if slept == "well":
        rule.well()
        continue
    folder = rule.begin(slept=slept)
    result.append([folder, slots.trial, slots.safe, rule.read()["fails"]])
"""
STAGED = (
    """
import rule
rule.write({"good": "a", "trial": None, "serial": 3, "fails": 0})
rule.stage("b", "new", 4, given["limits"])
"""
    + STARTS
)


def starts(directory: Path, *slept: object, code: str = STARTS, **given: object) -> list[list[Any]]:
    """What runs at each start: folder, on trial, safe mode and failed starts in a row."""
    found: list[list[Any]] = run(code, directory, {"starts": slept, **given})
    return found


def test_five_failed_starts_are_borne_the_sixth_is_without_sensors(tmp_path: Path) -> None:
    """After ten the flashed version takes over; one that turns out well makes everything good again."""
    (tmp_path / "flash").mkdir()
    (tmp_path / "flash/slots.json").write_text('{"good": "b", "trial": null, "serial": 3, "fails": 0}')

    told = starts(tmp_path, *[False] * 11, "well", False)

    assert [safe for _, _, safe, _ in told] == [None] * 5 + ["boots"] * 6 + [None]
    assert [folder for folder, *_ in told] == ["b"] * 10 + ["", "b"]


STAYS = """
import rule, slots
from girouette.safe import leave, stay_s
result = []
for _ in range(given):
    while rule.begin(slept=False) is not None and not slots.safe:
        pass
    stays = rule.read().get("stays", 0)
    result.append(stay_s(stays))
    leave(stays)
rule.begin(slept=False)
rule.well()
result.append(rule.read()["stays"])
"""


def test_the_first_stay_without_sensors_is_short(tmp_path: Path) -> None:
    """A minute, twice as long each time that the start after it fails, half an hour at most; one good start, and it is short again."""
    assert run(STAYS, tmp_path, 7) == [60, 120, 240, 480, 960, 1800, 1800, 0]


def test_planned_sleeps_are_no_failed_starts(tmp_path: Path) -> None:
    """A board that wakes from one had come as far as that: what failed before it is forgotten."""
    told = starts(tmp_path, *[False] * 5, *[True] * 20, False)

    assert {safe for _, _, safe, _ in told} == {None}
    assert told[-1][3] == 1


def test_a_version_on_trial_has_so_many_starts(tmp_path: Path) -> None:
    """Then the one before runs again, without a failed start being counted against it."""
    told = starts(tmp_path, *[False] * 4, code=STAGED, limits={"boots": 3})

    assert [folder for folder, *_ in told] == ["b", "b", "b", "a"]
    assert told[-1][1:] == [False, None, 1]


def test_sleeping_gives_nothing_up_and_never_being_heard_does(tmp_path: Path) -> None:
    """Wakings are counted apart: a board on battery has so many of them, and its starts besides."""
    told = starts(tmp_path, *[True] * 7, code=STAGED, limits={"boots": 1, "wakes": 6})

    assert [folder for folder, *_ in told] == ["b"] * 6 + ["a"]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"good": "c", "trial": null}', '{"good": "", "trial": null, "fails": "x"}', "null"]
)
def test_a_spoilt_word_starts_the_flashed_version(tmp_path: Path, text: str) -> None:
    """Whatever stands there: boot.py cannot fail."""
    (tmp_path / "flash").mkdir()
    (tmp_path / "flash/slots.json").write_text(text)

    assert starts(tmp_path, False) == [["", False, None, 1]]


@pytest.fixture(autouse=True)
def heap(heap_of_a_small_board: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Room: the heap is another test's matter."""
    monkeypatch.setenv("GIROUETTE_SIM_FREE", ROOM)


def board_of(broker: Broker, folder: Path, **changes: object) -> Board:
    """A running noise board whose image has other files or none (None)."""
    identity = Identity(NAME, shard_of(NAME), NAME, "", "127.0.0.1", broker.port, period_s=1)
    recipe = load_recipes()["noise"]
    image = build_image([recipe], identity)
    files: dict[str, Any] = {**image.files, **changes}
    folder.mkdir(exist_ok=True)
    kept = {path: content for path, content in files.items() if content is not None}
    return start_board(
        replace(image, files=kept), directory=folder, around=Surroundings(recipe.signals), log=folder / "log"
    )


def switch_off(board: Board) -> None:
    """Cut the power."""
    board.kill()
    board.communicate()


@pytest.mark.slow
def test_a_driver_that_crashes_ends_in_safe_mode_and_leaves_it_when_told(
    broker: Broker, receiver: Receiver, tmp_path: Path, until: Callable[..., None]
) -> None:
    """The board is on the broker all the same, says why, keeps what it had, and tries again by `reboot`."""
    bad = {
        "/girouette/drivers/dba_meter.mpy": None,
        "/girouette/drivers/dba_meter.py": b"raise RuntimeError('bad driver')\n",
    }
    board = board_of(broker, tmp_path / "board", **bad, **{"/slots.json": FAILED})
    try:
        until(lambda: any(s.body.get("safe") for s in receiver.of("state")), within_s=90, what="safe mode")
        state = next(s.body for s in receiver.of("state") if s.body.get("safe"))
        until(lambda: receiver.of("health"), what="health")
        receiver.publish(NAME, "cmd", {"id": "c1", "do": "sample"})
        receiver.publish(NAME, "cmd", {"id": "c2", "do": "reboot"})
        until(lambda: len(receiver.of("ack")) == 2, what="two answers")
    finally:
        switch_off(board)

    assert (state["online"], state["why"]) == (True, "boots")
    assert receiver.of("health")[-1].body["crash"] == "RuntimeError: bad driver"
    assert [(a.body["id"], a.body["ok"]) for a in receiver.of("ack")] == [("c1", False), ("c2", True)]
    assert json.loads((tmp_path / "board/flash/slots.json").read_text())["fails"] <= 1


@pytest.mark.slow
def test_a_version_that_hangs_is_bitten_and_ends_in_safe_mode(
    broker: Broker, receiver: Receiver, tmp_path: Path, until: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The chip's watchdog is this test: it ends what hangs, as often as it takes."""
    bad = {
        "/girouette/drivers/dba_meter.mpy": None,
        "/girouette/drivers/dba_meter.py": b"print('hanging')\nwhile True:\n    pass\n",
    }
    folder = tmp_path / "board"
    monkeypatch.setenv("GIROUETTE_SIM_RESET", "watchdog")
    for count in (1, 2):
        board = board_of(broker, folder, **bad, **({"/slots.json": FAILED} if count == 1 else {}))
        until(lambda n=count: (folder / "log").read_text().count("hanging") == n, within_s=60, what="hanging")  # type: ignore[misc]
        switch_off(board)
    board = board_of(broker, folder, **bad)
    try:
        until(lambda: any(s.body.get("safe") for s in receiver.of("state")), within_s=60, what="safe mode")
    finally:
        switch_off(board)


@pytest.mark.slow
@pytest.mark.parametrize("spoilt", [b'{"v": 1, "device"', b'{"v": 1, "broker": []}'])
def test_a_spoilt_configuration_gives_way_to_the_last_good_one(
    broker: Broker, receiver: Receiver, tmp_path: Path, until: Callable[..., None], spoilt: bytes
) -> None:
    """Cut or nonsense: the board goes on with the copy of the one with which it last reached the gateway, which stays and holds no secret."""
    folder = tmp_path / "board"
    board = board_of(broker, folder)
    until((folder / "flash/config.good").exists, within_s=60, what="a copy kept")
    switch_off(board)
    count = len(receiver.kept)
    board = board_of(broker, folder, **{"/config.json": spoilt})
    try:
        until(lambda: len(receiver.kept) > count, within_s=60, what="samples after it")
        newest = max(sq for _, _, sq in receiver.kept)
        until(lambda: re.search(rf"\nR \d+ {newest} ", (folder / "log").read_text()), within_s=60, what="its receipt")
        until(lambda: len(receiver.of("state")) > 1, within_s=60, what="some life after it")
    finally:
        switch_off(board)
    assert "# config: " in (folder / "log").read_text()
    good = json.loads((folder / "flash/config.good").read_text())
    assert "sensors" in good
    assert not {"broker", "wifi", "update_key"} & good.keys()
