"""The networks that a board is told of: what no ESP32 under MicroPython can join is refused before anybody climbs a ladder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from devices.refusal import ImageError

MOST_SSID_BYTES, SHORTEST_KEY, LONGEST_KEY = 32, 8, 63
"""Of WPA2 Personal (IEEE 802.11-2020, 9.4.2.2 and J.4.1); a network without a key is an open one."""
ADDRESSES = ("address", "mask", "gateway", "name server")


def check_network(network: Mapping[str, Any]) -> None:
    """Refuse a network that no board can join: one that asks for a user, a name or key of impossible length, half an address."""
    ssid, key = network.get("ssid"), network.get("password")
    if set(network) - {"ssid", "password", "static"}:
        raise ImageError("wifi_enterprise", ssid=ssid)
    if not (isinstance(ssid, str) and 1 <= len(ssid.encode()) <= MOST_SSID_BYTES):
        raise ImageError("bad_ssid", ssid=ssid)
    if not (isinstance(key, str) and (not key or SHORTEST_KEY <= len(key.encode()) <= LONGEST_KEY)):
        raise ImageError("bad_wifi_key", ssid=ssid)
    static = network.get("static")
    if static is not None and not (len(static) == len(ADDRESSES) and all(map(is_address, static))):
        raise ImageError("bad_static", ssid=ssid, value=static)


def is_address(told: object) -> bool:
    """Is this an IPv4 address?

    >>> is_address("192.168.1.20"), is_address("192.168.1.256"), is_address(None)
    (True, False, False)
    """
    parts = told.split(".") if isinstance(told, str) else []
    return len(parts) == 4 and all(part.isdecimal() and len(part) <= 3 and int(part) <= 255 for part in parts)
