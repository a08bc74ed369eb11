"""What a board's heap is in this interpreter, whose words are twice as long: one reckoning, which every test and benchmark uses.

Of a heap of H bytes with code C and objects X in it, a board has H - C - X left. Here objects take 2 X, but bytecode and names,
which are bytes, take C as they do there. So a board of H bytes is one here that finds 2 H - C bytes free at power-on: it runs out of
memory at the same objects. Nothing is set aside; what stays free at the worst moment is a figure (docs/figures.md).
"""

from __future__ import annotations

import json
from pathlib import Path

from on_board import run

from devices.image import firmware
from devices.pinout import load_pinouts
from devices.recipe import Recipe

LEAST_HEAP = min(board.heap for board in load_pinouts().values())
"""Bytes of the smallest heap of the board table."""
CODE_BYTES = 50_700
"""What the recipe with the most code (`sound`) has loaded while it sends: the sum of its modules' `.mpy` files, whose names are told by
`devices/sim/gauge.py` (`# loaded`). Others have 47 to 49 kB, so here they find up to 4 kB less than their board has."""

SPOOL_BYTES = 524_288
"""All that a board keeps on its disk."""
FILL = """
from girouette.numbers import Numbers
from girouette.spool import Spool
numbers, spool = Numbers(), Spool("spool", given["limit"])
sq = 0
while not spool.too_full_for(1000):
    lines = []
    for _ in range(16):
        sq = numbers.take()
        lines.append((sq, str(1700000000 + sq), given["values"]))
    spool.append(numbers.ep, given["channels"], lines)
result = [sq, len(spool.segments)]
"""


def room_here(heap: int = LEAST_HEAP, code: int = CODE_BYTES) -> int:
    """Bytes that the firmware finds free here at power-on, on a board with a heap of so many."""
    return 2 * heap - code


def code_loaded(console: str) -> list[int]:
    """Bytes of bytecode and names of the firmware's modules that were loaded, second by second, from a console with a gauge."""
    sizes = {path.strip("/").partition(".")[0].replace("/", "."): len(code) for path, code in firmware().items()}
    told = [json.loads(line.partition(": ")[2]) for line in console.splitlines() if line.startswith("# loaded: ")]
    return [sum(sizes.get(name, 0) for name in names) for names in told]


def held_on_a_board(console: str) -> int:
    """Bytes that the firmware holds of a board's heap at the worst second, code and objects, from a console with a gauge."""
    held = [
        json.loads(line.partition(": ")[2])["held"] for line in console.splitlines() if line.startswith("# gauge: ")
    ]
    return max((here + code) // 2 for here, code in zip(held, code_loaded(console), strict=False))


def fill_disk(recipe: Recipe, directory: Path) -> tuple[int, int]:
    """Fill a board's disk (`flash/` in its directory) with samples of its recipe, from number 1 on; the last number, and how many segments."""
    channels = [[channel.name, recipe.quantities[channel.quantity].unit_wire] for channel in recipe.channels]
    values = ",".join("12.25" for _ in channels)
    last, segments = run(FILL, directory, {"channels": channels, "values": values, "limit": SPOOL_BYTES})
    return last, segments
