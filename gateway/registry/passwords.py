"""Passwords on the broker: the hash that the registry keeps, and the names that are services' and never a device's."""

from __future__ import annotations

import base64
import hashlib

ITERATIONS = 101
"""Mosquitto's own default: passwords are 256 random bits, so stretching them buys nothing."""
GATEWAY, COMMANDS, WATCH = "gateway-", "commands", "watch"
"""Services: gateways `gateway-0` and on, `girouette cmd`, and what only asks whether the broker lives."""


def hash_password(password: str, salt: bytes) -> str:
    """Mosquitto's `$7$` hash: PBKDF2 with SHA-512.

    >>> hash_password("secret", b"twelve bytes")[:26]
    '$7$101$dHdlbHZlIGJ5dGVz$v/'
    """
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS)
    return f"$7${ITERATIONS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def is_service(name: str) -> bool:
    """Is this the name of a service? A device of that name would be given the service's rights.

    >>> is_service("gateway-3"), is_service("air-1")
    (True, False)
    """
    return name in {COMMANDS, WATCH} or name.startswith(GATEWAY)
