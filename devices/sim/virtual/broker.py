"""A broker as a board meets it, in virtual time: it can die, freeze and come back, and every packet takes no time at all.

It has an MQTT reader of its own (OASIS 3.1.1), so that the firmware's is not its own judge. What a real broker does
under the same faults is tried against mosquitto.
"""

import json
import struct

from script import the_script


class Broker:
    """One connection of one board, and what the script says over it."""

    def __init__(self):
        self.state = "up"
        self.on_said = lambda channel, payload: None
        self.on_joined = lambda: None
        self._door = None
        self._unread = b""
        self._topic = ""
        self._will = None
        self._mid = 0

    def admits(self) -> bool:
        """Does anybody listen? A frozen process still accepts."""
        return self.state != "dead"

    def greet(self, door) -> None:
        """A board has opened a connection."""
        self._door, self._unread, self._will = door, b"", None

    def take(self, door, content: bytes) -> None:
        """Bytes from a board."""
        if door is self._door:
            self._unread += content
            self._read()

    def forget(self, door) -> None:
        """A board has gone without a word."""
        if door is self._door:
            self._part()

    def perform(self, what: str, rest: list) -> None:
        """An event of the script."""
        if what == "hears":
            self.say(rest[0], json.dumps(rest[1]).encode() if not isinstance(rest[1], str) else rest[1].encode())
        elif what == "broker":
            self.state = rest[0]
            if self.state == "dead" and self._door is not None:
                self._door.reset()
                self._part()
            self._read()

    def say(self, channel: str, payload: bytes) -> None:
        """Publish to the board; a command at QoS 1, the rest at QoS 0. Without a connection nobody hears."""
        if self._door is None or self.state != "up":
            return
        topic = (self._topic + "/" + channel).encode()
        self._mid += 1
        once = channel == "cmd"
        rest = struct.pack("!H", len(topic)) + topic + (struct.pack("!H", self._mid) if once else b"") + payload
        self._send(0x32 if once else 0x30, rest)

    def _part(self) -> None:
        self._door = None
        if self._will is not None:
            the_script.tell("will", *self._will)
            self._will = None

    def _read(self) -> None:
        while self.state == "up" and self._door is not None:
            found = split(self._unread)
            if found is None:
                return
            first, body, self._unread = found
            self._handle(first >> 4, first & 15, body)

    def _handle(self, kind: int, flags: int, body: bytes) -> None:
        if kind == 1:
            self._welcome(body)
        elif kind == 3:
            self._publication(flags, body)
        elif kind == 8:
            self._topic = text_at(body, 2)[0].rsplit("/", 1)[0]
            self._send(0x90, body[:2] + bytes(3))
            self.on_joined()
        elif kind == 12:
            self._send(0xD0, b"")
        elif kind == 14:
            self._will = None
            self._part()

    def _welcome(self, body: bytes) -> None:
        _, at = text_at(body, 10)
        topic, at = text_at(body, at)
        will, _ = text_at(body, at)
        self._will = [topic.rsplit("/", 1)[1], json.loads(will)]
        self._send(0x20, b"\0\0")
        the_script.tell("connects")

    def _publication(self, flags: int, body: bytes) -> None:
        topic, at = text_at(body, 0)
        if flags & 6:
            self._send(0x40, body[at : at + 2])
            at += 2
        channel = topic.rsplit("/", 1)[1]
        the_script.tell("says", channel, body[at:].decode())
        self.on_said(channel, body[at:])

    def _send(self, first: int, body: bytes) -> None:
        head = bytearray((first,))
        rest = len(body)
        while True:
            head.append(rest & 127 | (128 if rest > 127 else 0))
            rest >>= 7
            if not rest:
                break
        if self._door is not None:
            self._door.arrive(bytes(head) + body)


def split(content: bytes):
    """The first whole packet: first byte, body, what follows; None while it is not whole."""
    length, at = 0, 1
    while True:
        if at >= len(content):
            return None
        length |= (content[at] & 127) << 7 * (at - 1)
        at += 1
        if content[at - 1] < 128:
            break
    if len(content) < at + length:
        return None
    return content[0], content[at : at + length], content[at + length :]


def text_at(body: bytes, at: int) -> tuple:
    """A string at an offset, and where it ends."""
    end = at + 2 + struct.unpack("!H", body[at : at + 2])[0]
    return body[at + 2 : end].decode(), end


the_broker = Broker()
