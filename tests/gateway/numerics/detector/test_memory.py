"""The detector's state: of a fixed size, as a blob of a version."""

from __future__ import annotations

import numpy as np

from gateway.numerics.detector import DETECTOR, fresh, grown, pack, unpack


def test_the_memory_is_bounded() -> None:
    """A record of fixed size, far below what a series may cost."""
    assert DETECTOR.itemsize < 16_384


def test_a_blob_brings_back_every_bit() -> None:
    """Round trip, and None for a blob of another version or length."""
    row = np.frombuffer(np.random.default_rng(1).bytes(DETECTOR.itemsize), DETECTOR)[0]
    blob = pack(row)
    back = unpack(blob)

    assert back is not None
    assert back.tobytes() == row.tobytes()
    assert unpack(b"\xff" + blob[1:]) is None
    assert unpack(blob[:-1]) is None
    assert unpack(b"") is None


def test_states_grow_and_keep_what_they_have() -> None:
    """More series leave the first ones as they are."""
    state = fresh(2)
    state["last_s"][1] = 7
    more = grown(state, 4)

    assert len(more) == 4
    assert more["last_s"].tolist()[:2] == state["last_s"].tolist()
    assert grown(more, 3) is more
