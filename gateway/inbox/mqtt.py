"""The inbox over MQTT 3.1.1: the only file that knows aiomqtt.

Private names that are used here: `Client._client` of aiomqtt 2.5 (paho's client), because it has no manual acknowledgement,
and `Client._sock` of paho, because it reads a byte at a time. tests/gateway/inbox/test_mqtt.py holds both.
"""

from __future__ import annotations

import asyncio
import random
import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

import aiomqtt
import structlog
from paho.mqtt.client import MQTT_ERR_SUCCESS, MQTTMessage
from paho.mqtt.client import Client as Paho
from paho.mqtt.reasoncodes import ReasonCode

from devices.refusal import SpokenError
from gateway.inbox.buffered import Buffered
from gateway.message import Message, Outgoing

CHANNELS = {"obs": 1, "health": 0, "state": 1, "ack": 1}
"""What boards say, and the quality of service it is asked for with."""
SHARDS = 256
SAFE = "mqtts"
PORTS = {"mqtt": 1883, SAFE: 8883}
UNKNOWN_WINDOW = 20
"""Messages that a broker has on their way at once, unless it was told otherwise: mosquitto's default."""
ENOUGH = 50
WAIT_S = 0.25
MOST, MOST_BYTES = 2000, 1 << 19
"""Messages in a batch, and their bytes, so that one batch holds neither the event loop nor the thread that commits for long."""
MOST_UNKEPT = 10_000
"""So many messages may wait; above that those of quality 0 are dropped and counted."""
KEEPALIVE_S = 15
BACK_OFF_S = (0.2, 15.0)
QUIET_S = 0.3
"""Retained receipts have all come when none came for so long."""

log = structlog.get_logger()


class InboxError(SpokenError):
    """The inbox cannot be had as asked; the sentence says what to do."""

    words = "gateway"


@dataclass(frozen=True, slots=True)
class _Broker:
    """One account on a broker."""

    host: str
    port: int
    user: str | None
    password: str | None = field(repr=False)
    safe: bool = False
    """Is it spoken to by TLS?"""

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class MqttInbox:
    """Persistent sessions on a broker, one an account; with several, shards are shared out among them.

    `window` is how many unacknowledged messages the broker sends at most: a batch is due when so many wait, or 50, or when
    the first has waited 250 ms. `authorities` is the file of those who may vouch for the broker of an mqtts:// URL; the system's
    where it is None. Raises InboxError for a URL that is not mqtt[s]://[user:password@]host[:port], and for a file without any.
    """

    def __init__(
        self, url: str, *more: str, window: int = UNKNOWN_WINDOW, name: str = "gateway", authorities: Path | None = None
    ) -> None:
        self._brokers = [_broker(each) for each in (url, *more)]
        self._trusted = trusted(authorities) if any(broker.safe for broker in self._brokers) else None
        self._name = name
        self._enough = min(ENOUGH, window)
        self._waiting: list[Message] = []
        self._due = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._number = 0
        self._open: dict[int, Paho] = {}
        """Connection number -> paho's client, while it lasts."""
        self._links: dict[int, Paho] = {}
        """Position of the account -> the same, once its subscriptions stand."""
        self._fault: dict[int, str] = {}
        self._kept: list[Message] = []
        self._looking = set(range(len(self._brokers)))
        self._looked = asyncio.Event()
        self.dropped = 0
        """Messages of quality 0 that were dropped because too many waited."""

    async def run(self) -> None:
        """Stay connected until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for position in range(len(self._brokers)):
                tasks.create_task(self._stay(position), name=f"inbox {position}")

    async def batches(self) -> AsyncIterator[list[Message]]:
        """Messages in order of arrival, as many as wait (2,000 or 512 KiB at most)."""
        while True:
            await self._due.wait()
            count = _count(self._waiting)
            batch, self._waiting = self._waiting[:count], self._waiting[count:]
            self._rearm()
            if batch:
                yield batch

    def acknowledge(self, messages: Sequence[Message]) -> None:
        """Acknowledge what came with quality 1, on the connection it came from."""
        for message in messages:
            paho = self._open.get(message.connection)
            if message.qos and paho is not None:
                paho.ack(message.mid, message.qos)

    def send(self, messages: Sequence[Outgoing]) -> bool:
        """Hand these to the broker."""
        unsent = [message for message in messages if not self._publish(message)]
        return not unsent

    async def receipts(self) -> Sequence[Message]:
        """Retained receipts; waits for the broker."""
        await self._looked.wait()
        return tuple(self._kept)

    def ready(self) -> str | None:
        """None while every subscription stands."""
        for position, broker in enumerate(self._brokers):
            if position not in self._links:
                reason = self._fault.get(position, "not asked yet")
                return f"the broker {broker} does not answer as it should ({reason}); it is tried again"
        return None

    def _publish(self, message: Outgoing) -> bool:
        shard = int(message.topic.split("/")[2], 16)
        paho = self._links.get(shard % len(self._brokers))
        return (
            paho is not None
            and paho.publish(message.topic, message.payload, message.qos, message.retain).rc == MQTT_ERR_SUCCESS
        )

    async def _stay(self, position: int) -> None:
        """Connect, and connect again after a pause that doubles up to 15 s, with full jitter."""
        pause_s, most_s = BACK_OFF_S
        while True:
            _heed_cancel()
            self._number += 1
            client = self._client(position, self._number)
            # Known before it is open: with a full window messages come, and must be answered, before the SUBACK does.
            self._open[self._number] = _paho(client)
            try:
                async with client:
                    _buffer(_paho(client))
                    await self._subscribe(client, position)
                    pause_s = BACK_OFF_S[0]
                    _heed_cancel()
                    await anext(client.messages)  # nothing comes this way: it ends with the connection
            except aiomqtt.MqttError as e:
                self._fault[position] = str(e)
                log.warning("inbox.away", broker=str(self._brokers[position]), account=position, reason=str(e))
            finally:
                self._links.pop(position, None)
                self._open = {number: paho for number, paho in self._open.items() if paho is not _paho(client)}
            await asyncio.sleep(random.uniform(0, pause_s))
            pause_s = min(2 * pause_s, most_s)

    def _client(self, position: int, number: int) -> aiomqtt.Client:
        broker = self._brokers[position]
        client = aiomqtt.Client(
            broker.host, broker.port, username=broker.user, password=broker.password, clean_session=False,
            identifier=broker.user or f"{self._name}-{position}", keepalive=KEEPALIVE_S,
            protocol=aiomqtt.ProtocolVersion.V311, tls_context=self._trusted if broker.safe else None,
        )  # fmt: skip

        def arrived(_: Paho, __: object, m: MQTTMessage) -> None:
            self._arrived(Message(m.topic, bytes(m.payload), m.retain, m.qos, m.mid, number))

        paho = _paho(client)
        paho.manual_ack_set(True)
        paho.on_message = arrived
        paho.on_publish = None  # nothing here waits for it, and it costs more than the rest of a receipt
        paho.disable_logger()
        return client

    async def _subscribe(self, client: aiomqtt.Client, position: int) -> None:
        """Ask for the channels of the shards of this account, and once for the retained receipts."""
        shards = _shards(position, len(self._brokers))
        if shards != ["+"]:
            await client.unsubscribe([f"gir/1/+/+/{channel}" for channel in CHANNELS])
        await _ask(
            client, [(f"gir/1/{shard}/+/{channel}", qos) for channel, qos in CHANNELS.items() for shard in shards]
        )
        self._links[position] = _paho(client)
        log.info("inbox.connected", broker=str(self._brokers[position]), account=position)
        if position in self._looking:
            topics = [f"gir/1/{shard}/+/kept" for shard in shards]
            await _ask(client, [(topic, 0) for topic in topics])
            await self._quiet()
            await client.unsubscribe(topics)
            self._looking.discard(position)
            if not self._looking:
                self._looked.set()

    async def _quiet(self) -> None:
        """Return when no receipt came for a while."""
        known = -1
        while len(self._kept) != known:
            known = len(self._kept)
            await asyncio.sleep(QUIET_S)

    def _arrived(self, message: Message) -> None:
        """Let it wait for its batch, or put it with the retained receipts."""
        if message.topic.endswith("/kept"):
            if not self._looked.is_set():
                self._kept.append(message)
            return
        if message.qos == 0 and len(self._waiting) >= MOST_UNKEPT:
            self.dropped += 1
            return
        self._waiting.append(message)
        if len(self._waiting) == 1:
            self._timer = asyncio.get_running_loop().call_later(WAIT_S, self._due.set)
        if len(self._waiting) >= self._enough:
            self._due.set()

    def _rearm(self) -> None:
        """After a batch was taken: the next is due at once, after a while, or when something comes."""
        if self._timer is not None:
            self._timer.cancel()
        if len(self._waiting) < self._enough:
            self._due.clear()
            if self._waiting:
                self._timer = asyncio.get_running_loop().call_later(WAIT_S, self._due.set)


def trusted(authorities: Path | None) -> ssl.SSLContext:
    """What a connection by TLS is made with; the broker's certificate and its name are checked. Raises InboxError."""
    try:
        return ssl.create_default_context(cafile=authorities)
    except (OSError, ssl.SSLError) as e:
        raise InboxError("bad_broker_ca", file=authorities, why=e) from e


def _heed_cancel() -> None:
    """Raise CancelledError where this task was cancelled and nobody was told.

    Python 3.11's `asyncio.wait_for`, by which aiomqtt connects and subscribes, swallows a cancellation that comes in the same
    moment as what it waits for (python/cpython#86296).
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _count(waiting: Sequence[Message]) -> int:
    """How many of these make a batch: one at least, where there are any."""
    total = 0
    for count, message in enumerate(waiting[:MOST], 1):
        total += len(message.payload)
        if total >= MOST_BYTES:
            return count
    return min(len(waiting), MOST)


def _paho(client: aiomqtt.Client) -> Paho:
    return client._client  # noqa: SLF001 - see the top of the file


def _buffer(paho: Paho) -> None:
    """Let it read and write in large pieces; between two packets that is always possible."""
    if isinstance(paho._sock, socket.socket):  # noqa: SLF001 - see the top of the file
        paho._sock = Buffered(paho._sock)  # type: ignore[assignment]  # noqa: SLF001


async def _ask(client: aiomqtt.Client, topics: list[tuple[str, int]]) -> None:
    """Subscribe; a broker that refuses one of them is as bad as one that is away."""
    granted = await client.subscribe(topics)
    if any(code.value >= 128 if isinstance(code, ReasonCode) else code >= 128 for code in granted):
        raise aiomqtt.MqttError("the broker refuses a subscription; may this account read gir/1/#?")


def _shards(position: int, accounts: int) -> list[str]:
    """The shards of one account, as levels of a topic.

    >>> _shards(0, 1), _shards(1, 128)
    (['+'], ['01', '81'])
    """
    return ["+"] if accounts == 1 else [f"{shard:02x}" for shard in range(position, SHARDS, accounts)]


def _broker(url: str) -> _Broker:
    """An account by its URL."""
    parts = urlsplit(url)
    try:
        port = parts.port or PORTS.get(parts.scheme, 0)
    except ValueError:
        port = 0
    if parts.scheme not in PORTS or not parts.hostname or not port:
        raise InboxError("no_broker", url=url.rpartition("@")[2])
    user, password = (None if part is None else unquote(part) for part in (parts.username, parts.password))
    return _Broker(parts.hostname, port, user, password, parts.scheme == SAFE)
