"""The way to a real gateway, which runs in the test's own process: two pipes, in step with virtual time.

The board's side says `[ms, "says", channel, text]` for each message, `[ms, "joined"]` when its subscriptions stand, and
`[ms, "second"]` once a second while an answer may be due; the last two are answered by one line, `[owed, [channel, text], ...]`,
of what the gateway says now, and whether it may say more without being spoken to.
"""

import json

from broker import the_broker
from script import the_script


class Bridge:
    """The gateway, as the board's broker meets it."""

    def __init__(self, reads: int, writes: int):
        self._in = open("/dev/fd/%d" % reads)
        self._out = open("/dev/fd/%d" % writes, "w")
        self._owed = True
        self._ended = False

    def hear(self, channel: str, payload: bytes) -> None:
        """A message of the board."""
        self._owed = True
        self._tell("says", channel, payload.decode())

    def joined(self) -> None:
        """The board's subscriptions stand: it is given what the broker retains."""
        self._ask("joined")

    def tick(self) -> None:
        """A second has passed."""
        if self._owed:
            self._ask("second")

    def tell_end(self, why: str) -> None:
        """The board loses its power."""
        self._tell("ends", why)
        self._ended = True

    def _tell(self, *what) -> None:
        if not self._ended:
            self._out.write(json.dumps([the_script.now_ms()] + list(what)) + "\n")

    def _ask(self, what: str) -> None:
        self._tell(what)
        if self._ended:
            return
        self._owed, *said = json.loads(self._in.readline())
        for channel, text in said:
            the_broker.say(channel, text.encode())
