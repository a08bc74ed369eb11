"""An MQTT 3.1.1 client of our own for asyncio: it waits in `await` only, and never believes that a silent broker lives.

`publish` returns when the broker has acknowledged, and raises OSError when the connection ended first: what to send again
is the caller's decision, since the session is clean and only a receipt means kept. One `drain()` a packet: without it
Nagle's algorithm makes 22 packets a second of 7,500. Knows nothing of Wi-Fi.
"""

import asyncio
import random
import time

from micropython import const

from girouette import mqtt_codec as codec
from girouette.parcel import Parcel

_LATE_MS = const(10000)
"""A broker that owes an answer for this long is gone."""
_QUICK_MS = const(10000)
_SLOW_MS = const(300000)
_PATIENCE_MS = const(120000)
_STABLE_MS = const(5000)
"""A connection that lasted this long was a good one: the next wait begins small again."""
_CAP = const(4096)
_QUEUE = const(8)
_FLOOD = const(32)


class Disconnected(OSError):
    """The connection ended, or there was none; whether the packet arrived is unknown."""


class Waiting:
    """A QoS 1 packet on its way: when it left, and what wakes its sender."""

    def __init__(self):
        self.since = time.ticks_ms()
        self.event = asyncio.Event()
        self.done = False


class Client:
    """One connection to one broker, made again for as long as `run` runs."""

    def __init__(self, device: str, broker, will: tuple[str, bytes], filters: list[tuple[str, int]], spawn):
        self._device = device
        self._broker = broker
        self._will = will
        self._filters = filters
        self._spawn = spawn
        self.trust = None
        """What a connection by TLS needs (trust.py); None is a line that is not encrypted."""
        self.on_message = lambda topic, payload: None
        self.on_connect = lambda: None
        self.on_disconnect = lambda: None
        self.online = False
        self.connects = 0
        self.oversize = 0
        self.why = self.word = ""
        self._mid = 0
        self._out: list[tuple] = []
        self._room = asyncio.Event()
        self._filled = asyncio.Event()
        self._waiting: dict[int, Waiting] = {}
        self._broken = False
        self._heard = self._spoke = 0
        self._begun: int | None = None

    def secure(self, config, clock) -> None:
        """Speak TLS from now on, where the configuration names anchors; what that needs is loaded only then."""
        if config.anchors:
            from girouette.trust import Trust

            self.trust = Trust(config, clock)

    async def run(self, link_up, beat) -> None:
        """Connect whenever the network is there, and again when it ends, with full jitter; never returns."""
        failures, since = 0, time.ticks_ms()
        while True:
            beat()
            if not link_up() or self.trust is not None and not self.trust.ready():
                await asyncio.sleep_ms(200)
                continue
            self._begun = None
            try:
                await self._connection(link_up, beat)
            except (OSError, EOFError, asyncio.TimeoutError) as error:
                self.why = str(error) or type(error).__name__
                self.word = word_of(error, self._begun is not None)
            now = time.ticks_ms()
            if self._begun is not None and time.ticks_diff(now, self._begun) > _STABLE_MS:
                failures, since = 0, now
            failures += 1
            pause_ms = backoff_ms(failures, time.ticks_diff(now, since), random.random())
            print("# broker:", self.word, "(%s), again in %d ms" % (self.why, pause_ms))
            await self._pause(pause_ms, beat)

    async def publish(self, topic: str, payload, qos: int = 0, retain: bool = False) -> None:
        """Send one message; at QoS 1 return when the broker has acknowledged it, else when it is on its way.

        A Parcel is not copied: until this returns it must stay as it is.
        """
        while len(self._out) >= _QUEUE:
            self._room.clear()
            await self._room.wait()
        if not self.online:
            raise Disconnected("not connected")
        if not qos:
            self._send(codec.publish(topic, len(payload), 0, retain), payload)
            return
        mid = self._next_mid()
        waiting = self._waiting[mid] = Waiting()
        self._send(codec.publish(topic, len(payload), mid, retain), payload)
        await waiting.event.wait()
        if not waiting.done:
            raise Disconnected("connection lost")

    async def leave(self) -> None:
        """Say goodbye, so that the broker keeps the last will to itself."""
        self._send(codec.GOODBYE)
        while self._out and self.online:
            await asyncio.sleep_ms(20)

    async def _connection(self, link_up, beat) -> None:
        """One connection from beginning to end; always ends in an error."""
        reader, writer = await asyncio.wait_for_ms(self._open(), _LATE_MS)
        tasks = []
        try:
            beat()
            await self._welcome(reader, writer)
            beat()
            self._begin()
            tasks = [self._spawn("mqtt in", self._read(reader)), self._spawn("mqtt out", self._write(writer))]
            self._subscribe()
            while not self._broken:
                await asyncio.sleep_ms(250)
                beat()
                self._judge(link_up())
            raise Disconnected(self.why)
        finally:
            self._end()
            for task in tasks:
                task.cancel()
            writer.close()
            await writer.wait_closed()

    async def _open(self):
        broker, trust = self._broker, self.trust
        if trust is None:
            return await asyncio.open_connection(broker.host, broker.port)
        port, name = trust.port or broker.port, trust.name or broker.host
        return await asyncio.open_connection(broker.host, port, ssl=trust.context(), server_hostname=name)

    async def _welcome(self, reader, writer) -> None:
        """Be let in; where the line is encrypted, the first packet is what makes both sides prove who they are."""
        if self.trust is None:
            await asyncio.wait_for_ms(self._greet(reader, writer), _LATE_MS)
            return
        try:
            await asyncio.wait_for_ms(self._greet(reader, writer), _LATE_MS)
        except (OSError, ValueError) as error:
            raise Disconnected(self.trust.explain(error))
        self.trust.accepted()

    async def _greet(self, reader, writer) -> None:
        broker = self._broker
        hello = codec.connect(self._device, broker.user, broker.password, broker.keepalive_s, self._will)
        writer.write(hello)
        await writer.drain()
        read = exactly(reader)
        if (await read(1))[0] >> 4 != codec.CONNACK:  # looked at before the rest is awaited: a web server may have little to say
            raise codec.Malformed("CONNACK")
        rest = await read(3)
        if rest[0] != 2:
            raise codec.Malformed("CONNACK")
        code = codec.read_connack(rest[1:])
        if code:
            raise Disconnected("refused: " + (codec.REFUSED[code] if code < len(codec.REFUSED) else str(code)))

    def _begin(self) -> None:
        self._broken = False
        self._out = []
        self._heard = self._spoke = self._begun = time.ticks_ms()
        self.connects += 1
        self.online = True

    def _subscribe(self) -> None:
        mid = self._next_mid()
        self._waiting[mid] = Waiting()
        self._send(codec.subscribe(mid, self._filters))

    def _end(self) -> None:
        was, self.online = self.online, False
        self._out = []
        self._room.set()
        for waiting in self._waiting.values():
            waiting.event.set()
        self._waiting = {}
        if was:
            self.on_disconnect()

    def _judge(self, linked: bool) -> None:
        """Say goodbye to a connection that owes an answer, and keep one alive that is only quiet."""
        now = time.ticks_ms()
        if not linked:
            self._break("network gone")
        if any(time.ticks_diff(now, w.since) > _LATE_MS for w in self._waiting.values()):
            self._break("acknowledgement late")
        quiet_ms = self._broker.keepalive_s * 1000
        if time.ticks_diff(now, self._heard) > quiet_ms // 2 + _LATE_MS:
            self._break("silent")
        if time.ticks_diff(now, self._spoke) > quiet_ms // 2 or time.ticks_diff(now, self._heard) > quiet_ms // 2:
            if (codec.PING, b"") not in self._out and len(self._out) < _QUEUE:
                self._send(codec.PING)
                self._spoke = now

    def _break(self, why: str) -> None:
        if not self._broken:
            self._broken, self.why = True, why

    def _send(self, packet: bytes, payload=b"") -> None:
        if len(self._out) >= _FLOOD:
            self._break("more to answer than can be sent")
            return
        self._out.append((packet, payload))
        self._filled.set()

    def _next_mid(self) -> int:
        self._mid = self._mid % 65535 + 1
        return self._mid

    async def _pause(self, pause_ms: int, beat) -> None:
        ends = time.ticks_add(time.ticks_ms(), pause_ms)
        while time.ticks_diff(ends, time.ticks_ms()) > 0:
            beat()
            await asyncio.sleep_ms(min(1000, time.ticks_diff(ends, time.ticks_ms()) + 1))

    async def _write(self, writer) -> None:
        try:
            while True:
                while self._out:
                    writer.write(self._whole(self._out.pop(0)))
                    self._room.set()
                    await writer.drain()
                    self._spoke = time.ticks_ms()
                self._filled.clear()
                await self._filled.wait()
        except OSError as error:
            self._break("writing: " + str(error))

    @staticmethod
    def _whole(packet: tuple):
        """Head and payload in one piece, since Nagle makes two pieces wait for each other."""
        head, payload = packet
        return payload.behind(head) if isinstance(payload, Parcel) else head + payload

    async def _read(self, reader) -> None:
        read = exactly(reader)
        try:
            while True:
                first, body = await codec.read_packet(read, _CAP)
                self._heard = time.ticks_ms()
                if body is None:
                    self.oversize += 1
                else:
                    self._handle(first, body)
        except (OSError, EOFError) as error:
            self._break("reading: " + (str(error) or "closed by the broker"))

    def _handle(self, first: int, body: bytes) -> None:
        kind = first >> 4
        if kind == codec.PUBLISH:
            topic, mid, payload = codec.read_publish(first & 15, body)
            if mid:
                self._send(codec.puback(mid))
            self.on_message(topic, payload)
        elif kind == codec.PUBACK:
            waiting = self._waiting.pop(codec.read_mid(body), None)
            if waiting is not None:
                waiting.done = True
                waiting.event.set()
        elif kind == codec.SUBACK:
            mid, codes = codec.read_suback(body)
            if 128 in codes:
                raise codec.Malformed("subscription refused")
            if self._waiting.pop(mid, None) is not None:
                print("# broker: connected")
                self.on_connect()
        elif kind != codec.PINGRESP:
            raise codec.Malformed("packet of kind %d" % kind)


def exactly(reader):
    """A function that reads exactly n bytes, or raises EOFError when the other side has closed."""

    async def read(count: int) -> bytes:
        found = await reader.read(count)
        while len(found) < count:
            more = await reader.read(count - len(found)) if found else b""
            if not more:
                raise EOFError
            found += more
        return found

    return read


def word_of(error: Exception, begun: bool) -> str:
    """One word for why there is no connection, as docs/firmware.md explains it."""
    if begun:
        return "lost"
    if isinstance(error, codec.Malformed):
        return "not-mqtt"
    first = str(error).partition(":")[0]
    if first in ("refused", "tls"):
        return first
    if isinstance(error, asyncio.TimeoutError):
        return "silent"
    if isinstance(error, EOFError):
        return "closed"
    code = error.errno if isinstance(error, OSError) else None
    return "unknown-host" if isinstance(code, int) and code < 0 else "unreachable"


def backoff_ms(failures: int, outage_ms: int, chance: float) -> int:
    """How long to wait before the next attempt: full jitter, up to 10 s in the first two minutes, then up to 5 min."""
    top = _QUICK_MS if outage_ms < _PATIENCE_MS else _SLOW_MS
    return int(min(top, 1000 << min(failures, 9)) * chance)
