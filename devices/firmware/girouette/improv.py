"""Improv serial, version 1: whoever holds the cable gives the board a network, from a browser or by `girouette wifi give`.

It shares the console with the log and with MicroPython's prompt. Every command bears a byte 3, which a board otherwise takes for
Ctrl-C as it arrives, long before a program could know what it belongs to: so while this listens the chip hands the byte on, and
one that stands outside of a frame interrupts the program all the same, 50 ms later.
"""

import asyncio
import select
import sys
import time

import micropython

from micropython import const

from girouette import known
from girouette.log import note

HEAD = b"IMPROV\x01"
STATE, ERROR, COMMAND, RESULT = 1, 2, 3, 4
SETTINGS, CURRENT, INFO, SCAN, HOSTNAME, NAME, NETWORK = 1, 2, 3, 4, 5, 6, 7
READY, PROVISIONING, PROVISIONED = 2, 3, 4
NONE, INVALID, UNKNOWN, UNABLE, BAD_HOSTNAME, FAILED = 0, 1, 2, 3, 5, 255
ONLINE, HAS_WIFI = 1, 2
_CTRL_C = const(3)
_LOOK_MS = const(50)
_PATIENCE_MS = const(1000)
"""A frame that stands still for so long was none."""
_MOST_HEARD = const(20)
_MISREAD = const(10)
"""The official SDK takes a frame with so many bytes of content for the end of a line, and loses it."""


class Improv:
    """One side of the talk."""

    def __init__(self, link, config):
        """`config` is None on a board to which nobody has said who it is."""
        self._link = link
        self._config = config
        self._frame = bytearray()
        self._error = NONE
        self._job = None
        self.heard_ms: int | None = None
        """When somebody spoke last."""

    async def run(self, over) -> None:
        """Listen until `over` says so, or for ever; KeyboardInterrupt where somebody types Ctrl-C."""
        waits = select.poll()
        waits.register(sys.stdin, select.POLLIN)
        micropython.kbd_intr(-1)
        try:
            while not over() or self._job is not None:
                while waits.poll(0):
                    typed = sys.stdin.buffer.read(1)
                    if not typed:
                        return  # nobody can type here
                    self._take(typed[0])
                if len(self._frame) > len(HEAD) and self._stands_still():
                    self._frame = bytearray()
                await asyncio.sleep_ms(_LOOK_MS)
        finally:
            micropython.kbd_intr(_CTRL_C)
            if self._job is not None:
                self._job.cancel()

    def heard_lately(self, within_s: int = 60) -> bool:
        """Has somebody spoken within so many seconds?"""
        return self.heard_ms is not None and time.ticks_diff(time.ticks_ms(), self.heard_ms) < within_s * 1000

    def _stands_still(self) -> bool:
        return time.ticks_diff(time.ticks_ms(), self.heard_ms or 0) > _PATIENCE_MS

    def _take(self, byte: int) -> None:
        """Take one byte in."""
        frame = self._frame
        if len(frame) < len(HEAD):
            if byte == _CTRL_C:
                raise KeyboardInterrupt
            if byte != HEAD[len(frame)]:
                self._frame = frame = bytearray()
            if byte == HEAD[len(frame)]:
                frame.append(byte)
            return
        frame.append(byte)
        self.heard_ms = time.ticks_ms()
        if len(frame) > 8 and len(frame) == 10 + frame[8]:
            self._frame = bytearray()
            self._hear(frame)

    def _hear(self, frame: bytearray) -> None:
        """Answer a whole frame; long work is a task of its own, so that Ctrl-C is heard meanwhile."""
        content = bytes(frame[9:-1])
        if frame[7] != COMMAND:
            return
        if sum(frame[:-1]) & 255 != frame[-1] or len(content) < 2 or content[1] != len(content) - 2:
            self._refuse(INVALID)
            return
        self._refuse(NONE)
        command, told = content[0], content[2:]
        if command == CURRENT:
            self._tell_state()
        elif command == INFO:
            self._tell(INFO, *self._who())
        elif command == NETWORK:
            self._tell(NETWORK, str(HAS_WIFI + (ONLINE if self._link.works else 0)), *self._page())
        elif command in (HOSTNAME, NAME):
            self._name(command, told)
        elif command not in (SETTINGS, SCAN):
            self._refuse(UNKNOWN)
        elif self._job is not None:
            self._refuse(FAILED)
        else:
            self._job = asyncio.create_task(self._work(command, told))

    async def _work(self, command: int, told: bytes) -> None:
        try:
            if command == SCAN:
                await self._scan()
            else:
                await self._provision(told)
        finally:
            self._job = None

    async def _scan(self) -> None:
        """Tell which networks are heard; the chip listens for some two seconds, and nothing else is done meanwhile."""
        for name, dbm, security in known.heard(await self._link.ask())[:_MOST_HEARD]:
            self._tell(SCAN, name, str(dbm), "YES" if security else "NO")
        self._tell(SCAN)

    async def _provision(self, told: bytes) -> None:
        """Join the network that was given and keep it; where it cannot be joined, what was known stays."""
        try:
            ssid, key = strings(told)
            name, password = ssid.decode(), key.decode()
        except (ValueError, IndexError):  # UnicodeError is a ValueError
            self._refuse(INVALID)
            return
        self._send(STATE, bytes((PROVISIONING,)))
        word = await self._link.ask({"ssid": name, "password": password}) if known.sound(ssid, key) else "wrong-password"
        if word is not None:
            note("improv:", name, word)
            self._tell_state(page=False)
            self._refuse(UNABLE)
            return
        try:
            known.keep(self._link, name, password)
        except OSError as error:
            note("improv: the flash refuses,", error)
            self._refuse(FAILED)
            return
        note("improv:", name)
        self._tell_state(page=False)
        self._tell(SETTINGS, *self._page())

    def _name(self, command: int, told: bytes) -> None:
        """Tell the board's name; it comes from the registry, and nobody gives it another one here."""
        name = self._config.device if self._config else ""
        if told and told != name.encode():
            self._refuse(BAD_HOSTNAME if command == HOSTNAME else UNKNOWN)
        else:
            self._tell(command, name)

    def _who(self) -> tuple:
        """Firmware, its version, the chip, who it is, and what runs below."""
        config, ours = self._config, sys.implementation
        chip = getattr(ours, "_machine", "").split(" ")[-1]
        if chip[:5] != "ESP32":
            chip = sys.platform
        elif len(chip) > 5:
            chip = "ESP32-" + chip[5:]
        version = ".".join(str(n) for n in ours.version[:3])
        if config is None:
            return "girouette", "", chip, "no identity: flash it first", "MicroPython", version
        return "girouette", config.firmware, chip, config.device, "MicroPython", version

    def _page(self) -> tuple:
        """The address of the page on which its measurements can be seen, where it has one."""
        return (self._config.page,) if self._config and self._config.page else ()

    def _tell_state(self, *, page: bool = True) -> None:
        works = self._link.works
        self._send(STATE, bytes((PROVISIONED if works else PROVISIONING if self._job else READY,)))
        if page and works:
            self._tell(CURRENT, *self._page())

    def _tell(self, command: int, *texts: str) -> None:
        """The result of a command."""
        told = b"".join(bytes((len(t),)) + t for t in (text.encode() for text in texts))
        if len(told) + 2 == _MISREAD:
            told += b"\0"
        self._send(RESULT, bytes((command, len(told))) + told)

    def _refuse(self, error: int) -> None:
        """Say what is wrong, or that nothing is any more."""
        if error or self._error:
            self._send(ERROR, bytes((error,)))
        self._error = error

    def _send(self, kind: int, content: bytes) -> None:
        """One frame, on a line of its own."""
        frame = HEAD + bytes((kind, len(content))) + content
        sys.stdout.buffer.write(b"\n" + frame + bytes((sum(frame) & 255,)) + b"\n")


def strings(told: bytes) -> list[bytes]:
    """The two texts of the settings; ValueError where they are not two, or do not fill the command."""
    first = told[0]
    ssid, rest = told[1 : 1 + first], told[1 + first :]
    if len(rest) != 1 + rest[0]:
        raise ValueError
    return [ssid, rest[1:]]
