"""A new version to one board: the order is repeated, pieces are handed out as they are asked for, and the end is awaited.

The end is the board's own word on `state`: it runs the version and no longer on trial (kept: the gateway's receipt has come),
or it names the version as given up.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiomqtt

from deploy.orders import Broker, connected, repeat
from devices.reading import topic_of
from devices.update import Release, piece

KEPT, BACK, REFUSED, SILENT = "kept", "back", "refused", "silent"
"""How an update ends: the board runs it and the gateway has heard it; it came back by itself; it was not taken; no word."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one board's update."""

    device: str
    end: str
    why: str = ""
    """One word of the board's, where it was refused or came back; `started` where it began to try it and then fell silent."""
    sent: int = 0
    """Bytes of the pieces that were handed out, their heads included."""
    pieces: int = 0
    fetched_s: float = 0.0
    """From the first order to the board's word that all is there."""
    took_s: float = 0.0


@dataclass(slots=True)
class Delivery:
    """One board's update under way."""

    release: Release
    progress: Callable[[int, int], object]
    """Called with the bytes handed out, and the bytes there are."""
    began_s: float = field(default_factory=time.monotonic)
    name: str = field(default_factory=lambda: secrets.token_hex(4))
    there: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the board says that it is there."""
    sent: int = 0
    pieces: int = 0
    fetched_s: float = 0.0
    staged_s: float | None = None
    """When the board said that all is there and that it starts it."""

    def answer(self, body: Mapping[str, Any]) -> bytes | None:
        """The piece that a board asks for by an `ack`, None where it asks for none."""
        told = piece(self.release, body.get("want")) if body.get("id") == self.name else None
        if told is not None:
            self.sent, self.pieces = self.sent + len(told), self.pieces + 1
            self.progress(self.sent, sum(len(content) for content in self.release.contents.values()))
        return told

    def heard(self, channel: str, body: Mapping[str, Any]) -> Outcome | None:
        """How the update ended, where this message tells."""
        if channel == "ack" and body.get("id") == self.name and "ok" in body:
            if body["ok"] is not True:
                return self.outcome(REFUSED, str(body.get("why", "?")))
            self.staged_s = time.monotonic()
            self.fetched_s = self.staged_s - self.began_s
        if channel != "state" or not self.started_since(body):
            return None
        back = body.get("back")
        if isinstance(back, list) and back[:1] == [self.release.version]:
            return self.outcome(BACK, str(back[-1]))
        if body.get(self.release.told_as) == self.release.version and "trial" not in body and "safe" not in body:
            return self.outcome(KEPT)
        return None

    def started_since(self, body: Mapping[str, Any]) -> bool:
        """Does this `state` come from a start after the board had the new version?"""
        up_s = body.get("up")
        if self.staged_s is None or not body.get("online") or not isinstance(up_s, int | float):
            return False
        return up_s <= time.monotonic() - self.staged_s

    def outcome(self, end: str, why: str = "") -> Outcome:
        """The end, with its figures."""
        took_s = time.monotonic() - self.began_s
        return Outcome(self.release.device, end, why, self.sent, self.pieces, self.fetched_s, took_s)


async def deliver(
    release: Release, *, broker: Broker, wait_s: float, progress: Callable[[int, int], object] = lambda *_: None
) -> Outcome:
    """Hand a version to a board and wait for its end. Raises CommandError where there is no broker, or not for us."""
    delivery = Delivery(release, progress)
    async with connected(broker) as client:
        topic = topic_of(release.device)
        await client.subscribe([(f"{topic}/ack", 1), (f"{topic}/state", 1)])
        order = {"id": delivery.name, "do": "update", "until": int(time.time() + wait_s), **release.order}
        sending = asyncio.create_task(repeat(client, f"{topic}/cmd", json.dumps(order), delivery.there), name="order")
        try:
            async with asyncio.timeout(wait_s):
                return await _end(client, topic, delivery, sending)
        except TimeoutError:
            return delivery.outcome(SILENT, "" if delivery.staged_s is None else "started")
        finally:
            sending.cancel()


async def _end(client: aiomqtt.Client, topic: str, delivery: Delivery, sending: asyncio.Task[None]) -> Outcome:
    async for message in client.messages:
        channel, body = message.topic.value.rpartition("/")[2], body_of(message.payload)
        if message.retain:
            continue
        if channel == "state":
            delivery.there.set()
        told = delivery.answer(body) if channel == "ack" else None
        if told is not None:
            await client.publish(f"{topic}/piece", told, qos=0)
        elif (outcome := delivery.heard(channel, body)) is not None:
            return outcome
        if delivery.staged_s is not None:
            sending.cancel()
    return delivery.outcome(SILENT)


def body_of(payload: object) -> Mapping[str, Any]:
    """The JSON object of a message; an empty one where it is none.

    >>> body_of(b'{"id": "a1"}'), body_of(b"[1]"), body_of(b"{")
    ({'id': 'a1'}, {}, {})
    """
    try:
        said = json.loads(payload) if isinstance(payload, bytes | str) else None
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
