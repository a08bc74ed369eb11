"""Improv serial, version 1, from the side of who holds the cable: asks a board who it is and what it hears, and gives it networks.

The protocol is that of improv-wifi.com/serial, nothing of our own in it; the board's side is `devices/firmware/girouette/improv.py`.
Frames come between the lines of the board's log, each on a line of its own.

SpokenError
└── ImprovError   the board does not answer, or refuses; the sentence says what to do
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from devices.refusal import SpokenError

HEAD = b"IMPROV\x01"
STATE, ERROR, COMMAND, RESULT = 1, 2, 3, 4
SETTINGS, CURRENT, INFO, SCAN = 1, 2, 3, 4
PROVISIONED = 4
INVALID, UNKNOWN, UNABLE = 1, 2, 3
LONGEST_LINE = 4096
ANSWER_S, SCAN_S, JOIN_S = 2.0, 15.0, 25.0
"""How long a board takes at most: to answer, to listen on all channels, to join (devices/firmware/girouette/net.py: 15 s)."""


class ImprovError(SpokenError):
    """The board does not answer, or refuses."""

    words = "wifi"


class Line(Protocol):
    """The cable, as pyserial opens it: `read` waits a little and may give nothing."""

    def read(self, size: int = 1, /) -> bytes:
        """Up to so many bytes."""
        ...

    def write(self, content: bytes, /) -> int | None:
        """Send all of it."""
        ...


@dataclass(frozen=True, slots=True)
class Frame:
    """One message: what it is, and its content."""

    kind: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Board:
    """Who answers."""

    firmware: str
    version: str
    chip: str
    device: str


@dataclass(frozen=True, slots=True)
class Heard:
    """A network that the board hears."""

    ssid: str
    dbm: int
    closed: bool
    """Does it want a key?"""


def frame(kind: int, content: bytes) -> bytes:
    """A message as it goes over the cable.

    >>> frame(COMMAND, bytes([CURRENT, 0])).hex(" ")
    '49 4d 50 52 4f 56 01 03 02 02 00 e5 0a'
    """
    whole = HEAD + bytes([kind, len(content)]) + content
    return whole + bytes([sum(whole) & 255]) + b"\n"


def command(code: int, *texts: bytes) -> bytes:
    """A command with its texts, each behind its length."""
    told = b"".join(bytes([len(t)]) + t for t in texts)
    return frame(COMMAND, bytes([code, len(told)]) + told)


def texts_of(told: bytes) -> list[str]:
    """The texts of a result: cut ones are left out, bytes that are no UTF-8 are shown as such."""
    found, at = [], 0
    while at < len(told) and at + 1 + told[at] <= len(told):
        found.append(told[at + 1 : at + 1 + told[at]].decode(errors="replace"))
        at += 1 + told[at]
    return found


class Listener:
    """Takes what comes over the cable to pieces: frames, and lines of the log."""

    def __init__(self) -> None:
        self._rest = b""

    def hear(self, piece: bytes) -> Iterator[Frame | str]:
        """What is whole by now; a frame with a wrong sum is passed over."""
        self._rest += piece
        while self._rest:
            if self._rest.startswith(HEAD):
                size = 10 + self._rest[8] if len(self._rest) > 8 else 10
                if len(self._rest) < size:
                    return
                whole, self._rest = self._rest[:size], self._rest[size:]
                if sum(whole[:-1]) & 255 == whole[-1]:
                    yield Frame(whole[7], whole[9:-1])
            elif HEAD.startswith(self._rest):
                return
            else:
                line, end, rest = self._rest.partition(b"\n")
                if not end and len(line) < LONGEST_LINE:
                    return
                self._rest = rest
                if line.strip():
                    yield line.decode(errors="replace").rstrip("\r")


class Talk:
    """A conversation with one board."""

    def __init__(self, line: Line, *, on_log: Callable[[str], None] = lambda _: None) -> None:
        """`on_log` is told each line of the board's log."""
        self._line = line
        self._listener = Listener()
        self._on_log = on_log
        self._unheard: list[Frame] = []

    def wait_for(self, within_s: float) -> None:
        """Ask once a second until somebody answers. Raises ImprovError where nobody does."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            self._line.write(command(CURRENT))
            for heard in self._frames(min(1.0, deadline - time.monotonic())):
                if heard.kind == STATE:
                    return
        raise ImprovError("silent")

    def board(self) -> Board:
        """Who answers."""
        self._line.write(command(INFO))
        told = [*self._result(INFO, ANSWER_S), "", "", "", ""]
        return Board(*told[:4])

    def page(self) -> str | None:
        """The address of its page; None while it is on no network, or has none."""
        self._line.write(command(CURRENT))
        for heard in self._frames(ANSWER_S):
            if heard.kind == STATE and heard.content != bytes([PROVISIONED]):
                return None
            if heard.kind == RESULT and heard.content[:1] == bytes([CURRENT]):
                return next(iter(texts_of(heard.content[2:])), None)
        return None

    def scan(self) -> list[Heard]:
        """The networks that it hears, the strongest first."""
        self._line.write(command(SCAN))
        found = []
        while told := self._result(SCAN, SCAN_S):
            ssid, dbm, closed = [*told, "", ""][:3]
            found.append(Heard(ssid, int(dbm) if dbm.lstrip("-").isdecimal() else 0, closed != "NO"))
        return found

    def give(self, ssid: str, password: str) -> str | None:
        """Give it a network, which it keeps once it has joined it; the address of its page, if it has one.

        Raises ImprovError with `unable` where it could not join.
        """
        self._line.write(command(SETTINGS, ssid.encode(), password.encode()))
        return next(iter(self._result(SETTINGS, JOIN_S, ssid=ssid)), None)

    def _result(self, code: int, within_s: float, **named: str) -> list[str]:
        """The texts of the result of a command. Raises ImprovError where it is refused or does not come."""
        for heard in self._frames(within_s):
            if heard.kind == RESULT and heard.content[:1] == bytes([code]):
                return texts_of(heard.content[2:])
            if heard.kind == ERROR and heard.content != b"\0":
                raise ImprovError(refusal(heard.content), **named)
        raise ImprovError("no_answer")

    def _frames(self, within_s: float) -> Iterator[Frame]:
        deadline = time.monotonic() + within_s
        while True:
            while self._unheard:
                yield self._unheard.pop(0)
            if time.monotonic() >= deadline:
                return
            for heard in self._listener.hear(self._line.read(256)):
                if isinstance(heard, Frame):
                    self._unheard.append(heard)
                else:
                    self._on_log(heard)


def refusal(content: bytes) -> str:
    """The word for what a board refuses."""
    return {UNABLE: "unable", UNKNOWN: "unknown_command", INVALID: "invalid"}.get(
        content[0] if content else 0, "failed"
    )


def strongest_known(heard: Sequence[Heard], known: Sequence[str]) -> list[str]:
    """Which of the known networks a board hears, the strongest first."""
    return [h.ssid for h in sorted(heard, key=lambda h: -h.dbm) if h.ssid in known]
