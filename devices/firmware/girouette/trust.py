"""Whom the board trusts when it speaks TLS: the town's own authorities, the broker's name, and a date to judge certificates by.

Loaded only where the configuration names anchors. The chip's own clock is set for certificates alone: no sample is dated by it.
"""

import errno
import os
import ssl
import time

import machine

import slots

DATE = "date.txt"
"""The last date that somebody told, kept once a day: without a time server it is what certificates are judged by."""
REFUSED = "tls.txt"
"""Why the broker was refused last: kept over a restart until it is trusted again."""
KEEP_S = 86400
NTP_FIRST_MS = 10000
"""So long a time server has the first word; then the broker is tried with the date that the board has."""
EPOCH_S = 0 if time.gmtime(0)[0] == 1970 else 946684800
"""Unix seconds at which `time` begins here: the epoch is 2000 on an ESP32."""
WORDS = (
    ("signed", "unknown-authority"),
    ("expired", "expired"),
    ("future", "not-yet"),
    ("(CN)", "wrong-name"),
)
"""What Mbed TLS says of a certificate, and our word for it. Of a stranger's certificate nothing else is worth saying."""
GONE = -0x7280
"""MBEDTLS_ERR_SSL_CONN_EOF: the other side hung up."""


class Trust:
    """What a connection needs, and what became of the last one."""

    def __init__(self, config, clock):
        self.name: str | None = config.tls_name
        self.port: int | None = config.tls_port
        self.refused: str | None = recall(REFUSED)
        """Why the broker was refused last, of this start or the ones before it."""
        self.failing = False
        """Is it refused now?"""
        self._anchors: list[str] = config.anchors
        self._clock = clock
        self._waits = bool(config.ntp)
        self._since: int | None = None
        self._context = None
        self._kept_s = int(recall(DATE) or 0)
        floor_s = max(config.trusted_since, self._kept_s)
        if time.time() + EPOCH_S < floor_s:
            set_chip(floor_s)
        clock.on_learnt = self._learnt

    def ready(self) -> bool:
        """May the broker be called now that the network is there? A time server is waited for, but not for long."""
        if self._clock.known or not self._waits:
            return True
        if self._since is None:
            self._since = time.ticks_ms()
        self._waits = time.ticks_diff(time.ticks_ms(), self._since) < NTP_FIRST_MS
        return not self._waits

    def context(self) -> ssl.SSLContext:
        """What connections are made with: every certificate must come from one of the anchors."""
        if self._context is None:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            self._context.verify_mode = ssl.CERT_REQUIRED
            for path in self._anchors:
                with open(slots.path(path), "rb") as file:
                    self._context.load_verify_locations(cadata=file.read())  # each call adds one
        return self._context

    def explain(self, error: Exception) -> str:
        """What to say of a connection that did not come about; where the broker was refused, the word is kept."""
        word = word_of(error)
        if word is None:
            return str(error) or type(error).__name__
        self.failing = True
        if word != self.refused:
            self.refused = word
            keep(REFUSED, word)
        return "tls: " + word

    def accepted(self) -> None:
        """The broker is who it should be."""
        if self.failing or recall(REFUSED):
            forget(REFUSED)
        self.failing = False

    def _learnt(self, unix_s: int) -> None:
        set_chip(unix_s)
        if not 0 <= unix_s - self._kept_s < KEEP_S:
            self._kept_s = unix_s
            keep(DATE, str(unix_s))


def word_of(error: Exception) -> str | None:
    """Why TLS did not come about: one word, or None where the reason is another."""
    if isinstance(error, ValueError):
        for said, word in WORDS:
            if said in str(error):
                return word
        return "refused"
    code = error.errno if isinstance(error, OSError) and isinstance(error.errno, int) else 0
    if code == errno.ENOMEM:
        return "memory"
    return "refused" if code < -255 and code != GONE else None


def set_chip(unix_s: int) -> None:
    """Set the chip's own clock, which Mbed TLS asks."""
    year, month, day, hour, minute, second, weekday, _ = time.gmtime(unix_s - EPOCH_S)[:8]
    before = time.time()
    machine.RTC().datetime((year, month, day, weekday, hour, minute, second, 0))
    if machine.RTC().memory():  # how long a board on a battery has slept is told by this clock
        from girouette import nap

        nap.moved(time.time() - before)


def recall(path: str) -> str | None:
    """What was kept in this file, or None; a date that is torn is none."""
    try:
        with open(path) as file:
            told = file.read(32)
    except (OSError, ValueError):
        return None
    return None if path == DATE and not told.isdigit() else told or None


def keep(path: str, told: str) -> None:
    """Replace what was kept; where the disk refuses, it is done without."""
    try:
        with open(path + ".new", "w") as file:
            file.write(told)
        os.rename(path + ".new", path)
    except OSError as error:
        print("#", path, "not kept:", error)


def forget(path: str) -> None:
    """Keep it no longer."""
    try:
        os.remove(path)
    except OSError:
        pass  # it was in memory only
