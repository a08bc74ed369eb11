"""Every message is admitted, refused with its code, or shed; and the others are none the worse for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.senml import MOST_BYTES, read_pack
from gateway.admission import CODES, STRANGER, STRANGERS_BURST, TOLD_S, Said
from gateway.admitted import FUTURE_S, PAST_S
from gateway.message import Message

NOW_S = 1_795_615_200
Heads = Callable[..., dict[str, Any]]
Messages = Callable[..., Message]
HUMIDITY = {"n": "humidity", "u": "%RH", "v": 40}


def samples(admitted: Any) -> list[tuple[int, ...]]:
    """(device, ep, sq) of the samples heard."""
    return [tuple(row) for row in admitted.samples.tolist()]


def refused(admitted: Any) -> list[tuple[str, int, int]]:
    """(code, ep, sq) of the refusals."""
    return [(r.code, r.ep, r.sq) for r in admitted.refused]


def test_a_good_pack_is_columns(desk: Any, pack_head: Heads) -> None:
    """Each record is a reading of its series with its sample; the pack is owed a receipt with what the board said."""
    admitted = desk.admit(
        [pack_head(lo=2, dr=1), HUMIDITY, {"sq": 4, "t": 30, "n": "temperature", "u": "Cel", "v": 22}]
    )

    series = {row.channel: row.id for row in desk.registry.series()}
    assert admitted.readings.series.tolist() == [series[c] for c in ("temperature", "humidity", "temperature")]
    assert admitted.readings.time_s.tolist() == [NOW_S - 60, NOW_S - 60, NOW_S - 30]
    assert admitted.readings.value.tolist() == [21.4, 40, 22]
    assert admitted.sample.tolist() == [0, 0, 1]
    assert samples(admitted) == [(0, 7, 3), (0, 7, 4)]
    assert admitted.packs.tolist() == [(0, 7, 2, 1)]
    assert (admitted.refused, admitted.said, admitted.shed) == ([], [], {})


@pytest.mark.parametrize(
    ("labels", "code"),
    [
        ({"n": "smell"}, "unknown-channel"),
        ({"bn": "air-2/"}, "wrong-name"),
        ({"u": "K"}, "wrong-unit"),
        ({"u": None}, "wrong-unit"),
        ({"v": "wet"}, "not-a-number"),
        ({"v": 110.1}, "out-of-bounds"),
        ({"v": -5.1}, "out-of-bounds"),
        ({"t": 60 + FUTURE_S + 1}, "future"),
        ({"t": 60 - PAST_S - 1}, "past"),
        ({"bt": 0}, "no-clock"),
        ({"bt": 5}, "past"),
    ],
)
def test_a_bad_record_is_refused_and_the_others_are_kept(
    desk: Any, pack_head: Heads, labels: dict[str, Any], code: str
) -> None:
    """The refusal has the code, the number and the bytes of the bad sample; both samples are owed a receipt."""
    admitted = desk.admit([pack_head(), {"sq": 4, **HUMIDITY, **labels}])

    assert admitted.readings.value.tolist() == [21.4]
    assert samples(admitted) == [(0, 7, 3), (0, 7, 4)]
    assert len(admitted.packs) == 1
    assert refused(admitted) == [(code, 7, 4)]
    assert admitted.refused[0].device == 0
    assert read_pack(admitted.refused[0].payload).samples == (4,)


@pytest.mark.parametrize(
    "labels", [{"v": 110}, {"v": -5.0}, {"t": 60 + FUTURE_S}, {"t": 60 - PAST_S}, {"t": 60.9 + FUTURE_S}]
)
def test_what_lies_on_a_bound_is_admitted(desk: Any, pack_head: Heads, labels: dict[str, Any]) -> None:
    """Bounds of values and times belong to what is admitted; parts of a second are dropped."""
    admitted = desk.admit([pack_head(), {"sq": 4, **HUMIDITY, **labels}])

    assert (len(admitted.readings), admitted.refused) == (2, [])


@pytest.mark.parametrize(
    ("payload", "code", "numbers"),
    [
        (b'[{"bn":"air-1/","ep":7,"lo":1,"sq":3,"n":"temp', "not-json", (7, 3)),
        (b'[{"bn":"air-1/", ', "not-json", (-1, -1)),
        (b"", "not-json", (-1, -1)),
        (b"[[[" * 5000, "not-json", (-1, -1)),
        (b'[{"ep":7,"sq":3,"x":"' + b"x" * MOST_BYTES + b'"}]', "too-big", (7, 3)),
        (b'[{"ep":7,"sq":3}' + b",{}" * 256 + b"]", "too-many", (7, 3)),
        (b'[{"ep":true,"sq":3}]', "not-a-number", (-1, -1)),
    ],
)
def test_what_cannot_be_read_is_refused_whole(desk: Any, payload: bytes, code: str, numbers: tuple[int, int]) -> None:
    """The refusal has the code and the bytes; samples that could be made out are owed a receipt all the same."""
    admitted = desk.admit(payload)

    assert refused(admitted) == [(code, *numbers)]
    assert admitted.refused[0].payload == payload[:MOST_BYTES]
    assert samples(admitted) == ([(0, *numbers)] if numbers[1] > 0 else [])
    assert len(admitted.packs) == len(admitted.samples)
    assert len(admitted.readings) == 0


def test_one_refusal_a_sample_with_all_its_bad_records(desk: Any, pack_head: Heads) -> None:
    """Two bad records of one sample are one refusal with the first one's code; replayed, it is refused the same way."""
    bad = [{"sq": 4, **HUMIDITY, "u": "K"}, {**HUMIDITY, "n": "smell"}]
    admitted = desk.admit([pack_head(), *bad, {"sq": 5, "t": 1, **HUMIDITY}])

    assert refused(admitted) == [("wrong-unit", 7, 4)]
    again = desk.admit(admitted.refused[0].payload)
    assert refused(again) == [("wrong-unit", 7, 4)]
    assert len(again.readings) == 0


@pytest.mark.parametrize(
    ("labels", "code"),
    [
        ({"u": "%"}, "wrong-unit"),
        ({"n": ".mean"}, "unknown-channel"),
        ({"v": 110.1}, "out-of-bounds"),
        ({"t": 9e8}, "future"),
    ],
)
def test_a_pack_of_one_channel_is_judged_record_by_record(
    desk: Any, pack_head: Heads, labels: dict[str, Any], code: str
) -> None:
    """Where name and unit stand in the base labels, a bad record costs itself, and its excerpt is refused the same way again."""
    first = {k: v for k, v in pack_head(bn="air-1/humidity", bu="%RH", v=40).items() if k not in {"n", "u"}}

    admitted = desk.admit([first, {"sq": 4, "t": 1, "v": 41, **labels}, {"sq": 5, "t": 2, "v": 42}])

    assert admitted.readings.value.tolist() == [40, 42]
    assert refused(admitted) == [(code, 7, 4)]
    assert refused(desk.admit(admitted.refused[0].payload)) == [(code, 7, 4)]


@pytest.mark.parametrize(
    ("base", "code"),
    [("air-2/humidity", "wrong-name"), ("air-1humidity", "wrong-name"), ("air-1/smell", "unknown-channel")],
)
def test_a_whole_name_is_the_devices_own(desk: Any, pack_head: Heads, base: str, code: str) -> None:
    """What a base name says before the first slash is the device, and what it says after it one of its channels."""
    first = {k: v for k, v in pack_head(bn=base, bu="%RH", v=40).items() if k not in {"n", "u"}}

    admitted = desk.admit([first])

    assert (refused(admitted), len(admitted.readings)) == ([(code, 7, 3)], 0)


def test_packs_of_other_boards_have_absolute_times_and_no_receipt(desk: Any, pack_head: Heads) -> None:
    """Without numbers a pack with absolute times is admitted; with relative ones nobody can date it yet."""
    foreign = {k: v for k, v in pack_head().items() if k not in {"ep", "lo", "dr", "sq"}}

    admitted = desk.admit([foreign], [{**foreign, "bt": -30}], [{k: v for k, v in foreign.items() if k != "bt"}])

    assert admitted.readings.value.tolist() == [21.4]
    assert admitted.sample.tolist() == [-1]
    assert (len(admitted.samples), len(admitted.packs)) == (0, 0)
    assert refused(admitted) == [("no-clock", -1, -1)] * 2


def test_a_channel_without_a_place_at_that_time_is_unknown(desk: Any, pack_head: Heads) -> None:
    """What a board measures after it was retired belongs to no series; what it measured before does."""
    desk.registry.add_device(
        "gone", pilot_id=1, recipe="air", channels=[("temperature", "temperature", {})], period_s=60, password_hash="",
        place_id=desk.registry.add_place(1, "Gare", lat=48.1, lon=-1.67).id, at_s=NOW_S - 900,
    )  # fmt: skip
    desk.registry.retire("gone", at_s=NOW_S - 50)
    desk.directory.refresh()
    pack = [pack_head(bn="gone/"), {"sq": 4, "t": 10, "n": "temperature", "u": "Cel", "v": 20}]

    admitted = desk.admit(pack, device="gone")

    assert admitted.readings.time_s.tolist() == [NOW_S - 60]
    assert [r.code for r in admitted.refused] == ["unknown-channel"]


def test_a_retained_pack_is_refused_without_a_receipt(desk: Any, pack_head: Heads) -> None:
    """A pack out of the broker's memory may be of any age: it is kept once, and the ledger does not hear of it."""
    admitted = desk.admit([pack_head()], retained=True)

    assert refused(admitted) == [("retained", 7, 3)]
    assert (len(admitted.samples), len(admitted.packs), len(admitted.readings)) == (0, 0, 0)


def test_a_wrong_shard_is_refused_without_a_receipt(desk: Any, pack_head: Heads, heard: Messages) -> None:
    """A board that speaks under another shard would not hear a receipt: it keeps its samples until that is put right."""
    strayed = Message("gir/1/00/air-1/obs", heard([pack_head()]).payload, retained=False, qos=1, mid=1)

    admitted = desk.admission().admit([strayed], NOW_S)

    assert refused(admitted) == [("wrong-shard", 7, 3)]
    assert (len(admitted.samples), len(admitted.packs), len(admitted.readings)) == (0, 0, 0)


def test_strangers_share_a_small_bucket(desk: Any, pack_head: Heads, heard: Messages) -> None:
    """Packs of boards that nobody registered are refused, so many at once, and the rest is counted."""
    strangers = [heard([pack_head(bn=f"s{n}/")], device=f"s{n}") for n in range(STRANGERS_BURST + 5)]

    admitted = desk.admission().admit([*strangers, heard([pack_head()])], NOW_S)

    assert {(r.code, r.device, r.ep) for r in admitted.refused} == {("unknown-device", -1, -1)}
    assert len(admitted.refused) == STRANGERS_BURST
    assert admitted.shed == {STRANGER: 5}
    assert len(admitted.readings) == 1


def test_a_loud_device_is_shed_before_it_is_decoded(desk: Any, pack_head: Heads, heard: Messages) -> None:
    """Beyond its bucket packs are counted and get no receipt; one an hour shows in quarantine."""
    admission = desk.admission(rate=1, burst=2)
    loud = [heard([pack_head(sq)]) for sq in range(1, 6)]

    first, later = admission.admit(loud, NOW_S), admission.admit(loud, NOW_S + TOLD_S)

    assert samples(first) == [(0, 7, 1), (0, 7, 2)]
    assert first.shed == later.shed == {"air-1": 3}
    assert refused(first) == refused(later) == [("rate", -1, -1)]
    assert refused(admission.admit(loud, NOW_S + TOLD_S + 10)) == []


def test_packs_that_need_a_second_look_have_a_smaller_bucket(desk: Any, pack_head: Heads, heard: Messages) -> None:
    """Bad packs cannot hold the gateway for long: a twelfth of the burst is looked at; good ones are admitted as ever."""
    admission = desk.admission(rate=1, burst=12 * 3)
    bad = [heard([pack_head(sq, n="smell")]) for sq in range(1, 9)]

    first = admission.admit([*bad, heard([pack_head(9)])], NOW_S)

    assert [r.code for r in first.refused] == ["unknown-channel"] * 3 + ["rate"]
    assert first.shed == {"air-1": 5}
    assert samples(first) == [(0, 7, 1), (0, 7, 2), (0, 7, 3), (0, 7, 9)]
    assert len(admission.admit(bad[3:4], NOW_S + 1).refused) == 1


def test_what_a_device_says_is_passed_on(desk: Any, heard: Messages) -> None:
    """Health, state and answers are bodies, retained or not; what is none is refused, and an empty one says nothing."""
    said = [
        heard(b'{"online":true}', channel="state", retained=True),
        heard(b'{"free":1}', channel="health"),
        heard(b'{"id":5}', channel="ack"),
        heard(b"", channel="state"),
        heard(b"[]", channel="health"),
        heard(b'{"x":' * 3000, channel="health"),
        heard(b" " * (MOST_BYTES + 1), channel="health"),
        heard(b"{}", channel="kept"),
        heard(b"{}", device="nobody", channel="state"),
    ]

    admitted = desk.admission().admit(said, NOW_S)

    assert admitted.said == [
        Said("air-1", "state", {"online": True}),
        Said("air-1", "health", {"free": 1}),
        Said("air-1", "ack", {"id": 5}),
    ]
    assert [r.code for r in admitted.refused] == ["not-json", "not-json", "too-big"]


def test_a_loud_device_cannot_talk_its_way_around(desk: Any, heard: Messages) -> None:
    """What a device says of itself takes from the same bucket as its packs."""
    admitted = desk.admission(rate=1, burst=1).admit([heard(b"{}", channel="health")] * 3, NOW_S)

    assert len(admitted.said) == 1
    assert admitted.shed == {"air-1": 2}


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["gir/1/82/air-1/", "gir/1/00/air-1/", "gir/1/82/nobody/", "a/", "", "/"]),
            st.sampled_from(["obs", "health", "state", "ack", "kept", ""]),
            st.binary(max_size=60) | st.sampled_from([b'[{"bn":"air-1/","ep":1,"sq":2}]', b"{}", b"[[" * 9000]),
            st.booleans(),
        ),
        max_size=12,
    ),
    st.floats(0, 4e9),
)
def test_nothing_that_comes_raises(desk: Any, messages: list[tuple[str, str, bytes, bool]], now_s: float) -> None:
    """Any bytes under any topic at any time are admitted, refused with one of the codes, or shed."""
    heard = [
        Message(topic + channel, payload, retained=kept, qos=1, mid=1) for topic, channel, payload, kept in messages
    ]

    admitted = desk.admission(rate=1, burst=5).admit(heard, now_s)

    assert {r.code for r in admitted.refused} <= set(CODES)
    assert len(admitted.readings) == len(admitted.sample)
    assert np.all(admitted.sample < len(admitted.samples))


def test_no_message_is_nothing(desk: Any) -> None:
    """An empty batch has empty columns of the right types."""
    admitted = desk.admit()

    assert (len(admitted.readings), len(admitted.samples), len(admitted.packs), admitted.refused) == (0, 0, 0, [])
    assert admitted.readings.value.dtype == np.float64


def test_who_is_locked_out_says_nothing(desk: Any, heard: Messages) -> None:
    """Neither state nor health of a revoked device is heard; of its packs one refusal a sample is kept, however often they come."""
    state = heard(b'{"online": true}', device="lost-1", channel="state")
    pack = heard(
        [{"bn": "lost-1/", "bt": NOW_S - 60, "ep": 7, "sq": 1, "n": "pm1", "u": "ug/m3", "v": 1}], device="lost-1"
    )
    admitted = desk.admission().admit([state, pack, state, pack], NOW_S)

    assert (admitted.said, samples(admitted), len(admitted.packs)) == ([], [], 0)
    assert refused(admitted) == [("revoked", 7, 1), ("revoked", 7, 1)]


def test_a_waiting_device_is_welcome_by_whatever_it_says_first(desk: Any, heard: Messages) -> None:
    """Its state as well as a pack; but not by what the broker remembered of somebody."""
    admission = desk.admission()
    state = {"payload": b'{"online": true}', "device": "new-1", "channel": "state"}
    desk.directory._welcomed.discard("new-1")
    desk.directory.topics = {t: k for t, k in desk.directory.topics.items() if k.device != "new-1"}

    assert admission.admit([heard(**state, retained=True)], NOW_S).said == []
    assert [said.device for said in admission.admit([heard(**state)], NOW_S).said] == ["new-1"]
