"""The board's MQTT codec in its own interpreter: what it writes is MQTT 3.1.1, what it reads it survives."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from on_board import run

few = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
"""Each example is a batch of up to 40 packets, so that one start of the interpreter tries them all."""
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)
blobs = st.binary(max_size=300)


class Published(NamedTuple):
    """A PUBLISH as a broker reads it (OASIS MQTT 3.1.1, section 3.3)."""

    topic: str
    mid: int
    retain: bool
    payload: bytes


def take_length(packet: bytes) -> tuple[int, int]:
    """The remaining length after the first byte, and where the rest begins (section 2.2.3)."""
    length, at = 0, 1
    while True:
        length |= (packet[at] & 127) << (7 * (at - 1))
        at += 1
        if packet[at - 1] < 128:
            return length, at


def read_publish(packet: bytes) -> Published:
    """Read a whole PUBLISH; fails where its length does not fit."""
    length, at = take_length(packet)
    assert packet[0] >> 4 == 3
    assert len(packet) == at + length
    end = at + 2 + struct.unpack("!H", packet[at : at + 2])[0]
    topic = packet[at + 2 : end].decode()
    mid = struct.unpack("!H", packet[end : end + 2])[0] if packet[0] & 6 else 0
    return Published(topic, mid, bool(packet[0] & 1), packet[end + 2 if packet[0] & 6 else end :])


PUBLISH = """
from girouette.mqtt_codec import publish
result = []
for topic, payload, mid, retain in given:
    payload = bytes(payload)
    result.append(list(publish(topic, len(payload), mid, retain) + payload))
"""


@pytest.mark.slow
@few
@given(batch=st.lists(st.tuples(texts, blobs, st.integers(0, 65535), st.booleans()), max_size=40))
def test_what_the_board_publishes_a_broker_reads(tmp_path: Path, batch: list[tuple[str, bytes, int, bool]]) -> None:
    """Topic, number, retention and payload of any message come out of its bytes as the standard reads them."""
    packets = run(PUBLISH, tmp_path, [[t, list(p), m, r] for t, p, m, r in batch])

    assert [read_publish(bytes(p)) for p in packets] == [Published(t, m, r, p) for t, p, m, r in batch]


def test_lengths_at_their_limits(tmp_path: Path) -> None:
    """One to three bytes of remaining length, at each limit of the standard's table 2.4."""
    sizes = [0, 127 - 3, 128 - 3, 16383 - 3, 16384 - 3, 2097151 - 3]
    code = "from girouette.mqtt_codec import publish\nresult = [list(publish('a', n, 0, False)) for n in given]"

    heads = run(code, tmp_path, sizes)

    assert [take_length(bytes(head)) for head in heads] == [
        (size + 3, at) for size, at in zip(sizes, (2, 2, 3, 3, 4, 4), strict=True)
    ]


def test_the_connect_packet_byte_for_byte(tmp_path: Path) -> None:
    """A clean session, a retained last will at QoS 1, user and password (section 3.1), as a golden vector."""
    code = """
from girouette.mqtt_codec import connect
result = [list(connect("b1", user, "pw", 30, ("t/state", b"{}"))) for user in ("b1", "")]
"""
    with_user, without = (bytes(packet) for packet in run(code, tmp_path))

    head = b"\x00\x04MQTT\x04"
    will = b"\x00\x07t/state\x00\x02{}"
    assert with_user == b"\x10\x23" + head + b"\xee\x00\x1e" + b"\x00\x02b1" + will + b"\x00\x02b1\x00\x02pw"
    assert without == b"\x10\x1b" + head + b"\x2e\x00\x1e" + b"\x00\x02b1" + will


READ = """
import asyncio
from girouette import mqtt_codec as codec
from girouette.mqtt import exactly

class Reader:
    def __init__(self, content, chunks):
        self.content, self.chunks, self.longest = content, chunks, 0

    async def read(self, count):
        self.longest = max(self.longest, count)
        self.chunks.append(self.chunks.pop(0))
        found = self.content[: min(count, self.chunks[-1])]
        self.content = self.content[len(found):]
        return found

def take(first, body):
    if body is None:
        return ["too long"]
    if first >> 4 == codec.PUBLISH:
        topic, mid, payload = codec.read_publish(first & 15, body)
        return ["publish", topic, mid, list(payload)]
    if first >> 4 == codec.PUBACK:
        return ["puback", codec.read_mid(body)]
    if first >> 4 == codec.SUBACK:
        mid, codes = codec.read_suback(body)
        return ["suback", mid, list(codes)]
    if first >> 4 == codec.CONNACK:
        return ["connack", codec.read_connack(body)]
    return [first >> 4]

async def read_all(content, chunks):
    found, reader = [], Reader(bytes(content), list(chunks))
    read = exactly(reader)
    while True:
        try:
            found.append(take(*await codec.read_packet(read, 256)))
        except (OSError, EOFError) as error:
            return [found, type(error).__name__, reader.longest]

result = [asyncio.run(read_all(content, chunks)) for content, chunks in given]
"""


@pytest.mark.slow
@few
@given(
    batch=st.lists(
        st.tuples(
            st.lists(st.tuples(texts, st.binary(max_size=150)), max_size=5), st.lists(st.integers(1, 9), min_size=1)
        ),
        max_size=20,
    )
)
def test_packets_are_read_however_the_network_cuts_them(
    tmp_path: Path, batch: list[tuple[list[tuple[str, bytes]], list[int]]]
) -> None:
    """Any row of publications, in pieces of any size, is read as it was written; then the end is told as the end."""
    rows = []
    for messages, chunks in batch:
        bodies = [struct.pack("!H", len(t.encode())) + t.encode() + p for t, p in messages]
        content = b"".join(b"\x30" + length(len(b)) + b for b in bodies)
        rows.append([list(content), chunks])

    read = run(READ, tmp_path, rows)

    for (messages, _), (found, ended, _) in zip(batch, read, strict=True):
        expected = [
            ["publish", t, 0, list(p)] if 2 + len(t.encode()) + len(p) <= 256 else ["too long"] for t, p in messages
        ]
        assert found == expected
        assert ended == "EOFError"


@pytest.mark.slow
@few
@given(batch=st.lists(st.tuples(st.binary(max_size=80), st.lists(st.integers(1, 99), min_size=1)), max_size=40))
def test_nonsense_ends_the_connection_and_nothing_else(tmp_path: Path, batch: list[tuple[bytes, list[int]]]) -> None:
    """Any bytes at all are read, refused as malformed, or found cut short; no more than the cap is ever asked for."""
    rows = run(READ, tmp_path, [[list(content), chunks] for content, chunks in batch])

    assert len(rows) == len(batch)
    for _, ended, longest in rows:
        assert ended in {"Malformed", "EOFError"}
        assert longest <= 256


def test_what_is_not_mqtt_is_named(tmp_path: Path) -> None:
    """Each kind of packet that breaks the standard is refused: QoS 2, number 0, a broken topic, five bytes of length."""
    cases: dict[str, Any] = {
        "qos 2": b"\x34\x05\x00\x01a\x00\x01",
        "number 0": b"\x32\x05\x00\x01a\x00\x00",
        "topic too long": b"\x30\x03\x00\x09a",
        "topic is not text": b"\x30\x03\x00\x01\xff",
        "short puback": b"\x40\x01\x00",
        "puback 0": b"\x40\x02\x00\x00",
        "suback code": b"\x90\x03\x00\x01\x07",
        "connack flags": b"\x20\x02\x02\x00",
        "five bytes of length": b"\x30\xff\xff\xff\xff\x01",
    }

    read = run(READ, tmp_path, [[list(content), [100]] for content in cases.values()])

    assert {name: ended for name, (_, ended, _) in zip(cases, read, strict=True)} == dict.fromkeys(cases, "Malformed")


def length(size: int) -> bytes:
    """A remaining length (section 2.2.3)."""
    return bytes([size]) if size < 128 else bytes([size & 127 | 128]) + length(size >> 7)


@pytest.mark.slow
@few
@given(
    batch=st.lists(
        st.tuples(st.integers(0, 200), st.integers(0, 600000), st.floats(0, 1, exclude_max=True)),
        min_size=1,
        max_size=40,
    )
)
def test_reconnecting_has_full_jitter(tmp_path: Path, batch: list[tuple[int, int, float]]) -> None:
    """A wait is anything from 0 to 10 s in the first two minutes of an outage, and to 5 min later."""
    code = "from girouette.mqtt import backoff_ms\nresult = [backoff_ms(*g) for g in given]"

    waits = run(code, tmp_path, batch)

    for (failures, outage_ms, chance), wait in zip(batch, waits, strict=True):
        top = min(10_000 if outage_ms < 120_000 else 300_000, 1000 * 2 ** min(failures, 9))
        assert abs(wait - top * chance) <= 1
