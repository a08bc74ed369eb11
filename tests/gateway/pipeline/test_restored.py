"""A gateway whose file was restored does not run as if nothing had happened, however fast the boards speak."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from gateway.store.backup import back_up, restore
from gateway.takeover import TakeoverError

pytestmark = pytest.mark.slow
"""Over a real broker, which takes its time: not for the loop."""


def test_samples_that_boards_forgot_are_told_before_new_ones_are_kept(
    mosquitto: int, town: Any, boards: Any, pack_of: Callable[..., Any], until: Callable[..., None]
) -> None:
    """A board that speaks at once, with a `lo` beyond what was lost, does not hide it; refused until adopted, and never again.

    The other board says nothing any more: what it lost was adopted too.
    """
    start_s, backup = int(time.time()) - 3600, town.file.with_name("monday.sqlite")

    async def run(*, adopt: bool = False, saying: Callable[[], None] = lambda: None) -> None:
        async with town.gateway(mosquitto, adopt=adopt):
            await asyncio.to_thread(saying)

    def say(sq: int) -> None:
        for device in town.devices:
            boards.say(device, pack_of(device, sq, [15.0, 15.5, 16.0], time_s=start_s + sq, lo=sq))
            until(lambda device=device: boards.kept(device).get("sq") == sq + 2, what="a receipt")

    asyncio.run(run(saying=lambda: (say(1), back_up(town.file, backup), say(4))[0]))
    town.registry.close()
    restore(backup, town.file)
    boards.say("air-0", pack_of("air-0", 7, [16.5], time_s=start_s + 7, lo=7))

    for _ in range(2):
        with pytest.raises(TakeoverError, match="6 samples"):
            asyncio.run(run())
    asyncio.run(run(adopt=True, saying=lambda: until(lambda: boards.kept("air-0")["sq"] == 7, what="the next receipt")))
    asyncio.run(run())
    with town.journal() as journal:
        assert {(lost.device, lost.first, lost.last) for lost in journal.lost()} == {("air-0", 4, 6), ("air-1", 4, 6)}
