"""Whom the board trusts when it speaks TLS: the town's own authorities, the broker's name, and a date to judge certificates by.

Loaded only where the configuration names anchors; `judging` is loaded for the moment in which it is needed.
"""

import ssl
import time

from micropython import const

import slots

KEEP_S = 86400
_NTP_FIRST_MS = const(10000)
"""So long a time server has the first word; then the broker is tried with the date that the board has."""


class Trust:
    """What a connection needs, and what became of the last one."""

    def __init__(self, config, clock):
        self.name: str | None = config.tls_name
        self.port: int | None = config.tls_port
        self.failing = False
        """Is the broker refused now?"""
        self._anchors: list[str] = config.anchors
        self._clock = clock
        self._waits = bool(config.ntp)
        self._since: int | None = None
        self._context = None
        self.refused, self._kept_s = judged("begin", config.trusted_since)
        """`refused` says why the broker was refused last, in this start or the ones before it."""
        clock.on_learnt = self._learnt

    def ready(self) -> bool:
        """May the broker be called now that the network is there? A time server is waited for, but not for long."""
        if self._clock.known or not self._waits:
            return True
        if self._since is None:
            self._since = time.ticks_ms()
        self._waits = time.ticks_diff(time.ticks_ms(), self._since) < _NTP_FIRST_MS
        return not self._waits

    def context(self) -> ssl.SSLContext:
        """What connections are made with: every certificate must come from one of the anchors."""
        if self._context is None:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            self._context.verify_mode = ssl.CERT_REQUIRED
            for name in judged("files", self._anchors):
                self._context.load_verify_locations(cadata=judged("content", name))  # each call adds one
        return self._context

    def explain(self, error: Exception) -> str:
        """What to say of a connection that did not come about; where the broker was refused, the word is kept."""
        word = judged("explain", error, self.refused)
        if word is None:
            return str(error) or type(error).__name__
        self.failing, self.refused = True, word
        return "tls: " + word

    def accepted(self) -> None:
        """The broker is who it should be."""
        self.failing = False
        if self.refused is not None:
            judged("forget")

    def _learnt(self, unix_s: int) -> None:
        keeps = not 0 <= unix_s - self._kept_s < KEEP_S
        judged("learn", unix_s, keeps)
        if keeps:
            self._kept_s = unix_s


def judged(what: str, *given):
    """What `judging` says to this."""
    from girouette import judging

    told = getattr(judging, what)(*given)
    slots.unload("girouette.judging")
    return told
