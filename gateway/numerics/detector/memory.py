"""What the detector remembers of a series: one record of fixed size, kept as one versioned blob."""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

from gateway.numerics.anomaly import SURPRISE

VERSION = 1
"""Goes up with every change of DETECTOR or of what its fields mean: older blobs are then forgotten."""
NEVER_S = -(1 << 62)

DETECTOR = np.dtype(
    [
        ("last_s", "i8"),  # time of the newest reading
        ("value", "f8"),  # the newest value that is no missing one
        ("surprise", SURPRISE),
    ]
)
"""One record a series; arrays of it are indexed by series id. No field leaves a gap: equal states are equal blobs."""

_HEAD = struct.Struct("<HI")


def fresh(count: int) -> NDArray[np.void]:
    """States of `count` series that have no reading yet."""
    state = np.zeros(count, DETECTOR)
    state["last_s"] = NEVER_S
    state["value"] = state["surprise"]["low"] = state["surprise"]["high"] = np.nan
    return state


def grown(state: NDArray[np.void], count: int) -> NDArray[np.void]:
    """The same states with room for `count` series at least; the same array where there is room already."""
    return state if count <= len(state) else np.concatenate([state, fresh(count - len(state))])


def pack(row: np.void) -> bytes:
    """The record as a blob.

    >>> bool(unpack(pack(fresh(1)[0]))["last_s"] == NEVER_S)
    True
    """
    return _HEAD.pack(VERSION, DETECTOR.itemsize) + row.tobytes()


def unpack(blob: bytes) -> np.void | None:
    """The record of a blob, or None when it is of another version.

    >>> unpack(b"older")
    """
    if len(blob) != _HEAD.size + DETECTOR.itemsize or _HEAD.unpack_from(blob) != (VERSION, DETECTOR.itemsize):
        return None
    row: np.void = np.frombuffer(blob, DETECTOR, 1, _HEAD.size)[0].copy()
    return row
