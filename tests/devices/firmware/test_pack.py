"""Packs of the board are SenML that the gateway's reference reader takes whole."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from on_board import run

from devices.senml import identify, read_pack

CHANNELS = [["temperature", "Cel"], ["indoor.humidity", "%RH"], ["pm2_5", "ug/m3"]]
NOW_S = 1_800_000_000
PACK = """
from girouette.pack import Pack, heads_of
channels, batches = given
heads, result = heads_of(channels), []
for lowest, dropped, samples in batches:
    pack = Pack("b1/", 7, lowest, dropped)
    taken = [pack.add(sq, time_s, values, heads) for sq, time_s, values in samples]
    result.append([taken, pack.numbers, str(pack.payload().behind(b""), "utf8")])
"""
values = st.tuples(*(st.none() | st.decimals(-9999, 9999, places=3) for _ in CHANNELS)).filter(any)


def texts(row: tuple[object, ...]) -> str:
    """Values as a sample keeps them."""
    return ",".join("" if value is None else str(value) for value in row)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    batches=st.lists(
        st.tuples(
            st.integers(1, 50),
            st.integers(0, 9),
            st.lists(st.tuples(st.integers(1, 3), st.integers(1, 90), values), min_size=1, max_size=90),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_a_pack_says_its_samples_and_no_more_than_fit(
    tmp_path: Path, batches: list[tuple[int, int, list[tuple[int, int, tuple[object, ...]]]]]
) -> None:
    """What was taken in is read back, value by value, by the reference; what was refused came after, and nothing is over 4 KiB."""
    rows = []
    for lowest, dropped, steps in batches:
        sq, time_s, samples = 49, NOW_S, []
        for step, passed, row in steps:
            sq, time_s = sq + step, time_s + passed
            samples.append([sq, time_s, texts(row)])
        rows.append([lowest, dropped, samples])

    packs = run(PACK, tmp_path, [CHANNELS, rows])

    for (lowest, dropped, samples), (taken, numbers, payload) in zip(rows, packs, strict=True):
        read = read_pack(payload.encode())
        assert len(payload.encode()) <= 4096
        assert taken == sorted(taken, reverse=True)
        assert numbers == [sq for (sq, _, _), was in zip(samples, taken, strict=True) if was]
        assert (read.base, read.ep, read.lo, read.dr) == ("b1/", 7, min(lowest, numbers[0]), dropped)
        assert read.refused == ()
        expected = [
            (sq, time_s, f"b1/{name}", unit, float(text))
            for sq, time_s, row in samples[: len(numbers)]
            for (name, unit), text in zip(CHANNELS, row.split(","), strict=True)
            if text
        ]
        assert [(r.sq, r.time_s, r.name, r.unit, r.value) for r in read.records] == expected
        known = identify(payload.encode())
        assert known is not None
        assert list(known.sqs) == numbers


def test_a_pack_is_full_at_four_kibibytes(tmp_path: Path) -> None:
    """The first sample that does not fit is refused, and what was taken fills more than nine tenths."""
    samples = [[sq, NOW_S + sq, "20.125,50.5,7"] for sq in range(1, 60)]

    [[taken, numbers, payload]] = run(PACK, tmp_path, [CHANNELS, [[1, 0, samples]]])

    assert taken.index(False) == len(numbers)
    assert 3700 < len(payload) <= 4096


SHORT = """
from girouette.pack import Pack, heads_of
class Short:
    def split(self, mark):
        yield "9"
        raise MemoryError("no room")
heads = heads_of(given)
pack = Pack("b1/", 7, 1, 0)
taken = [pack.add(n, 1800000000 + n, Short() if n == 2 else "1,2,3", heads) for n in (1, 2, 3)]
result = [taken, pack.numbers, str(pack.payload().behind(b""), "utf8")]
try:
    Pack("b1/", 7, 1, 0).add(1, 1800000000, Short(), heads)
except MemoryError:
    result.append("raised")
"""


def test_a_pack_ends_where_memory_does(tmp_path: Path) -> None:
    """A sample that finds no room leaves nothing of itself in the pack; where not even one does, the board starts anew."""
    taken, numbers, payload, alone = run(SHORT, tmp_path, CHANNELS)

    read = read_pack(payload.encode())
    assert (taken, numbers, alone) == ([True, False, True], [1, 3], "raised")
    assert [(r.sq, r.value) for r in read.records] == [(1, 1), (1, 2), (1, 3), (3, 1), (3, 2), (3, 3)]
