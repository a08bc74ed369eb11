"""The workshop's side of a move: the town's order is handed to a board, over the broker or by cable, and its word awaited."""

from __future__ import annotations

import asyncio
import json
import secrets
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiomqtt

from deploy.delivery import BACK, REFUSED, SILENT, body_of
from deploy.orders import Broker, connected, repeat
from devices.reading import topic_of

if TYPE_CHECKING:
    from deploy.passage import Order, Passage

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


async def move(order: Order, *, broker: Broker, wait_s: float, watch_s: float) -> Outcome:
    """Tell a board to go until it answers, then look for so long whether it comes back. Raises CommandError."""
    async with connected(broker) as client:
        topic, name, there = topic_of(order.device), secrets.token_hex(4), asyncio.Event()
        await client.subscribe([(f"{topic}/ack", 1), (f"{topic}/state", 1)])
        told = {"id": name, "do": "move", "until": int(time.time() + wait_s), **order.told}
        sending = asyncio.create_task(repeat(client, f"{topic}/cmd", json.dumps(told), there), name="order")
        try:
            async with asyncio.timeout(wait_s):
                answer = await _answer(client, name, there)
        except TimeoutError:
            return Outcome(order.device, SILENT)
        finally:
            sending.cancel()
        if answer.get("ok") is not True:
            return Outcome(order.device, REFUSED, str(answer.get("why", "?")))
        try:
            async with asyncio.timeout(watch_s):
                return await _return(client, order)
        except TimeoutError:
            return Outcome(order.device, LEFT)


async def _answer(client: aiomqtt.Client, name: str, there: asyncio.Event) -> Mapping[str, Any]:
    async for message in client.messages:
        body = body_of(message.payload)
        if message.topic.value.endswith("/state") and not message.retain:
            there.set()
        elif body.get("id") == name and "ok" in body:
            return body
    return {}


async def _return(client: aiomqtt.Client, order: Order) -> Outcome:
    """The board is here again, and says why."""
    async for message in client.messages:
        back = body_of(message.payload).get("back") if message.topic.value.endswith("/state") else None
        if not message.retain and isinstance(back, list) and back[:1] == [f"move-{order.serial}"]:
            return Outcome(order.device, BACK, str(back[-1]))
    return Outcome(order.device, LEFT)


async def move_all(orders: list[Order], *, broker: Broker, wait_s: float, watch_s: float) -> list[Outcome]:
    """Move these boards, all at once."""
    return list(await asyncio.gather(*(move(o, broker=broker, wait_s=wait_s, watch_s=watch_s) for o in orders)))


def hand_over(passage: Passage, port: str) -> Outcome:
    """Put the order of the board at this port onto its disk, and let it start. Raises CommandError, FlashError."""
    from deploy.flashing import mpremote
    from deploy.flashing.esptool import private

    found = mpremote.look(port)
    order = passage.of(found.device or "?")
    with tempfile.TemporaryDirectory(prefix="girouette-") as folder:
        file = private(Path(folder) / "order.json", json.dumps(order.told).encode())
        mpremote.run(port, "resume", "fs", "cp", "-f", str(file), FILE)
    mpremote.restart(port)
    return Outcome(order.device, HANDED)
