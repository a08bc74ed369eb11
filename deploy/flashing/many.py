"""A workshop's boards: each taken as it is plugged in, several at once, each its own device; a line for each in a table."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deploy.faults import EXPECTED
from deploy.flashing.flash import Done, Workbench, flash
from deploy.flashing.ports import Lister, Port
from devices.refusal import SpokenError

if TYPE_CHECKING:
    from deploy.flashing.wish import Wish

LOOK_S = 0.3
AT_ONCE = 8
"""Boards that are written at the same time; a hub gives no more current, and a person has two hands."""


@dataclass(slots=True)
class Row:
    """One board's line."""

    port: Port
    step: str = "look"
    share: float = 0.0
    done: Done | None = None
    error: SpokenError | OSError | None = None

    @property
    def over(self) -> bool:
        """Is nothing more to be expected of it?"""
        return self.done is not None or self.error is not None


@dataclass(slots=True)
class Room:
    """All boards that were plugged in, in the order in which they came."""

    wish: Wish
    bench: Workbench
    rows: list[Row] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)

    @property
    def busy(self) -> list[Row]:
        """The boards that are under way."""
        return [row for row in self.rows if not row.over]

    @property
    def finished(self) -> list[Row]:
        """Those that are done, or failed."""
        return [row for row in self.rows if row.over]

    def take(self, port: Port) -> Row:
        """Begin with a board, beside the others."""
        row = Row(port)
        self.rows.append(row)
        self._threads.append(threading.Thread(target=self._flash, args=(row,), name=f"flash {port.path}"))
        self._threads[-1].start()
        return row

    def wait(self) -> None:
        """Until no board is under way."""
        for thread in self._threads:
            thread.join()

    def _flash(self, row: Row) -> None:
        def speak(step: str, share: float) -> None:
            row.step, row.share = step, share

        try:
            row.done = flash(row.port, self.wish, self.bench, speak)
        except EXPECTED as e:
            row.error = e


def place_of(port: Port) -> str:
    """By what a board is the same one while it restarts: its place on the bus, or its port where it has none."""
    return port.where or port.path


def take_all(
    room: Room, lister: Lister, *, count: int | None, look: Callable[[Sequence[Row]], object] = lambda _rows: None
) -> None:  # fmt: skip
    """Take boards as they come until so many were taken, or until Ctrl-C; those that are under way are finished.

    A board that is done, or failed, is taken again once it was unplugged: the same plug serves one after the other.
    """
    taken: set[str] = set()
    try:
        while count is None or len(room.rows) < count or room.busy:
            there = {place_of(port): port for port in lister()}
            busy = {place_of(row.port) for row in room.busy}
            taken &= there.keys() | busy
            for place in sorted(there.keys() - taken):
                if (count is None or len(room.rows) < count) and len(room.busy) < AT_ONCE:
                    room.take(there[place])
                    taken.add(place)
            look(room.rows)
            time.sleep(LOOK_S)
    except KeyboardInterrupt:
        pass
    room.wait()
    look(room.rows)
