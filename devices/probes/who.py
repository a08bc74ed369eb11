"""On a board, by `girouette bench board`: which chip, interpreter and recipe, how much memory, which numbers, since when it runs.

`uptime_s` is since the chip was last reset: entering the interpreter by USB is no reset. The chip's counter begins anew after
12.4 days. `boot` is the firmware's count of its starts, `starts` those that its diary still has, each with its cause.
"""

import gc
import json
import os
import sys
import time

import machine

machine.WDT(timeout=600000)  # the one that the firmware started goes on counting, and nobody feeds it now


def told() -> dict:
    """What `config.json` says; nothing where it cannot be read."""
    try:
        with open("/config.json") as file:
            return json.load(file)
    except (OSError, ValueError):
        return {}


def device():
    """Its name, in NVS or in `config.json`; None where it has none."""
    from esp32 import NVS

    buffer = bytearray(4096)
    try:
        return json.loads(bytes(memoryview(buffer)[: NVS("girouette").get_blob("identity", buffer)])).get("device")
    except (OSError, ValueError):
        return told().get("device")


def boot():
    """How often the firmware has started; None where it has no counter."""
    try:
        with open("/counter") as file:
            return json.loads(file.read().partition(" ")[2]).get("boot")
    except (OSError, ValueError):
        return None


def starts() -> list:
    """The starts that the diary tells of, each with its number and its cause."""
    found = []
    try:
        for name in sorted(os.listdir("/log"), key=int):
            with open("/log/" + name) as file:
                for line in file:
                    when, _, said = line.partition(" ")
                    if " girouette " in line and " reset: " in said:
                        found.append([int(when[1:].partition("+")[0]), said.partition(" reset: ")[2].strip()])
    except (OSError, ValueError):
        pass  # there is none, or a line was torn by a power cut
    return found


def figures() -> dict:
    """What the board is."""
    uptime_s = time.ticks_ms() // 1000
    gc.collect()
    third = 1 / 3
    return {
        "platform": sys.platform,
        "device": device(),
        "recipe": told().get("recipe"),
        "boot": boot(),
        "uptime_s": uptime_s,
        "starts": starts(),
        "machine": getattr(sys.implementation, "_machine", sys.platform),
        "version": ".".join(str(n) for n in sys.implementation.version[:3]),
        "mpy": getattr(sys.implementation, "_mpy", 0) & 0xFF,
        "hz": machine.freq() if hasattr(machine, "freq") else None,
        "free": gc.mem_free(),
        "allocated": gc.mem_alloc(),
        "single_precision": third != 0.3333333333333333 or str(third)[:12] != "0.3333333333",
        "epoch": time.gmtime(0)[0],
        "reset_cause": machine.reset_cause(),
        "files": len(os.listdir("/")),
    }


print("FOUND " + json.dumps(figures()))
