"""The Wi-Fi that a board opens by itself where it finds none: its name and its key, as `girouette wifi own` and `girouette label --wifi` tell them.

The board makes the same of its key of updates (`devices/firmware/girouette/portal.py`), which a move to a town changes: who has the key may
tell the board a network, nobody else, and what is typed there is not sent in the clear.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
KEY_LENGTH = 10
"""Letters of 5 bits: 50 bits, which a year of guessing at a recorded handshake does not find."""
MOST_SSID = 32


@dataclass(frozen=True, slots=True)
class OwnNetwork:
    """What a person is told of it."""

    ssid: str
    key: str

    @property
    def code(self) -> str:
        """What a QR code has to say so that a phone joins it.

        >>> OwnNetwork("girouette-air-1", "abcdefgh23").code
        'WIFI:T:WPA;S:girouette-air-1;P:abcdefgh23;;'
        """
        return f"WIFI:T:WPA;S:{self.ssid};P:{self.key};;"


def own_network(device: str, update_key: str) -> OwnNetwork | None:
    """The board's own network; None for a board without a key of updates, which opens none.

    >>> own_network("air-1", "00ff").ssid
    'girouette-air-1'
    """
    if not update_key:
        return None
    digest = hashlib.sha256(f"girouette wifi {update_key}".encode()).digest()
    key = "".join(LETTERS[byte & 31] for byte in digest[:KEY_LENGTH])
    return OwnNetwork(f"girouette-{device}"[:MOST_SSID], key)
