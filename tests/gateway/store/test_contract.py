"""What every store must do, whichever it is: one suite over all adapters."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from gateway.numerics.columns import GOOD, READING, SUSPECT, WINDOW
from gateway.numerics.watch import EVENT, KINDS
from gateway.store.port import FAR_S, Batch, Point, Store, Tier

T0 = 1_795_615_200
NEVER_S = -(1 << 62)
TIERS: tuple[Tier, ...] = ("raw", "m1", "h1", "d1")


def readings(*rows: tuple[object, ...]) -> NDArray[np.void]:
    """READING rows from tuples."""
    return np.array(list(rows), READING)


def simple(series: int, times: range | list[int], *, value: float = 20.0) -> NDArray[np.void]:
    """Good readings of one series, each a little higher than the one before."""
    return readings(*((series, t, value + n / 8, GOOD, 0x1111, 0.25) for n, t in enumerate(times)))


def windows(series: int, starts: range | list[int], *, value: float = 20.0) -> NDArray[np.void]:
    """Windows of one series, each field with a number of its own."""
    made = np.zeros(len(starts), WINDOW)
    for n, start in enumerate(starts):
        made[n] = (
            series,
            start,
            6,
            7,
            18.5,
            22.5,
            123.4,
            -0.5,
            19.0,
            start + 1,
            21.0,
            start + 50,
            6.0,
            value + n,
            0.875,
            3,
        )
    return made


def same(found: NDArray[np.void], expected: NDArray[np.void]) -> bool:
    """Are the rows equal in every field, NaN equal to NaN?"""
    names = expected.dtype.names or ()
    return found.dtype == expected.dtype and all(
        np.array_equal(found[n], expected[n], equal_nan=expected[n].dtype.kind == "f") for n in names
    )


def test_an_empty_store_has_nothing(store: Store) -> None:
    """Every question to an empty store has an empty answer of the right type."""
    assert store.read(1, 0, FAR_S).dtype == READING
    assert store.read(1, 0, FAR_S, tier="m1").dtype == WINDOW
    assert [len(store.read(1, 0, FAR_S, tier=tier)) for tier in TIERS] == [0, 0, 0, 0]
    assert list(store.blocks(1, 0, FAR_S)) == []
    assert len(store.tail(1, FAR_S, 5)) == 0
    assert len(store.latest([1, 2])) == 0
    assert len(store.latest([])) == 0
    assert store.count(1, 0, FAR_S) == 0
    assert list(store.points("fleet", 0, FAR_S)) == []
    assert dict(store.states()) == {}
    assert dict(store.watch()) == {}
    assert len(store.events(1, 0, FAR_S)) == len(store.between(0, FAR_S)) == 0
    assert store.ready() is None


def test_an_empty_batch_is_nothing(store: Store) -> None:
    """A batch without rows can be written."""
    store.write(Batch())

    assert store.count(1, 0, FAR_S) == 0


@pytest.mark.slow
def test_readings_come_back_as_they_were_written(store: Store) -> None:
    """Every field of a reading survives exactly, whatever its size."""
    rows = readings(
        (3, T0, 21.43, GOOD, 0x1111_1111, np.float32(0.1)),
        (3, T0 + 1, -0.25, SUSPECT, 0x7FFF_FFFF_FFFF, np.float32(1)),
        (3, T0 + 2, 1e-300, 4, 0, np.float32(0)),
        (3, T0 + 3, -1.7976931348623157e308, 2, 1, np.float32(1 / 3)),
        (3, T0 + 4, 0.1 + 0.2, 9, 2, np.float32(0.5)),
    )

    store.write(Batch(readings=rows))

    assert same(store.read(3, 0, FAR_S), rows)


def test_a_score_that_was_not_made_stays_so(store: Store) -> None:
    """A reading without an anomaly score has none after the way through the store, in every answer."""
    rows = readings((3, T0, 21.4, GOOD, 1, np.nan), (3, T0 + 1, 21.5, GOOD, 1, 0.5), (3, T0 + 2, 21.6, GOOD, 1, np.nan))

    store.write(Batch(readings=rows))

    assert same(store.read(3, 0, FAR_S), rows)
    assert same(store.tail(3, FAR_S, 3), rows)
    assert same(store.latest([3]), rows[2:])


def test_windows_come_back_as_they_were_written(store: Store) -> None:
    """Every field of a window survives, in both tiers, and the tiers do not mix."""
    minutes, hours = windows(3, [T0, T0 + 60]), windows(3, [T0], value=5.0)

    store.write(Batch(m1=minutes, h1=hours))

    assert same(store.read(3, 0, FAR_S, tier="m1"), minutes)
    assert same(store.read(3, 0, FAR_S, tier="h1"), hours)
    assert store.count(3, 0, FAR_S) == 0


def test_a_window_without_numbers_stays_without(store: Store) -> None:
    """NaN in any real field of a window is NaN afterwards."""
    rows = windows(3, [T0, T0 + 60, T0 + 120])
    for name in WINDOW.names or ():
        if WINDOW[name].kind == "f":
            rows[name][1] = np.nan

    store.write(Batch(m1=rows))

    assert same(store.read(3, 0, FAR_S, tier="m1"), rows)


def test_a_number_can_become_nothing(store: Store) -> None:
    """A score or window that is written again without its number has none afterwards, and the other way round."""
    first, again = windows(3, [T0]), windows(3, [T0])
    again["value"] = again["min"] = np.nan
    scored, unscored = readings((3, T0, 1.5, 1, 1, 0.5)), readings((3, T0, 1.5, 1, 1, np.nan))

    for window, reading in ((first, scored), (again, unscored), (first, scored)):
        store.write(Batch(readings=reading, m1=window))

        assert same(store.read(3, 0, FAR_S), reading)
        assert same(store.latest([3]), reading)
        assert same(store.read(3, 0, FAR_S, tier="m1"), window)


def test_a_range_is_half_open(store: Store) -> None:
    """A reading at the start is in, one at the end is not."""
    store.write(Batch(readings=simple(3, [T0, T0 + 10, T0 + 20]), m1=windows(3, [T0, T0 + 60])))

    assert store.read(3, T0, T0 + 20)["time_s"].tolist() == [T0, T0 + 10]
    assert store.read(3, T0 + 1, T0 + 10)["time_s"].tolist() == []
    assert store.read(3, T0 + 10, T0 + 11)["time_s"].tolist() == [T0 + 10]
    assert store.read(3, T0, T0 + 60, tier="m1")["start_s"].tolist() == [T0]
    assert store.read(3, T0 + 20, T0)["time_s"].tolist() == []
    assert store.count(3, T0, T0 + 20) == 2


def test_series_do_not_mix(store: Store) -> None:
    """What is asked of one series is answered of that one, in order of time however it was written."""
    store.write(
        Batch(readings=np.concatenate([simple(12, [T0 + 5, T0 + 6]), simple(1, [T0]), simple(12, [T0, T0 + 1])]))
    )

    assert store.read(12, 0, FAR_S)["time_s"].tolist() == [T0, T0 + 1, T0 + 5, T0 + 6]
    assert store.read(1, 0, FAR_S)["series"].tolist() == [1]
    assert len(store.read(2, 0, FAR_S)) == 0


def test_writing_again_changes_nothing(store: Store) -> None:
    """The same batch twice leaves what once leaves."""
    batch = Batch(
        readings=simple(3, range(T0, T0 + 5)), m1=windows(3, [T0]), h1=windows(3, [T0]), states={3: b"x"},
        points=[Point("fleet", T0, {"device": "a"}, {"online": 1.0})],
    )  # fmt: skip

    store.write(batch)
    store.write(batch)

    assert same(store.read(3, 0, FAR_S), batch.readings)
    assert store.count(3, 0, FAR_S) == 5
    assert same(store.read(3, 0, FAR_S, tier="h1"), batch.h1)
    assert len(store.points("fleet", 0, FAR_S)) == 1


def test_another_value_and_flag_replace_the_old(store: Store) -> None:
    """A reading that is written again has the new value, flag, tests and score, everywhere."""
    store.write(Batch(readings=simple(3, range(T0, T0 + 5))))
    anew = readings((3, T0 + 2, 99.5, SUSPECT, 0x3333, 0.75), (3, T0 + 4, -1.0, 4, 0x4444, 1.0))

    store.write(Batch(readings=anew))

    assert store.count(3, 0, FAR_S) == 5
    assert same(store.read(3, T0 + 2, T0 + 3), anew[:1])
    assert same(store.latest([3]), anew[1:])


def test_of_two_rows_for_one_moment_the_later_stands(store: Store) -> None:
    """A batch that names the same series and time twice leaves its last word."""
    rows = readings(
        (3, T0, 1.0, 1, 1, 0.5), (3, T0 + 1, 5.0, 1, 1, 0.5), (3, T0, 2.0, 3, 3, 0.25), (3, T0 + 1, 6.0, 3, 3, 0.5)
    )

    store.write(Batch(readings=rows, m1=np.concatenate([windows(3, [T0], value=1), windows(3, [T0], value=2)])))

    assert same(store.read(3, 0, FAR_S), rows[2:])
    assert same(store.latest([3]), rows[3:])
    assert store.read(3, 0, FAR_S, tier="m1")["value"].tolist() == [2.0]


def test_times_at_the_edges(store: Store) -> None:
    """The first second of 1970 and the last one of 2200 are times like any other."""
    last = 7_258_118_399
    rows = simple(3, [0, 1, last])

    store.write(Batch(readings=rows))

    assert same(store.read(3, 0, FAR_S), rows)
    assert store.read(3, 0, 1)["time_s"].tolist() == [0]
    assert store.read(3, NEVER_S, 2)["time_s"].tolist() == [0, 1]
    assert store.tail(3, last, 1)["time_s"].tolist() == [1]
    assert store.latest([3])["time_s"].tolist() == [last]


def test_blocks_are_the_range_in_pieces(store: Store) -> None:
    """Blocks join to the range, none is empty or longer than asked, whatever the length."""
    rows = simple(3, range(T0, T0 + 100))
    store.write(Batch(readings=rows, m1=windows(3, range(T0, T0 + 600, 60))))

    for length in (1, 7, 50, 99, 100, 101):
        blocks = list(store.blocks(3, T0, T0 + 100, rows=length))

        assert same(np.concatenate(blocks), rows)
        assert all(0 < len(block) <= length for block in blocks)
    assert [len(b) for b in store.blocks(3, T0, FAR_S, tier="m1", rows=4)] == [4, 4, 2]
    assert [len(b) for b in store.blocks(3, T0 + 10, T0 + 15, rows=2)] == [2, 2, 1]


def test_a_tail_is_the_end_in_order(store: Store) -> None:
    """The last readings before a time come oldest first, and fewer where there are fewer."""
    store.write(Batch(readings=np.concatenate([simple(3, range(T0, T0 + 10)), simple(4, range(T0, T0 + 10))])))

    assert store.tail(3, T0 + 8, 3)["time_s"].tolist() == [T0 + 5, T0 + 6, T0 + 7]
    assert store.tail(3, FAR_S, 2)["time_s"].tolist() == [T0 + 8, T0 + 9]
    assert len(store.tail(3, FAR_S, 100)) == 10
    assert len(store.tail(3, T0, 5)) == 0
    assert len(store.tail(3, FAR_S, 0)) == 0


def test_latest_is_the_newest_not_the_last_written(store: Store) -> None:
    """A late reading does not become the latest; each series has at most one answer."""
    store.write(Batch(readings=simple(3, [T0 + 5])))
    store.write(Batch(readings=np.concatenate([simple(3, [T0], value=1), simple(4, [T0 + 9, T0 + 1], value=2)])))

    found = store.latest([3, 4, 5])

    assert {int(r["series"]): int(r["time_s"]) for r in found} == {3: T0 + 5, 4: T0 + 9}
    assert len(store.latest([5])) == 0


def test_latest_of_many(store: Store) -> None:
    """A thousand series are answered at once."""
    store.write(Batch(readings=np.concatenate([simple(n, [T0 + n]) for n in range(1, 1001)])))

    found = store.latest(range(1, 1001))

    assert sorted(found["series"].tolist()) == list(range(1, 1001))
    assert np.all(found["time_s"] == T0 + found["series"])


def test_deleting_takes_a_half_open_range_of_one_series(store: Store) -> None:
    """Readings and windows that start inside are gone, their neighbours and other series stay."""
    batch = [simple(n, range(T0, T0 + 180, 20)) for n in (3, 4)]
    minutes = [windows(n, [T0, T0 + 60, T0 + 120]) for n in (3, 4)]
    store.write(Batch(readings=np.concatenate(batch), m1=np.concatenate(minutes), h1=windows(3, [T0, T0 + 3600])))

    store.delete(3, T0 + 60, T0 + 120)

    assert store.read(3, 0, FAR_S)["time_s"].tolist() == [*range(T0, T0 + 60, 20), *range(T0 + 120, T0 + 180, 20)]
    assert store.read(3, 0, FAR_S, tier="m1")["start_s"].tolist() == [T0, T0 + 120]
    assert store.read(3, 0, FAR_S, tier="h1")["start_s"].tolist() == [T0, T0 + 3600]
    assert same(store.read(4, 0, FAR_S), batch[1])
    assert same(store.read(4, 0, FAR_S, tier="m1"), minutes[1])
    assert store.latest([3])["time_s"].tolist() == [T0 + 160]


def test_deleting_keeps_latest_right(store: Store) -> None:
    """Where the newest goes, the newest of what is left takes its place; where all goes, there is none."""
    rows = simple(3, [T0, T0 + 10, T0 + 20])
    store.write(Batch(readings=rows))

    store.delete(3, T0 + 15, FAR_S)
    assert same(store.latest([3]), rows[1:2])
    store.delete(3, 0, FAR_S)
    assert len(store.latest([3])) == 0
    assert store.count(3, 0, FAR_S) == 0
    store.write(Batch(readings=rows[:1]))
    assert same(store.latest([3]), rows[:1])


def test_deleting_nothing_is_no_fault(store: Store) -> None:
    """A range without rows, a series that is not there and an empty range change nothing."""
    rows = simple(3, [T0])
    store.write(Batch(readings=rows))

    store.delete(3, T0 + 1, FAR_S)
    store.delete(4, 0, FAR_S)
    store.delete(3, T0, T0)

    assert same(store.read(3, 0, FAR_S), rows)


def test_trimming_takes_the_old_of_one_tier(store: Store) -> None:
    """Older rows of that tier are gone in every series, the other tiers, latest and states stay."""
    store.write(
        Batch(
            readings=np.concatenate([simple(3, [T0, T0 + 60, T0 + 120]), simple(4, [T0])]),
            m1=np.concatenate([windows(3, [T0, T0 + 60]), windows(4, [T0])]),
            states={4: b"four"},
        )
    )

    store.trim("raw", T0 + 60)

    assert store.read(3, 0, FAR_S)["time_s"].tolist() == [T0 + 60, T0 + 120]
    assert store.count(4, 0, FAR_S) == 0
    assert store.latest([4])["time_s"].tolist() == [T0]
    assert len(store.read(3, 0, FAR_S, tier="m1")) == 2
    assert dict(store.states()) == {4: b"four"}
    store.trim("m1", FAR_S)
    assert len(store.read(3, 0, FAR_S, tier="m1")) == 0
    assert store.count(3, 0, FAR_S) == 2


def test_states_are_blobs_of_any_bytes(store: Store) -> None:
    """States come back to the byte, the newest of each series, and stay when a batch has none."""
    blob = bytes(range(256)) * 3
    store.write(Batch(states={1: b"older", 2: blob}))
    store.write(Batch(states={1: b"\x00", 70_000: b'",\\ \n='}))
    store.write(Batch(readings=simple(3, [T0])))

    assert dict(store.states()) == {1: b"\x00", 2: blob, 70_000: b'",\\ \n='}


def test_points_come_back_oldest_first(store: Store) -> None:
    """Figures keep their tags and fields, several devices at one moment, each measurement for itself."""
    told = [
        Point("fleet", T0 + 60, {"device": "air-1", "pilot": "rennes"}, {"online": 0.0, "age_s": 75.5}),
        Point("fleet", T0, {"device": "air-1", "pilot": "rennes"}, {"online": 1.0, "age_s": 2.0}),
        Point("fleet", T0, {"device": "air-2", "pilot": "rennes"}, {"online": 1.0}),
        Point("gateway", T0, {}, {"packs": 12.0}),
    ]

    store.write(Batch(points=told))

    found = store.points("fleet", T0, T0 + 61)
    assert [p.time_s for p in found] == [T0, T0, T0 + 60]
    assert [p for p in found if p.tags["device"] == "air-1"] == [told[1], told[0]]
    assert [p for p in found if p.tags["device"] == "air-2"] == [told[2]]
    assert list(store.points("gateway", 0, FAR_S)) == told[3:]
    assert [p.time_s for p in store.points("fleet", T0 + 60, FAR_S)] == [T0 + 60]
    store.write(Batch(points=[Point("gateway", T0, {}, {"packs": 13.0})]))
    assert [p.fields["packs"] for p in store.points("gateway", 0, FAR_S)] == [13.0]


def test_words_in_tags_are_anybodys(store: Store) -> None:
    """Spaces, commas, quotes and accents in a tag survive; of backslashes and line ends nothing is promised."""
    told = Point("health", T0, {"device": "a", "reset": 'brown out, "again"=é'}, {"battery_v": 3.7})

    store.write(Batch(points=[told]))

    assert list(store.points("health", 0, FAR_S)) == [told]


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.slow
def test_much_is_written_and_read(store: Store, tier: Tier) -> None:
    """More rows than any block or settling step holds come back whole, whatever the order of writing."""
    count, step = 12_000, 60
    times = [T0 + n * step for n in range(count)]
    rows = simple(3, times) if tier == "raw" else windows(3, times)
    at = "time_s" if tier == "raw" else "start_s"
    shuffled = rows[np.random.default_rng(7).permutation(count)]

    for part in np.array_split(shuffled, 5):
        store.write(Batch(**{"readings" if tier == "raw" else tier: part}))

    assert same(np.concatenate(list(store.blocks(3, 0, FAR_S, tier=tier, rows=5000))), rows)
    assert same(store.read(3, times[10], times[-10], tier=tier), rows[10:-10])
    store.delete(3, times[100], times[-100])
    assert store.read(3, 0, FAR_S, tier=tier)[at].tolist() == times[:100] + times[-100:]


def event(series: int, start_s: int, kind: str, *, end_s: int = 0) -> NDArray[np.void]:
    """One EVENT row."""
    row = (series, start_s, start_s + 300, end_s, KINDS.index(kind), -2.125, 1.5, 4, 1)
    return np.array([row], EVENT)


def test_events_come_back_and_end(store: Store) -> None:
    """An event is there from its first telling on, and its end replaces it."""
    first, other = event(3, T0, "jump"), event(3, T0, "grown")
    store.write(Batch(events=np.concatenate([event(3, T0 + 600, "stuck"), first, other, event(4, T0, "jump")])))
    store.write(Batch(events=event(3, T0, "jump", end_s=T0 + 900)))

    told = store.events(3, T0, FAR_S)

    assert same(told, np.concatenate([event(3, T0, "jump", end_s=T0 + 900), other, event(3, T0 + 600, "stuck")]))
    assert same(store.events(3, T0, T0 + 600), told[:2])
    assert len(store.events(5, 0, FAR_S)) == 0


def test_events_go_with_what_they_are_about(store: Store) -> None:
    """Deleting a stretch of a series takes its events along, and trimming the hours all that are older."""
    store.write(Batch(events=np.concatenate([event(3, T0, "jump"), event(3, T0 + 600, "jump"), event(4, T0, "jump")])))

    store.delete(3, T0, T0 + 300)
    store.trim("h1", T0 + 300)

    assert same(store.events(3, 0, FAR_S), event(3, T0 + 600, "jump"))
    assert len(store.events(4, 0, FAR_S)) == 0


def test_blobs_of_the_watch_are_those_of_one_write(store: Store) -> None:
    """What was written last is there whole, large or small, and nothing of what was written before."""
    large = bytes(range(256)) * 1000
    store.write(Batch(watch={"memory/0": large, "detector/0": b"a", "detector/1": b"b"}))
    store.write(Batch(watch={"memory/0": b"c", "detector/0": large}))
    store.write(Batch())

    assert dict(store.watch()) == {"memory/0": b"c", "detector/0": large}


def test_readings_between_two_moments_are_those_of_all_series(store: Store) -> None:
    """What came in a stretch of time is found whatever its series."""
    store.write(Batch(readings=np.concatenate([simple(3, range(T0, T0 + 5)), simple(7, range(T0 + 2, T0 + 4))])))

    found = store.between(T0 + 3, T0 + 4)

    assert sorted(found[["series", "time_s"]].tolist()) == [(3, T0 + 3), (7, T0 + 3)]
    assert len(store.between(T0 + 60, FAR_S)) == 0
