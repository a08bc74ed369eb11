"""A thread that does what must not hold the event loop, and does it again while what it writes to is full or away."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import structlog

from gateway.store.port import StoreAway, StoreFull

BACK_OFF_S = (0.2, 5.0)
"""The pause between two attempts doubles from the first to the second."""

log = structlog.get_logger()
T = TypeVar("T")


class Patience:
    """One thread, in which things are done one after another."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._pool = ThreadPoolExecutor(1, name)
        self.fault: str | None = None
        """Why the newest attempt failed, None when it did not."""

    async def once(self, what: Callable[[], T]) -> T:
        """What it gives or raises."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, what)

    async def until_done(self, what: Callable[[], T]) -> T:
        """What it gives at last: StoreAway and StoreFull are waited out, everything else is raised."""
        pause_s, most_s = BACK_OFF_S
        while True:
            try:
                given = await self.once(what)
            except (StoreAway, StoreFull) as e:
                self._note(str(e))
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, most_s)
            else:
                self._note(None)
                return given

    def close(self) -> None:
        """Wait for what is being done, and end the thread."""
        self._pool.shutdown()

    def _note(self, fault: str | None) -> None:
        """Remember it, and log when it changes."""
        if fault is not None and fault != self.fault:
            log.warning("gateway.waits", thread=self._name, reason=fault)
        elif fault is None and self.fault is not None:
            log.info("gateway.goes_on", thread=self._name)
        self.fault = fault
