"""Readings and windows as text: CSV and JSON rows, a block at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from api.catalogue import Shown
from api.licences import licence_url
from gateway.numerics.columns import TIERS
from gateway.store.port import Tier

COLUMNS = (
    "time", "value", "unit", "flag", "period_s", "completeness", "count", "min", "max", "generated", "licence", "attribution",
)  # fmt: skip
"""The columns of every CSV, at every tier: they may grow at the end, and never change their place."""
WINDOW_DIGITS = 3
FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")


def times(seconds: NDArray[np.int64]) -> list[str]:
    """ISO 8601 in UTC, one text a second."""
    found: list[str] = np.datetime_as_string(seconds.astype("datetime64[s]")).tolist()
    return found


def source_of(shown: Shown) -> tuple[str, str]:
    """The licence and the attribution that every row carries."""
    return licence_url(shown.pilot.licence) or shown.pilot.licence, shown.pilot.attribution


def cell(text: str) -> str:
    """A text as a CSV field that no spreadsheet takes for a formula.

    >>> cell("=1+1, or so")
    '"\\'=1+1, or so"'
    """
    safe = f"'{text}" if text.startswith(FORMULA) else text
    if any(c in safe for c in ',"\n\r'):
        return '"' + safe.replace('"', '""') + '"'
    return safe


def csv_head() -> str:
    """The first line."""
    return ",".join(COLUMNS) + "\r\n"


class CsvRows:
    """Makes the rows of one series at one tier."""

    def __init__(self, shown: Shown, tier: Tier) -> None:
        self._unit = cell(shown.quantity.unit_ucum)
        self._end = ",".join(cell(t) for t in source_of(shown))
        self._until = shown.series.generated_until_s or 0
        self._digits = shown.quantity.digits + WINDOW_DIGITS
        self._tier = tier
        self._period = f"{shown.series.period_s:g}" if tier == "raw" else str(TIERS[tier])

    def text(self, block: NDArray[np.void]) -> str:
        """The rows of one block."""
        return self._raw(block) if self._tier == "raw" else self._windows(block)

    def _raw(self, block: NDArray[np.void]) -> str:
        flags = block["flag"].tolist()
        made = (block["time_s"] < self._until).tolist()
        ends = {
            (f, g): f",{self._unit},{f},{self._period},,1,,,{int(g)},{self._end}\r\n"
            for f in set(flags)
            for g in (False, True)
        }
        rows = zip(times(block["time_s"]), numbers(block["value"]), flags, made, strict=True)
        return "".join([f"{t}Z,{v}{ends[f, g]}" for t, v, f, g in rows])

    def _windows(self, block: NDArray[np.void]) -> str:
        rows = zip(
            times(block["start_s"]),
            numbers(np.round(block["value"], self._digits)),
            block["flag"].tolist(),
            numbers(np.round(block["completeness"], 3)),
            block["count"].tolist(),
            numbers(block["min"]),
            numbers(block["max"]),
            (block["start_s"] < self._until).tolist(),
            strict=True,
        )
        unit, period, end = self._unit, self._period, self._end
        return "".join(
            [f"{t}Z,{v},{unit},{f},{period},{c},{n},{lo},{hi},{int(g)},{end}\r\n" for t, v, f, c, n, lo, hi, g in rows]
        )


def numbers(values: NDArray[np.float64]) -> list[str]:
    """Numbers as their shortest text, empty where there is none."""
    texts = [repr(v) for v in values.tolist()]
    if np.isfinite(values).all():
        return texts
    return [t if ok else "" for t, ok in zip(texts, np.isfinite(values).tolist(), strict=True)]


def json_numbers(values: NDArray[np.float64]) -> list[str]:
    """Numbers as JSON, `null` where there is none."""
    return [t or "null" for t in numbers(values)]


class JsonRows:
    """Makes the rows of one series at one tier as JSON objects."""

    def __init__(self, shown: Shown, tier: Tier) -> None:
        self._until = shown.series.generated_until_s or 0
        self._digits = shown.quantity.digits + WINDOW_DIGITS
        self._tier = tier

    def texts(self, block: NDArray[np.void]) -> Iterator[str]:
        """One JSON object a row."""
        time_name = "time_s" if self._tier == "raw" else "start_s"
        made = [',"generated":true}' if g else "}" for g in (block[time_name] < self._until).tolist()]
        when, flags = times(block[time_name]), block["flag"].tolist()
        if self._tier == "raw":
            rows = zip(when, json_numbers(block["value"]), flags, made, strict=True)
            yield from (f'{{"time":"{t}Z","value":{v},"flag":{f}{g}' for t, v, f, g in rows)
            return
        values = json_numbers(np.round(block["value"], self._digits))
        shares = json_numbers(np.round(block["completeness"], 3))
        counts, least, most = block["count"].tolist(), json_numbers(block["min"]), json_numbers(block["max"])
        for t, v, f, c, n, lo, hi, g in zip(when, values, flags, shares, counts, least, most, made, strict=True):
            yield f'{{"time":"{t}Z","value":{v},"flag":{f},"completeness":{c},"count":{n},"min":{lo},"max":{hi}{g}'
