"""The two pins of an ultrasonic sensor: a pulse on one makes edges on the other, at their microsecond.

In virtual time the handler is shown that microsecond on the clock; in real time it is waited for, which holds the process as no
interrupt would.
"""

import asyncio
import time

_listening = {}


def listen(model, handler) -> None:
    """Call the handler at each edge of this model's answer."""
    _listening[model] = handler


def ask(model) -> None:
    """The trigger has fallen: the answer rises and falls in a task of its own."""
    if model in _listening:
        asyncio.create_task(_answer(model, _listening[model]))


async def _answer(model, handler) -> None:
    answer = model.answer()
    if answer is None:
        return
    after_us, lasts_us = answer
    await asyncio.sleep_ms(1)
    rose = time.ticks_add(time.ticks_us(), after_us)
    _edge(model, handler, rose, 1)
    if lasts_us > 0:
        await asyncio.sleep_ms(max(0, lasts_us // 1000 - 2) if not hasattr(time, "advance") else lasts_us // 1000)
        _edge(model, handler, time.ticks_add(rose, lasts_us), 0)


def _edge(model, handler, at_us: int, level: int) -> None:
    while not hasattr(time, "advance") and time.ticks_diff(at_us, time.ticks_us()) > 0:
        pass
    model.high = level
    if not hasattr(time, "advance"):
        handler()
        return
    clock = time.ticks_us
    time.ticks_us = lambda: at_us
    handler()
    time.ticks_us = clock
