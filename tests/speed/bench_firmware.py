"""What the firmware takes of a board's memory and time, for each recipe, in the real interpreter against a real mosquitto.

    python tests/speed/bench_firmware.py

Each board first lives through ten minutes without a network in virtual time, so that its disk is full of samples; then it
runs for twelve seconds against mosquitto and drains them at one sample a second. Figures a recipe:

    free_bytes       of the 124,544 of `-X heapsize=64wK` (the objects of an ESP32 with 62 KiB of heap), after a collection
    peak_bytes       the most that was taken at the end of any step, garbage included
    longest_step_ms  the longest that one step of one task held the event loop, on this machine, and whose it was
    least_bytes      the smallest heap, to 2 KiB, in which a board starts, connects and has all of its backlog receipted

Prints one JSON object.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests/devices")]

from bench import RECIPES, Boards, Broker  # noqa: E402
from conftest import need, take_port, wait_until  # noqa: E402
from receiver import Receiver  # noqa: E402
from sessions import FREE_BYTES, Line, Session, play  # noqa: E402

from devices.console import read_console  # noqa: E402

RUN_S = 12
OFFLINE_S = 600
STEP_BYTES = 2048


def main() -> None:
    """Measure, and print one JSON object."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        broker = Broker(need("mosquitto"), take_port(), home)
        broker.start(wait_until)
        receiver = Receiver(broker.port)
        try:
            disks = {recipe: full_disk(recipe, home / f"disk-{recipe}") for recipe in RECIPES}
            measured = {recipe: gauge(recipe, disks[recipe], home / f"run-{recipe}", broker.port) for recipe in RECIPES}
            for recipe, found in measured.items():
                found["least_bytes"] = least(
                    lambda size, r=recipe: runs(r, disks[r], home / f"try-{r}-{size}", broker.port, size)
                )
        finally:
            receiver.close()
            broker.kill()
    sys.stdout.write(json.dumps({"heap_bytes": FREE_BYTES, "recipes": measured}, indent=1) + "\n")


def full_disk(recipe: str, directory: Path) -> Path:
    """The disk of a board that had no network for ten minutes."""
    directory.mkdir()
    offline = [{"kind": "offline", "after_s": 1, "for_s": 1e6}]
    lines = [Line(OFFLINE_S * 1000, "note", ("end",))]
    board = {"recipe": recipe, "period_s": 1}
    played = play(Session(board=board, faults=offline, lines=lines, transcript=False), directory)
    if "Traceback" in played.console:
        raise RuntimeError(played.console)
    return directory / "flash"


def run_board(recipe: str, disk: Path, directory: Path, port: int, free: int, done: Callable[[str], bool]) -> str:
    """Run one board on a copy of a disk until its console satisfies, or for `RUN_S` seconds; its console."""
    os.environ |= {"GIROUETTE_SIM_FREE": str(free), "GIROUETTE_SIM_GAUGE": "1"}
    shutil.copytree(disk, directory / f"{recipe}-{free}/flash")
    boards = Boards(port, directory, recipes=[recipe], suffix=str(free))
    began = time.monotonic()
    try:
        while time.monotonic() - began < RUN_S and not done(boards.console()):
            time.sleep(0.2)
    finally:
        boards.switch_off()
    return boards.console()


def gauge(recipe: str, disk: Path, directory: Path, port: int) -> dict[str, Any]:
    """The figures of one recipe."""
    console = run_board(recipe, disk, directory, port, FREE_BYTES, lambda _: False)
    told = [json.loads(line.partition(": ")[2]) for line in console.splitlines() if line.startswith("# gauge")]
    return {
        "free_bytes": FREE_BYTES - max(t["held"] for t in told),
        "peak_bytes": told[-1]["peak"],
        "longest_step_ms": round(told[-1]["longest_us"] / 1000, 2),
        "longest_step_of": told[-1]["task"],
        "steps": told[-1]["steps"],
        "backlog_packs": sum(line.startswith("P ") and int(line.split()[4]) > 1 for line in console.splitlines()),
    }


def runs(recipe: str, disk: Path, directory: Path, port: int, free: int) -> bool:
    """Does a board with so much heap get its backlog receipted?"""
    console = run_board(recipe, disk, directory, port, free, lambda said: "Error" in said or drained(said))
    return "Error" not in console and drained(console)


def drained(console: str) -> bool:
    """Has the last of the backlog its receipt?"""
    told = read_console(console)
    first = min((n for _, n in told.by_number), default=0)
    return first > 0 and any(int(line.split()[2]) >= first for line in console.splitlines() if line.startswith("R "))


def least(fits: Callable[[int], bool]) -> int:
    """The smallest heap that fits, found by halving between nothing and the small board's."""
    sizes: Sequence[int] = range(STEP_BYTES, FREE_BYTES + STEP_BYTES, STEP_BYTES)
    low, high = 0, len(sizes) - 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if fits(sizes[middle]) else (middle + 1, high)
    return sizes[low]


if __name__ == "__main__":
    main()
