"""The typed reader is held to the reference: whatever comes, both admit, refuse and number the same."""

from __future__ import annotations

import json
import math
import timeit
from collections.abc import Callable
from dataclasses import astuple
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.admission import Admission, Admitted
from gateway.admitted import Gathering
from gateway.message import Message

NOW_S = 1_795_615_200
TOPIC = "gir/1/82/air-1/obs"
MUCH = settings(max_examples=250)


class ByReference(Admission):
    """Admission whose typed reader is never content."""

    def __init__(self, *args: Any, **how: Any) -> None:
        super().__init__(*args, **how)
        self._typed = lambda _: []


def told(admitted: Admitted) -> tuple[Any, ...]:
    """Everything that was admitted, in a form that can be compared."""
    readings = admitted.readings
    return (
        readings.series.tolist(), readings.time_s.tolist(), readings.value.tolist(), admitted.sample.tolist(),
        admitted.samples.tolist(), admitted.packs.tolist(), [astuple(r) for r in admitted.refused],
    )  # fmt: skip


def both(desk: Any, *payloads: bytes) -> tuple[Any, Any]:
    """What the packs come to by the typed reader and by the reference."""
    messages = [Message(TOPIC, payload, retained=False, qos=1, mid=1) for payload in payloads]
    how = {"rate": 1e6, "burst": 1000}
    fast, slow = Admission(desk.directory, **how), ByReference(desk.directory, **how)
    return told(fast.admit(messages, NOW_S)), told(slow.admit(messages, NOW_S))


ODD = {
    "n": ["humidity", "air-1/temperature", "smell", "", 5, None],
    "u": ["Cel", "%RH", "K", "", 5, None],
    "v": [1, 84.9, 85, 110.5, -0.0, 10**30, 1e300, True, None, "3", math.nan],
    "t": [1, 0.5, 660, 660.5, 661, -400 * 86_400 + 60, -400 * 86_400 + 59, 1 - NOW_S, 60 - NOW_S, 1e300, None, "noon"],
    "sq": [0, 1, 2, 3, 5, 5.0, 0.5, -1, (1 << 53) - 1, 1 << 53, True, None, "3"],
    "bn": [
        "air-1/",
        "",
        "air-2/",
        "air-1/indoor.",
        "air-1/humidity",
        "air-1/smell",
        "air-2/humidity",
        "air-1",
        5,
        None,
    ],
    "bt": [NOW_S, NOW_S - 60.5, NOW_S + 600, NOW_S + 601, 0, 5, 2**28, 1e300, None, "noon"],
    "ep": [7, 7.0, 8, 0, -1, (1 << 53) - 1, 1 << 53, True, None, "7"],
    "lo": [0, 1, 5, 5.0, -1, 1 << 53, None, "x"],
    "dr": [0, 5, 5.0, -1, 1 << 53, None, "x"],
    "bu": ["Cel", "%RH", "K", "", 5, None],
    "bv": [0, 1, 1e300, None, "x"],
    "vs": ["x", 5, None],
    "x": [{"sq": 5}, [None], "}", 10**400],
}
"""Label -> what boards of others, or broken ones, may say there."""
GOOD = st.sampled_from(
    [
        {"n": "temperature", "u": "Cel", "v": 20.5},
        {"n": "humidity", "u": "%RH", "v": 40},
        {"n": "indoor.temperature", "u": "Cel", "v": 19},
    ]
)
HEAD = {"bn": "air-1/", "bt": NOW_S - 60, "ep": 7, "lo": 2, "dr": 1, "sq": 1}
CHANGE = st.sampled_from(sorted(ODD)).flatmap(lambda label: st.tuples(st.just(label), st.sampled_from(ODD[label])))
DROP = st.tuples(st.sampled_from(["bn", "bt", "bu", "ep", "lo", "dr", "sq", "n", "u", "v"]), st.just(None))


def shortened(records: list[dict[str, Any]], name: str | None, unit: str | None) -> list[dict[str, Any]]:
    """The pack with its base labels said once: a whole name where all records have that one, and a unit."""
    alone = name is not None and all(record["n"] == name for record in records)
    if alone:
        records = [{k: v for k, v in record.items() if k != "n"} for record in records]
    if unit is not None:
        records = [{k: v for k, v in record.items() if (k, v) != ("u", unit)} for record in records]
    bases = ({"bn": f"air-1/{name}"} if alone else {}) | ({"bu": unit} if unit is not None else {})
    return [records[0] | bases, *records[1:]]


@st.composite
def packs_of_boards(draw: st.DrawFn) -> list[dict[str, Any]]:
    """A good pack, written out or with what RFC 8428 lets be said once: name, unit, and the time of a sample."""
    kinds = GOOD if draw(st.booleans()) else st.just(draw(GOOD))
    records = [dict(draw(kinds)) for _ in range(draw(st.integers(1, 6)))]
    for n, record in enumerate(records):
        if not draw(st.booleans()):
            record.update({"sq": n + 1, **draw(st.sampled_from([{"t": n}, {"bt": NOW_S - 60 + n}]))})
    records[0] = records[0] | HEAD
    return shortened(
        records, draw(st.sampled_from([None, records[0]["n"]])), draw(st.sampled_from([None, "Cel", "%RH"]))
    )


@st.composite
def payloads(draw: st.DrawFn) -> bytes:
    """A good pack in which at most two labels were changed or dropped."""
    records = draw(packs_of_boards())
    for label, value in draw(st.lists(CHANGE | DROP, max_size=2)):
        record = draw(st.sampled_from(records))
        record[label] = value
        if value is None and draw(st.booleans()):
            del record[label]
    return json.dumps(records).encode()


def payload(first: dict[str, Any], rest: list[Any]) -> bytes:
    """A pack of these records."""
    return json.dumps([first, *rest]).encode()


@pytest.mark.slow
@MUCH
@given(st.lists(payloads(), min_size=1, max_size=2))
@example([payload({**HEAD, "n": "temperature", "u": "Cel", "v": 1}, [{"sq": 0, "n": "humidity", "u": "%RH", "v": 1}])])
@example([b'[{"bn":"air-1/","bt":1795615140,"ep":7,"sq":1,"n":"temperature","u":"Cel","v":1,"x":"\xff"}]'])
@example([b'[{"bn":"air-1/","bt":1795615140,"ep":7,"sq":1,"n":"temperature","u":"Cel","v":NaN}]'])
@example([b'[{"bn":"air-1/","bt":1795615140,"ep":7,"sq":1,"n":"temperature","u":"Cel","v":1,"v":2,"sq":3}]'])
@example([b'[{"\\u0062n":"air-1/","bt":1795615140,"ep":7,"sq":1,"n":"temperature","u":"Cel","v":1}]'])
def test_both_readers_admit_the_same(desk: Any, packs: list[bytes]) -> None:
    """Packs good, odd and wrong in any mixture come to the same readings, samples, packs and refusals."""
    fast, slow = both(desk, *packs)

    assert fast == slow


@pytest.mark.slow
@MUCH
@given(payloads(), st.integers(0, 500), st.binary(min_size=1, max_size=3), st.integers(0, 2))
def test_both_readers_admit_the_same_of_spoilt_bytes(desk: Any, whole: bytes, at: int, put: bytes, cut: int) -> None:
    """With some bytes replaced, added or lost, too."""
    at %= len(whole)

    fast, slow = both(desk, whole[:at] + put + whole[at + cut :])

    assert fast == slow


@given(packs_of_boards())
def test_what_boards_send_needs_no_second_look(desk: Any, records: list[dict[str, Any]]) -> None:
    """Packs as boards cut them, of one channel or several, written out or short, are all taken by the typed reader."""
    taken: list[bool] = []

    class Watched(Gathering):
        def take(self, *args: Any) -> bool:
            taken.append(super().take(*args))
            return taken[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gateway.admission.Gathering", Watched)
        admitted = desk.admit(records)

    assert taken == [True]
    assert len(admitted.readings) == len(records)
    assert np.all(np.diff(admitted.sample) >= 0)


@given(packs_of_boards(), st.sampled_from([None, "temperature", "humidity"]), st.sampled_from([None, "Cel", "%RH"]))
def test_a_short_pack_says_what_the_long_one_does(
    desk: Any, records: list[dict[str, Any]], name: str | None, unit: str | None
) -> None:
    """Name and unit said once, in the base labels, come to the same readings as in each record."""
    whole = records[0]["bn"].removeprefix("air-1/")
    long = [{"u": records[0].get("bu"), **({"n": whole} if whole else {}), **record} for record in records]
    long[0] = {k: v for k, v in long[0].items() if k != "bu"} | {"bn": "air-1/"}

    assert told(desk.admit(shortened(long, name, unit))) == told(desk.admit(records)) == told(desk.admit(long))


def test_a_pack_with_a_bad_end_leaves_nothing_half_taken(desk: Any, pack_head: Callable[..., dict[str, Any]]) -> None:
    """Rows that the typed reader took before it stopped are not there twice."""
    good = [{"sq": 4 + n, "t": n, "n": "humidity", "u": "%RH", "v": n} for n in range(5)]

    admitted = desk.admit([pack_head()], [pack_head(sq=3), *good, {"sq": 50, "n": "smell", "v": 1}], [pack_head(sq=60)])

    assert admitted.samples["sq"].tolist() == [3, 3, 4, 5, 6, 7, 8, 50, 60]
    assert admitted.sample.tolist() == [0, 1, 2, 3, 4, 5, 6, 8]
    assert admitted.packs["ep"].tolist() == [7, 7, 7]


@pytest.mark.speed
@pytest.mark.parametrize("records", [1, 60])
def test_the_first_look_is_the_cheap_one(desk: Any, records: int) -> None:
    """Good packs cost at most a third of what they would by the reference: seven times less was measured."""
    pairs = [("temperature", "Cel", 20.5), ("humidity", "%RH", 40)]
    lines = [
        {"sq": 1 + n // 2, "t": n // 2, "n": p[0], "u": p[1], "v": p[2]}
        for n, p in zip(range(records), pairs * 30, strict=False)
    ]
    messages = [Message(TOPIC, payload(HEAD | lines[0], lines[1:]), retained=False, qos=1, mid=1)] * 40
    how = {"rate": 1e9, "burst": 10**9}

    def cost(admission: Admission) -> float:
        return min(timeit.repeat(lambda: admission.admit(messages, NOW_S), number=1, repeat=15))

    assert cost(Admission(desk.directory, **how)) < cost(ByReference(desk.directory, **how)) / 3
