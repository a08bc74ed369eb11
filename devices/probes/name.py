"""On a board, by `girouette flash` and `push`, after a line that stands before it: `SETTINGS`, by key, go to its NVS.

`BROKER` is where its broker is now, if it has an identity already. `NETWORKS` come before those that the board was given
elsewhere, five in all.
"""

import binascii
import json

from esp32 import NVS

MOST = 5
space = NVS("girouette")


def kept(key: str):
    """What the board has under a key; None where it has nothing."""
    buffer = bytearray(4096)
    try:
        return json.loads(bytes(memoryview(buffer)[: space.get_blob(key, buffer)]))
    except (OSError, ValueError):
        return None


for key in SETTINGS:  # noqa: F821 - stands before
    space.set_blob(key, binascii.a2b_base64(SETTINGS[key]))  # noqa: F821
identity = kept("identity")
if BROKER and identity:  # noqa: F821
    identity["broker"].update(BROKER)  # noqa: F821
    space.set_blob("identity", json.dumps(identity).encode())
if NETWORKS:  # noqa: F821
    names = [n["ssid"] for n in NETWORKS]  # noqa: F821
    networks = NETWORKS + [n for n in kept("wifi") or [] if n["ssid"] not in names]  # noqa: F821
    space.set_blob("wifi", json.dumps(networks[:MOST]).encode())
space.commit()
print("FOUND {}")
