"""The heap of a board of a given size: the simulator is loaded first, and what is too much is taken away.

So the objects of the firmware are measured, not those of the simulator, which no board bears.
"""

import gc

BLOCK = 32
_ballast = []


def leave(wanted: int) -> int:
    """Leave this many bytes free for the firmware; how many there were for it."""
    import machine  # noqa: F401
    import network  # noqa: F401
    import socket  # noqa: F401

    from wiring import model_of
    from world import the_world

    for sensor in the_world.config.get("sensors", ()):
        model_of(sensor)
    gc.collect()
    _ballast.extend([None] * 128)
    at = 0
    while gc.mem_free() - wanted >= BLOCK:
        _ballast[at] = bytearray(min(gc.mem_free() - wanted, 4096) // BLOCK * BLOCK)
        at += 1
    return gc.mem_free()
