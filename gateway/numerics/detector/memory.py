"""What the detector remembers of a series: one record of fixed size, kept as one versioned blob.

Time is cut into half hours and ticks of five minutes, UTC. Whatever is compared with the past is compared with what was
known when the half hour began: so the past changes at few places, and those do not depend on how a stream was cut.
"""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

from gateway.numerics.blob import Form
from gateway.numerics.state import NEVER_S

HALF_S, TICK_S = 1800, 300
"""Lengths of a half hour and of a tick."""
TICKS = HALF_S // TICK_S
"""Ticks in a half hour."""
SPAN, SEEN, AWAY = 12, 336, 48
"""Half hours that make one course; how many courses of the past it is compared with; half hours that tell the level."""
KEPT = SEEN + 2 * SPAN - 1
"""Half hours whose means are remembered."""
BRIEF, LONG = 3, 96
"""Half hours of the noise now, and of the noise before."""
BINS, HOME, OCTAVE = 128, 48, 4
"""Sizes are counted in so many bins, OCTAVE to a doubling; the first size that is not nothing falls into bin HOME."""
ERA = 4096
"""Half hours in an era (85 days). With each new one all counts are halved, and the range of the last but one is forgotten."""
VERSION = 2
"""Goes up with every change of DETECTOR or of what its fields mean: older blobs are then forgotten."""

RANKED = np.dtype([("count", "u2", (BINS,)), ("home", "f8"), ("most", "f8")])
"""The sizes of the past: how many fell into each bin, which size is at home in bin HOME (0: none yet), and the greatest."""

DETECTOR = np.dtype(
    [
        ("last_s", "i8"),  # time of the newest reading
        ("value", "f8"),  # the newest one that was learnt, NaN before it
        ("value_s", "i8"),
        ("signal", "f8"),  # what is looked at of it: see signal.py
        ("origin", "f8"),  # the first signal: means are told from there
        ("half", "i8"),  # number of the half hour that is open
        ("era", "i8"),  # number of the era of the newest reading
        ("closed", "i8"),  # half hours with readings that ended before it
        ("count", "f8"),  # of the open half hour: readings, their sum from the origin, their moves
        ("sum", "f8"),
        ("moves", "f8"),
        ("moved", "f8"),
        ("before", "f8", (2,)),  # count and sum of the half hour before
        ("jump_tick", "f8", (TICKS,)),  # the greatest of each tick of the open half hour, -1 where there was none
        ("level_tick", "f8", (TICKS,)),
        ("now", "f8", (2,)),  # least and greatest signal of the open half hour
        ("range", "f8", (2,)),  # of this era's closed ones
        ("range_before", "f8", (2,)),  # of the era before
        ("means", "f4", (KEPT,)),  # of the newest closed half hours, the newest last, NaN where there was none
        ("noises", "f4", (BRIEF + LONG,)),  # their mean moves
        ("jump", RANKED),
        ("level", RANKED),
        ("course", RANKED),
        ("noise", RANKED),
        ("held", "f8", (3,)),  # when the half hour began: the usual level, the surprises of course and noise
        ("quiet_until", "i8"),  # after an alarm: until so many half hours are closed
        ("alarms", "f8"),  # how many there were, fading
        ("alarm_at", "i8"),  # half hours closed at the last one
    ]
)
"""One record a series; arrays of it are indexed by series id. No field leaves a gap: equal states are equal blobs."""

_FORM = Form(DETECTOR, VERSION, struct.Struct("<HI"))


def fresh(count: int) -> NDArray[np.void]:
    """States of `count` series that have no reading yet."""
    state = np.zeros(count, DETECTOR)
    state["last_s"] = state["value_s"] = state["half"] = NEVER_S
    for name in ("value", "signal", "origin", "now", "range", "range_before", "means", "noises"):
        state[name] = np.nan
    state["held"][:, 0] = np.nan
    state["jump_tick"] = state["level_tick"] = -1
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
