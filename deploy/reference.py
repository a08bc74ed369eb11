"""A reference station's file: a CSV with a column `time` and a column `value`."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deploy.faults import CommandError

TIME, VALUE = "time", "value"


def read_reference(path: Path) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Times, rising, and values; an empty value is none. Commas or semicolons between cells.

    A time is the beginning of what was averaged, ISO 8601, UTC where it has no offset. Raises CommandError with the line.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        head = file.readline()
        mark = ";" if head.count(";") > head.count(",") else ","
        names = [name.strip().strip('"').lower() for name in head.rstrip("\r\n").split(mark)]
        if TIME not in names or VALUE not in names:
            raise CommandError("reference_head", file=path, names=", ".join(names))
        at, of = names.index(TIME), names.index(VALUE)
        rows = [_row(path, n, row, at, of) for n, row in enumerate(csv.reader(file, delimiter=mark), 2) if any(row)]
    times = np.array([time_s for time_s, _ in rows], np.int64)
    first = np.unique(times, return_index=True)[1]
    return times[first], np.array([value for _, value in rows], float)[first]


def _row(path: Path, number: int, row: list[str], at: int, of: int) -> tuple[int, float]:
    try:
        time_s, value = seconds_of(row[at]), row[of].strip().replace(",", ".")
        number_of = float(value) if value else float("nan")
    except (IndexError, ValueError):
        time_s, number_of = None, 0.0
    if time_s is None:
        raise CommandError("reference_row", file=path, line=number)
    return time_s, number_of


def seconds_of(text: str) -> int | None:
    """An ISO 8601 day or moment in seconds since 1970, UTC where it has no offset; None for anything else.

    >>> seconds_of("2026-11-25"), seconds_of("2026-11-25T01:00:00+01:00"), seconds_of("soon")
    (1795564800, 1795564800, None)
    """
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())
