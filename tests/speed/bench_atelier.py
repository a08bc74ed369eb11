"""From an erased board to its first stored value in a browser: seconds of each step, clicks, and bytes of the page.

    python tests/speed/bench_atelier.py [--boards 3]

Real Chromium, mosquitto, gateway and public side on this machine; the board is virtual from its bootloader on, behind `navigator.serial`
(tests/journeys/serial_shim.js). Its MicroPython is 1.5 MB of noise, which nothing packs. A real cable and a real flash are slower: at 460,800 baud
the megabyte that MicroPython packs to takes some 25 s, and a real Wi-Fi some 5 s to join.

    page     bytes of all that the page loads, packed by gzip -6, and of the script alone
    seconds  the median of so many boards, one after another: find, make (identity and bytes), write and verify, start; and from "Commencer" to
             the value over the cable, and to the stored one
    clicks   on the page, and choices of a port; typed: secrets that somebody typed

Prints one JSON object.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), *(str(ROOT / "tests" / room) for room in ("", "journeys", "devices"))]

from conftest import need, take_port, wait_until  # noqa: E402
from room import AIR, RECIPE, Room, room, visit, weigh  # noqa: E402
from usb import Pc  # noqa: E402

from deploy.tools.atelier import build  # noqa: E402


async def flashed(here_room: Room, home: Path, boards: int) -> dict[str, Any]:
    """So many boards, one after another, each by a page of its own."""
    address = f"http://localhost:{here_room.serve('esp32')}/fr/atelier"
    runs, weights, clicks = [], {}, (0, 0)
    for number in range(boards):
        pc = Pc()
        with pc.plug_in("mine", "esp32", home / f"board-{number}") as board:
            board.around = AIR
            async with visit(need("chromium"), pc) as here:
                weights = await weigh(here, address)
                await here.choose(RECIPE, "esp32")
                await here.begin()
                await here.finish()
                runs.append(await here.durations())
                clicks = (here.clicks, pc.asked)
    script = next(size for url, size in weights.items() if "atelier.js" in url)
    return {
        "page": {"bytes": sum(weights.values()), "script": script},
        "seconds": {step: round(median(run[step] for run in runs), 2) for step in runs[0]},
        "clicks": {"page": clicks[0], "port": clicks[1], "typed": 0},
    }


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--boards", type=int, default=3)
    boards = parser.parse_args().boards
    build()
    with tempfile.TemporaryDirectory(prefix="girouette-bench-") as home:
        made = room(Path(home), binary=need("mosquitto"), address="127.0.0.1", take_port=take_port, until=wait_until)
        with made as here:
            print(json.dumps(asyncio.run(flashed(here, Path(home), boards)), indent=1))


if __name__ == "__main__":
    main()
