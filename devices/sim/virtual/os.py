"""The operating system, whose chance is the script's: the same seed gives the same numbers."""

from uos import *  # noqa: F403

_state = 1


def seed(value: int) -> None:
    """Begin the row of random bytes anew."""
    global _state
    _state = value


def urandom(count: int) -> bytes:
    """Bytes that look random (the linear congruential generator of Numerical Recipes, upper byte)."""
    global _state
    found = bytearray()
    for _ in range(count):
        _state = (_state * 1664525 + 1013904223) & 0xFFFFFFFF
        found.append(_state >> 24)
    return bytes(found)
