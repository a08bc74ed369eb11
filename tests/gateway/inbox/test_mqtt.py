"""The inbox on real brokers: what is acknowledged when, on which connection, and what happens when a broker goes away."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import subprocess
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import aiomqtt
import paho.mqtt.client as paho
import pytest
from paho.mqtt import publish

from gateway.broker import Kind, start_broker
from gateway.inbox.buffered import Buffered
from gateway.inbox.mqtt import InboxError, MqttInbox
from gateway.message import Message, Outgoing

pytestmark = pytest.mark.slow
"""Over a real broker, which takes its time: not for the loop."""

TOPIC = "gir/1/{}/{}/{}".format


@pytest.fixture(params=["mosquitto", "iotcore"])
def broker(
    request: pytest.FixtureRequest, tmp_path: Path, free_port: Callable[[], int], part: Callable[[str], str]
) -> Iterator[Broker]:
    """Each embedded broker."""
    if request.param == "mosquitto":
        part("mosquitto")
    made = Broker(request.param, tmp_path, free_port())
    made.start()
    yield made
    made.kill()


@pytest.fixture
def mosquitto_broker(tmp_path: Path, free_port: Callable[[], int], part: Callable[[str], str]) -> Iterator[Broker]:
    """Mosquitto as we start it, where the test is about the broker."""
    part("mosquitto")
    made = Broker("mosquitto", tmp_path, free_port())
    made.start()
    yield made
    made.kill()


class Broker:
    """A broker that can be killed and started again on its port."""

    def __init__(self, kind: Kind, directory: Path, port: int) -> None:
        self.kind, self.directory, self.port = kind, directory, port
        self.child: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it."""
        self.child = start_broker(self.directory, self.port, kind=self.kind)

    def kill(self) -> None:
        """Kill it at once; it keeps nothing."""
        assert self.child is not None
        self.child.kill()
        self.child.communicate()

    def say(self, *messages: tuple[str, str], qos: int = 1, retain: bool = False) -> None:
        """Publish (topic, payload), and wait until the broker has them."""
        publish.multiple(
            [{"topic": topic, "payload": payload, "qos": qos, "retain": retain} for topic, payload in messages],
            hostname="127.0.0.1", port=self.port,
        )  # fmt: skip


@contextlib.asynccontextmanager
async def running(inbox: MqttInbox) -> AsyncIterator[MqttInbox]:
    """An inbox that is connected; it is stopped at the end."""
    task = asyncio.create_task(inbox.run())
    try:
        await until_async(lambda: inbox.ready() is None, what="subscribed")
        await asyncio.wait_for(inbox.receipts(), 10)
        yield inbox
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until_async(condition: Callable[[], object], *, within_s: float = 20, what: str = "it") -> None:
    """Wait until the condition holds."""
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.01)


async def take(inbox: MqttInbox, count: int, *, acknowledge: bool = True) -> list[Message]:
    """The next `count` messages at least."""
    got: list[Message] = []
    async with asyncio.timeout(20):
        async for batch in inbox.batches():
            got += batch
            if acknowledge:
                inbox.acknowledge(batch)
            if len(got) >= count:
                return got
    raise AssertionError


def packs(first: int, count: int, *, shard: str = "00") -> list[tuple[str, str]]:
    """Topics and payloads of `count` messages."""
    return [(TOPIC(shard, "air-1", "obs"), f"{n}") for n in range(first, first + count)]


def texts(messages: Sequence[Message]) -> list[str]:
    """Their payloads."""
    return [message.payload.decode() for message in messages]


def run(test: Coroutine[Any, Any, None]) -> None:
    """Run an asynchronous test."""
    asyncio.run(test)


def test_every_channel_comes_in_order_with_its_bytes(broker: Broker) -> None:
    """Packs, states, answers and health messages arrive as they were sent; other topics do not."""

    async def test() -> None:
        async with running(MqttInbox(broker.url)) as inbox:
            sent = [(TOPIC("0a", "air-1", channel), f"é{channel}") for channel in ("obs", "state", "ack", "health")]
            await asyncio.to_thread(broker.say, *sent, (TOPIC("0a", "air-1", "cmd"), "not for us"))
            got = await take(inbox, 4)
            assert {(m.topic, m.payload.decode(), m.qos, m.retained) for m in got} == {
                (topic, payload, 0 if topic.endswith("health") else 1, False) for topic, payload in sent
            }

    run(test())


def test_what_was_not_acknowledged_comes_again(broker: Broker) -> None:
    """Another inbox of the same name gets what the first one left, and not what it acknowledged."""

    async def test() -> None:
        async with running(MqttInbox(broker.url)) as inbox:
            await asyncio.to_thread(broker.say, *packs(0, 10))
            got = await take(inbox, 10, acknowledge=False)
            inbox.acknowledge(got[:4])
            await asyncio.to_thread(broker.say, (TOPIC("00", "end", "health"), "seen"))
            await take(inbox, 1, acknowledge=False)
        async with running(MqttInbox(broker.url)) as again:
            assert texts(await take(again, 6)) == [str(n) for n in range(4, 10)]

    run(test())


def test_what_came_while_nobody_listened_waits(broker: Broker) -> None:
    """The session outlives the process: packs published meanwhile come, more of them than any window holds."""

    async def test() -> None:
        async with running(MqttInbox(broker.url)):
            pass
        await asyncio.to_thread(broker.say, *packs(0, 300))
        inbox = MqttInbox(broker.url)
        taking = asyncio.create_task(take(inbox, 300))
        async with running(inbox):
            assert texts(await taking) == [str(n) for n in range(300)]

    run(test())


def test_a_full_window_does_not_hold_up_the_subscriptions(broker: Broker) -> None:
    """An inbox that starts with more unacknowledged packs than the broker's window still gets ready, and all of them."""

    async def test() -> None:
        async with running(MqttInbox(broker.url)) as inbox:
            await asyncio.to_thread(broker.say, *packs(0, 500))
            await take(inbox, 100, acknowledge=False)
        inbox = MqttInbox(broker.url)
        taking = asyncio.create_task(take(inbox, 500))
        async with running(inbox):
            assert {int(text) for text in texts(await taking)} == set(range(500))

    run(test())


def test_an_acknowledgement_goes_to_its_own_connection_alone(mosquitto_broker: Broker) -> None:
    """Packs taken before the broker was killed are acknowledged into nothing; those of the new connection stay owed."""

    async def test() -> None:
        async with running(MqttInbox(mosquitto_broker.url)) as inbox:
            await asyncio.to_thread(mosquitto_broker.say, *packs(0, 3))
            old = await take(inbox, 3, acknowledge=False)
            mosquitto_broker.kill()
            await until_async(lambda: inbox.ready() is not None, what="the loss noticed")
            await asyncio.to_thread(mosquitto_broker.start)
            await until_async(lambda: inbox.ready() is None, what="connected again")
            await asyncio.to_thread(mosquitto_broker.say, *packs(10, 3))
            new = await take(inbox, 3, acknowledge=False)
            assert [m.mid for m in new] == [m.mid for m in old]
            assert {m.connection for m in new}.isdisjoint({m.connection for m in old})
            inbox.acknowledge(old)
        async with running(MqttInbox(mosquitto_broker.url)) as again:
            assert texts(await take(again, 3)) == ["10", "11", "12"]

    run(test())


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_frozen_broker_is_left_and_found_again(mosquitto_broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker that answers nothing any more is noticed by the keepalive; thawed, it delivers what it held."""
    monkeypatch.setattr("gateway.inbox.mqtt.KEEPALIVE_S", 2)

    async def test() -> None:
        child = mosquitto_broker.child
        assert child is not None
        async with running(MqttInbox(mosquitto_broker.url)) as inbox:
            await asyncio.to_thread(mosquitto_broker.say, *packs(0, 5))
            await take(inbox, 5, acknowledge=False)
            child.send_signal(signal.SIGSTOP)
            await until_async(lambda: inbox.ready() is not None, within_s=30, what="the silence noticed")
            child.send_signal(signal.SIGCONT)
            await until_async(lambda: inbox.ready() is None, within_s=60, what="connected again")
            assert texts(await take(inbox, 5)) == ["0", "1", "2", "3", "4"]

    run(test())


def test_a_broker_that_is_away_at_the_start_is_waited_for(mosquitto_broker: Broker) -> None:
    """The inbox says what it waits for, and connects when the broker is there."""
    mosquitto_broker.kill()

    async def test() -> None:
        inbox = MqttInbox(mosquitto_broker.url)
        task = asyncio.create_task(inbox.run())
        await until_async(lambda: "refused" in (inbox.ready() or ""), what="the reason told")
        assert not inbox.send([Outgoing(TOPIC("00", "air-1", "kept"), b"{}")])
        await asyncio.to_thread(mosquitto_broker.start)
        await until_async(lambda: inbox.ready() is None, within_s=30, what="connected")
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    run(test())


def test_an_end_that_comes_in_the_moment_of_the_answer_is_heeded(
    mosquitto_broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cancellation that is swallowed while the broker answers, as Python 3.11's `wait_for` does, ends the inbox all the same."""
    asked = aiomqtt.Client.subscribe

    async def swallows(self: aiomqtt.Client, *words: Any, **more: Any) -> Any:
        told = await asked(self, *words, **more)
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(0)
        return told

    monkeypatch.setattr(aiomqtt.Client, "subscribe", swallows)

    async def test() -> None:
        task = asyncio.create_task(MqttInbox(mosquitto_broker.url).run())
        done, _ = await asyncio.wait({task}, timeout=20)
        task.cancel()
        assert done

    run(test())


def test_messages_are_taken_together_but_not_kept_waiting(mosquitto_broker: Broker) -> None:
    """Few messages wait for each other a quarter of a second; as many as the window come at once."""

    async def test() -> None:
        async with running(MqttInbox(mosquitto_broker.url, window=5)) as inbox:
            batches = inbox.batches()
            await asyncio.to_thread(mosquitto_broker.say, *packs(0, 3))
            assert len(await asyncio.wait_for(anext(batches), 10)) == 3
            await asyncio.to_thread(mosquitto_broker.say, *packs(3, 12))
            assert len(await asyncio.wait_for(anext(batches), 10)) >= 5

    run(test())


def test_large_packs_are_taken_fewer_at_a_time(mosquitto_broker: Broker) -> None:
    """A batch has at most half a mebibyte, and the rest follows at once."""

    async def test() -> None:
        async with running(MqttInbox(mosquitto_broker.url, window=100)) as inbox:
            batches = inbox.batches()
            large = [(TOPIC("00", "air-1", "obs"), "x" * 16_000) for _ in range(100)]
            await asyncio.to_thread(mosquitto_broker.say, *large)
            sizes = []
            while sum(sizes) < 100:
                batch = await asyncio.wait_for(anext(batches), 10)
                inbox.acknowledge(batch)
                sizes.append(len(batch))
            assert max(sizes) <= 33

    run(test())


def test_receipts_that_the_broker_kept_are_read_once(broker: Broker) -> None:
    """What is retained under `kept` is given to whoever asks, and later receipts are not messages of boards."""
    broker.say((TOPIC("00", "air-1", "kept"), "one"), (TOPIC("01", "air-2", "kept"), "two"), retain=True)

    async def test() -> None:
        async with running(MqttInbox(broker.url)) as inbox:
            assert {(m.topic.split("/")[3], m.payload) for m in await inbox.receipts()} == {
                ("air-1", b"one"),
                ("air-2", b"two"),
            }
            await asyncio.to_thread(broker.say, (TOPIC("00", "air-1", "kept"), "three"), *packs(0, 1))
            assert texts(await take(inbox, 1)) == ["0"]

    run(test())


def test_what_is_sent_reaches_its_board_and_stays(broker: Broker) -> None:
    """A receipt goes out at once and is retained for boards that connect later."""
    got: list[tuple[str, bytes, bool]] = []
    arrived = threading.Event()

    def hear(_: paho.Client, __: object, message: paho.MQTTMessage) -> None:
        got.append((message.topic, message.payload, bool(message.retain)))
        arrived.set()

    async def test() -> None:
        async with running(MqttInbox(broker.url)) as inbox:
            assert inbox.send([Outgoing(TOPIC("00", "air-1", "kept"), b"kept", retain=True)])
            await asyncio.sleep(0.2)
        client = paho.Client(paho.CallbackAPIVersion.VERSION2)
        client.on_message = hear
        client.connect("127.0.0.1", broker.port)
        client.subscribe("gir/1/+/+/kept")
        client.loop_start()
        assert await asyncio.to_thread(arrived.wait, 10)
        client.loop_stop()
        client.disconnect()
        assert got == [(TOPIC("00", "air-1", "kept"), b"kept", True)]

    run(test())


def test_shards_are_shared_out_among_accounts(
    tmp_path: Path, free_port: Callable[[], int], part: Callable[[str], str], until: Callable[..., None]
) -> None:
    """Two accounts on a broker with passwords take every pack once, each on its own connection, and answer there."""
    binary, port = part("mosquitto"), free_port()
    passwords = tmp_path / "passwords"
    passwords.touch()
    for user in ("gateway-0", "gateway-1", "board"):
        subprocess.run(["mosquitto_passwd", "-b", str(passwords), user, "s:cret"], check=True)
    conf = tmp_path / "m.conf"
    conf.write_text(f"listener {port} 127.0.0.1\npassword_file {passwords}\nuse_username_as_clientid true\nuser root\n")
    with subprocess.Popen([binary, "-c", str(conf)], stderr=subprocess.DEVNULL) as child:
        urls = [f"mqtt://gateway-{number}:s%3Acret@127.0.0.1:{port}" for number in range(2)]

        async def test() -> None:
            async with running(MqttInbox(*urls)) as inbox:
                await asyncio.to_thread(
                    publish.multiple,
                    [{"topic": t, "payload": p, "qos": 1} for n in range(20) for t, p in packs(n, 1, shard=f"{n:02x}")],
                    hostname="127.0.0.1", port=port, auth={"username": "board", "password": "s:cret"},
                )  # fmt: skip
                got = await take(inbox, 20)
                assert sorted(int(text) for text in texts(got)) == list(range(20))
                by_connection = {m.connection: int(m.topic.split("/")[2], 16) % 2 for m in got}
                assert sorted(by_connection.values()) == [0, 1]

        try:
            run(test())
        finally:
            child.kill()


def test_health_is_dropped_and_counted_when_too_much_waits(
    mosquitto_broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has no promise is let go of, packs are not."""
    monkeypatch.setattr("gateway.inbox.mqtt.MOST_UNKEPT", 10)

    async def test() -> None:
        async with running(MqttInbox(mosquitto_broker.url)) as inbox:
            health = [(TOPIC("00", "air-1", "health"), json.dumps({"n": n})) for n in range(30)]
            await asyncio.to_thread(mosquitto_broker.say, *health, *packs(0, 30))
            await until_async(lambda: inbox.dropped > 0, what="some dropped")
            got = await take(inbox, 30)
            while len([m for m in got if m.qos]) < 30:
                got += await take(inbox, 1)
            assert texts([m for m in got if m.qos]) == [str(n) for n in range(30)]
            assert len(got) + inbox.dropped == 60

    run(test())


@pytest.mark.parametrize("url", ["mqttss://127.0.0.1", "mqtt://", "127.0.0.1:1883", "mqtt://host:99999"])
def test_what_is_no_broker_is_refused_with_a_sentence(url: str) -> None:
    """The sentence shows how an address is written, and tells no password."""
    with pytest.raises(InboxError, match="write mqtt://HOST:1883"):
        MqttInbox(url)


def test_private_names_are_what_we_think(mosquitto_broker: Broker) -> None:
    """The version range that pyproject allows has paho's client under `_client`, and its socket, once open, under `_sock`."""

    async def test() -> None:
        client = aiomqtt.Client("127.0.0.1", mosquitto_broker.port)
        assert isinstance(client._client, paho.Client)
        assert not client._client._manual_ack
        client._client.manual_ack_set(on=True)
        assert client._client._manual_ack
        async with running(MqttInbox(mosquitto_broker.url)) as inbox:
            [link] = inbox._links.values()
            assert isinstance(link._sock, Buffered)

    run(test())
    assert (2, 5) <= tuple(int(part) for part in version("aiomqtt").split(".")[:2]) < (3, 0)
