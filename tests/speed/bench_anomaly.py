"""What the detector takes a reading, on one core: prints one JSON object.

    python tests/speed/bench_anomaly.py [FOLDER LIKE NAB'S]

Batches as the gateway's journal has them (400 and 2,500 readings, one a series), blocks of one series, and the worst moment: a
half hour that ends for all series of a batch at once. With a folder laid out like NAB's, what the scores are worth there, too.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from deploy.bench.anomaly import figures, scores_of
from deploy.bench.nab import load
from gateway.numerics.columns import GOOD, Columns
from gateway.numerics.detector import DETECTOR, fresh, score
from gateway.numerics.params import params_row

T0 = 1_795_615_200


def main() -> None:
    """Measure and print."""
    told: dict[str, object] = {
        "batch_400_of_10000_series": scoring(series=10_000, each=1, period_s=60, batch=400, count=250),
        "batch_2500_of_10000_series": scoring(series=10_000, each=1, period_s=60, batch=2_500, count=80),
        "all_end_400": scoring(series=400, each=1, period_s=1_800, batch=400, count=120),
        "one_series_blocks_of_90": scoring(series=1, each=90, period_s=60, batch=90, count=120),
        "one_series_blocks_of_4000": scoring(series=1, each=4_000, period_s=60, batch=4_000, count=8),
        "state_bytes": DETECTOR.itemsize,
    }
    if sys.argv[1:]:
        files = load(Path(sys.argv[1]))
        made = figures(files, [scores_of(one) for one in files])
        told["nab"] = {name: [round(one.best, 2), round(one.shipped, 2)] for name, one in made.items()}
    print(json.dumps(told, indent=2))


def scoring(*, series: int, each: int, period_s: int, batch: int, count: int) -> dict[str, float]:
    """`count` batches after as many that fill the memories; series take turns where a batch does not hold them all."""
    state, params = known(series, period_s)
    batches = stream(series, each, period_s, batch=batch)
    took = [_seconds(partial(give, state, params, next(batches))) for _ in range(2 * count)][count:]
    return {
        "readings_a_batch": batch,
        "readings_s": round(batch * count / sum(took)),
        "median_ms": round(float(np.median(took)) * 1e3, 2),
        "p99_ms": round(float(np.percentile(took, 99)) * 1e3, 2),
        "worst_ms": round(max(took) * 1e3, 2),
    }


def known(series: int, period_s: int) -> tuple[np.ndarray, np.ndarray]:
    """States as after a long life, so that nothing is skipped, and parameters."""
    state, params = fresh(1), np.array([params_row("mean", period_s, {})])
    half_hours = np.arange(400)
    value = 15 + np.random.default_rng(1).normal(0, 2, 400)
    score(state, params, Columns(np.zeros(400, np.int64), T0 - 1_800 * (400 - half_hours), value), _good(400))
    return np.repeat(state, series), np.repeat(params, series)


def stream(series: int, each: int, period_s: int, *, batch: int) -> Iterator[Columns]:
    """Batches without end: `each` readings of as many series as fit, the next ones after them, and so round."""
    rng, turn, at_once = np.random.default_rng(5), np.zeros(series, np.int64), batch // each
    first = 0
    while True:
        ids = (first + np.arange(at_once)) % series
        first = int(ids[-1] + 1) % series
        times_s = T0 + period_s * (turn[ids][:, None] + np.arange(each))
        turn[ids] += each
        yield Columns(np.repeat(ids, each), times_s.ravel(), np.round(15 + rng.normal(0, 2, batch), 2))


def give(state: np.ndarray, params: np.ndarray, batch: Columns) -> None:
    """Score one batch."""
    score(state, params, batch, _good(len(batch)))


def _good(count: int) -> np.ndarray:
    """Flags of readings with which nothing is wrong."""
    return np.full(count, GOOD, np.uint8)


def _seconds(do: Callable[[], object]) -> float:
    """CPU seconds that it takes."""
    started = time.process_time()
    do()
    return time.process_time() - started


if __name__ == "__main__":
    main()
