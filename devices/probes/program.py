"""On a board, by `girouette flash` and `push`: who it is, which interpreter it has, and the files of its program with their hashes."""

import binascii
import hashlib
import json
import os
import sys

import machine

ROOT = "boot.py", "main.py", "rule.py", "slots.py", "config.json"
FOLDERS = "girouette", "anchors", "a", "b"
"""The firmware's, and those of its updates."""

machine.WDT(timeout=600000)  # the one that the firmware started goes on counting, and nobody feeds it now


def digest(path: str) -> str:
    """The first 128 bits of a file's SHA-256."""
    found, piece = hashlib.sha256(), bytearray(1024)
    with open(path, "rb") as file:
        while count := file.readinto(piece):
            found.update(memoryview(piece)[:count])
    return binascii.hexlify(found.digest()).decode()[:32]


def walk(folder: str, found: dict) -> None:
    """The files below a folder; none where it is not there."""
    try:
        names = os.listdir(folder)
    except OSError:
        return
    for name in names:
        path = folder + "/" + name
        if os.stat(path)[0] & 0x4000:
            walk(path, found)
        else:
            found[path] = digest(path)


def files() -> dict:
    """The files of the program by path."""
    found: dict = {}
    for name in os.listdir("/"):
        if name in ROOT:
            found["/" + name] = digest("/" + name)
    for name in FOLDERS:
        walk("/" + name, found)
    return found


def setting(key: str):
    """What lies under a key of our namespace in NVS; None where there is nothing."""
    from esp32 import NVS

    buffer = bytearray(4096)
    try:
        return json.loads(bytes(memoryview(buffer)[: NVS("girouette").get_blob(key, buffer)]))
    except (OSError, ValueError):
        return None


def told() -> dict:
    """What `config.json` says; nothing where it cannot be read."""
    try:
        with open("/config.json") as file:
            return json.load(file)
    except (OSError, ValueError):
        return {}


def who() -> dict:
    """The board, the device that it is, and what it has besides."""
    config, identity = told(), setting("identity") or {}
    return {
        "machine": getattr(sys.implementation, "_machine", sys.platform),
        "version": list(sys.implementation.version[:3]),
        "mac": binascii.hexlify(machine.unique_id()).decode(),
        "device": identity.get("device") or config.get("device"),
        "recipe": config.get("recipe"),
        "wiring": {name: config.get(name) for name in ("sensors", "led", "rgb")},
        "networks": [n.get("ssid") for n in setting("wifi") or config.get("wifi") or []],
        "files": files(),
        "others": [n for n in os.listdir("/") if n not in ROOT + FOLDERS],
    }


print("FOUND " + json.dumps(who()))
