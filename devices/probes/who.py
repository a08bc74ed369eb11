"""On a board, by `girouette bench board`: which chip, which interpreter, how much memory, which numbers."""

import gc
import json
import os
import sys
import time

import machine


def figures() -> dict:
    """What the board is."""
    gc.collect()
    third = 1 / 3
    return {
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
