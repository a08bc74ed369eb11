"""How fast a workshop's file becomes a town's: rows a second, first and second time. Prints one JSON object."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "journeys")]

from halves import T0, Half  # noqa: E402

from deploy.passage.merging import Merge, merge  # noqa: E402
from deploy.settings import Settings  # noqa: E402
from gateway.numerics.columns import READING, WINDOW  # noqa: E402
from gateway.store.port import Batch  # noqa: E402

DEVICES, MINUTES = 10, 30 * 1440
"""Ten boards of two channels for a month, a reading a minute."""


def fill(half: Half) -> tuple[int, int]:
    """Lay down a month as a gateway leaves it; how many readings and windows."""
    names = [f"air-{number}" for number in range(1, DEVICES + 1)]
    half.settle("atelier", *names)
    readings = windows = 0
    with half.store() as store:
        for name in names:
            for series in half.series(name).values():
                rows = np.zeros(MINUTES, READING)
                rows["series"], rows["time_s"], rows["flag"] = series, T0 + 60 * np.arange(MINUTES), 1
                m1 = np.zeros(MINUTES, WINDOW)
                m1["series"], m1["start_s"], m1["count"] = series, rows["time_s"], 1
                store.write(Batch(rows, m1=m1, h1=m1[::60].copy(), states={series: b"x" * 900}))
                readings, windows = readings + len(rows), windows + len(m1) + len(m1[::60])
    return readings, windows


def main() -> None:
    """Merge a month twice."""
    with tempfile.TemporaryDirectory() as folder:
        workshop, town = Half(Path(folder) / "workshop.sqlite"), Half(Path(folder) / "town.sqlite")
        readings, windows = fill(workshop)
        settings = Settings(store=f"sqlite:{town.file}")
        took = []
        for _ in range(2):
            began = time.monotonic()
            merge(Merge(workshop.file, settings), apply=True)
            took.append(time.monotonic() - began)
        told = {
            "readings": readings, "windows": windows,
            "first_s": round(took[0], 2), "rows_per_s": round((readings + windows) / took[0]), "again_s": round(took[1], 2),
        }  # fmt: skip
    print(json.dumps(told))


if __name__ == "__main__":
    main()
