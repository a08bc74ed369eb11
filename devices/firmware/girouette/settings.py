"""What lies in the chip's NVS partition, apart from the files: `identity`, who this board is, and `wifi`, the networks that it knows."""

import json

from esp32 import NVS

SPACE = "girouette"
NOT_FOUND = -0x1102
"""ESP_ERR_NVS_NOT_FOUND of ESP-IDF (nvs.h), as MicroPython raises it."""
SIZES = 512, 1024, 4096
"""NVS does not tell how long a value is: larger buffers are tried in turn."""


def setting(key: str):
    """A setting, or None where there is none; ValueError where it cannot be read."""
    found = blob(key)
    return None if found is None else json.loads(found)


def blob(key: str) -> bytes | None:
    """The bytes of a key, or None where there are none; ValueError where they cannot be read."""
    space = NVS(SPACE)
    for size in SIZES:
        buffer = bytearray(size)
        try:
            return bytes(memoryview(buffer)[: space.get_blob(key, buffer)])
        except OSError as error:
            if error.errno == NOT_FOUND:
                return None
    raise ValueError(key)


def still_set(config: dict, identity: dict) -> list:
    """The settings in which an update has the say, not this identity: all in `set`, but what a later move has brought."""
    named = config.get("set") or []
    if config.get("set_after", 0) >= identity.get("moved", 0):
        return named
    return [name for name in named if name not in identity.get("brought", ())]


def keep_setting(key: str, told) -> None:
    """Keep a setting in the place of the old one; OSError where the flash refuses."""
    space = NVS(SPACE)
    space.set_blob(key, json.dumps(told).encode())
    space.commit()


def erase_setting(key: str) -> None:
    """There is no such setting any more; OSError where the flash refuses."""
    space = NVS(SPACE)
    try:
        space.erase_key(key)
    except OSError as error:
        if error.errno != NOT_FOUND:
            raise
    space.commit()
