"""What the firmware takes of a board's memory, time and network, for each recipe, in the real interpreter.

    python tests/speed/bench_firmware.py

Each board finds its disk full of samples and runs for twelve seconds against a real mosquitto under the smallest board's heap: it drains
them while it takes one sample a second. What a
board's heap is in this interpreter, whose words are twice as long, and how what is taken here is reckoned back, says tests/devices/heap.py.

    free_bytes       by board: of its heap (devices/boards.toml), what is left after a collection while the backlog drains, at the worst second
    peak_bytes       the most that was taken at the end of any step, garbage included, under the smallest heap
    code_bytes       bytecode and names of the modules that are loaded then: of what is taken, the part that is as big here as on a board
    longest_step_ms  the longest that one step of one task held the event loop, on this machine, and whose it was
    busiest_step_ms  the same in the processor's time, which other work on this machine does not lengthen
    wire_bytes       bytes of MQTT a reading, topic and header included, in packs of 1, 10 and 60 records of this recipe
    boot_s           from power-on to the first pack, in virtual time: waits of the firmware, not the radio's

`python tests/speed/bench_firmware.py --least air noise` measures these recipes only, and finds the smallest heap as well, in a board's bytes, to
2 KiB, in which one starts, connects and has 600 samples of its backlog receipted while it takes new ones (`--least` alone: of every recipe, a
quarter of an hour). Prints one JSON object.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests/devices")]

from bench import Boards, Broker  # noqa: E402
from conftest import need, take_port, wait_until  # noqa: E402
from heap import LEAST_HEAP, code_loaded, fill_disk, held_on_a_board, room_here  # noqa: E402
from on_board import run  # noqa: E402
from receiver import Receiver  # noqa: E402
from sessions import Line, Session, play  # noqa: E402

from devices.console import read_console  # noqa: E402
from devices.pinout import load_pinouts  # noqa: E402
from devices.recipe import Recipe, load_recipes  # noqa: E402

RUN_S, LEAST_RUN_S = 12, 90
BOOT_MS = 200_000
DRAINED = 600
STEP_BYTES = 4096
BESIDE = 3
"""So many boards run at once: memory is each one's own."""
RECORDS = (1, 10, 60)
HEAPS = {slug: board.heap for slug, board in load_pinouts().items()}
PACK = """
from girouette.pack import Pack, heads_of
from girouette.sample import text_of

channels, base, values, period_s, records = given
heads = heads_of(base, [(c["n"], c["u"]) for c in channels])
pack, taken, sq = Pack(heads, 473002498, 4711, 0), 0, 4711
while taken < records:
    texts = [text_of(v, c["digits"]) if n < records - taken else "" for n, (c, v) in enumerate(zip(channels, values))]
    pack.add(sq, 1800000000 + (sq - 4711) * period_s, ",".join(texts))
    taken += len(channels)
    sq += 1
result = len(pack.payload())
"""


def main() -> None:
    """Measure, and print one JSON object."""
    wanted = [word for word in sys.argv[1:] if word != "--least"] or list(load_recipes())
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        broker = Broker(need("mosquitto"), take_port(), home)
        broker.start(wait_until)
        receiver = Receiver(broker.port)
        try:
            measured = measure(wanted, home, broker.port)
            for recipe, figures in measured.items() if "--least" in sys.argv else ():
                here = least(partial(runs, recipe, home, broker.port))
                figures["least_bytes"] = (here + figures["code_bytes"]) // 2
        finally:
            receiver.close()
            broker.kill()
    told = {"heap_bytes": HEAPS, "least_free_bytes": min(min(m["free_bytes"].values()) for m in measured.values())}
    sys.stdout.write(json.dumps({**told, "recipes": measured}, indent=1) + "\n")


def measure(slugs: Sequence[str], home: Path, port: int) -> dict[str, dict[str, Any]]:
    """The figures of these recipes."""
    with ThreadPoolExecutor(BESIDE) as pool:
        disks = dict(zip(slugs, pool.map(lambda r: full_disk(r, home / f"disk-{r}"), slugs), strict=True))
        found = list(pool.map(lambda r: gauge(r, disks[r], home / f"run-{r}", port), slugs))
    return {
        slug: {
            **figures,
            "wire_bytes": wire_bytes(load_recipes()[slug], home),
            "boot_s": boot_s(slug, home / f"boot-{slug}"),
        }
        for slug, figures in zip(slugs, found, strict=True)
    }


def wire_bytes(recipe: Recipe, directory: Path) -> dict[int, float]:
    """MQTT bytes a reading in packs of so many records: the payload, the topic, and the header of a QoS 1 message."""
    channels = [
        {"n": c.name, "u": recipe.quantities[c.quantity].unit_wire, "digits": recipe.quantities[c.quantity].digits_wire}
        for c in recipe.channels
    ]
    values = [recipe.signals[c.name]["base"] + 0.123456 for c in recipe.channels]
    found = {}
    for records in RECORDS:
        given = [channels, f"{recipe.slug}-1/", values, recipe.period_s, records]
        payload = run(PACK, directory, given)
        topic = len(f"gir/1/82/{recipe.slug}-1/obs")
        found[records] = round((payload + topic + 7) / records, 1)
    return found


def boot_s(slug: str, directory: Path) -> float:
    """Seconds of virtual time from power-on to the first pack, at a sample a second."""
    directory.mkdir()
    lines = [Line(BOOT_MS, "note", ("end",))]
    played = play(Session(board={"recipe": slug, "period_s": 1}, lines=lines, gateway=True, heap="256wK"), directory)
    return next(line.at_ms for line in played.lines if line.rest[:1] == ("obs",)) / 1000


def full_disk(slug: str, directory: Path) -> Path:
    """The disk of a board that had no network for days."""
    directory.mkdir()
    fill_disk(load_recipes()[slug], directory)
    return directory / "flash"


def run_board(
    recipe: str, disk: Path, directory: Path, port: int, free: int, *, done: Callable[[str], bool] | None = None
) -> str:
    """Run one board on a copy of a disk for `RUN_S` seconds, or until its console satisfies; its console. `free` is here's."""
    os.environ |= {"GIROUETTE_SIM_FREE": str(free), "GIROUETTE_SIM_GAUGE": "1"}
    shutil.copytree(disk, directory / f"{recipe}-{free}/flash")
    boards = Boards(port, directory, recipes=[recipe], suffix=str(free))
    began = time.monotonic()
    try:
        while time.monotonic() - began < (LEAST_RUN_S if done else RUN_S) and not (done and done(boards.console())):
            time.sleep(0.2)
    finally:
        boards.switch_off()
    return boards.console()


def gauge(recipe: str, disk: Path, directory: Path, port: int) -> dict[str, Any]:
    """The figures of one recipe."""
    console = run_board(recipe, disk, directory, port, room_here())
    told = [json.loads(line.partition(": ")[2]) for line in console.splitlines() if line.startswith("# gauge")]
    held = held_on_a_board(console)
    return {
        "free_bytes": {board: heap - held for board, heap in HEAPS.items()},
        "peak_bytes": held + (told[-1]["peak"] - max(t["held"] for t in told)) // 2,
        "code_bytes": code_loaded(console)[-1],
        "longest_step_ms": round(told[-1]["longest_us"] / 1000, 2),
        "longest_step_of": told[-1]["task"],
        "busiest_step_ms": round(told[-1]["busy_us"] / 1000, 2),
        "busiest_step_of": told[-1]["busy_task"],
        "steps": told[-1]["steps"],
        "backlog_packs": sum(line.startswith("P ") and int(line.split()[4]) > 1 for line in console.splitlines()),
    }


def runs(recipe: str, home: Path, port: int, free: int) -> bool:
    """Does a board with so much heap (here's bytes) get its backlog receipted while it samples?"""
    disk, place = home / f"disk-{recipe}/flash", home / f"try-{recipe}-{free}"
    console = run_board(recipe, disk, place, port, free, done=lambda said: "Error" in said or drained(said))
    return "Error" not in console and drained(console)


def drained(console: str) -> bool:
    """Have `DRAINED` samples of the backlog their receipt, and is a new one numbered?"""
    receipts = [int(line.split()[2]) for line in console.splitlines() if line.startswith("R ")]
    return bool(read_console(console).by_number) and max(receipts, default=0) >= DRAINED


def least(fits: Callable[[int], bool]) -> int:
    """The smallest heap that fits, found by halving between nothing and the small board's."""
    sizes: Sequence[int] = range(STEP_BYTES, 2 * LEAST_HEAP + STEP_BYTES, STEP_BYTES)
    low, high = 0, len(sizes) - 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if fits(sizes[middle]) else (middle + 1, high)
    return sizes[low]


if __name__ == "__main__":
    main()
