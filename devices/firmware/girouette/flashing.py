"""A new interpreter over the broker's own connection, block by block, into the slot of the chip that does not run.

The order names the image by its size and hash and is authenticated as every update is. Each block that was written is
remembered, so whatever interrupts this, it goes on with the block where it was; what counts in the end is the hash of what
lies in the slot. Loaded only when there is something to do.
"""

import asyncio
import hashlib
import json
import os

from esp32 import Partition

from micropython import const

from girouette import interpreter, update
from girouette.update import Failed
from girouette.updates import forget

FORM = "gir-interpreter 1"
_BLOCK_BYTES = const(4096)
"""What the flash erases at a time; writing one holds the loop for some 60 ms, which no firmware can divide."""
MOST_BYTES = 8388608
REACHED = "interpreter.at"
_TAKES = const(4)


def other_slot():
    """The slot that does not run. Raises Failed where the chip has been given one only."""
    try:
        running = Partition(Partition.RUNNING)  # pyright: ignore[reportArgumentType]
        other = running.get_next_update()
    except OSError:
        raise Failed("one-slot")
    if other.info()[4] == running.info()[4]:
        raise Failed("one-slot")
    return other


def chip() -> bytearray:
    """The chip's number, as it stands in the head of the image that runs."""
    head = bytearray(16)
    Partition(Partition.RUNNING).readblocks(0, head)  # pyright: ignore[reportArgumentType]
    return head[12:14]


def check(order: dict, config) -> None:
    """Raise Failed for an order that is not from who knows this board's key, that is not new, or that has no room."""
    within_s = order.get("within_s")
    if not isinstance(within_s, int):
        raise Failed("malformed")
    update.check(order, config, form=FORM, most=MOST_BYTES, more=(str(within_s),))
    if order["size"] > other_slot().info()[3]:
        raise Failed("too-large")


def reached(sha: str) -> int:
    """How many blocks of this image lie in the slot."""
    try:
        with open(REACHED) as file:
            of, count = json.load(file)
        return count if of == sha and isinstance(count, int) else 0
    except (OSError, ValueError, TypeError):
        return 0


def reach(sha: str, count: int) -> None:
    """Remember in one step how many blocks of this image lie in the slot."""
    with open(REACHED + ".new", "w") as file:
        json.dump((sha, count), file)
    os.rename(REACHED + ".new", REACHED)


class Update(update.Update):
    """One new interpreter under way."""

    async def run(self) -> None:
        """Fetch, check what lies in the slot, and let it have the next start. Raises Failed."""
        order, slot = self.order, other_slot()
        buffer = bytearray(_BLOCK_BYTES)
        for _ in range(update.TRIES):
            await self._fill(slot, buffer)
            if await self._digest(slot, buffer) == order["sha"]:
                break
            reach(order["sha"], 0)
        else:
            raise Failed("hash")
        try:
            interpreter.choose(slot, order)
        except OSError:
            raise Failed("image")
        forget()
        os.remove(REACHED)

    async def _fill(self, slot, buffer: bytearray) -> None:
        """Write the blocks that are missing."""
        sha, size, view = self.order["sha"], self.order["size"], memoryview(buffer)
        for number in range(reached(sha), -(-size // _BLOCK_BYTES)):
            start = number * _BLOCK_BYTES
            count = min(_BLOCK_BYTES, size - start)
            for at in range(0, count, update.PIECE_BYTES):
                wanted = min(update.PIECE_BYTES, count - at)
                await self._take(sha, start + at, view[at : at + wanted])
            for at in range(count, _BLOCK_BYTES):
                buffer[at] = 0xFF
            if number == 0 and buffer[12:14] != chip():
                raise Failed("chip")
            slot.writeblocks(number, buffer)
            reach(sha, number + 1)

    async def _take(self, sha: str, start: int, place: memoryview) -> None:
        """Have these bytes of the image in this place; a piece may be shorter than it was asked for."""
        have = 0
        for _ in range(_TAKES):
            piece = await self._ask(sha, start + have, len(place) - have)
            if len(piece) > len(place) - have:
                break
            place[have : have + len(piece)] = piece
            have += len(piece)
            self.fetched += len(piece)
            self.pieces += 1
            if have == len(place):
                return
        raise Failed("malformed")

    async def _digest(self, slot, buffer: bytearray) -> str:
        """The SHA-256 of the image as it lies in the slot, read in steps."""
        found, view, left, number = hashlib.sha256(), memoryview(buffer), self.order["size"], 0
        while left > 0:
            slot.readblocks(number, buffer)
            found.update(view[: min(left, _BLOCK_BYTES)])
            left -= _BLOCK_BYTES
            number += 1
            await asyncio.sleep_ms(0)
        return found.digest().hex()
