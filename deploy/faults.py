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

from devices.refusal import SpokenError
from devices.words import say

DONE, REFUSED, USAGE, AWAY, INTERRUPTED = 0, 1, 2, 3, 130
TRANSIENT = {errno.ENOSPC, errno.EDQUOT, errno.ECONNREFUSED, errno.ECONNRESET, errno.ETIMEDOUT, errno.EHOSTUNREACH}
"""What the system says of something that may answer later."""


EXPECTED = (SpokenError, OSError)
"""What the rooms refuse with, and what the system does."""


class CommandError(SpokenError):
    """A command cannot do it; `code` is the exit code."""

    words = "commands"

    def __init__(self, key: str, /, *, code: int = REFUSED, **values: object) -> None:
        super().__init__(key, **values)
        self.code = code


def exit_code(error: SpokenError | OSError) -> int:
    """The exit code that an expected error earns; whose it is, is looked at only once something was raised."""
    from gateway.registry import RegistryAway
    from gateway.store.port import StoreAway, StoreFull

    if isinstance(error, CommandError):
        return error.code
    if isinstance(error, OSError):
        return AWAY if error.errno in TRANSIENT else REFUSED
    return AWAY if isinstance(error, RegistryAway | StoreAway | StoreFull) else REFUSED


def sentence(error: SpokenError | OSError, lang: str) -> str:
    """What the person reads, in their language but for what the system says."""
    if isinstance(error, SpokenError):
        return error.said(lang)
    return say("commands.system", lang, where=error.filename or "?", why=error.strerror or error)
