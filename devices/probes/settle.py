"""On a board, by `girouette flash` and `push`, after a line that stands before it: room for what comes, and what must go.

`FOLDERS` are made and `GONE` removed; with `FRESH` everything goes that an earlier device has left. From now on the board
starts the version that is being written, not one that came over the air; the last order's number stays.
"""

import json
import os

import machine

LEFT = (
    "spool", "log", "counter", "slots.json", "changes.json", "date.txt", "wifi.txt", "tls.txt", "crash.txt", "config.good", "heard",
    "room", "obeyed", "order.json", "update.json", "interpreter.json", "interpreter.at", "updates",
)  # fmt: skip
"""What our firmware writes beside its program; nothing of anybody else's is touched."""

machine.WDT(timeout=600000)  # the one that the firmware started goes on counting, and nobody feeds it now


def remove(path: str) -> None:
    """Take a file away, or a folder with all that is in it."""
    if os.stat(path)[0] & 0x4000:
        for name in os.listdir(path):
            remove(path + "/" + name)
        os.rmdir(path)
    else:
        os.remove(path)


def forget() -> None:
    """Take away what an earlier device has left, and who it was."""
    there = os.listdir("/")
    for name in LEFT:
        if name in there:
            remove("/" + name)
    from esp32 import NVS

    space = NVS("girouette")
    for key in ("identity", "wifi"):
        try:
            space.erase_key(key)
            space.commit()
        except OSError:
            pass  # it was not there


def as_flashed() -> None:
    """The version at the root is the one that starts."""
    try:
        with open("/slots.json") as file:
            serial = json.load(file)["serial"]
    except (OSError, ValueError, LookupError, TypeError):
        return
    with open("slots.new", "w") as file:
        json.dump({"good": "", "trial": None, "serial": serial, "fails": 0}, file)
    os.rename("slots.new", "slots.json")  # as the firmware does: the unix port cannot rename by two whole paths


if FRESH:  # noqa: F821 - stands before
    forget()
as_flashed()
for path in GONE:  # noqa: F821
    remove(path)
for folder in FOLDERS:  # noqa: F821
    try:
        os.mkdir(folder)
    except OSError:
        os.stat(folder)  # it is there
print("FOUND {}")
