"""The two pins of an ultrasonic sensor: a pulse on one makes edges on the other, at their microsecond.

A process is never interrupted in time. So while the firmware's handler runs, the clock that it looks at says the edge's moment.
"""

import asyncio
import sys
import time

_listening = {}


class Moment:
    """A clock that stands at one microsecond."""

    def __init__(self, at_us: int):
        self._at_us = at_us

    def ticks_us(self) -> int:
        """That microsecond."""
        return self._at_us

    def ticks_diff(self, later: int, earlier: int) -> int:
        """Over the wrap of the counter, as the real one."""
        return time.ticks_diff(later, earlier)


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
    rose_us = time.ticks_add(time.ticks_us(), after_us)
    await asyncio.sleep_ms(1)
    _edge(model, handler, rose_us, 1)
    if lasts_us > 0:
        await asyncio.sleep_ms(lasts_us // 1000)
        _edge(model, handler, time.ticks_add(rose_us, lasts_us), 0)


def _edge(model, handler, at_us: int, level: int) -> None:
    model.high = level
    module = sys.modules["girouette.echo"]
    clock, module.time = module.time, Moment(at_us)
    handler()
    module.time = clock
