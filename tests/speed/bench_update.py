"""What an update costs: files and bytes of an image as text and as bytecode, bytes and time of an update, and how soon a board is back.

    python tests/speed/bench_update.py

A real board of the recipe `air` in the real interpreter, at one sample a second, against a real mosquitto on this machine; the
test bench's receiver gives the receipts. Over Wi-Fi each piece waits for a round trip: `pieces` times that comes on top.

    image    by recipe: files of the firmware, and bytes as `.py` and as `.mpy`; the four files at the root, which are text, are left out
    update   of one changed file, and of a whole image: pieces and bytes handed out, from the first order to all there, and to kept;
             the whole image both where a board has room beside its sensors and under the smallest board's heap, where it has not
    boot     from power-on to the first sample and to the first pack, on this machine: the interpreter, the imports, and up to a second of
             waiting for the next sample
    cuts     operations of the flash while a version is fetched, tried, kept and given up, cuts of the power at them, and boards that did
             not start the old version or the new one, whole; the same of an interpreter (a cut each operation before, half way and after it)
    interpreter  an image of 1.5 MB into the other slot: pieces, bytes, time to all there

Prints one JSON object.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), *(str(ROOT / "tests" / room) for room in ("", "devices", "devices/firmware"))]

from bench import Broker, small_heap  # noqa: E402
from chips import give_slots, image_bytes  # noqa: E402
from conftest import need, take_port, wait_until  # noqa: E402
from cuts import swept_together  # noqa: E402
from on_board import run  # noqa: E402
from receiver import Receiver  # noqa: E402
from test_interpreter_cuts import SWEEP  # noqa: E402
from test_interpreter_cuts import given as interpreter_given  # noqa: E402
from test_update_cuts import SCENARIOS, play  # noqa: E402

from deploy.delivery import deliver  # noqa: E402
from deploy.orders import Broker as At  # noqa: E402
from devices.flash.bytecode import compiled  # noqa: E402
from devices.flash.chip_image import interpreter_release, read_image  # noqa: E402
from devices.image import Identity, Image, build_image, shard_of, sources  # noqa: E402
from devices.recipe import load_recipes  # noqa: E402
from devices.simulate import Board, Surroundings, readable, start_board  # noqa: E402
from devices.update import STAYS, Release, release  # noqa: E402

KEY, NAME, ROOM = bytes(range(32)), "air-1", "260000"
SLOT_BYTES = 0x180000
WAIT_S = 240.0


def main() -> None:
    """Measure, and print."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        broker = Broker(need("mosquitto"), take_port(), home)
        broker.start(wait_until)
        receiver = Receiver(broker.port)
        try:
            print(json.dumps(measure(home, broker.port), indent=1))
        finally:
            receiver.close()
            broker.kill()


def measure(home: Path, port: int) -> dict[str, Any]:
    """Everything."""
    image = build_image([load_recipes()["air"]], identity(port))
    one, whole = aged(image, "/girouette/sntp.mpy"), aged(image, "")
    return {
        "image": {slug: sizes(slug) for slug in load_recipes()},
        "boot": boot(image, home / "boot"),
        "update": {
            "one_file": update(one, image, home / "one", port, ROOM),
            "whole": update(whole, image, home / "whole", port, ROOM),
            "whole_on_the_smallest": update(whole, image, home / "small", port, small_heap()["GIROUETTE_SIM_FREE"]),
        },
        "interpreter": interpreter(image, home / "chip", port),
        "cuts": {"update": swept_together(play, SCENARIOS), "interpreter": interpreter_cuts(home / "cuts")},
    }


def identity(port: int) -> Identity:
    """Of the board that is measured."""
    return Identity(NAME, shard_of(NAME), NAME, "", "127.0.0.1", port, period_s=1, update_key=KEY.hex())


def sizes(slug: str) -> dict[str, int]:
    """Files and bytes of an image, without what no update replaces."""
    image = {p: c for p, c in build_image([load_recipes()[slug]], identity(1883)).files.items() if p not in STAYS}
    text = readable(image)
    return {"files": len(image), "py": sum(map(len, text.values())), "mpy": sum(map(len, image.values()))}


def aged(image: Image, only: str) -> Image:
    """The image with other content in each module, or in one."""
    mine = [p for p in image.files if p.endswith(".mpy") and p.startswith(only)]
    more = {p: compiled(f"{p[:-4]}.py", sources()[f"{p[:-4]}.py"] + b"OLD = 1\n") for p in mine}
    return replace(image, files={**image.files, **more})


@contextlib.contextmanager
def powered(image: Image, folder: Path, free: str = ROOM) -> Iterator[Board]:
    """A running board."""
    os.environ["GIROUETTE_SIM_FREE"] = free
    folder.mkdir(exist_ok=True)
    around = Surroundings(load_recipes()["air"].signals)
    with start_board(image, directory=folder, around=around, log=folder / "log") as board:
        try:
            yield board
        finally:
            board.kill()


def says(board: Board, words: str) -> Callable[[], bool]:
    """Does its console say this?"""
    return lambda: words in board.log.read_text()


def boot(image: Image, folder: Path) -> dict[str, float]:
    """Seconds to the first sample, and to the first pack."""
    began = time.monotonic()
    found = {}
    with powered(image, folder) as board:
        for name, words in (("sample_s", "\nS "), ("pack_s", "\nP ")):
            wait_until(says(board, words), within_s=60, what=name)
            found[name] = round(time.monotonic() - began, 2)
    return found


def update(old: Image, new: Image, folder: Path, port: int, free: str) -> dict[str, Any]:
    """What an update from the one to the other costs."""
    made = release(NAME, new.files, key=KEY, serial=5, changes={"firmware": "new"})
    with powered(old, folder, free) as board:
        wait_until(says(board, "\nR "), within_s=90, what="a receipt")
        return given(made, port)


def interpreter(image: Image, folder: Path, port: int) -> dict[str, Any]:
    """What a new interpreter costs."""
    folder.mkdir()
    give_slots(folder, image_bytes("1.28.0"), SLOT_BYTES)
    new = read_image(image_bytes("1.29.0", size=1_500_000), "new.app-bin")
    with powered(image, folder) as board:
        wait_until(says(board, "\nR "), within_s=90, what="a receipt")
        return given(interpreter_release(NAME, new.files, key=KEY, serial=5), port)


def interpreter_cuts(folder: Path) -> dict[str, int]:
    """The sweep of an interpreter; it raises where a board ends with neither."""
    folder.mkdir()
    swept = run(SWEEP, folder, interpreter_given(folder))
    return {"operations": swept["operations"], "points": swept["points"], "failed": 0}


def given(made: Release, port: int) -> dict[str, Any]:
    """What becomes of it."""
    end = asyncio.run(deliver(made, broker=At(f"mqtt://127.0.0.1:{port}"), wait_s=WAIT_S))
    return {
        "end": end.end, "pieces": end.pieces, "bytes": end.sent,
        "fetched_s": round(end.fetched_s, 1), "kept_s": round(end.took_s, 1),
    }  # fmt: skip


if __name__ == "__main__":
    main()
