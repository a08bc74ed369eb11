"""Opens the ways in by which somebody gives the board a network, for as long as one of them is needed (ways.py).

A small board has no room for them all the time, and while it connects for the first time none to spare.
"""

import asyncio
import gc

from micropython import const

import slots

LISTEN_S = 10
"""After each start the console is listened to for so long, even where all is well."""
LONGEST_PAUSE_S = 21600
_OTHERS_WORDS = const(6144)
"""Words of memory (24 KiB on a chip) that stay for drivers, TLS and the rest while the ways in are loaded."""
AGAIN_S = 5


class Doors:
    """Whether somebody can come in now."""

    def __init__(self, board, *, woken: bool = False):
        """`woken`: the board was only asleep, and nobody is there."""
        self._board = board
        self.woken = woken
        self.listens_s = 0 if woken else LISTEN_S
        self._ways = None
        self._due_s = 0

    @property
    def busy(self) -> bool:
        """Is somebody giving the board a network?"""
        return self._ways is not None and self._ways.busy

    async def run(self, beat) -> None:
        """Never returns."""
        while True:
            beat()
            if self._ways is None and self._needed():
                self._load()
            if self._ways is not None and await self._ways.over():
                self._ways = None
                forget("ways")
            await asyncio.sleep_ms(500)

    def _needed(self) -> bool:
        board, now_s = self._board, self._board.uptime.s()
        well = board.link.works and board.client.online
        return now_s >= self._due_s and (now_s < self.listens_s or not well)

    def _load(self) -> None:
        """Where there is no room for it now, there may be later."""
        self._due_s = self._board.uptime.s() + AGAIN_S
        self._ways = loaded("ways", "Ways", self._board, self)
        if self._ways is None:
            forget("ways")


def loaded(name: str, kind: str, *given, room: int = _OTHERS_WORDS):
    """One of our objects, whose module is loaded for it; None where so many words of memory do not stay free beside it.

    What was held free is free again before anything else is done.
    """
    gc.collect()
    try:
        held = [None] * room
        made = getattr(__import__("girouette." + name, None, None, (kind,)), kind)(*given)
        del held
        return made
    except MemoryError:
        return None


def forget(*names: str) -> None:
    """These modules of ours are not needed any more."""
    for name in names:
        slots.unload("girouette." + name)
    gc.collect()
