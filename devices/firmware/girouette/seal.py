"""How an order shows that it comes from who knows this board's key."""

import hashlib

BLOCK = 64


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    """HMAC with SHA-256 (RFC 2104), which MicroPython lacks."""
    if len(key) > BLOCK:
        key = hashlib.sha256(key).digest()
    key = key + bytes(BLOCK - len(key))
    inner = hashlib.sha256(bytes(b ^ 0x36 for b in key))
    inner.update(message)
    outer = hashlib.sha256(bytes(b ^ 0x5C for b in key))
    outer.update(inner.digest())
    return outer.digest()


def same(a: bytes, b: bytes) -> bool:
    """Are they equal? Takes as long whether or not they are."""
    differ = len(a) ^ len(b)
    for x, y in zip(a, b):
        differ |= x ^ y
    return differ == 0
