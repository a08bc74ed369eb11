"""The watchdog is fed only when every task has checked in; each task's longest step is measured on the way."""

import asyncio
import time

GRACE_MS = 5000


class Timed:
    """A coroutine that tells how long each of its steps held the event loop."""

    def __init__(self, name: str, coroutine, watchdog: "Watchdog"):
        self._name = name
        self._coroutine = coroutine
        self._watchdog = watchdog

    def send(self, value):
        """Run one step."""
        began = time.ticks_us()
        try:
            return self._coroutine.send(value)
        finally:
            self._watchdog.stepped(self._name, time.ticks_diff(time.ticks_us(), began))

    def throw(self, error, *more):
        """Let the coroutine end, as a cancelled task does."""
        return self._coroutine.throw(error, *more)

    def close(self) -> None:
        """Forget the coroutine."""
        self._coroutine.close()


class Watchdog:
    """Knows every task of the board, when it last checked in, and who held the loop longest."""

    def __init__(self, limit_ms: int):
        self._limit_ms = limit_ms
        self._seen: dict[str, int] = {}
        self.longest_us = 0
        self.longest_task = ""

    def spawn(self, name: str, coroutine) -> asyncio.Task:
        """Start a coroutine as a task whose steps are measured."""
        return asyncio.create_task(Timed(name, coroutine, self))  # pyright: ignore[reportArgumentType]

    def watch(self, name: str):
        """The function by which this task checks in; from now on the board restarts when it does not."""
        self._seen[name] = time.ticks_ms()

        def beat() -> None:
            self._seen[name] = time.ticks_ms()

        return beat

    def stepped(self, name: str, took_us: int) -> None:
        """Remember the longest step since the last health report."""
        if took_us > self.longest_us:
            self.longest_us, self.longest_task = took_us, name

    def late(self) -> list[str]:
        """The tasks that have not checked in for too long."""
        now = time.ticks_ms()
        return [name for name, seen in self._seen.items() if time.ticks_diff(now, seen) > self._limit_ms]

    async def run(self, feed) -> None:
        """Feed the machine's watchdog each second, as long as nobody is late."""
        told = False
        while True:
            late = self.late()
            if not late:
                feed()
            elif not told:
                told = True
                print("# late, the board will restart:", ", ".join(late))
            await asyncio.sleep_ms(1000)
