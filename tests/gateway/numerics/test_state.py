"""What a series remembers survives as bytes, or is refused as bytes of another version."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

import gateway.numerics.state
from gateway.numerics.state import STATE, STATE_VERSION, fresh, grown, laid_behind, pack, put_rows, take_rows, unpack


def filled(count: int, seed: int) -> np.ndarray:
    """States of arbitrary bytes."""
    raw = np.random.default_rng(seed).integers(0, 256, count * STATE.itemsize).astype(np.uint8)
    return raw.view(STATE)


def test_the_examples_of_the_docstrings_are_true() -> None:
    """What the docstrings show is what the functions give."""
    assert doctest.testmod(gateway.numerics.state).failed == 0


@given(some.integers(0, 1 << 32))
def test_a_blob_is_the_record(seed: int) -> None:
    """To the last byte, not a number included."""
    row = filled(1, seed)[0]

    assert unpack(pack(row)).tobytes() == row.tobytes()


@pytest.mark.parametrize("spoilt", ["", "[:-1]", "longer", "version", "size"])
def test_another_blob_is_none(spoilt: str) -> None:
    """Empty, cut short, too long, of another version, of another size."""
    blob = pack(fresh(1)[0])
    blobs = {
        "": b"",
        "[:-1]": blob[:-1],
        "longer": blob + b"\0",
        "version": bytes([STATE_VERSION + 1]) + blob[1:],
        "size": blob[:2] + b"\0\0" + blob[4:],
    }

    assert unpack(blobs[spoilt]) is None


def test_a_record_has_no_gaps() -> None:
    """Else bytes that nobody wrote would differ between equal states."""

    def size(kind: np.dtype) -> int:
        if kind.subdtype is not None:
            return size(kind.subdtype[0]) * int(np.prod(kind.subdtype[1]))
        return sum(size(kind[n]) for n in kind.names) if kind.names else kind.itemsize

    assert size(STATE) == STATE.itemsize


def test_states_grow_and_keep_what_they_hold() -> None:
    """The same array where there is room already."""
    state = filled(3, 1)
    more = grown(state, 5)

    assert more[:3].tobytes() == state.tobytes()
    assert more[3:].tobytes() == fresh(2).tobytes()
    assert grown(state, 3) is state


def test_rows_are_moved_as_bytes() -> None:
    """Taken as copies, put back where they were."""
    table = filled(6, 2)
    before = table.copy()

    rows = take_rows(table, np.array([4, 1]))
    put_rows(table, np.array([0, 4]), rows)

    assert [table[n].tobytes() for n in (0, 4, 1)] == [before[n].tobytes() for n in (4, 1, 1)]
    assert rows.base is not table


def test_records_are_laid_behind_one_another() -> None:
    """All of them as they are; others alone are the same array."""
    some, others = fresh(2), fresh(3)
    some["value"], others["value"] = [1, 2], [3, 4, 5]

    assert laid_behind(some, others[::2])["value"].tolist() == [1, 2, 3, 5]
    assert laid_behind(some[:0], others) is others
