"""The heap of a board of a given size: the simulator is loaded first, and what is too much is taken away.

So the objects of the firmware are measured, not those of the simulator, which no board bears.
"""

import gc

LEAST, MOST = 96, 4096
"""Bytes of a piece of ballast; each hangs on the one before, since a list would have to grow."""
_ballast = None


def leave(wanted: int) -> int:
    """Leave this many bytes free for the firmware; how many there were for it."""
    global _ballast
    import machine  # noqa: F401
    import network  # noqa: F401
    import socket  # noqa: F401

    from wiring import model_of
    from world import the_world

    for sensor in the_world.config.get("sensors", ()):
        model_of(sensor)
    gc.collect()
    size = MOST
    while gc.mem_free() - wanted > LEAST:
        try:
            _ballast = (bytearray(min(gc.mem_free() - wanted, size) - LEAST), _ballast)
        except MemoryError:  # what is free lies in smaller pieces
            if size <= 2 * LEAST:
                raise
            size //= 2
    return gc.mem_free()
