"""The score of a reading: a share of the past that was as strange, with a memory that is bounded and forgets."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from gateway.numerics.anomaly import ERA_S, FULL, LOWEST, MANY, MOST, OCTAVES, SURPRISE
from gateway.numerics.columns import Columns
from gateway.numerics.params import params_row
from gateway.numerics.state import fresh
from gateway.numerics.stream import advance

MIDNIGHT_S = 1_700_006_400
QUALITY = {"fail_low": -50, "fail_high": 50}


def scores(values: list[float], *, times_s: np.ndarray | None = None, aggregate: str = "mean") -> np.ndarray:
    """The scores of one series, a reading a minute from midnight on unless told otherwise."""
    times_s = MIDNIGHT_S + 60 * np.arange(len(values)) if times_s is None else times_s
    params = np.array([params_row(aggregate, 60, QUALITY)])
    columns = Columns(np.zeros(len(values), np.int64), times_s, np.array(values, float))
    return advance(fresh(1), params, columns).readings["score"]


def noise(count: int, seed: int = 1) -> list[float]:
    """Ordinary weather of a dull sensor."""
    return np.round(np.random.default_rng(seed).normal(15, 0.5, count), 2).tolist()


def test_a_score_lies_between_nothing_and_all() -> None:
    """Once enough is known, each reading has one, and most readings are no surprise."""
    told = scores(noise(2000))

    assert np.isnan(told[: MANY + 1]).all()
    assert ((told[MANY + 1 :] >= 0) & (told[MANY + 1 :] <= 1)).all()
    assert np.median(told[MANY + 1 :]) < 0.1
    assert (told[MANY + 1 :] > 0.5).mean() < 0.002


@pytest.mark.parametrize("jump", [-12.0, 5.0, 30.0])
def test_what_was_never_seen_is_a_surprise(jump: float) -> None:
    """The farther out, the greater, and one outlier does not hide the next."""
    values = noise(1440)
    told = scores([*values, 15 + jump, 15.0, 15 + jump])

    assert told[1440] > 0.75
    assert told[1440] > np.nanmax(told[:1440])
    assert told[1442] > 0.35


def test_farther_out_is_more_surprising() -> None:
    """Until the score is full."""
    told = [scores([*noise(1440), 15.0 + off])[-1] for off in (0.0, 3.0, 9.0, 30.0)]

    assert told == sorted(told)
    assert len(set(told)) == 4


def test_what_fails_the_range_test_is_not_learnt() -> None:
    """Nonsense stays a surprise however often it comes, and the range of what is normal stays."""
    with_nonsense = scores([*noise(1440), *[99.0, 15.0] * 40, 25.0])
    without = scores([*noise(1440), *[15.0, 15.0] * 40, 25.0])

    assert np.nanmin(with_nonsense[1440:-1:2]) > 0.7
    assert with_nonsense[-1] == pytest.approx(without[-1], abs=0.05)


def test_what_happened_at_this_hour_yesterday_is_no_surprise() -> None:
    """A daily curve is within its range on the second day: the past is never shorter than a day."""
    day = [15 + 8 * math.sin(n / 1440 * 2 * math.pi) for n in range(3 * 1440)]
    told = scores([v + w for v, w in zip(day, noise(len(day)), strict=True)])

    assert (told[1500:] > 0.55).mean() < 0.002
    assert (told[100:1440] > 0.3).mean() > (told[1500:] > 0.3).mean()


def test_after_two_days_all_is_forgotten() -> None:
    """A series that comes back is learnt anew; one that was away for a night goes on."""
    times_s = MIDNIGHT_S + 60 * np.arange(800)
    for away_s, forgotten in ((ERA_S, False), (2 * ERA_S + 7200, True)):
        told = scores(noise(1600), times_s=np.concatenate([times_s, times_s + away_s]))
        assert bool(np.isnan(told[800 : 800 + MANY]).all()) is forgotten


def test_a_turn_through_north_is_no_surprise() -> None:
    """Directions have moves and no range, and neither have counters."""
    vane = [(350 + 2 * (n % 7)) % 360 for n in range(500)]
    meter = [0.2 * (n % 300) for n in range(500)]

    assert np.nanmax(scores(vane, aggregate="circular")) < 0.5
    assert np.nanmax(scores(meter, aggregate="counter")) < 0.5


def test_the_memory_is_bounded() -> None:
    """A record of fixed size below 200 bytes; a score has no time in which it may count on."""
    assert SURPRISE.itemsize < 200


@pytest.mark.parametrize("cut", [1, 70_000, 66_000])
def test_counts_that_are_full_stay_full(cut: int) -> None:
    """A reading a second makes more moves a day than are counted; where the stream was cut does not matter then either."""
    values = np.array(noise(1440) * 60)
    times_s = MIDNIGHT_S + np.arange(len(values))
    params, state = np.array([params_row("mean", 1, QUALITY)]), fresh(1)
    whole = scores(values.tolist(), times_s=times_s)

    series = np.zeros(len(values), np.int64)
    told = [
        advance(state, params, Columns(series[part], times_s[part], values[part])).readings["score"]
        for part in (slice(0, cut), slice(cut, None))
    ]

    np.testing.assert_array_equal(np.concatenate(told), whole)
    assert state["surprise"]["tail"][0, 0] == MOST


def defined(values: list[float], times_s: list[int]) -> list[float]:
    """The scores by their definition, reading by reading."""
    told = []
    for n, (value, time_s) in enumerate(zip(values, times_s, strict=True)):
        past = [m for m in range(n) if times_s[m] // ERA_S >= time_s // ERA_S - 1]
        moves = [octave(values[m] - values[m - 1]) for m in past if m and times_s[m] - times_s[m - 1] <= 3600]
        near = n > 0 and time_s - times_s[n - 1] <= 3600
        surprise = 0.0
        if near:
            own = octave(value - values[n - 1])
            as_strange = sum(1.0 if o > own else 0.5 for o in moves if o >= own) + 0.5
            surprise = math.log10((len(moves) + 1) / as_strange)
        seen = [values[m] for m in past]
        if seen and not min(seen) <= value <= max(seen):
            width = (max(seen) - min(seen)) or 1.0
            beyond = max(value - max(seen), min(seen) - value)
            surprise += max(math.log10((len(moves) + 1) / 2), 0) + math.log10(width + beyond) - math.log10(width)
        told.append(min(surprise / FULL, 1) if len(moves) >= MANY else math.nan)
    return told


def octave(move: float) -> int:
    """0 below 2^LOWEST, then one more for each doubling."""
    return 0 if move == 0 else min(max(math.frexp(move)[1] - LOWEST, 0), OCTAVES - 1)


@settings(max_examples=30)
@given(
    some.lists(
        some.tuples(some.sampled_from([60] * 30 + [9000, 60_000, 200_000]), some.floats(-45, 45)),
        min_size=40,
        max_size=150,
    )
)
def test_reading_by_reading_the_definition_gives_the_same(stream: list[tuple[int, float]]) -> None:
    """With silences of hours and days among them."""
    times_s = (MIDNIGHT_S + np.cumsum([s for s, _ in stream])).tolist()
    values = [v for _, v in stream]

    np.testing.assert_allclose(scores(values, times_s=np.array(times_s)), defined(values, times_s), atol=1e-6)
