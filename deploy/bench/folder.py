"""A folder of series with known faults: series.json, faults.json and series/<id>.csv, read or refused with a sentence."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deploy.bench.table import TableError, rows, seconds
from devices.refusal import SpokenError

KINDS = (
    "stuck", "drift", "offset", "spike", "dropout", "saturation", "noise", "clock_jump", "bag", "heater", "battery_sag",
    "event",
)  # fmt: skip
"""What may happen to a series; an `event` is real, shared by its neighbours, and counts neither way."""
FOREVER_S = 1 << 40
LONGEST_NAME = 240
"""Bytes of an id, with which its file has a name that every disk takes."""


class FolderError(SpokenError):
    """A folder of faults does not add up; the sentence names the file and the line."""

    words = "faults"


@dataclass(frozen=True, slots=True)
class Series:
    """One series as it came: times may go back where a clock did."""

    name: str
    quantity: str
    period_s: float
    recipe: str
    place: tuple[float, float]
    """Degrees north and east."""
    time_s: NDArray[np.int64]
    value: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that happened to a series in [start_s, end_s)."""

    series: str
    kind: str
    start_s: int
    end_s: int


def load(folder: Path) -> tuple[list[Series], list[Fault]]:
    """All series and faults of a folder. Raises FolderError where something in it is not as it should be."""
    series: dict[str, Series] = {}
    for n, row in enumerate(_entries(folder / "series.json"), 1):
        one = _series(folder, row, n)
        if one.name in series:
            raise FolderError("twice", file=folder / "series.json", entry=n, series=one.name)
        series[one.name] = one
    if not series:
        raise FolderError("no_series", file=folder / "series.json")
    file = folder / "faults.json"
    faults = [_fault(file, row, n, series) for n, row in enumerate(_entries(file), 1)]
    return list(series.values()), faults


def _entries(file: Path) -> Iterator[Mapping[str, Any]]:
    """The objects of a list in a JSON file."""
    if not file.is_file():
        raise FolderError("no_file", file=file)
    try:
        told = json.loads(file.read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as e:
        raise FolderError("no_json", file=file, line=e.lineno, why=e.msg) from e
    except UnicodeDecodeError as e:
        raise FolderError("no_json", file=file, line=1, why=e.reason) from e
    if not isinstance(told, list) or not all(isinstance(row, dict) for row in told):
        raise FolderError("no_list", file=file)
    yield from told


def _series(folder: Path, row: Mapping[str, Any], n: int) -> Series:
    file = folder / "series.json"
    name, quantity = row.get("id"), row.get("quantity")
    if isinstance(name, int) and not isinstance(name, bool):
        name = str(name)
    if not isinstance(name, str) or not _is_file_name(name):
        raise FolderError("bad_id", file=file, entry=n, id=repr(name))
    if not isinstance(quantity, str) or not quantity:
        raise FolderError("bad_quantity", file=file, entry=n)
    period_s, place, recipe = row.get("period_s"), row.get("place"), row.get("recipe") or ""
    if not isinstance(period_s, int | float) or not _number(period_s) or period_s <= 0:
        raise FolderError("bad_period", file=file, entry=n)
    if not isinstance(place, list) or len(place) != 2 or not all(map(_number, place)):
        raise FolderError("bad_place", file=file, entry=n)
    time_s, value = read_rows(folder / "series" / f"{name}.csv")
    where = float(place[0]), float(place[1])
    return Series(name, quantity, float(period_s), str(recipe), where, time_s, value)


def _fault(file: Path, row: Mapping[str, Any], n: int, series: Mapping[str, Series]) -> Fault:
    name, kind = str(row.get("id")), row.get("kind")
    if name not in series:
        raise FolderError("stranger", file=file, entry=n, series=name)
    if kind not in KINDS:
        raise FolderError("unknown_kind", file=file, entry=n, kind=kind, choices=", ".join(KINDS))
    times = []
    for key in ("start", "end"):
        stamp = row.get(key)
        if key == "end" and stamp is None:
            times.append(FOREVER_S)
            continue
        try:
            times.append(seconds(str(stamp)))
        except ValueError as e:
            raise FolderError("bad_time", file=file, entry=n, key=key) from e
    if times[1] < times[0]:
        raise FolderError("crossed", file=file, entry=n)
    return Fault(name, str(kind), times[0], times[1])


def read_rows(file: Path) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Times and values of a CSV file, in its order; a value that is missing is NaN."""
    if not file.is_file():
        raise FolderError("no_file", file=file)
    times, values = [], []
    try:
        for _, time_s, value in rows(file):
            times.append(time_s)
            values.append(value)
    except TableError as e:
        if e.line == 1:
            raise FolderError("bad_head", file=file) from e
        raise FolderError("bad_row", file=file, line=e.line) from e
    return np.array(times, np.int64), np.array(values, np.float64)


def _is_file_name(name: str) -> bool:
    """May a file be named so, and nothing else be meant?"""
    return (
        name.isprintable()
        and name not in {"", ".", ".."}
        and not {"/", "\\"} & set(name)
        and len(os.fsencode(name)) <= LONGEST_NAME
    )


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
