"""The packets of MQTT 3.1.1 that a board needs, as pure functions over bytes; sections of the OASIS standard are named."""

import struct

from micropython import const

_CONNECT = const(1)
CONNACK = const(2)
PUBLISH = const(3)
PUBACK = const(4)
_SUBSCRIBE = const(8)
SUBACK = const(9)
PINGRESP = const(13)
PING = b"\xc0\x00"
GOODBYE = b"\xe0\x00"
_CLEAN = const(0x02)
LONGEST = const(268435455)
REFUSED = ("", "protocol version", "client id", "server unavailable", "user or password", "not authorised")
"""Why a broker refuses a connection, by return code (section 3.2.2.3)."""


class Malformed(OSError):
    """The broker sent what is not MQTT 3.1.1; the connection is given up."""


def packet(first: int, *parts: bytes, more: int = 0) -> bytes:
    """A packet: fixed header, remaining length (section 2.2.3), the parts; `more` bytes are still to follow them."""
    rest = sum(len(p) for p in parts) + more
    if rest > LONGEST:
        raise ValueError("packet too long")
    head = bytearray((first,))
    while True:
        head.append(rest & 0x7F | (0x80 if rest > 0x7F else 0))
        rest >>= 7
        if not rest:
            return bytes(head) + b"".join(parts)


def text(value: str | bytes) -> bytes:
    """A string with its length before it (section 1.5.3)."""
    raw = value.encode() if isinstance(value, str) else value
    if len(raw) > 65535:
        raise ValueError("string too long")
    return struct.pack("!H", len(raw)) + raw


def connect(client: str, user: str, password: str, keepalive_s: int, will: tuple[str, bytes]) -> bytes:
    """CONNECT with a clean session and a retained last will of QoS 1 (section 3.1)."""
    flags = _CLEAN | 0x04 | 0x08 | 0x20 | (0xC0 if user else 0)
    login = (text(user), text(password)) if user else ()
    head = text("MQTT") + bytes((4, flags)) + struct.pack("!H", keepalive_s)
    return packet(0x10, head, text(client), text(will[0]), text(will[1]), *login)


def publish(topic: str, size: int, mid: int, retain: bool) -> bytes:
    """PUBLISH up to its payload of `size` bytes; QoS 1 where `mid` is not 0, else QoS 0 (section 3.3)."""
    first = 0x30 | (0x02 if mid else 0) | (0x01 if retain else 0)
    return packet(first, text(topic), struct.pack("!H", mid) if mid else b"", more=size)


def puback(mid: int) -> bytes:
    """PUBACK (section 3.4)."""
    return b"\x40\x02" + struct.pack("!H", mid)


def subscribe(mid: int, filters: list[tuple[str, int]]) -> bytes:
    """SUBSCRIBE to filters, each with its QoS (section 3.8)."""
    return packet(0x82, struct.pack("!H", mid), *(text(f) + bytes((qos,)) for f, qos in filters))


def read_connack(body: bytes) -> int:
    """The return code of a CONNACK; 0 is welcome (section 3.2)."""
    if len(body) != 2 or body[0] > 1:
        raise Malformed("CONNACK")
    return body[1]


def read_mid(body: bytes) -> int:
    """The packet number that a PUBACK answers."""
    if len(body) != 2 or body == b"\0\0":
        raise Malformed("PUBACK")
    return struct.unpack("!H", body)[0]


def read_suback(body: bytes) -> tuple[int, bytes]:
    """The packet number that a SUBACK answers, and one code a filter: 128 is a refusal (section 3.9)."""
    if len(body) < 3 or any(code not in (0, 1, 2, 128) for code in body[2:]):
        raise Malformed("SUBACK")
    return struct.unpack("!H", body[:2])[0], body[2:]


def read_publish(flags: int, body: bytes) -> tuple[str, int, bytes]:
    """Topic, packet number (0 at QoS 0) and payload of a PUBLISH whose first byte had these four flags."""
    qos = flags >> 1 & 3
    if qos > 1 or len(body) < 2:
        raise Malformed("PUBLISH")  # QoS 2 was never subscribed to
    end = 2 + struct.unpack("!H", body[:2])[0]
    start = end + (2 if qos else 0)
    if len(body) < start:
        raise Malformed("PUBLISH")
    mid = struct.unpack("!H", body[end:start])[0] if qos else 0
    if qos and not mid:
        raise Malformed("PUBLISH")
    try:
        return body[2:end].decode(), mid, body[start:]
    except UnicodeError:
        raise Malformed("PUBLISH")


async def read_packet(read_exactly, cap: int) -> tuple[int, bytes | None]:
    """The next packet's first byte and body; the body is None where it was longer than `cap` and thrown away unread."""
    first = (await read_exactly(1))[0]
    length = shift = 0
    while True:
        byte = (await read_exactly(1))[0]
        length |= (byte & 0x7F) << shift
        if byte < 0x80:
            break
        shift += 7
        if shift > 21:
            raise Malformed("length")
    if length <= cap:
        return first, (await read_exactly(length)) if length else b""
    while length:
        length -= len(await read_exactly(min(length, 256)))
    return first, None
