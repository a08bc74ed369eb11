"""The wire between a virtual board and its tools: what stands at the board's end, and the ports at the other.

At the board's end is now MicroPython, now the chip's bootloader, now a chip that finds nothing to start. Who it is changes at
a reset; the ports stay.
"""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from devices.virtual.ports import Port

LOOK_S = 0.2
MOST_BYTES = 1 << 20


class Speaker(Protocol):
    """What is at the board's end."""

    def fileno(self) -> int | None:
        """What is to be waited for; None where it speaks by the clock only."""

    def hear(self, typed: bytes) -> None:
        """This was typed."""

    def say(self) -> bytes | None:
        """What it says now, perhaps nothing; None where it has ended."""

    def stop(self) -> None:
        """Cut its power."""


class Wire:
    """Carries bytes between a board and its ports, in a thread of its own.

    `listen(typed)` may keep what is typed from the speaker, by returning less; `hears(said)` is told what it says; `left(port)` is called where a tool has left a
    port, `ended()` where the speaker has: it has to `put` another one.
    """

    def __init__(
        self,
        ports: Sequence[Port],
        *,
        listen: Callable[[bytes], bytes],
        hears: Callable[[bytes], None],
        left: Callable[[Port], None],
        ended: Callable[[], None],
    ) -> None:
        self.ports = list(ports)
        self.lock = threading.RLock()
        self._listen, self._hears, self._left, self._ended = listen, hears, left, ended
        self._speaker: Speaker | None = None
        self._over = False
        self._woken, self._waking = os.pipe()
        self._thread = threading.Thread(target=self._run, name="wire of a virtual board", daemon=True)

    def start(self) -> None:
        """Begin to carry."""
        self._thread.start()

    def close(self) -> None:
        """Cut the speaker's power and take the ports away."""
        with self.lock:
            self._over = True
            self.wake()
        self._thread.join()
        self.put(None)
        for port in self.ports:
            port.close()
        os.close(self._woken)
        os.close(self._waking)

    def put(self, speaker: Speaker | None) -> None:
        """From now on this one is at the board's end; the power of the other is cut."""
        with self.lock:
            if self._speaker is not None:
                self._speaker.stop()
            self._speaker = speaker
            self.wake()

    def replace(self, ports: Sequence[Port]) -> None:
        """Take the ports away, and give the board these."""
        with self.lock:
            for port in self.ports:
                port.close()
            self.ports = list(ports)
            self.wake()

    def wake(self) -> None:
        """Look anew at what there is to be waited for."""
        os.write(self._waking, b"!")

    def say(self, said: bytes) -> None:
        """Give this to whoever listens on a port."""
        self._hears(said)
        for port in self.ports:
            port.say(said)

    def _run(self) -> None:
        while not self._over:
            with self.lock:
                speaker, ports = self._speaker, list(self.ports)
                of = {fileno: port for port in ports for fileno in port.filenos()}
                voice = speaker.fileno() if speaker is not None else None
            ready = waited_for([*of, self._woken, *([] if voice is None else [voice])])
            if self._woken in ready:
                os.read(self._woken, 4096)
            with self.lock:
                if self._speaker is not speaker or self.ports != ports or self._over:
                    continue  # what was waited for may be closed
                if speaker is not None and (voice is None or voice in ready):
                    self._carry_out(speaker)
                for fileno in ready:
                    if fileno in of:
                        self._carry_in(of[fileno])

    def _carry_out(self, speaker: Speaker) -> None:
        said = speaker.say()
        if said is None:
            self._ended()
        elif said:
            self.say(said)

    def _carry_in(self, port: Port) -> None:
        typed = port.hear()
        if typed is None:
            self._left(port)
        elif typed:
            typed = self._listen(typed)
            if typed and self._speaker is not None:
                self._speaker.hear(typed)


def waited_for(filenos: list[int]) -> list[int]:
    """Those of them that something has come from; none where one was closed meanwhile."""
    try:
        return select.select(filenos, [], [], LOOK_S)[0]
    except OSError:  # EBADF
        return []


def remember(heard: bytearray, said: bytes) -> None:
    """Add to what was heard, and forget what is too long ago."""
    heard += said
    del heard[:-MOST_BYTES]
