"""What the watch finds depends on the readings and on nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gateway.numerics.watch import LATENESS_S, Found, Watch
from gateway.numerics.watch.memory import pack, unpack
from tests.gateway.numerics.watch.towns import BEGIN_S, everything, rows, town, watcher


def troubled() -> NDArray[np.void]:
    """A day and a bit of a town in which one series is stuck, one silent and one noisy at the end."""
    values = town(1.1, places=3, period_s=120)
    half = len(values) * 4 // 5
    values[half:, 0] = values[half, 0]
    values[half:, 1] += 2 * np.random.default_rng(2).standard_normal(len(values) - half)
    made = rows(values, period_s=120)
    return made[(made["series"] != 2) | (made["time_s"] < BEGIN_S + 80_000)]


READINGS = troubled()


def plain(found: list[Found]) -> list[tuple[bytes, ...]]:
    """What was found, as bytes, slot after slot."""
    return [(one.scores.tobytes(), one.raised.tobytes(), one.events.tobytes()) for one in found]


WHOLE = plain(everything(watcher(3, period_s=120), READINGS))


def watched(parts: list[NDArray[np.void]], *, kill_at: int = -1) -> list[Found]:
    """What is found when the readings come in parts; before part `kill_at` the watch begins again from its blobs."""
    watch, found = watcher(3, period_s=120), []
    for n, part in enumerate(parts):
        if n == kill_at:
            watch = restarted(watch, np.concatenate([READINGS[:0], *parts[:n]]))
        watch.take(part)
        found += watch.due()
    return found


def restarted(watch: Watch, came: NDArray[np.void]) -> Watch:
    """Another watch that goes on where this one is written down, and is given again what the store has since then."""
    again = watcher(3, period_s=120)
    again.unpack(watch.pack())
    again.take(came[came["time_s"] >= (again.closed_s or 0)])
    return again


def test_something_is_found() -> None:
    """The town of these tests has events, raised flags and scores."""
    assert all(any(part[n] for part in WHOLE) for n in range(3))


@pytest.mark.slow
@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(0, len(READINGS)), max_size=5), st.integers(-1, 5))
def test_cuts_and_restarts_change_nothing(cuts: list[int], kill_at: int) -> None:
    """However the stream is cut, and wherever the gateway is killed, the same is found to the last bit."""
    parts = np.split(READINGS, sorted(cuts))

    assert plain(watched(parts, kill_at=kill_at)) == WHOLE


@pytest.mark.slow
@settings(max_examples=6, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_order_and_redelivery_change_nothing(seed: int) -> None:
    """Readings that come late by less than the lateness, or twice, end in the same findings."""
    chance = np.random.default_rng(seed)
    came_s = READINGS["time_s"] + chance.uniform(0, LATENESS_S - 1, len(READINGS))
    again = np.flatnonzero(chance.random(len(READINGS)) < 0.02)
    order = np.argsort(np.concatenate([came_s, came_s[again] + 600]), kind="stable")
    rows_ = np.concatenate([READINGS, READINGS[again]])[order]

    assert plain(watched(np.array_split(rows_, 40))) == WHOLE


@pytest.mark.slow
def test_what_comes_too_late_is_counted() -> None:
    """A reading of a slot that was looked at has no score, and is counted."""
    watch = watcher(3, period_s=120)
    everything(watch, READINGS)

    found = everything(watch, READINGS[:5])

    assert found == []
    assert watch.late == 5


def test_one_clock_that_runs_ahead_does_not_push_the_others() -> None:
    """A reading from the future waits, and those of the other places are looked at in their time."""
    watch = watcher(3, period_s=120)
    watch.take(READINGS[:300])
    ahead = READINGS[:1].copy()
    ahead["time_s"] += 30_000
    watch.take(ahead)
    closed = [one.end_s for one in watch.due()]

    assert closed
    assert closed[-1] <= READINGS["time_s"][299]


def test_blobs_of_two_moments_are_refused() -> None:
    """Where blobs do not belong together, nothing is taken from them."""
    watch, other = watcher(40, period_s=120), watcher(40, period_s=120)
    values = rows(town(0.2, places=40, period_s=120), period_s=120)
    everything(watch, values)
    everything(other, values[: len(values) // 2])
    mixed = watch.pack() | {"memory/0": other.pack()["memory/0"]}

    assert not watcher(40).unpack(mixed)
    assert not watcher(40).unpack({})
    assert watcher(40).unpack(watch.pack())


def test_each_series_has_its_own_blobs() -> None:
    """Two a series; blobs that several series share, as older versions wrote them, are taken up as well."""
    watch = watcher(3, period_s=120)
    everything(watch, READINGS[:900])
    blobs = watch.pack()
    shared = {name: blob for name, blob in blobs.items() if name.startswith("detector/")}
    memories = [unpack(blobs[f"memory/{n}"]) for n in range(3)]
    shared["memory/0"] = pack(np.concatenate([one[0] for one in memories if one is not None]), watch.closed_s or 0)
    again = watcher(3, period_s=120)

    assert set(blobs) == {f"{part}/{n}" for part in ("memory", "detector") for n in range(3)}
    assert again.unpack(shared)
    assert again.pack() == blobs
