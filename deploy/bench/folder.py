"""A folder of series with known faults: series.json, faults.json and series/<id>.csv, read or refused with a sentence."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from devices.refusal import SpokenError

KINDS = (
    "stuck", "drift", "offset", "spike", "dropout", "saturation", "noise", "clock_jump", "bag", "heater", "battery_sag",
    "event",
)  # fmt: skip
"""What may happen to a series; an `event` is real, shared by its neighbours, and counts neither way."""
SAFE_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
FOREVER_S = 1 << 40


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
    file = folder / "faults.json"
    faults = [_fault(file, row, n, series) for n, row in enumerate(_entries(file), 1)]
    return list(series.values()), faults


def seconds(stamp: str) -> int:
    """A UTC stamp as seconds since 1970. Raises ValueError.

    >>> seconds("1970-01-01T00:01:00Z")
    60
    """
    plain = stamp.strip()
    for zone in ("Z", "+00:00", "+0000"):
        plain = plain.removesuffix(zone)
    if not plain[:1].isdigit():
        raise ValueError(stamp)
    time_s = int(np.datetime64(plain, "us").astype(np.int64)) // 1_000_000
    if np.isnat(np.datetime64(plain)):
        raise ValueError(stamp)
    return time_s


def _entries(file: Path) -> Iterator[Mapping[str, Any]]:
    """The objects of a list in a JSON file."""
    if not file.is_file():
        raise FolderError("no_file", file=file)
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
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
    for key, value in (("id", name), ("quantity", quantity)):
        if not isinstance(value, str) or not value or (key == "id" and not SAFE_ID.fullmatch(value)):
            raise FolderError("bad_entry", file=file, entry=n, key=key, wanted="text")
    period_s, place, recipe = row.get("period_s"), row.get("place"), row.get("recipe") or ""
    if not isinstance(period_s, int | float) or not _number(period_s) or period_s <= 0:
        raise FolderError("bad_entry", file=file, entry=n, key="period_s", wanted="number > 0")
    if not isinstance(place, list) or len(place) != 2 or not all(map(_number, place)):
        raise FolderError("bad_entry", file=file, entry=n, key="place", wanted="[lat, lon]")
    time_s, value = read_rows(folder / "series" / f"{name}.csv")
    where = float(place[0]), float(place[1])
    return Series(str(name), str(quantity), float(period_s), str(recipe), where, time_s, value)


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
            raise FolderError("bad_entry", file=file, entry=n, key=key, wanted="2026-05-01T12:00:00Z") from e
    if times[1] < times[0]:
        raise FolderError("crossed", file=file, entry=n)
    return Fault(name, str(kind), times[0], times[1])


def read_rows(file: Path) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Times and values of a CSV file, in its order; an empty value, or a word for none, is NaN. Cost: 1 us a row."""
    if not file.is_file():
        raise FolderError("no_file", file=file)
    lines = file.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    if not lines or [part.strip() for part in lines[0].split(",")] != ["time", "value"]:
        raise FolderError("bad_head", file=file)
    rows = [line for line in lines[1:] if line.strip()]
    try:
        return _fast(rows)
    except ValueError:
        return _slow(lines, file)


def _fast(rows: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Rows as they are usually written: Z behind the time, a number behind the comma."""
    parts = [row.split(",") for row in rows]
    if any(len(part) != 2 or part[0][-1:] != "Z" or not part[0][:1].isdigit() for part in parts):
        raise ValueError
    value = np.array([part[1] for part in parts], "U32").astype(np.float64) if parts else np.empty(0)
    if not np.isfinite(value).all():
        raise ValueError
    stamps = np.array([part[0][:-1] for part in parts], "datetime64[us]")
    if np.isnat(stamps).any():
        raise ValueError
    return stamps.astype(np.int64) // 1_000_000, value


def _slow(lines: Sequence[str], file: Path) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The same row by row, so that a bad one is named."""
    times, values = [], []
    for number, line in enumerate(lines[1:], 2):
        if not line.strip():
            continue
        stamp, _, said = line.partition(",")
        try:
            times.append(seconds(stamp))
            values.append(_value(said.strip()))
        except ValueError as e:
            raise FolderError("bad_row", file=file, line=number) from e
    return np.array(times, np.int64), np.array(values, np.float64)


def _value(said: str) -> float:
    value = math.nan if said.lower() in {"", "nan", "null", "none"} else float(said)
    return value if math.isfinite(value) else math.nan


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
