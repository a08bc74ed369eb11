"""What the firmware takes of a small board: it starts and drains a full spool in the smallest heap of the board table, and does not grow."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from bench import RECIPES, Boards, Broker
from heap import CODE_BYTES, code_loaded, fill_disk
from on_board import run
from receiver import Receiver
from sessions import Line, Session, play

from devices.recipe import load_recipes

LARGEST = "sound"
"""The recipe with the most code, which leaves the least memory."""


@pytest.mark.slow
@pytest.mark.parametrize("recipe", [*RECIPES, LARGEST])
def test_a_board_with_a_full_disk_starts_and_drains(
    recipe: str, broker: Broker, receiver: Receiver, tmp_path: Path, until: Callable[..., None]
) -> None:
    """With half a megabyte of samples on its disk a small board starts, and gets its oldest receipted while it samples."""
    home = tmp_path / f"{recipe}-1"
    home.mkdir()
    last, segments = fill_disk(load_recipes()[recipe], home)
    assert segments >= 16
    boards = Boards(broker.port, tmp_path, recipes=[recipe])
    try:
        until(
            lambda: (
                "Error" in boards.console() or (len(receiver.kept) > 600 and any(k[2] > last for k in receiver.kept))
            ),
            within_s=60,
            what="600 samples of the spool, and new ones among them",
        )

        assert "MemoryError" not in boards.console()
        assert len(receiver.kept) > 600
    finally:
        boards.switch_off()


@pytest.mark.slow
def test_the_code_that_is_reckoned_is_the_code_that_is_loaded(tmp_path: Path) -> None:
    """Of the recipe with the most of it, once it sends: where this fails, `CODE_BYTES` (tests/devices/heap.py) is no longer true."""
    session = Session(
        board={"recipe": LARGEST, "period_s": 1},
        lines=[Line(90_000, "note", ("end",))],
        gateway=True,
        transcript=False,
        gauge=True,
    )

    loaded = code_loaded(play(session, tmp_path).console)[-1]

    assert abs(loaded - CODE_BYTES) <= 512


@pytest.mark.slow
def test_the_heap_does_not_grow(tmp_path: Path) -> None:
    """After twelve minutes at one sample a second, an outage among them, the board holds what it held after three, but for 2 KiB."""
    session = Session(
        board={"recipe": "weather", "period_s": 1},
        faults=[{"kind": "offline", "after_s": 200, "for_s": 60}],
        lines=[Line(720_000, "note", ("end",))],
        gateway=True,
        transcript=False,
        gauge=True,
    )

    console = play(session, tmp_path).console

    held = [json.loads(line.partition(": ")[2])["held"] for line in console.splitlines() if line.startswith("# gauge")]
    numbered = sum(line.startswith("N ") for line in console.splitlines())
    assert numbered >= 719
    assert max(held[-60:]) - max(held[120:180]) <= 2048
    assert max(held[-60:]) <= max(held[-240:-180]), "what is loaded once is loaded by then"
    assert not list((tmp_path / "flash/spool").iterdir()), "all that had to wait was receipted"


STEPS = """
import asyncio
from girouette import backlog as module
from girouette.backlog import Backlog
from girouette.clock import Clock, Uptime
from girouette.numbers import Numbers
from girouette.receipts import Receipts
from girouette.spool import Spool
from girouette.watchdog import Watchdog

read = [0]
checked = module.read_line
def counted(line):
    read[0] += 1
    return checked(line)
module.read_line = counted

longest = [0]
class Counting(Watchdog):
    def stepped(self, name, took_us):
        longest[0] = max(longest[0], read[0])
        read[0] = 0

clock = Clock(Uptime())
clock.learn_ntp(1800000000000)
numbers, receipts, spool = Numbers(), Receipts(), Spool("spool", 1000000)
for first in range(1, 1000, 16):
    lines = [(numbers.take(), str(1700000000 + first), "12.5") for _ in range(16)]
    spool.append(numbers.ep, [["noise_level", "dB"]], lines)
receipts.hear(numbers.ep, 900, [])
backlog = Backlog(spool, numbers, clock, receipts, "b1/")

async def work():
    if given == "next":
        await backlog.next(lambda ep: 1, lambda ep, sq: True)
    else:
        await backlog.give_way()

async def main():
    await Counting(1000).spawn("work", work())

asyncio.run(main())
result = longest[0]
"""


@pytest.mark.parametrize("work", ["next", "give way"])
def test_no_step_reads_more_than_eight_lines(tmp_path: Path, work: str) -> None:
    """Whatever has to be done with a long spool is done in steps: at most eight lines are read before others may run."""
    assert 1 <= run(STEPS, tmp_path, work) <= 8
