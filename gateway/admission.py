"""Messages -> columns of readings, or refusals with a code: the good records of a pack are kept whatever the others are.

A pack is read twice at most: whole, by a typed reader that stops at the first thing it does not expect; and then record by
record, by the reference (devices/senml.py), which knows what is wrong with each. Both admit the same (a property test).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import msgspec

from devices.senml import MOST_BYTES, MOST_RECORDS, PackError, identify, read_pack
from gateway.admitted import Admitted, Gathering, Said, Typed
from gateway.bucket import Buckets
from gateway.directory import EXPIRED, REVOKED, Directory, Known
from gateway.message import Message

__all__ = ["CODES", "Admission", "Admitted", "Said"]
STRANGER = "?"
"""All devices that nobody has registered, in `Admitted.shed`: no device can be called so."""
STRANGERS_RATE, STRANGERS_BURST = 1 / 60, 60
"""Packs a second of theirs that go to quarantine: one shows who speaks, and more would only push out what is of use."""
TOLD_S = 3600.0
"""Of a device that is shed, one pack in so long goes to quarantine, so that somebody sees it there."""
LOOKS = 12
"""A second look costs some twelve times a first one: so much smaller is the bucket of packs that need one. At the rate at which a
board drains its backlog (8 a second) none is shed, even where every pack has a record of a broken sensor.
"""
SAYINGS = ("health", "state", "ack")
CODES = (
    "not-json", "too-big", "too-many", "unknown-device", "wrong-shard", "wrong-name", "unknown-channel", "wrong-unit",
    "not-a-number", "out-of-bounds", "future", "past", "no-clock", "conflict", "retained", "rate", REVOKED, EXPIRED,
)  # fmt: skip
"""Why something is refused. `conflict` is found where readings meet those that are stored."""


class Admission:
    """Admits messages of the devices of a directory; each device may send `rate` packs a second, and `burst` at once."""

    def __init__(self, directory: Directory, *, rate: float, burst: int) -> None:
        self._directory = directory
        self._buckets = Buckets(rate=rate, burst=burst)
        self._looks = Buckets(rate=rate, burst=max(1, burst // LOOKS))
        self._strangers = Buckets(rate=STRANGERS_RATE, burst=STRANGERS_BURST)
        self._told_s: dict[int, float] = {}
        self._typed = msgspec.json.Decoder(list[Typed]).decode
        self._body = msgspec.json.Decoder(dict[str, Any]).decode

    def admit(self, messages: Sequence[Message], now_s: float) -> Admitted:
        """What these messages are, at a time in seconds since 1970. Raises nothing for any message."""
        batch = Gathering(math.floor(now_s))
        for message in messages:
            known = self._directory.topics.get(message.topic)
            if known is None:
                self._other(batch, message, now_s)
            else:
                self._heard(batch, message, known, now_s)
        return batch.admitted()

    def _heard(self, batch: Gathering, message: Message, known: Known, now_s: float) -> None:
        """What came under the topic of a device's packs."""
        if message.retained:
            batch.refuse("retained", message, known.number, _first(message.payload))
        elif not self._buckets.take(known.number, now_s):
            self._shed(batch, message, known, now_s)
        else:
            self._pack(batch, message, known, now_s)

    def _pack(self, batch: Gathering, message: Message, known: Known, now_s: float) -> None:
        """A pack of a registered device: typed where it can be, else record by record."""
        payload = message.payload
        if len(payload) <= MOST_BYTES:
            try:
                records = self._typed(payload)
            except (ValueError, RecursionError):
                records = []
            if 0 < len(records) <= MOST_RECORDS and batch.take(known, records):
                return
        if not self._looks.take(known.number, now_s):
            self._shed(batch, message, known, now_s)
            return
        try:
            batch.sort_out(known, message, read_pack(payload))
        except PackError as error:
            batch.refuse_whole(error.code, known, message)

    def _shed(self, batch: Gathering, message: Message, known: Known, now_s: float) -> None:
        batch.shed[known.device] = batch.shed.get(known.device, 0) + 1
        if now_s - self._told_s.get(known.number, -math.inf) >= TOLD_S:
            self._told_s[known.number] = now_s
            batch.refuse("rate", message, known.number)

    def _other(self, batch: Gathering, message: Message, now_s: float) -> None:
        """What is no pack under the topic of a device that may speak already."""
        head, _, channel = message.topic.rpartition("/")
        known = self._known(f"{head}/obs", message, now_s)
        if channel == "obs":
            if known is not None:
                self._heard(batch, message, known, now_s)
            else:
                self._misplaced(batch, message, head.rpartition("/")[2], now_s)
        elif known is not None and channel in SAYINGS:
            self._say(batch, message, known, now_s)

    def _known(self, topic: str, message: Message, now_s: float) -> Known | None:
        """The device of this topic of packs; one of an identity made in advance from the first it says in time."""
        directory = self._directory
        if topic in directory.waiting and topic not in directory.topics and not message.retained:
            directory.welcome(topic, now_s)
        return directory.topics.get(topic)

    def _misplaced(self, batch: Gathering, message: Message, device: str, now_s: float) -> None:
        """A pack under a topic of which nobody may speak: nothing of it is owed a receipt."""
        number = self._directory.number(device)
        if number is None:
            if self._strangers.take(0, now_s):
                batch.refuse("unknown-device", message)
            else:
                batch.shed[STRANGER] = batch.shed.get(STRANGER, 0) + 1
        elif self._buckets.take(number, now_s):
            batch.refuse(self._why(message.topic, device), message, number, _first(message.payload))
        else:
            batch.shed[device] = batch.shed.get(device, 0) + 1

    def _why(self, topic: str, device: str) -> str:
        """Why a registered device may not speak under this topic."""
        waits = topic in self._directory.waiting
        return self._directory.barred.get(device, EXPIRED if waits else "wrong-shard")

    def _say(self, batch: Gathering, message: Message, known: Known, now_s: float) -> None:
        """What a registered device says of itself; an empty message only clears what was retained."""
        if not message.payload:
            return
        if not self._buckets.take(known.number, now_s):
            self._shed(batch, message, known, now_s)
        elif len(message.payload) > MOST_BYTES:
            batch.refuse("too-big", message, known.number)
        else:
            try:
                body = self._body(message.payload)
            except (ValueError, RecursionError):
                batch.refuse("not-json", message, known.number)
            else:
                batch.said.append(Said(known.device, message.topic.rpartition("/")[2], body))


def _first(payload: bytes) -> tuple[int, int]:
    """The (ep, sq) of the first sample that a message names, so that it is kept once however often it comes."""
    found = identify(payload)
    return (found.ep, found.sqs[0]) if found is not None and found.sqs else (-1, -1)
