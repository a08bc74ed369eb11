"""What the watch remembers of a series, as blobs."""

from __future__ import annotations

import numpy as np

from gateway.numerics.watch.memory import MEMORY, fresh, grown, pack, unpack


def test_a_blob_gives_back_what_was_remembered() -> None:
    """Every byte of the records and the moment come back, and the record has no gap."""
    memory = fresh(3)
    memory["value"][1], memory["ring"][2, 4] = 21.4, -0.5

    told = unpack(pack(memory, 1_795_615_200))

    assert told is not None
    assert told[0].tobytes() == memory.tobytes()
    assert told[1] == 1_795_615_200
    assert sum(MEMORY[name].itemsize for name in MEMORY.names or ()) == MEMORY.itemsize


def test_a_blob_of_another_version_is_none() -> None:
    """Neither another version, nor a blob that was cut, nor nothing is taken for a memory."""
    blob = pack(fresh(1), 0)

    assert unpack(b"\x7f" + blob[1:]) is None
    assert unpack(blob[:-1]) is None
    assert unpack(b"") is None


def test_room_is_made_without_forgetting() -> None:
    """More series have more records, and those that were there are as they were."""
    memory = fresh(1)
    memory["value"] = 3.0

    assert grown(memory, 3)["value"].tolist()[0] == 3.0
    assert len(grown(memory, 3)) == 3
    assert grown(memory, 1) is memory
    assert bool(np.isnan(grown(memory, 2)["value"][1]))


def test_a_series_fits_into_its_budget() -> None:
    """A memory takes far less than the 128 kB that a series may have."""
    assert MEMORY.itemsize < 4096
