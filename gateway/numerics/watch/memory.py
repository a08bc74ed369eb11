"""What the watch remembers of a series: one record of fixed size, kept as versioned blobs."""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

from gateway.numerics.state import NEVER_S

VERSION = 1
"""Goes up with every change of MEMORY or of what its fields mean: older blobs are then made anew from the store."""
RING = 12
"""Slots that changes of level are looked for in: an hour."""
SHORT = 6
"""Slots over which noise and readings are counted: half an hour."""
HOURS = 24

SIGNS = ("spike", "jump", "step", "ramp", "level", "drift", "grown", "gone", "common")
"""What is measured of each slot, held against its own past."""
SPIKE, JUMP, STEP, RAMP, LEVEL, DRIFT, GROWN, GONE, COMMON = range(len(SIGNS))
FAMILIES = ("spike", "level", "noise", "stuck", "silence", "unusual", "common")
"""A series has at most one open event of each of them."""
OF_SPIKE, OF_LEVEL, OF_NOISE, OF_STUCK, OF_SILENCE, OF_UNUSUAL, OF_COMMON = range(len(FAMILIES))

MEMORY = np.dtype(
    [
        ("last_s", "i8"),  # time of the newest reading that enters
        ("came_s", "i8"),  # time of the newest reading of all
        ("value", "f8"),  # and the value of the one that enters
        ("move", "f8"),  # its change since the one before, NaN where that was too far away
        ("grain", "f8"),  # the smallest change other than none: how fine the series is written
        ("day", "i8"),  # of its first reading in this slot (UTC)
        ("low", "f8"),  # the lowest value so far
        ("high", "f8"),
        ("lowest", "f8"),  # the same without today's
        ("highest", "f8"),
        ("resting", "f8"),  # the value that is repeated now, NaN where none is
        ("rest", "f8"),  # the last one that was repeated, and is no more
        ("run", "i8"),  # how often the newest value was repeated in a row
        ("longest", "f8"),  # the longest such run of the past, slowly forgotten
        ("repeats", "f8"),  # share of readings that repeat the one before
        ("counted", "f8"),  # readings that this share was learnt from
        ("counts", "f8", (SHORT,)),  # readings of the last slots, newest first
        ("usual", "f8"),  # share of the expected readings that usually comes
        ("slots", "f8"),  # slots since the first reading
        ("level", "f8"),  # of the newest slot that had readings
        ("level_s", "i8"),  # the end of that slot
        ("bias", "f8"),  # how far it is from its neighbours, on the mean
        ("earlier", "f8", (2,)),  # the same at the end of yesterday and of the day before (UTC)
        ("norm", "f8"),  # its own mean
        ("hours", "f8", (HOURS,)),  # and beyond that at each hour of the day (UTC)
        ("learnt", "f8"),  # slots that these were learnt from
        ("ring", "f8", (RING,)),  # what is left of the level without both, newest first
        ("own", "f8", (RING,)),  # the level as it is
        ("slow", "f8"),  # what is left, smoothed over hours
        ("rough", "f8", (SHORT,)),  # sum of how far readings are from the middle of their neighbours in time
        ("roughs", "f8", (SHORT,)),  # and how many there were
        ("base", "f8"),  # logarithm of the usual noise
        ("heard", "f8", (len(SIGNS),)),  # how often each sign was learnt
        ("scale", "f8", (len(SIGNS),)),  # its mean size
        ("record", "f8", (len(SIGNS),)),  # its greatest size until the day before yesterday, slowly forgotten
        ("yesterday", "f8", (len(SIGNS),)),  # its greatest size of that day (UTC)
        ("today", "f8", (len(SIGNS),)),
        ("start_s", "i8", (len(FAMILIES),)),  # of the open event, NEVER_S where none is
        ("told_s", "i8", (len(FAMILIES),)),  # when it was first known
        ("until_s", "i8", (len(FAMILIES),)),  # when it last showed
        ("kind", "i8", (len(FAMILIES),)),
        ("size", "f8", (len(FAMILIES),)),
        ("against", "f8", (len(FAMILIES),)),
        ("compared", "i8", (len(FAMILIES),)),
        ("agreeing", "i8", (len(FAMILIES),)),
    ]
)
"""One record a series; arrays of it are indexed by series id. No field leaves a gap: equal memories are equal blobs."""

_HEAD = struct.Struct("<HIq")


def fresh(count: int) -> NDArray[np.void]:
    """Memories of `count` series that have no reading yet."""
    memory = np.zeros(count, MEMORY)
    for name in ("last_s", "came_s", "level_s", "start_s"):
        memory[name] = NEVER_S
    for name in (
        "value",
        "move",
        "grain",
        "level",
        "bias",
        "norm",
        "ring",
        "own",
        "base",
        "usual",
        "low",
        "high",
        "lowest",
        "highest",
    ):
        memory[name] = np.nan
    return memory


def grown(memory: NDArray[np.void], count: int) -> NDArray[np.void]:
    """The same with room for `count` series at least; the same array where there is room already."""
    return memory if count <= len(memory) else np.concatenate([memory, fresh(count - len(memory))])


def pack(rows: NDArray[np.void], until_s: int) -> bytes:
    """Records as a blob: what is known up to `until_s`.

    >>> unpack(pack(fresh(2), 300))[1]
    300
    """
    return _HEAD.pack(VERSION, MEMORY.itemsize, until_s) + rows.tobytes()


def unpack(blob: bytes) -> tuple[NDArray[np.void], int] | None:
    """The records of a blob and up to when they know, or None when it is of another version.

    >>> unpack(b"older")
    """
    size = len(blob) - _HEAD.size
    if size < 0 or size % MEMORY.itemsize:
        return None
    version, itemsize, until_s = _HEAD.unpack_from(blob)
    if (version, itemsize) != (VERSION, MEMORY.itemsize):
        return None
    return np.frombuffer(blob, MEMORY, -1, _HEAD.size).copy(), until_s
