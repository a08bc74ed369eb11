"""What a series remembers between two batches: one record of fixed size, kept as one versioned blob."""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

from gateway.numerics.blob import Form
from gateway.numerics.columns import TIERS, WINDOW
from gateway.numerics.params import LEVELS

STATE_VERSION = 2
"""Goes up with every change of STATE or of what its fields mean: older blobs are then warmed up from the store."""
NEVER_S = -(1 << 62)
"""The time of what has not happened yet."""
BLOCKS = 5
"""Blocks of hours that the test of an attenuated signal remembers, the one that is being filled included."""

HOT = np.dtype(
    [
        ("series", "i8"),  # always 0: the first six words are those of READING
        ("last_s", "i8"),  # time of the newest reading
        ("value", "f8"),  # the newest reading, NaN before the first
        ("flag", "i8"),  # its flag and its tests; its spike test waits for a successor
        ("tests", "i8"),
        ("score", "f4"),
        ("_", "f4"),
        ("before", "f8"),  # the reading before it
        ("earlier_s", "i8"),  # and its time
        ("base", "f8"),  # the newest that passed the gross range test: where a counter counts from
        ("level", "f8"),  # of the newest reading that is not missing, in steps of the flat line test
        ("since_s", "i8"),  # since when the flat line lasts
        ("after_s", "i8"),  # when readings began to be missing, 0 where the newest is not
        ("held", "i8"),  # 1 where `seen` holds anything
        ("slow", "i8"),  # what the attenuated signal adds to the word of tests until the hour is over
    ]
)
"""What every reading needs and changes."""
OPEN = np.dtype([(name, WINDOW[name] if WINDOW[name].kind != "u" else "i8") for name in WINDOW.names or ()])
"""A window that is being filled, laid out as WINDOW; `series`, `expected`, `value` and `completeness` stay 0; a flag 0 is none yet."""
COLD = np.dtype(
    [
        ("seen", "i8", (2 * LEVELS - 1,)),  # when values left the levels around the newest one: see numerics/flat.py
        ("block", "i8"),  # number of the block of hours that is being filled
        ("low", "f8", (BLOCKS,)),  # extremes of the last blocks, oldest first
        ("high", "f8", (BLOCKS,)),
    ]
)
"""What only some readings need."""
STATE = np.dtype([*HOT.descr, ("windows", OPEN, (len(TIERS),)), *COLD.descr])
"""One record a series; arrays of it are indexed by series id. No field leaves a gap: equal states are equal blobs."""

_FORM = Form(STATE, STATE_VERSION, struct.Struct("<HH"))
_REGIONS = np.dtype(
    [("hot", f"V{HOT.itemsize}"), ("windows", f"V{len(TIERS) * OPEN.itemsize}"), ("cold", f"V{COLD.itemsize}")]
)

_COLD = np.dtype(
    {"names": ["cold"], "formats": [COLD], "offsets": [STATE.itemsize - COLD.itemsize], "itemsize": STATE.itemsize}
)


def fresh(count: int) -> NDArray[np.void]:
    """States of `count` series that have no reading yet."""
    state = np.zeros(count, STATE)
    state["last_s"] = state["earlier_s"] = state["since_s"] = state["block"] = NEVER_S
    state["windows"]["start_s"] = NEVER_S
    for name in ("value", "before", "base", "level", "score", "low", "high"):
        state[name] = np.nan
    return state


def grown(state: NDArray[np.void], count: int) -> NDArray[np.void]:
    """The same states with room for `count` series at least; the same array where there is room already."""
    return state if count <= len(state) else np.concatenate([state, fresh(count - len(state))])


def pack(row: np.void) -> bytes:
    """The record as a blob.

    >>> bool(unpack(pack(fresh(1)[0]))["last_s"] == NEVER_S)
    True
    """
    return _FORM.pack(row)


def unpack(blob: bytes) -> np.void | None:
    """The record of a blob, or None when it is of another version.

    >>> unpack(b"older")
    """
    return _FORM.unpack(blob)


def take_rows(table: NDArray[np.void], index: NDArray[np.int64]) -> NDArray[np.void]:
    """Copies of records, moved as plain bytes: field by field would be ten times slower."""
    plain = table.view(np.dtype((np.void, table.dtype.itemsize)))
    return plain[index].view(table.dtype)


def put_rows(table: NDArray[np.void], index: NDArray[np.int64], rows: NDArray[np.void]) -> None:
    """Write records back, moved as plain bytes."""
    plain = np.dtype((np.void, table.dtype.itemsize))
    table.view(plain)[index] = rows.view(plain)


def laid_behind(rows: NDArray[np.void], others: NDArray[np.void]) -> NDArray[np.void]:
    """Records and other ones behind them, moved as plain bytes."""
    if not len(rows):
        return others
    plain = np.dtype((np.void, rows.dtype.itemsize))
    return np.concatenate([rows.view(plain), others.view(plain)]).view(rows.dtype)


def region(table: NDArray[np.void], name: str) -> NDArray[np.void]:
    """One part of all records, `hot`, `windows` or `cold`, as plain bytes: what is taken of it is a copy, what is put goes in."""
    part: NDArray[np.void] = table.view(_REGIONS)[name]
    return part


def cold_of(table: NDArray[np.void]) -> NDArray[np.void]:
    """The COLD records of all series, where they lie."""
    cold: NDArray[np.void] = table.view(_COLD)["cold"]
    return cold
