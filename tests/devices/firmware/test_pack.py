"""Packs of the board are SenML that the gateway's reference reader takes whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from on_board import run

from devices.senml import identify, read_pack

CHANNELS = [["temperature", "Cel"], ["indoor.humidity", "%RH"], ["pm2_5", "ug/m3"], ["pm10", "ug/m3"]]
ALONE = [["where.noise_level", "dB"]]
NOW_S = 1_800_000_000
PACK = """
from girouette.pack import Pack, heads_of
channels, batches = given
heads, result = heads_of("b1/", channels), []
for lowest, dropped, samples in batches:
    pack = Pack(heads, 7, lowest, dropped)
    taken = []
    for sq, time_s, values in samples:
        taken.append(pack.add(sq, time_s, values))
        if not taken[-1]:
            break  # as whoever makes packs does
    result.append([taken, pack.numbers, str(pack.payload().behind(b""), "utf8")])
"""


def texts(row: tuple[object, ...]) -> str:
    """Values as a sample keeps them."""
    return ",".join("" if value is None else str(value) for value in row)


def batches(channels: int) -> st.SearchStrategy[list[tuple[int, int, list[tuple[int, int, tuple[object, ...]]]]]]:
    """Packs to be made: what was dropped, the lowest number, and steps of number and time with values of so many channels."""
    number = st.decimals(-9999, 9999, places=3)
    values = st.tuples(*(st.none() | number for _ in range(channels - 1)), number).map(reversed).map(tuple)
    steps = st.lists(st.tuples(st.integers(1, 3), st.integers(0, 90), values), min_size=1, max_size=90)
    return st.lists(st.tuples(st.integers(1, 50), st.integers(0, 9), steps), min_size=1, max_size=6)


@pytest.mark.slow
@pytest.mark.parametrize("channels", [CHANNELS, ALONE], ids=["several", "one"])
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_pack_says_its_samples_and_no_more_than_fit(
    tmp_path: Path, channels: list[list[str]], data: st.DataObject
) -> None:
    """What was taken in is read back, value by value, by the reference; what was refused came after, and nothing is over 4 KiB."""
    drawn = data.draw(batches(len(channels)))
    rows = []
    for lowest, dropped, steps in drawn:
        sq, time_s, samples = 49, NOW_S, []
        for step, passed, row in steps:
            sq, time_s = sq + step, time_s + passed
            samples.append([sq, time_s, texts(row)])
        rows.append([lowest, dropped, samples])

    packs = run(PACK, tmp_path, [channels, rows])

    for (lowest, dropped, samples), (taken, numbers, payload) in zip(rows, packs, strict=True):
        read = read_pack(payload.encode())
        assert len(payload.encode()) <= 4096
        assert all(taken[:-1])
        assert numbers == [sq for (sq, _, _), was in zip(samples, taken, strict=False) if was]
        assert (read.base[:3], read.ep, read.lo, read.dr) == ("b1/", 7, min(lowest, numbers[0]), dropped)
        assert read.refused == ()
        expected = [
            (sq, time_s, f"b1/{name}", unit, float(text))
            for sq, time_s, row in samples[: len(numbers)]
            for (name, unit), text in zip(channels, row.split(","), strict=True)
            if text
        ]
        assert [(r.sq, r.time_s, r.name, r.unit, r.value) for r in read.records] == expected
        known = identify(payload.encode())
        assert known is not None
        assert list(known.sqs) == numbers


def packed(tmp_path: Path, channels: list[list[str]], samples: list[list[object]]) -> str:
    """The pack of these samples."""
    [[_, _, payload]] = run(PACK, tmp_path, [channels, [[1, 0, samples]]])
    return str(payload)


def test_of_one_channel_name_and_unit_are_said_once(tmp_path: Path) -> None:
    """The base name is the channel's whole name, the base unit its unit; a record has its number, its time and its value."""
    samples = [[7, NOW_S, "61.5"], [8, NOW_S + 60, "62"], [9, NOW_S + 60, "63"]]

    assert packed(tmp_path, ALONE, samples) == (
        '[{"bn":"b1/where.noise_level","bu":"dB","bt":1800000000,"ep":7,"lo":1,"dr":0,"sq":7,"v":61.5},'
        '{"t":60,"sq":8,"v":62},{"t":60,"sq":9,"v":63}]'
    )


def test_of_several_channels_the_commonest_unit_and_the_time_are_said_once(tmp_path: Path) -> None:
    """The base unit is that of most channels; a sample's opener bears its time as the base time of all of its records."""
    samples = [[7, NOW_S, "20.5,,7,12"], [8, NOW_S + 60, ",50,,13"]]

    assert packed(tmp_path, CHANNELS, samples) == (
        '[{"bn":"b1/","bu":"ug/m3","bt":1800000000,"ep":7,"lo":1,"dr":0,"sq":7,"n":"temperature","u":"Cel","v":20.5},'
        '{"n":"pm2_5","v":7},{"n":"pm10","v":12},'
        '{"bt":1800000060,"sq":8,"n":"indoor.humidity","u":"%RH","v":50},{"n":"pm10","v":13}]'
    )


@pytest.mark.parametrize(("channels", "row"), [(CHANNELS, "20.125,50.5,7,12"), (ALONE, "61.5")], ids=["several", "one"])
def test_a_pack_is_full_at_four_kibibytes(tmp_path: Path, channels: list[list[str]], row: str) -> None:
    """The first sample that does not fit is refused, and what was taken fills more than nine tenths."""
    samples = [[sq, NOW_S + sq, row] for sq in range(1, 200)]

    [[taken, numbers, payload]] = run(PACK, tmp_path, [channels, [[1, 0, samples]]])

    assert taken.index(False) == len(numbers)
    assert 3700 < len(payload) <= 4096


SHORT = """
from girouette.pack import Pack, heads_of
class Short:
    def split(self, mark):
        yield "9"
        raise MemoryError("no room")
heads = heads_of("b1/", given)
pack = Pack(heads, 7, 1, 0)
taken = [pack.add(n, 1800000000 + 60 * (n > 1), Short() if n == 2 else "1,2,3") for n in (1, 2, 3)]
result = [taken, pack.numbers, str(pack.payload().behind(b""), "utf8")]
try:
    Pack(heads, 7, 1, 0).add(1, 1800000000, Short())
except MemoryError:
    result.append("raised")
"""


def test_a_pack_ends_where_memory_does(tmp_path: Path) -> None:
    """A sample that finds no room leaves nothing of itself in the pack; where not even one does, the board starts anew."""
    taken, numbers, payload, alone = run(SHORT, tmp_path, CHANNELS)

    read = read_pack(payload.encode())
    assert (taken, numbers, alone) == ([True, False, True], [1, 3], "raised")
    assert [(r.sq, r.value) for r in read.records] == [(1, 1), (1, 2), (1, 3), (3, 1), (3, 2), (3, 3)]
    assert [r.time_s - NOW_S for r in read.records] == [0, 0, 0, 60, 60, 60]
