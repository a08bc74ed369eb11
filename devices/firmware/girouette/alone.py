"""A board that cannot say who it is, or what it is to do: its light asks for somebody, its console says what to do and listens."""

import asyncio

import machine

from micropython import const

from girouette.improv import Improv
from girouette.led import Led
from girouette.net import Link

_TELL_S = const(60)
_WATCHDOG_MS = const(30000)


async def wait(why, led: Led, for_s: int) -> None:
    """Ask for somebody for so long."""
    feed = machine.WDT(timeout=_WATCHDOG_MS).feed
    led.pattern = "needs-you"
    link = Link([])
    works = led.run(nothing), link.run(nothing), Improv(link, None).run(lambda: False)
    tasks = [asyncio.create_task(work) for work in works]
    for second in range(for_s):
        if second % _TELL_S == 0:
            print("# waiting:", why)
        feed()
        await asyncio.sleep_ms(1000)
    for task in tasks:
        task.cancel()


def nothing() -> None:
    """Nobody watches over these tasks."""


def run(why, led: int | None = None, rgb: int | None = None, for_s: int = 1800) -> None:
    """Wait for a person, with the light that hangs on these pins; whoever called starts the board anew then."""
    asyncio.run(wait(why, Led(led, rgb), for_s))
