"""The workshop's side of a move: the town's order is handed to a board, over the broker or by cable, and its word awaited."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiomqtt

from deploy.delivery import BACK, REFUSED, SILENT, body_of
from deploy.orders import Broker, connected, repeat
from devices.reading import topic_of

if TYPE_CHECKING:
    from deploy.passage.order import Order, Passage

LEFT, HANDED = "left", "handed"
"""How a move ends, besides REFUSED, BACK and SILENT: the board went to the town and has not come back; or has the order by cable."""
FILE = ":/order.json"
"""Where the board looks for an order at its start."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one board's move, as far as it is seen from here."""

    device: str
    end: str
    why: str = ""
    """The board's own word, where it refused or came back."""


@dataclass(slots=True)
class Move:
    """One board's move under way."""

    order: Order
    name: str = field(default_factory=lambda: secrets.token_hex(4))
    there: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the board says that it is there."""
    sending: asyncio.Task[None] | None = None
    answer: Mapping[str, Any] | None = None
    back: str | None = None

    def hear(self, channel: str, body: Mapping[str, Any], *, retained: bool) -> None:
        """The board says something."""
        if channel == "ack" and body.get("id") == self.name and "ok" in body:
            self.answer = body
            if self.sending is not None:
                self.sending.cancel()
        if channel == "state" and not retained:
            self.there.set()
            told = body.get("back")
            if isinstance(told, list) and told[:1] == [f"move-{self.order.serial}"]:
                self.back = str(told[-1])

    @property
    def outcome(self) -> Outcome:
        """How it ended, as far as it is seen from here."""
        if self.answer is None:
            return Outcome(self.order.device, SILENT)
        if self.answer["ok"] is not True:
            return Outcome(self.order.device, REFUSED, str(self.answer.get("why", "?")))
        return Outcome(self.order.device, LEFT) if self.back is None else Outcome(self.order.device, BACK, self.back)


async def move_all(orders: Sequence[Order], *, broker: Broker, wait_s: float, watch_s: float) -> list[Outcome]:
    """Tell boards to go until they answer, then look for so long whether one comes back. Raises CommandError.

    Over one connection: an account on two of them throws itself out.
    """
    moves = {topic_of(order.device): Move(order) for order in orders}
    async with connected(broker) as client:
        await client.subscribe([(f"{topic}/{channel}", 1) for topic in moves for channel in ("ack", "state")])
        for topic, move in moves.items():
            told = {"id": move.name, "do": "move", "until": int(time.time() + wait_s), **move.order.told}
            move.sending = asyncio.create_task(repeat(client, f"{topic}/cmd", json.dumps(told), move.there), name=topic)
        try:
            await _listen(client, moves, wait_s, lambda: all(m.answer is not None for m in moves.values()))
        finally:
            for move in moves.values():
                if move.sending is not None:
                    move.sending.cancel()
        gone = [move for move in moves.values() if move.answer is not None and move.answer["ok"] is True]
        await _listen(client, moves, watch_s, lambda: all(m.back is not None for m in gone))
    return [move.outcome for move in moves.values()]


async def _listen(client: aiomqtt.Client, moves: Mapping[str, Move], for_s: float, done: Callable[[], bool]) -> None:
    """Hand messages to the moves that they are about, until all is said or time is up."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(for_s):
            while not done():
                message = await anext(client.messages)
                topic, _, channel = message.topic.value.rpartition("/")
                moves[topic].hear(channel, body_of(message.payload), retained=message.retain)


def hand_over(passage: Passage, port: str) -> Outcome:
    """Put the order of the board at this port onto its disk, and let it start. Raises CommandError, FlashError."""
    from deploy.flashing import mpremote
    from deploy.flashing.tool import private

    found = mpremote.look(port)
    order = passage.of(found.device or "?")
    with tempfile.TemporaryDirectory(prefix="girouette-") as folder:
        file = private(Path(folder) / "order.json", json.dumps(order.told).encode())
        mpremote.run(port, "resume", "fs", "cp", "-f", str(file), FILE)
    mpremote.restart(port)
    return Outcome(order.device, HANDED)
