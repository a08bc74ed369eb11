"""What a series remembers between two batches: one record of fixed size, kept as one versioned blob."""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

from gateway.numerics.anomaly import SURPRISE
from gateway.numerics.windows import OPEN

STATE_VERSION = 1
"""Goes up with every change of STATE or of what its fields mean: older blobs are then warmed up from the store."""
NEVER_S = -(1 << 62)
"""The time of what has not happened yet."""

STATE = np.dtype(
    [
        ("last_s", "i8"),  # time of the newest reading
        ("value", "f8"),  # the newest reading, NaN before the first
        ("before", "f8"),  # the one before it
        ("base", "f8"),  # the newest that passed the gross range test: where a counter counts from
        ("tests", "i8"),  # of the newest reading; its spike test waits for a successor
        ("cell", "f8", (2,)),  # of the newest reading, in the two grids of the flat line test
        ("since_s", "i8", (2,)),  # when that cell was entered
        ("m1", OPEN),  # the window of the newest reading
        ("h1", OPEN),
        ("surprise", SURPRISE),
        ("score", "f8"),  # of the newest reading
    ]
)
"""One record a series; arrays of it are indexed by series id. No field leaves a gap: equal states are equal blobs."""

_HEAD = struct.Struct("<HH")


def fresh(count: int) -> NDArray[np.void]:
    """States of `count` series that have no reading yet."""
    state = np.zeros(count, STATE)
    state["last_s"] = NEVER_S
    state["m1"]["start_s"] = NEVER_S
    state["h1"]["start_s"] = NEVER_S
    for name in ("value", "before", "base", "cell", "score"):
        state[name] = np.nan
    state["surprise"]["low"] = state["surprise"]["high"] = np.nan
    return state


def grown(state: NDArray[np.void], count: int) -> NDArray[np.void]:
    """The same states with room for `count` series at least; the same array where there is room already."""
    return state if count <= len(state) else np.concatenate([state, fresh(count - len(state))])


def pack(row: np.void) -> bytes:
    """The record as a blob.

    >>> bool(unpack(pack(fresh(1)[0]))["last_s"] == NEVER_S)
    True
    """
    return _HEAD.pack(STATE_VERSION, STATE.itemsize) + row.tobytes()


def unpack(blob: bytes) -> np.void | None:
    """The record of a blob, or None when it is of another version.

    >>> unpack(b"older")
    """
    if len(blob) != _HEAD.size + STATE.itemsize or _HEAD.unpack_from(blob) != (STATE_VERSION, STATE.itemsize):
        return None
    row: np.void = np.frombuffer(blob, STATE, 1, _HEAD.size)[0].copy()
    return row


def take_rows(table: NDArray[np.void], index: NDArray[np.int64]) -> NDArray[np.void]:
    """Copies of records, moved as plain bytes: field by field would be ten times slower."""
    plain = table.view(np.dtype((np.void, table.dtype.itemsize)))
    return plain[index].view(table.dtype)


def put_rows(table: NDArray[np.void], index: NDArray[np.int64], rows: NDArray[np.void]) -> None:
    """Write records back, moved as plain bytes."""
    plain = np.dtype((np.void, table.dtype.itemsize))
    table.view(plain)[index] = rows.view(plain)
