"""Readings and windows as text: CSV and JSON rows, a block at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from api.catalogue import Shown
from api.corrected import Beside
from api.licences import licence_url
from gateway.numerics.columns import WIDTHS
from gateway.numerics.windows import vector_strength
from gateway.store.port import Tier

COLUMNS = (
    "time", "value", "unit", "flag", "period_s", "completeness", "count", "min", "max", "generated", "licence", "attribution",
    "corrected", "corrected_flag", "correction",
)  # fmt: skip
"""The columns of every CSV, at every tier: they may grow at the end, and never change their place."""
WINDOW_DIGITS = 3
Ranks = NDArray[np.float64] | None
"""Percentiles beside the rows of a block: a column each."""
FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")


def times(seconds: NDArray[np.int64]) -> list[str]:
    """ISO 8601 in UTC, one text a second."""
    found: list[str] = np.datetime_as_string(seconds.astype("datetime64[s]")).tolist()
    return found


def source_of(shown: Shown) -> tuple[str, str]:
    """The licence and the attribution that every row carries."""
    return licence_url(shown.pilot.licence) or shown.pilot.licence, shown.pilot.attribution


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a CSV is written: what stands between cells, in numbers, at its beginning, and how a time is."""

    mark: str = ","
    point: str = "."
    begin: str = ""
    time_name: str = "time"
    day_and_hour: str = "T"
    zone: str = "Z"


PLAIN = Dialect()
EXCEL = Dialect(";", ",", "\ufeff", "time_utc", " ", "")
"""What a double click in a French Excel opens in columns, with numbers as numbers and times as times."""


class Writer(Protocol):
    """Makes the text of one table, a block at a time."""

    between: str
    """What stands between two blocks."""

    def head(self) -> str:
        """What stands before the first row."""
        ...

    def text(self, block: NDArray[np.void], beside: Beside | None = None, ranks: Ranks = None) -> str:
        """The rows of one block, with what is corrected and the percentiles, where there are any."""
        ...

    def tail(self) -> str:
        """What stands after the last row."""
        ...


def cell(text: str, mark: str = ",") -> str:
    """A text as a CSV field that no spreadsheet takes for a formula: such a one gets a quote before it.

    >>> cell("Rennes, 35000")
    '"Rennes, 35000"'
    """
    safe = f"'{text}" if text.startswith(FORMULA) else text
    if any(c in safe for c in (mark, '"', "\n", "\r")):
        return '"' + safe.replace('"', '""') + '"'
    return safe


class CsvRows:
    """Writes the rows of one series at one tier."""

    between = ""

    def __init__(self, shown: Shown, tier: Tier, dialect: Dialect = PLAIN, *, percentiles: Sequence[int] = ()) -> None:
        self._dialect = dialect
        self._percentiles = percentiles
        self._unit = cell(shown.quantity.unit_ucum, dialect.mark)
        self._end = dialect.mark.join(cell(t, dialect.mark) for t in source_of(shown))
        self._until = shown.series.generated_until_s or 0
        self._digits = shown.quantity.digits + WINDOW_DIGITS
        self._tier = tier
        period = f"{shown.series.period_s:g}" if tier == "raw" else str(WIDTHS[tier])
        self._period = period.replace(".", dialect.point)

    def head(self) -> str:
        """The first line."""
        names = (self._dialect.time_name, *COLUMNS[1:], *(f"p{one}" for one in self._percentiles))
        return self._dialect.begin + self._dialect.mark.join(names) + "\r\n"

    def text(self, block: NDArray[np.void], beside: Beside | None = None, ranks: Ranks = None) -> str:
        """The rows of one block."""
        tails = self._corrected(beside) if beside is not None else [self._dialect.mark * 3] * len(block)
        if ranks is not None:
            tails = [f"{told}{ranked}" for told, ranked in zip(tails, self._ranked(ranks), strict=True)]
        return self._raw(block, tails) if self._tier == "raw" else self._windows(block, tails)

    def _corrected(self, beside: Beside) -> Iterator[str]:
        """The cells of each row that are corrected."""
        m, values = self._dialect.mark, self._numbers(np.round(beside.value, self._digits))
        for value, flag, name in zip(values, beside.flag.tolist(), beside.name, strict=True):
            yield f"{m}{value}{m}{flag or ''}{m}{name}"

    def _ranked(self, ranks: NDArray[np.float64]) -> Iterator[str]:
        """The last cells of each row: its percentiles."""
        for row in np.round(ranks, self._digits):
            yield "".join(f"{self._dialect.mark}{told}" for told in self._numbers(row))

    def tail(self) -> str:
        """Nothing: a CSV ends with its last row."""
        return ""

    def _raw(self, block: NDArray[np.void], tails: Iterable[str]) -> str:
        flags = block["flag"].tolist()
        made = (block["time_s"] < self._until).tolist()
        mark = self._dialect.mark
        ends = {
            (f, g): mark.join(["", self._unit, str(f), self._period, "", "1", "", "", str(int(g)), self._end])
            for f in set(flags)
            for g in (False, True)
        }
        after = self._dialect.zone + mark
        rows = zip(self._times(block["time_s"]), self._numbers(block["value"]), flags, made, tails, strict=True)
        return "".join([f"{t}{after}{v}{ends[f, g]}{tail}\r\n" for t, v, f, g, tail in rows])

    def _windows(self, block: NDArray[np.void], tails: Iterable[str]) -> str:
        rows = zip(
            self._times(block["start_s"]),
            self._numbers(np.round(block["value"], self._digits)),
            block["flag"].tolist(),
            self._numbers(np.round(block["completeness"], 3)),
            block["count"].tolist(),
            self._numbers(block["min"]),
            self._numbers(block["max"]),
            (block["start_s"] < self._until).tolist(),
            tails,
            strict=True,
        )
        m, after, end = self._dialect.mark, self._dialect.zone + self._dialect.mark, self._end
        unit, period = self._unit, self._period
        return "".join(
            [
                f"{t}{after}{v}{m}{unit}{m}{f}{m}{period}{m}{c}{m}{n}{m}{lo}{m}{hi}{m}{int(g)}{m}{end}{tail}\r\n"
                for t, v, f, c, n, lo, hi, g, tail in rows
            ]
        )

    def _times(self, seconds: NDArray[np.int64]) -> list[str]:
        told = times(seconds)
        return told if self._dialect.day_and_hour == "T" else [t.replace("T", self._dialect.day_and_hour) for t in told]

    def _numbers(self, values: NDArray[np.float64]) -> list[str]:
        told = numbers(values)
        return told if self._dialect.point == "." else [t.replace(".", self._dialect.point) for t in told]


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
    """Writes the rows of one series at one tier as JSON objects, inside one that says what they are."""

    between = ",\n"

    def __init__(
        self, shown: Shown, tier: Tier, about: Mapping[str, object], bounds: tuple[str | None, str | None],
        *, percentiles: Sequence[int] = (),
    ) -> None:  # fmt: skip
        self._until = shown.series.generated_until_s or 0
        self._digits = shown.quantity.digits + WINDOW_DIGITS
        self._tier = tier
        self._circular = shown.quantity.aggregate == "circular"
        licence, attribution = source_of(shown)
        self._about = {
            "series": about,
            "tier": tier,
            "from": bounds[0],
            "to": bounds[1],
            "licence": licence,
            "attribution": attribution,
            **({"percentiles": list(percentiles)} if percentiles else {}),
        }
        self._names = [f"p{one}" for one in percentiles]

    def head(self) -> str:
        """What the rows are, and the bracket that they stand in."""
        name = "readings" if self._tier == "raw" else "windows"
        return msgspec.json.encode(self._about).decode()[:-1] + f',"{name}":[\n'

    def text(self, block: NDArray[np.void], beside: Beside | None = None, ranks: Ranks = None) -> str:
        """The rows of one block, a line each."""
        return self.between.join(self._rows(block, beside, ranks))

    def tail(self) -> str:
        """The end of the object."""
        return "\n]}\n"

    def _rows(self, block: NDArray[np.void], beside: Beside | None, ranks: Ranks) -> Iterator[str]:
        time_name = "time_s" if self._tier == "raw" else "start_s"
        tails = self._corrected(beside) if beside is not None else ["}"] * len(block)
        if ranks is not None:
            tails = [f"{told}{tail}" for told, tail in zip(self._ranked(ranks), tails, strict=True)]
        generated = (block[time_name] < self._until).tolist()
        made = [f',"generated":true{tail}' if g else tail for g, tail in zip(generated, tails, strict=True)]
        if self._circular and self._tier != "raw":
            strength = json_numbers(np.round(vector_strength(block), 3))
            made = [f',"strength":{r}{tail}' for r, tail in zip(strength, made, strict=True)]
        when, flags = times(block[time_name]), block["flag"].tolist()
        if self._tier == "raw":
            rows = zip(when, json_numbers(block["value"]), flags, made, strict=True)
            return (f'{{"time":"{t}Z","value":{v},"flag":{f}{g}' for t, v, f, g in rows)
        return self._windows(block, when, flags, made)

    def _corrected(self, beside: Beside) -> Iterator[str]:
        """The end of each object: what is corrected, where something is."""
        values = numbers(np.round(beside.value, self._digits))
        for value, flag, name in zip(values, beside.flag.tolist(), beside.name, strict=True):
            yield f',"corrected":{value},"corrected_flag":{flag},"correction":"{name}"}}' if value else "}"

    def _ranked(self, ranks: NDArray[np.float64]) -> Iterator[str]:
        """The percentiles of each object."""
        for row in np.round(ranks, self._digits):
            yield "".join(f',"{name}":{v}' for name, v in zip(self._names, json_numbers(row), strict=True))

    def _windows(self, block: NDArray[np.void], when: list[str], flags: list[int], made: list[str]) -> Iterator[str]:
        values = json_numbers(np.round(block["value"], self._digits))
        shares = json_numbers(np.round(block["completeness"], 3))
        counts, least, most = block["count"].tolist(), json_numbers(block["min"]), json_numbers(block["max"])
        for t, v, f, c, n, lo, hi, g in zip(when, values, flags, shares, counts, least, most, made, strict=True):
            yield f'{{"time":"{t}Z","value":{v},"flag":{f},"completeness":{c},"count":{n},"min":{lo},"max":{hi}{g}'
