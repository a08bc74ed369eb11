"""What the embedded store takes and gives, on this machine's disk: prints one JSON object.

`--folder DIR` is where the file is made (a real disk: on a tmpfs nothing is counted as written).
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gateway.numerics.columns import READING, WINDOW
from gateway.numerics.state import STATE, pack
from gateway.store.port import FAR_S, Batch
from gateway.store.sqlite import SqliteStore

T0 = 1_795_615_200
PLACES, CHANNELS = 100, 5
LONG = 10_000
"""A series of its own, which is read as a whole."""
STATES_S = 10
"""So often the gateway writes the states along (gateway/draining.py)."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, default=None)
    with tempfile.TemporaryDirectory(dir=parser.parse_args().folder) as folder:
        told = {**town(Path(folder) / "town.sqlite"), **demo(Path(folder))}
    print(json.dumps(told, indent=2))


def town(path: Path) -> dict[str, float]:
    """A town of 100 places: writing, the latest of all, a long series in blocks and its last day of hours."""
    store, rng = SqliteStore(path), np.random.default_rng(7)
    took = seconds(lambda: [store.write(Batch(readings=rows)) for rows in live(rng, commits=400, rows=2_500)])
    for rows in np.array_split(readings(rng, np.full(500_000, LONG), T0 + np.arange(500_000)), 50):
        store.write(Batch(readings=rows))
    reader = SqliteStore(path, read_only=True)
    told = {
        "write_rows_s": round(1_000_000 / took),
        "latest_of_100_places_ms": best(lambda: reader.latest(range(1, PLACES * CHANNELS + 1))) * 1e3,
        "latest_of_10000_ms": best(lambda: reader.latest(range(1, 10_001))) * 1e3,
        "block_rows_s": round(500_000 / best(lambda: sum(map(len, reader.blocks(LONG, 0, FAR_S))), tries=3)),
        "range_of_10000_ms": best(lambda: reader.read(LONG, T0 + 200_000, T0 + 210_000)) * 1e3,
        "disk_bytes_a_reading": path.stat().st_size / 1_500_000,
    }
    reader.close()
    store.close()
    return told


def demo(folder: Path) -> dict[str, float]:
    """Twelve devices of four channels, a sample every 2 s: bytes written to disk a reading, by how often the store is written."""
    told = {}
    for every_s in (1, 10, 60):
        store = SqliteStore(folder / f"demo-{every_s}.sqlite")
        before, count = written(), 0
        for batch in minutes(every_s, 600):
            store.write(batch)
            count += len(batch.readings)
        store.close()
        told[f"written_bytes_a_reading_at_{every_s}_s"] = round((written() - before) / count)
    return told


def live(rng: np.random.Generator, *, commits: int, rows: int) -> Iterator[NDArray[np.void]]:
    """Batches as they come: 10,000 series in random order, one reading a minute each."""
    order = np.concatenate([rng.permutation(LONG) for _ in range(commits * rows // LONG)])
    for n in range(commits):
        series = order[n * rows : (n + 1) * rows]
        yield readings(rng, series, np.full(rows, T0 + n * rows // LONG * 60))


def minutes(every_s: int, total_s: int) -> Iterator[Batch]:
    """What the numerics make of the demo every so many seconds: readings, their open windows, now and then their states."""
    rng, state = np.random.default_rng(7), np.zeros(1, STATE)[0]
    for start in range(0, total_s, every_s):
        at, series = np.meshgrid(np.arange(start, start + every_s), np.arange(1, 49), indexing="ij")
        state["value"] = start  # what has not changed is not written
        heard = at % 2 == (series - 1) // 4 % 2
        rows = readings(rng, series[heard], T0 + at[heard])
        touched = np.unique(rows["series"])
        windows = [np.zeros(len(touched), WINDOW) for _ in range(2)]
        for made, width in zip(windows, (60, 3600), strict=True):
            made["series"], made["start_s"], made["sum"] = touched, (T0 + start) // width * width, start
        states = dict.fromkeys(touched.tolist() if start % STATES_S < every_s else (), pack(state))
        yield Batch(readings=rows, m1=windows[0], h1=windows[1], states=states)


def readings(rng: np.random.Generator, series: NDArray[np.int64], time_s: NDArray[np.int64]) -> NDArray[np.void]:
    """Good readings with two digits."""
    rows = np.zeros(len(series), READING)
    rows["series"], rows["time_s"], rows["flag"], rows["tests"], rows["score"] = series, time_s, 1, 0x1111, 0.25
    rows["value"] = np.round(rng.normal(20, 5, len(series)), 2)
    return rows


def written() -> int:
    """Bytes that this process has had written to disk so far."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("write_bytes"))


def seconds(do: Callable[[], object]) -> float:
    """How long it takes."""
    started = time.perf_counter()
    do()
    return time.perf_counter() - started


def best(do: Callable[[], object], *, tries: int = 7) -> float:
    """The shortest of a few tries, in seconds: the others were disturbed."""
    return min(seconds(do) for _ in range(tries))


if __name__ == "__main__":
    main()
