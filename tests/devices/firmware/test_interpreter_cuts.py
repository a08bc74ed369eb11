"""A new interpreter, written block by block and tried: interrupted at every step, tampered with, kept, and left again."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from chips import give_slots, image_bytes, slots_of
from on_board import run

OLD, NEW = image_bytes("1.28.0", seed=1), image_bytes("1.29.0", seed=2)
BOARD = """
import asyncio
import json
import os
import sys

class Cut(BaseException):
    pass

class Config:
    topic, device, update_key = "t", "b1", given["key"]

with open("../new.bin", "rb") as file:
    IMAGE = file.read()
ORDER = given["order"]
asked = []
spoil = given.get("spoil")

class Client:
    async def publish(self, topic, payload, qos=0, retain=False):
        sha, start, count = json.loads(payload)["want"]
        asked.append(start)
        piece = IMAGE[start : start + count]
        if spoil is not None and start == spoil:
            piece = b"!" + piece[1:]
        self.job.hear(bytes.fromhex(sha) + start.to_bytes(4, "big") + piece)

class Board:
    config, client = Config, Client()

def start():
    # a reset: nothing left in memory, the bootloader chooses, the rule counts, the firmware looks which interpreter runs
    for name in [n for n in sys.modules if n.startswith("girouette") or n in ("rule", "slots", "esp32")]:
        del sys.modules[name]
    import esp32, rule, slots
    esp32.start()
    rule.begin(slept=False)
    from girouette import start
    start.settle()
    return slots

def fetch():
    from girouette import flashing, update
    update.keep_order(ORDER)
    Board.client.job = flashing.Update(Board, ORDER)
    asyncio.run(Board.client.job.run())

def there(name):
    try:
        os.stat(name)
        return True
    except OSError:
        return False

def runs():
    from esp32 import Partition
    return Partition(Partition.RUNNING).info()[4]
"""
SWEEP = (
    BOARD
    + """
left, at, half = [0], [None], [False]

def cutting(owner, name, spoilt=None):
    whole = getattr(owner, name)
    def operation(*given, **named):
        left[0] += 1
        if left[0] == at[0]:
            if half[0] == 1 and spoilt is not None:
                spoilt(whole, *given)
            elif half[0] == 2:
                whole(*given, **named)
            raise Cut
        return whole(*given, **named)
    setattr(owner, name, operation)

def half_a_block(whole, part, number, content):
    whole(part, number, bytes(content[:2048]) + b"\\xff" * 2048)

def live():
    start()
    import rule
    from esp32 import Partition
    from girouette import flashing, interpreter
    cutting(Partition, "writeblocks", half_a_block)
    cutting(Partition, "set_boot")
    cutting(flashing, "reach")
    cutting(interpreter, "write")
    cutting(rule, "write")
    cutting(flashing, "forget")
    fetch()

def fresh():
    for name in ("slots.json", "update.json", "interpreter.json", "interpreter.at"):
        if there(name):
            os.remove(name)
    if there("../partitions/otadata.json"):
        os.remove("../partitions/otadata.json")
    with open("../partitions/ota_1", "wb") as file:
        file.write(b"\\xff" * given["slot"])

def judge(where):
    # whatever was cut: the old interpreter goes on and ends its update, or the new one runs on trial
    slots = start()
    again = 0
    if not slots.tried:
        assert runs() == "ota_0" and slots.back is None, where
        before = len(asked)
        fetch()
        again = len(asked) - before
        slots = start()
    assert (runs(), slots.tried, slots.interpreter) == ("ota_1", True, ORDER["version"]), where
    with open("../partitions/ota_1", "rb") as file:
        assert file.read(len(IMAGE)) == IMAGE, where
    # no receipt: the bootloader goes back by itself, it is told, and the order is not taken again
    slots = start()
    if there("update.json"):  # the power went between choosing it and writing down that it was tried
        os.remove("update.json")
    assert runs() == "ota_0" and not slots.tried, where
    assert slots.back == [ORDER["version"], "start"], where
    import rule
    assert rule.read()["serial"] == ORDER["serial"], where
    return again

fresh()
live()
operations, whole, points = left[0], len(asked), 0
again = []
for how in (0, 1, 2):
    for number in range(1, operations + 1):
        fresh()
        left[0], at[0], half[0] = 0, number, how
        try:
            live()
            raise AssertionError("not cut")
        except Cut:
            at[0] = None
        again.append(judge((how, number)))
        points += 1
result = {"operations": operations, "points": points, "whole": whole, "again": again}
"""
)
TAMPERED = (
    BOARD
    + """
start()
try:
    fetch()
    result = "taken"
except ValueError as error:
    result = str(error)
result = [result, len(asked), runs(), there("../partitions/otadata.json") and json.load(open("../partitions/otadata.json"))]
"""
)
CHECKED = (
    BOARD
    + """
start()
from girouette import flashing
try:
    flashing.check(ORDER, Config)
    result = None
except ValueError as error:
    result = str(error)
"""
)
KEPT = (
    BOARD
    + """
start()
fetch()
slots = start()
from girouette import probation
told = [slots.standing(), probation.lasted(given["up"])]
if given["receipt"]:
    told.append(probation.receipted())
    told.append(slots.standing())
slots = start()
result = told + [runs(), slots.standing()]
"""
)


def given(folder: Path, new: bytes = NEW, **more: object) -> dict[str, Any]:
    """A board with the old interpreter, and the order for the new one."""
    from devices.flash.chip_image import interpreter_release, read_image

    give_slots(folder, OLD)
    (folder / "new.bin").write_bytes(new)
    key = bytes(range(32))
    order = interpreter_release("b1", read_image(new, "new.app-bin"), key=key, serial=5, within_s=60).order
    return {"order": {"id": "u1", **order}, "key": key.hex(), "slot": 16 * 4096, **more}


@pytest.mark.slow
def test_a_cut_at_every_step_ends_with_the_old_interpreter_or_the_new_one(tmp_path: Path) -> None:
    """It goes on with the block where it was, the new one has one start, and then the old one runs and says so."""
    swept = run(SWEEP, tmp_path, given(tmp_path))

    assert swept["points"] == 3 * swept["operations"] > 40
    assert swept["whole"] == -(-len(NEW) // 1024)
    assert len(set(swept["again"])) > 5, "as much less as was there"
    assert slots_of(tmp_path)["ota_0"].startswith(OLD)


def test_an_image_that_was_tampered_with_is_never_started(tmp_path: Path) -> None:
    """What lies in the slot is hashed; it is fetched anew once, and then refused."""
    why, asked, runs, otadata = run(TAMPERED, tmp_path, given(tmp_path, spoil=8192))

    assert (why, runs) == ("hash", "ota_0")
    assert asked == 2 * -(-len(NEW) // 1024)
    assert {state for _, state in otadata} == {0xFFFFFFFF}


def test_another_chips_interpreter_is_left_after_its_first_block(tmp_path: Path) -> None:
    """Before anything is written."""
    why, asked, *_ = run(TAMPERED, tmp_path, given(tmp_path, image_bytes(chip=0x0005)))

    assert (why, asked) == ("chip", 4)
    assert set(slots_of(tmp_path)["ota_1"]) == {0xFF}


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({}, None),
        ({"mac": hashlib.sha256().hexdigest()}, "mac"),
        ({"within_s": 600}, "mac"),
        ({"within_s": "60"}, "malformed"),
        ({"serial": 6}, "mac"),
        ({"size": 1 << 24}, "malformed"),
    ],
)
def test_an_order_is_taken_as_it_was_authenticated_or_not_at_all(
    tmp_path: Path, changes: dict[str, Any], why: str | None
) -> None:
    """Every word of it counts."""
    told = given(tmp_path)
    assert run(CHECKED, tmp_path, {**told, "order": {**told["order"], **changes}}) == why


def test_a_board_with_one_slot_or_too_small_a_one_says_so(tmp_path: Path) -> None:
    """By the words `one-slot` and `too-large`, before anything is fetched."""
    told = given(tmp_path)
    for name in ("ota_0", "ota_1"):
        (tmp_path / "partitions" / name).write_bytes(OLD[:16384])
    assert run(CHECKED, tmp_path, told) == "too-large"
    (tmp_path / "partitions/ota_1").unlink()
    assert run(CHECKED, tmp_path, told) == "one-slot"


def test_it_is_kept_by_a_receipt_and_left_without(tmp_path: Path) -> None:
    """The name of what runs stays in `state`; of what was left, why is told: its one start, or the time it had."""
    one, other = tmp_path / "one", tmp_path / "other"
    name = given(one)["order"]["version"]
    trial = {"trial": True, "interpreter": name}
    kept = run(KEPT, one, given(one, up=10, receipt=True))
    left = run(KEPT, other, given(other, up=61, receipt=False))

    assert kept == [trial, None, True, {"interpreter": name}, "ota_1", {"interpreter": name}]
    assert left == [trial, "interpreter: given up, no receipt in 61 s", "ota_0", {"back": [name, "time"]}]
