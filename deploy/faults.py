"""How a command fails: one sentence that says what to do, and an exit code that means something.

| code | meaning |
|---|---|
| 0 | done |
| 1 | refused: what was asked does not fit; asking again changes nothing |
| 2 | usage: the command line is not one of ours |
| 3 | away: a store, a broker, a device or a disk does not answer; it may later |
| 130 | interrupted |
"""

from __future__ import annotations

import errno

from devices.words import say

DONE, REFUSED, USAGE, AWAY, INTERRUPTED = 0, 1, 2, 3, 130
TRANSIENT = {errno.ENOSPC, errno.EDQUOT, errno.ECONNREFUSED, errno.ECONNRESET, errno.ETIMEDOUT, errno.EHOSTUNREACH}
"""What the system says of something that may answer later."""


class CommandError(Exception):
    """A command cannot do it; `said(lang)` is the sentence, `code` the exit code."""

    def __init__(self, key: str, /, *, code: int = REFUSED, **values: object) -> None:
        super().__init__(say(f"commands.{key}", "en", **values))
        self.code = code
        self._key = key
        self._values = values

    def said(self, lang: str) -> str:
        """The sentence in a language."""
        return say(f"commands.{self._key}", lang, **self._values)


def expected() -> tuple[type[Exception], ...]:
    """What the rooms refuse with, imported only once something was raised."""
    from devices.refusal import RefusalError
    from gateway.registry import RegistryError
    from gateway.store.port import StoreError

    return (CommandError, RefusalError, RegistryError, StoreError, OSError)


def exit_code(error: Exception) -> int:
    """The exit code that an expected error earns."""
    from gateway.registry import RegistryAway
    from gateway.store.port import StoreAway, StoreFull

    if isinstance(error, CommandError):
        return error.code
    if isinstance(error, OSError):
        return AWAY if error.errno in TRANSIENT else REFUSED
    return AWAY if isinstance(error, RegistryAway | StoreAway | StoreFull) else REFUSED


def sentence(error: Exception, lang: str) -> str:
    """What the person reads: in their language where the error knows it."""
    from devices.refusal import RefusalError

    if isinstance(error, CommandError | RefusalError):
        return error.said(lang)
    if isinstance(error, OSError):
        return say("commands.system", lang, where=error.filename or "?", why=error.strerror or error)
    return str(error)
