"""Waiting in virtual time: whoever is ready is told at once; else time jumps to the next moment at which something is due."""

import time

from script import the_script

POLLIN, POLLOUT, POLLERR, POLLHUP = 1, 4, 8, 16


class poll:
    """Sockets that somebody waits for."""

    def __init__(self):
        self._waited = {}

    def register(self, door, what: int) -> None:
        """Wait for this socket too."""
        if hasattr(door, "ready"):  # at the console nobody types
            self._waited[id(door)] = (door, what)

    modify = register

    def unregister(self, door) -> None:
        """Wait for it no longer."""
        del self._waited[id(door)]

    def poll(self, patience_ms: int) -> list:
        """As `ipoll`."""
        return list(self.ipoll(patience_ms))

    def ipoll(self, patience_ms: int):
        """Those that are ready after at most so long; a script's next line comes no later than its time."""
        the_script.perform()
        ready = [(door, now) for door, now in [(d, d.ready() & what) for d, what in self._waited.values()] if now]
        if not ready and patience_ms:
            soon = [door.due_ms() for door, _ in self._waited.values() if hasattr(door, "due_ms")]
            if soon:
                patience_ms = min(soon) if patience_ms < 0 else min(patience_ms, min(soon))
            time.advance(the_script.until_next(patience_ms))
        return ready
