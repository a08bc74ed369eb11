"""A long message in a buffer that has room before it for the head of its packet, so that it is never copied."""

ROOM = 128
"""More than the head of any packet of ours: 5 bytes, a topic of at most 49, a number."""


class Parcel:
    """The bytes of a buffer from `ROOM` on."""

    def __init__(self, buffer: bytearray, size: int):
        self._buffer = buffer
        self._size = size

    def __len__(self) -> int:
        return self._size

    def behind(self, head: bytes):
        """The whole packet: this head, then the message."""
        start = ROOM - len(head)
        self._buffer[start:ROOM] = head
        return memoryview(self._buffer)[start : ROOM + self._size]
