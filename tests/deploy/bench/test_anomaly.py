"""The detector on a folder: its scores are the gateway's, and the figures are what they say."""

from __future__ import annotations

import math
import os
from pathlib import Path

import numpy as np
import pytest

from deploy.bench.anomaly import TRIED, cross_validated, figures, scores_of, write_scores
from deploy.bench.nab import PROFILES, Series, gains, load, score_at
from gateway.numerics.columns import GOOD, MISSING, READING, Columns
from gateway.numerics.detector import THRESHOLD, fresh, score
from gateway.numerics.params import params_row
from gateway.numerics.watch import Watch

NAB = os.environ.get("GIROUETTE_NAB")
"""A folder with the development half of NAB."""
STANDARD = PROFILES[0]


def file(seed: int, *, odd: int | None = 1500, count: int = 2000) -> Series:
    """A file of readings at five minutes, with one oddity in a window where asked for, a repeated time and a missing value."""
    rng = np.random.default_rng(seed)
    value = np.round(20 + rng.normal(0, 1, count), 2)
    value[200] = math.nan
    if odd is not None:
        value[odd : odd + 20] += 25
    time_s = 1_400_000_000 + 300 * np.arange(count)
    time_s[150] = time_s[149]
    windows = () if odd is None else ((odd - 40, odd + 60),)
    return Series(f"made/{seed}.csv", tuple(map(str, time_s)), time_s, value, windows)


def test_scores_are_those_of_the_gateway() -> None:
    """As if the readings had come one after another; what has no score there has 0 here."""
    one = file(1, odd=230, count=260)
    state, params = fresh(1), np.array([params_row("mean", 300, {})])
    flag = np.where(np.isnan(one.value), MISSING, GOOD).astype(np.uint8)
    zero = np.zeros(1, np.int64)

    told = [
        score(state, params, Columns(zero, one.time_s[n : n + 1], one.value[n : n + 1]), flag[n : n + 1]).score[0]
        for n in range(len(flag))
    ]

    np.testing.assert_array_equal(scores_of(one), np.nan_to_num(np.array(told)).astype(float))
    assert scores_of(one)[[150, 200]].tolist() == [0, 0]


@pytest.mark.slow
def test_scores_are_those_behind_the_stream() -> None:
    """To the last bit what the watch makes of the same readings, slot by slot, in batches of its own."""
    one, watch = file(1, odd=450, count=500), Watch()
    watch.know(np.array([params_row("mean", 300, {})]), {})
    rows = np.zeros(500, READING)
    rows["time_s"], rows["value"], rows["flag"] = one.time_s, one.value, GOOD
    first = np.diff(one.time_s, prepend=-1) > 0  # another value for the same second never comes so far

    told: dict[int, float] = {}
    for batch in np.array_split(rows[first], 7):
        watch.take(batch)
        told |= {int(row["time_s"]): float(row["score"]) for found in watch.due() for row in found.scores}

    there = first & np.isin(one.time_s, list(told))
    assert there.sum() > 480
    assert scores_of(one)[there].tolist() == [told[int(time_s)] for time_s in one.time_s[there]]


def test_what_is_odd_is_found_and_the_rest_is_not() -> None:
    """A step of twenty-five deviations is found at its first reading; the profiles say so."""
    files = [file(1), file(2), file(3, odd=None)]
    told = figures(files, [scores_of(one) for one in files])

    assert [name for name, one in told.items() if one.shipped > 60] == [profile.name for profile in PROFILES]
    for one in told.values():
        assert one.best >= one.shipped
        assert one.deviation >= 0
        assert one.cross_validated is None


def test_a_threshold_that_is_given_is_taken() -> None:
    """Nobody reaches 1.0: the same as never speaking."""
    files = [file(1)]
    told = figures(files, [scores_of(files[0])], threshold=1.0)

    assert told["standard"].shipped == 0


def test_a_fold_is_scored_with_what_was_best_on_the_others() -> None:
    """Two files that want different tunings get each other's."""
    one, scores = file(1), np.zeros(2000)
    scores[1500] = THRESHOLD
    good, bad = gains(one, scores), gains(one, np.zeros(2000))

    assert cross_validated([[good, bad], [bad, good]], STANDARD, 2) == pytest.approx(0)
    assert cross_validated([[good, good], [bad, bad]], STANDARD, 2) == pytest.approx(score_at([good], 0.5, STANDARD))


@pytest.mark.slow
def test_folds_try_every_tuning() -> None:
    """The figure is there for every profile, and not above what the best tuning gives."""
    files = [file(1), file(2, odd=1200)]
    told = figures(files, [scores_of(one) for one in files], folds=2)
    best = max(score_at([gains(one, scores_of(one, each)) for one in files], THRESHOLD, STANDARD) for each in TRIED)

    assert told["standard"].cross_validated is not None
    assert told["standard"].cross_validated <= best + 1e-9


def test_scores_are_written_row_by_row(tmp_path: Path) -> None:
    """At the file's own path, with its own stamps."""
    one = file(1, odd=None, count=700)
    write_scores(tmp_path, [one], [np.full(700, 0.25)])

    lines = (tmp_path / "made" / "1.csv").read_text().splitlines()
    assert lines[:2] == ["timestamp,score", f"{one.stamps[0]},0.250000"]
    assert len(lines) == 701


@pytest.mark.slow
@pytest.mark.nab
def test_the_published_figures_hold() -> None:
    """What docs/numerics.md says of the shipped threshold on the development half, to a tenth."""
    files = load(Path(str(NAB)))
    told = figures(files, [scores_of(one) for one in files])

    assert [one.shipped for one in told.values()] == pytest.approx([75.1, 70.6, 78.8], abs=0.06)
    assert [one.best for one in told.values()] == pytest.approx([76.3, 71.8, 80.2], abs=0.06)
