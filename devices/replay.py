"""A replay of a board where no MicroPython interpreter exists: the same firmware files, run by CPython. A stand-in.

The wire, the console and the files on disk are the same; what it cannot show is memory, the interpreter's own limits, the
length of the loop's steps, and a network that falls silent (a replayed board that goes offline closes its connection).
It is run as a script in the board's `flash/` folder, with the simulator's folder as its argument.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
import traceback
from collections.abc import Awaitable, Coroutine
from pathlib import Path
from types import ModuleType
from typing import Any

TICKS = 1 << 30
"""The period of a board's millisecond counter."""


def ticks_diff(later: int, earlier: int) -> int:
    """The distance between two tick counts, over a wrap too.

    >>> ticks_diff(5, (1 << 30) - 5)
    10
    """
    return (later - earlier + TICKS // 2) % TICKS - TICKS // 2


def dress_time(module: Any = time) -> None:
    """Give CPython's `time` the functions that a board has."""
    module.ticks_ms = lambda: time.monotonic_ns() // 1_000_000 % TICKS
    module.ticks_us = lambda: time.monotonic_ns() // 1_000 % TICKS
    module.ticks_diff = ticks_diff
    module.ticks_add = lambda ticks, more: (ticks + more) % TICKS


def dress_asyncio(module: Any = asyncio) -> None:
    """Give CPython's `asyncio` the functions that a board has."""
    create = asyncio.create_task

    async def wait_for_ms(waited: Awaitable[Any], patience_ms: int) -> Any:
        return await asyncio.wait_for(waited, patience_ms / 1000)

    def create_task(coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        inside: Coroutine[Any, Any, Any] = getattr(coroutine, "_coroutine", coroutine)
        return create(inside)  # the board measures its steps by a wrapper, which CPython would not run

    module.sleep_ms = lambda ms: asyncio.sleep(ms / 1000)
    module.wait_for_ms = wait_for_ms
    module.create_task = create_task


def dress_rest() -> None:
    """The remaining differences: constants, memory, the traceback printer."""
    micropython, umachine = ModuleType("micropython"), ModuleType("umachine")
    micropython.const = lambda value: value  # type: ignore[attr-defined]
    micropython.opt_level = micropython.kbd_intr = lambda _: None  # type: ignore[attr-defined]
    sys.modules |= {"micropython": micropython, "umachine": umachine}
    board_gc: Any = gc
    board_gc.mem_free = board_gc.mem_alloc = lambda: 0
    board_gc.threshold = lambda _amount: None
    board_sys: Any = sys
    board_sys.print_exception = traceback.print_exception


def tell_time() -> None:
    """Let the firmware's question to a time server be answered by this machine's clock: nothing leaves it."""
    sntp: Any = __import__("girouette.sntp", fromlist=["ask"])
    world: Any = __import__("world")

    async def ask(host: str) -> int:
        if world.the_world.no_clock():
            raise OSError(f"{host}: no answer")
        return time.time_ns() // 1_000_000

    sntp.ask = ask


def main() -> int:
    """Run the board whose disk is the current folder, until an exit that is not a reset."""
    sys.path.insert(0, str(Path(__file__).parent.parent))
    from devices.interpreter import REBOOT, die_with_parent, start_again

    die_with_parent()
    sys.stdout.write("# replay: firmware run by CPython, no MicroPython interpreter was found\n")
    dress_time()
    dress_asyncio()
    dress_rest()
    sys.path[:2] = [str(Path.cwd()), sys.argv[1]]
    tell_time()
    try:
        __import__("boot")
        __import__("main")
    except SystemExit as ended:
        if ended.code == REBOOT:
            start_again()
        return int(ended.code or 0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
