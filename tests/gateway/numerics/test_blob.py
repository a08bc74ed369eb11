"""Records as blobs."""

from __future__ import annotations

import struct
from dataclasses import replace

import numpy as np

from gateway.numerics.blob import Form

FORM = Form(np.dtype([("a", "i8"), ("b", "f8")]), 3, struct.Struct("<HH"))


def test_a_blob_is_the_record_and_its_version() -> None:
    """What was packed comes back to the last byte, NaN included; it is a copy that may be written to."""
    row = np.array([(7, np.nan)], FORM.dtype)[0]
    back = FORM.unpack(FORM.pack(row))

    assert back is not None
    assert back.tobytes() == row.tobytes()
    back["a"] = 8
    assert row["a"] == 7


def test_another_version_size_or_length_is_none() -> None:
    """Nothing is guessed of what was written otherwise."""
    blob = FORM.pack(np.zeros(1, FORM.dtype)[0])

    assert replace(FORM, version=4).unpack(blob) is None
    assert Form(np.dtype([("a", "i8"), ("b", "f4"), ("c", "f4")]), 2, FORM.head).unpack(blob) is None
    assert [FORM.unpack(other) for other in (b"", blob[:-1], blob + b"\0")] == [None, None, None]
