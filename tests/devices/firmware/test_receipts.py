"""What the gateway says is kept, and when a pack that got no answer is sent again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from on_board import run
from receiver import fold

COVERED = """
from girouette.receipts import Receipts
result = []
for heard in given:
    receipts = Receipts()
    for ep, n, also in heard:
        receipts.hear(ep, n, also)
    result.append([[sq for sq in range(1, 40) if receipts.covers(5, sq)], [sq for sq in range(40) if receipts.beyond(5, sq)]])
"""


@pytest.mark.slow
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batch=st.lists(st.lists(st.sets(st.integers(1, 39)), min_size=1, max_size=4), max_size=30))
def test_a_receipt_covers_what_it_says(tmp_path: Path, batch: list[list[set[int]]]) -> None:
    """Numbers up to the greatest n and within the latest ranges are covered, no others; n never falls."""
    heard = [[[5, *fold(sorted(numbers), 0)] for numbers in sets] for sets in batch]

    read = run(COVERED, tmp_path, heard)

    for receipts, (covered, beyond) in zip(heard, read, strict=True):
        n = max(r[1] for r in receipts)
        expected = {sq for sq in range(1, 40) if sq <= n or any(a <= sq <= b for a, b in receipts[-1][2])}
        assert set(covered) == expected
        assert beyond == [sq for sq in range(40) if any(known > sq for known in expected)]


NO_RECEIPTS = [
    "", "{", "[]", "7", "null", '{"ep": 1}', '{"ep": 1, "sq": -1}', '{"ep": true, "sq": 1}', '{"ep": 1, "sq": 1.5}',
    '{"ep": 1, "sq": 1, "also": 3}', '{"ep": 1, "sq": 1, "also": [[1]]}', '{"ep": 1, "sq": 1, "also": [[1, "2"]]}',
    json.dumps({"ep": 1, "sq": 1, "also": [[n, n] for n in range(2, 60, 2)]}),
]  # fmt: skip


def test_what_is_no_receipt_is_none(tmp_path: Path) -> None:
    """A message that is not a receipt, or bears more ranges than any receipt has, frees nothing."""
    code = "from girouette.receipts import read_receipt\nresult = [read_receipt(g.encode()) for g in given]"

    read = run(code, tmp_path, [*NO_RECEIPTS, '{"ep": 1, "sq": 2, "also": [[4, 5]]}'])

    assert read == [None] * len(NO_RECEIPTS) + [[1, 2, [[4, 5]]]]


def test_a_receipt_of_another_counter_is_forgotten(tmp_path: Path) -> None:
    """Receipts of an `ep` of which nothing is held are not kept, and at most four are known at a time."""
    code = """
from girouette.receipts import Receipts
receipts = Receipts()
for ep in range(6):
    receipts.hear(ep, 9, [])
first = [receipts.covers(ep, 9) for ep in range(6)]
receipts.keep_only([2])
result = [first, [receipts.covers(ep, 9) for ep in range(6)]]
"""
    assert run(code, tmp_path) == [[True] * 4 + [False] * 2, [False, False, True, False, False, False]]


def test_sending_again_doubles_to_ten_minutes(tmp_path: Path) -> None:
    """5 s, 10 s, 20 s ... 600 s and no longer, each longer by up to a quarter by chance."""
    code = """
from girouette.flight import Flight
flight, result = Flight(1, 1, 1, False), []
for n in range(20):
    flight.sent(1000, 0 if n % 2 else 0.999)
    result.append(flight.due_ms - 1000)
"""
    waits = run(code, tmp_path)

    plain = [min(5000 * 2**n, 600_000) for n in range(20)]
    assert waits[1::2] == plain[1::2]
    assert all(w * 1.24 < wait < w * 1.25 for w, wait in zip(plain[::2], waits[::2], strict=True))


def test_hopeless_after_five_sends_that_were_outrun(tmp_path: Path) -> None:
    """A pack is given up when each of five sends was followed by a later pack's receipt; without those it never is."""
    code = """
from girouette.flight import Flight
result = []
for outrun in (True, False):
    flight = Flight(1, 1, 1, False)
    said = []
    for _ in range(7):
        flight.sent(0, 0)
        flight.outrun = outrun
        said.append(flight.hopeless)
    result.append(said)
"""
    assert run(code, tmp_path) == [[False] * 4 + [True] * 3, [False] * 7]
