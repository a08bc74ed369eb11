"""A message is read as a pack record by record, or refused with a code; and never anything else."""

from __future__ import annotations

import doctest
import importlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import devices.senml
from devices.senml import (
    MOST_BYTES,
    MOST_NAMED,
    MOST_RECORDS,
    Identity,
    Pack,
    PackError,
    Record,
    excerpt,
    identify,
    read_pack,
    whole,
)

T = 1_795_615_200


def read(*records: Any) -> Pack:
    """The pack of these records."""
    return read_pack(json.dumps(records).encode())


def head(**more: Any) -> dict[str, Any]:
    """The first record of a pack."""
    base = {"bn": "air-1/", "bt": T, "ep": 7, "lo": 2, "dr": 1, "sq": 3, "n": "temperature", "u": "Cel", "v": 21.4}
    return {**base, **more}


@cache
def firmware(name: str) -> Any:
    """A module of the board's that has no hardware in it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(Path(devices.__file__).parent / "firmware")
        return importlib.import_module(f"girouette.{name}")


def test_a_sample_goes_on_until_the_next_number() -> None:
    """Records without a number belong to the sample opened last, and each has the base name, time and unit."""
    pack = read(
        head(), {"n": "humidity", "u": "%RH", "v": 40}, {"sq": 4, "t": 60, "n": "temperature", "u": "Cel", "v": -1}
    )

    assert (pack.base, pack.ep, pack.lo, pack.dr, pack.samples, pack.refused) == ("air-1/", 7, 2, 1, (3, 4), ())
    assert pack.records == (
        Record("air-1/temperature", "Cel", 21.4, T, 3, 0),
        Record("air-1/humidity", "%RH", 40.0, T, 3, 1),
        Record("air-1/temperature", "Cel", -1.0, T + 60, 4, 2),
    )


def test_base_labels_hold_from_their_record_on() -> None:
    """The example of RFC 8428, section 5.1.2, with a base value and a new base time added, resolves as its text says."""
    pack = read(
        {"bn": "urn:dev:ow:1:", "bt": 1.276020076001e9, "bu": "A", "bver": 5, "n": "voltage", "u": "V", "v": 120.1},
        {"n": "current", "t": -5, "v": 1.2},
        {"bv": 10, "bt": 1.27602e9, "n": "current", "v": 0.5},
    )

    assert [(r.name, r.unit, r.value, r.time_s, r.sq) for r in pack.records] == [
        ("urn:dev:ow:1:voltage", "V", 120.1, 1_276_020_076, None),
        ("urn:dev:ow:1:current", "A", 1.2, 1_276_020_071, None),
        ("urn:dev:ow:1:current", "A", 10.5, 1_276_020_000, None),
    ]


def test_a_whole_name_and_a_unit_may_stand_in_the_base_labels() -> None:
    """A record without a name is called as its base name says (RFC 8428, section 4.5.1), one without a unit as `bu` says."""
    pack = read(
        {"bn": "noise-1/noise_level", "bu": "dB", "bt": T, "ep": 7, "lo": 2, "dr": 1, "sq": 3, "v": 61.5},
        {"sq": 4, "t": 60, "v": 62},
        {"bt": T + 120, "sq": 5, "v": 63},
    )

    assert (pack.base, pack.samples, pack.refused) == ("noise-1/noise_level", (3, 4, 5), ())
    assert [(r.name, r.unit, r.value, r.time_s, r.sq) for r in pack.records] == [
        ("noise-1/noise_level", "dB", 61.5, T, 3),
        ("noise-1/noise_level", "dB", 62.0, T + 60, 4),
        ("noise-1/noise_level", "dB", 63.0, T + 120, 5),
    ]


def test_a_sample_may_be_empty() -> None:
    """A record without name and value opens a sample that has no measurement."""
    pack = read({"bn": "air-1/", "bt": T, "ep": 7, "sq": 3}, {"sq": 4, "n": "temperature", "u": "Cel", "v": 1})

    assert pack.samples == (3, 4)
    assert [r.sq for r in pack.records] == [4]


def test_whole_numbers_may_be_written_as_floats() -> None:
    """5.0 is the number 5, as boards with single precision write it; 5.5, true and -1 are no numbers of samples."""
    pack = read(head(ep=7.0, sq=3.0, lo=2.0, dr=1.0))

    assert (pack.ep, pack.lo, pack.dr, pack.samples) == (7, 2, 1, (3,))
    assert [whole(raw) for raw in (5.5, True, -1, "5", None, 1e300, float("nan"))] == [None] * 7


@pytest.mark.parametrize(
    ("labels", "code"),
    [
        ({"v": "wet"}, "not-a-number"),
        ({"v": True}, "not-a-number"),
        ({"v": None}, "not-a-number"),
        ({"v": 10**400}, "not-a-number"),
        ({"v": float("nan")}, "not-a-number"),
        ({"v": float("-inf")}, "not-a-number"),
        ({"vb": True, "v": None}, "not-a-number"),
        ({"t": "noon"}, "not-a-number"),
        ({"bt": [1]}, "not-a-number"),
        ({"sq": 0}, "not-a-number"),
        ({"sq": "x"}, "not-a-number"),
        ({"ep": 8}, "wrong-name"),
        ({"bn": 5}, "wrong-name"),
        ({"n": {}}, "wrong-name"),
        ({"u": 5}, "wrong-unit"),
    ],
)
def test_what_is_wrong_with_a_record_costs_that_record(labels: dict[str, Any], code: str) -> None:
    """The bad record is refused with its code, and the good one before it is kept."""
    pack = read(head(), {"t": 1, "n": "humidity", "u": "%RH", "v": 40, **labels})

    assert [r.index for r in pack.records] == [0]
    assert [(r.code, r.index) for r in pack.refused] == [(code, 1)]


def test_a_record_that_is_no_object_costs_that_record() -> None:
    """A number where a record should be is refused, and its neighbours are kept."""
    pack = read(head(), 17, {"n": "humidity", "u": "%RH", "v": 40})

    assert [r.index for r in pack.records] == [0, 2]
    assert [(r.code, r.sq) for r in pack.refused] == [("not-json", 3)]


def test_records_of_a_spoilt_number_are_nobodys() -> None:
    """What follows a number that is none belongs to no sample, until the next number."""
    pack = read(head(), {"sq": -1, "n": "a", "v": 1}, {"n": "b", "v": 1}, {"sq": 5, "n": "c", "v": 1})

    assert [(r.code, r.sq, r.index) for r in pack.refused] == [("not-a-number", None, 1), ("not-a-number", None, 2)]
    assert pack.samples == (3, 5)


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"", "not-json"),
        (b"[]", "not-json"),
        (b"{}", "not-json"),
        (b"[{}", "not-json"),
        (b"[{},]", "not-json"),
        (b"[{}] x", "not-json"),
        (b"[{} {}]", "not-json"),
        (b"\xff\xfe", "not-json"),
        (b"[" * 16_000, "not-json"),
        (b'[{"x":' + b"[" * 8_000 + b"]" * 8_000 + b"}]", "not-json"),
        (b" " * (MOST_BYTES + 1), "too-big"),
        (b"[" + b",".join([b"{}"] * (MOST_RECORDS + 1)) + b"]", "too-many"),
        (b'[{"ep":"x","sq":1}]', "not-a-number"),
    ],
)
def test_what_is_no_pack_is_refused_whole(payload: bytes, code: str) -> None:
    """A message that cannot be read as a whole has one code."""
    with pytest.raises(PackError) as refused:
        read_pack(payload)

    assert refused.value.code == code


def test_numbers_of_any_length_are_read() -> None:
    """An integer of thousands of digits in a label that nobody asks for costs nothing."""
    pack = read_pack(b'[{"bn":"a/","bt":5,"x":' + b"9" * 9000 + b',"n":"b","u":"m","v":1}]')

    assert [r.value for r in pack.records] == [1.0]


def test_an_excerpt_is_a_pack_that_says_the_same() -> None:
    """Records of one sample, cut out, read as they did in the whole, and stand there byte by byte."""
    records = '{"sq":4,"t":60.0,"n":"temperature","v": 2.50}', '{"n":"humidity","t":60,"v":1e1}'
    first = json.dumps(head(bu="Cel"))
    pack = read_pack(f"[{first},{records[0]},{records[1]}]".encode())

    cut = excerpt(pack, 4, [1, 2])

    assert all(record.encode() in cut for record in records)
    again = read_pack(cut)
    assert (again.ep, again.lo, again.dr, again.samples) == (7, 2, 1, (4,))
    assert [(r.name, r.unit, r.value, r.time_s, r.sq) for r in again.records] == [
        (r.name, r.unit, r.value, r.time_s, r.sq) for r in pack.records[1:]
    ]


@pytest.mark.parametrize(
    ("payload", "found"),
    [
        (b'[{"bn":"a/","ep":7,"lo":2,"dr":1,"sq":3,"n":"t"},{"sq" : 4.0}', Identity("a/", 7, 2, 1, (3, 4))),
        (
            b'[{"bn":"' + b"d" * 32 + b"/" + b"w" * 32 + b"." + b"q" * 32 + b'","ep":7,"sq":3,"v":',
            Identity("d" * 32 + "/" + "w" * 32 + "." + "q" * 32, 7, 1, 0, (3,)),
        ),
        (b'{"sq":3,"sq":3,"ep":7}', Identity("", 7, 1, 0, (3,))),
        (b'"ep":7,"lo":0,"sq":0', Identity("", 7, 1, 0, ())),
        (b'[{"ep":7,"n":"\\"sq\\":9", "sq":3}]', Identity("", 7, 1, 0, (3,))),
        (b'[{"ep":7.5,"sq":3}]', None),
        (b'[{"ep":"7","sq":3}]', None),
        (b'[{"ep":99999999999999999999,"sq":3}]', None),
        (b"\x00\xff", None),
    ],
)
def test_an_identity_is_found_in_what_cannot_be_read(payload: bytes, found: Identity | None) -> None:
    """Labels and their numbers are found wherever they stand, but not inside of a text."""
    assert identify(payload) == found


def test_a_search_for_an_identity_ends() -> None:
    """However many numbers a message names, only so many are told."""
    found = identify(b'{"ep":7' + b"".join(b',"sq":%d' % n for n in range(1, 5000)))

    assert found is not None
    assert len(found.sqs) == MOST_NAMED


LABEL = st.sampled_from(["bn", "bt", "bu", "bv", "ep", "lo", "dr", "sq", "n", "u", "v", "t", "vs", "vb", "s", "x"])
LEAF = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from([7, 3, 4, 5.0])
VALUE = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(LABEL, inner, max_size=3), max_leaves=4
)
MESSAGE = st.lists(st.dictionaries(LABEL, VALUE, max_size=6) | VALUE, max_size=8)


@given(st.binary(max_size=300) | MESSAGE.map(lambda m: json.dumps(m).encode()))
@example(b'[{"t":1e400,"v":-1e400,"bt":NaN,"n":"\\ud800"}]')
def test_any_bytes_are_a_pack_or_a_refusal(payload: bytes) -> None:
    """Whatever comes, `read_pack` gives a pack or raises PackError, and `identify` gives an identity or None."""
    identify(payload)
    try:
        pack = read_pack(payload)
    except PackError:
        return

    taken = [r.index for r in pack.records] + [r.index for r in pack.refused]
    assert len(taken) == len(set(taken)) <= len(pack.lines)
    assert {r.sq for r in pack.records} - {None} <= set(pack.samples)
    for one in (*pack.records, *pack.refused):
        excerpt(pack, one.sq, [one.index])


@given(MESSAGE, st.integers(0, 400))
def test_what_is_cut_short_is_never_a_pack(message: list[Any], length: int) -> None:
    """A message without its end is refused, so that no half pack is taken for a whole one."""
    payload = json.dumps(message).encode()
    cut = payload[: min(length, len(payload) - 1)]

    with pytest.raises(PackError):
        read_pack(cut)


SAMPLES = st.lists(
    st.tuples(
        st.integers(1, 4),
        st.integers(0, 9000),
        st.tuples(*[st.none() | st.integers(-9999, 9999).map(lambda n: n / 100)] * 2),
    ),
    min_size=1,
    max_size=40,
)


@given(SAMPLES, st.integers(0, (1 << 30) - 1))
def test_what_a_board_packs_is_what_is_read(samples: list[tuple[int, int, tuple[float | None, ...]]], ep: int) -> None:
    """The firmware's own packs read as the samples that went into them, number by number."""
    board = firmware("pack")
    channels = [("temperature", "Cel"), ("indoor.humidity", "%RH")]
    packed = board.Pack(board.heads_of("air-1/", channels), ep, 1, 5)
    sq, told = 0, []
    for step, time, values in samples:
        if not any(v is not None for v in values):
            continue
        sq += step
        texts = ",".join("" if v is None else f"{v:.2f}" for v in values)
        if not packed.add(sq, T + time, texts):
            break
        told += [
            (f"air-1/{name}", unit, value, T + time, sq)
            for (name, unit), value in zip(channels, values, strict=True)
            if value is not None
        ]
    if not told:
        return

    pack = read_pack(bytes(packed.payload().behind(b"")))

    assert (pack.base, pack.ep, pack.lo, pack.dr, pack.refused) == ("air-1/", ep, 1, 5, ())
    assert [(r.name, r.unit, r.value, r.time_s, r.sq) for r in pack.records] == told
    assert list(pack.samples) == packed.numbers


def test_the_examples_are_true() -> None:
    """What the docstrings show is what comes out."""
    assert doctest.testmod(devices.senml).failed == 0
