"""What waits on a board's flash, measured on a real littlefs: how much fits, and how it wears. Tests bound it, a bench tells it.

The flash is that of an ESP32 with 4 MiB: 512 blocks of 4 KiB for files, 64 of them taken by files that never change, which
littlefs leaves where they are. A block of NOR flash bears 100,000 erases (so the data sheets of the usual chips say).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from on_board import run

from devices.quantity import Quantity
from devices.recipe import Recipe

ENDURANCE = 100_000
MINUTES_A_DAY = 1440
HEAP = "4096wK"
DISK = """
import os
import time
from flashchip import Flash
from girouette.numbers import Numbers
from girouette.spool import Spool

home, flash = os.getcwd(), Flash(512)
flash.format()
flash.mount()
with open("firmware", "wb") as file:
    for _ in range(63):
        file.write(bytes(4096))
numbers, spool = Numbers(), Spool("spool", 524288)
flash.erases, flash.writes = [0] * 512, 0

def append(count, values, channels):
    if spool.too_full_for(count * (40 + len(values))):
        numbers.give_way(spool.segments[0].place)
        spool.remove(spool.segments[0])
    spool.append(numbers.ep, channels, [(numbers.take(), "1800000000", values) for _ in range(count)])

def worn():
    return {"erases": sum(flash.erases), "most_of_a_block": max(flash.erases), "writes": flash.writes}
"""
FILL = (
    DISK
    + """
values, channels = given["values"], given["channels"]
least, held, began = None, 0, time.ticks_us()
free = os.statvfs("/disk")[3]
while least is None:
    before = len(spool.segments)
    append(16, values, channels)
    held += 16
    if numbers.gone:
        with spool.open_at(spool.segments[0], 0) as file:
            a_segment = sum(1 for _ in file)
        least = held - a_segment  # all segments but the last are equally long
took_us = time.ticks_diff(time.ticks_us(), began)
result = {"bytes": (spool.segments[0].size - spool.segments[0].start) / a_segment, "least": least,
          "blocks": free - os.statvfs("/disk")[3], "appends_per_s": held * 1000000 // took_us}
"""
)
ONLINE = (
    DISK
    + """
for _ in range(given["samples"]):
    numbers.take()
result = worn()
"""
)
OFFLINE = (
    DISK
    + """
for _ in range(given["samples"] // given["at_once"]):
    append(given["at_once"], given["values"], given["channels"])
result = worn()
"""
)
RESTARTS = (
    DISK
    + """
for _ in range(given["samples"]):
    numbers, spool = Numbers(), Spool("spool", 524288)
    append(1, given["values"], given["channels"])
result = worn()
"""
)
DRAIN = (
    DISK
    + """
import asyncio
from girouette.backlog import Backlog
from girouette.clock import Clock, Uptime
from girouette.receipts import Receipts

for _ in range(given["samples"] // 16):
    append(16, given["values"], given["channels"])

async def drain():
    receipts = Receipts()
    backlog = Backlog(spool, numbers, Clock(Uptime()), receipts, "b1/")
    packs = samples = longest = 0
    while True:
        cut = await backlog.next(lambda ep: 1, lambda ep, sq: True)
        if cut is None:
            return packs, samples, longest
        packs, samples = packs + 1, samples + len(cut.pack.numbers)
        longest = max(longest, len(cut.pack.payload()))

began = time.ticks_us()
packs, samples, longest = asyncio.run(drain())
took_us = time.ticks_diff(time.ticks_us(), began)
result = {"samples": samples, "packs": packs, "longest": longest, "samples_per_s": samples * 1000000 // took_us}
"""
)


def on_flash(code: str, directory: Path, **given: Any) -> dict[str, Any]:
    """Run one of these pieces on an empty flash."""
    found: dict[str, Any] = run(code + "flash.unmount()\nos.chdir(home)\n", directory, given, heap=HEAP)
    return found


def widest(quantity: Quantity) -> str:
    """The longest text that a value of a quantity can have on the wire and on disk."""
    return max((f"{bound:.{quantity.digits_wire}f}" for bound in (quantity.low, quantity.high)), key=len)


def waiting(recipes: Iterable[Recipe]) -> dict[str, Any]:
    """The channels of recipes on one board, and a sample of them at its widest, as the spool keeps it."""
    channels = [(c.name, r.quantities[c.quantity]) for r in recipes for c in r.channels]
    return {
        "channels": [[name, q.unit_wire] for name, q in channels],
        "values": ",".join(widest(q) for _, q in channels),
    }


def twelve_widest(recipes: Mapping[str, Recipe]) -> dict[str, Any]:
    """A board of twelve channels, those of the longest texts there are."""
    each = {c.name: r.quantities[c.quantity] for r in recipes.values() for c in r.channels}
    chosen = sorted(each.items(), key=lambda item: len(widest(item[1])), reverse=True)[:12]
    return {
        "channels": [[name, q.unit_wire] for name, q in chosen],
        "values": ",".join(widest(q) for _, q in chosen),
    }


def years(worn: Mapping[str, int], samples: int, per_day: float = MINUTES_A_DAY) -> float:
    """How long the block that was erased most would last at this rate."""
    return ENDURANCE / max(worn["most_of_a_block"], 1) * samples / per_day / 365.25
