"""How InfluxDB calls what we keep, and how rows become lines of its protocol. Pure: dashboards read it too.

| bucket | measurement | tags | fields |
|---|---|---|---|
| girouette/raw | obs | series quantity channel place pilot | value flag tests score none |
| girouette/m1, girouette/h1, girouette/d1 | obs | the same | WINDOW's columns, none |
| girouette/raw | fleet, health, gateway | those of the points | those of the points, real numbers |
| girouette/h1 | state | series | blob (base64), at time 0 |
| girouette/h1 | event | series kind | EVENT's other columns, at its start |
| girouette/h1 | watch | name part turn | blob (base64, in parts), at time 0 |
| girouette/h1 | watch_mark |  | turn: under which of two turns the blobs of the watch are whole |
| girouette/h1 | latest | series ... | as raw: the newest reading of a series whose raw readings were all trimmed |

A field that holds no number (NaN) is left out of its line, and its bit is set in `none`: a field left out alone would keep
what an earlier line said at this time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from gateway.numerics.columns import READING, WINDOW
from gateway.numerics.watch.events import KINDS

DATABASE = "girouette"
BUCKETS: Mapping[str, str] = {
    "raw": "girouette/raw", "m1": "girouette/m1", "h1": "girouette/h1", "d1": "girouette/d1",
}  # fmt: skip
"""Tier -> bucket. `database/policy` is a name that InfluxQL finds without a mapping in 2.x and 3.x."""
OBS, STATE, LATEST = "obs", "state", "latest"
EVENTS, WATCH, MARK = "event", "watch", "watch_mark"
FIGURES = FLEET, HEALTH, GATEWAY = "fleet", "health", "gateway"
"""Measurements about the fleet and the gateway itself; they live as long as raw readings."""
TAGS = ("channel", "pilot", "place", "quantity", "series")
"""Tags of `obs`, in the order in which lines have them (sorted: InfluxDB likes it so)."""
NONE = "none"
DTYPES: Mapping[str, np.dtype[np.void]] = {"raw": READING, "m1": WINDOW, "h1": WINDOW, "d1": WINDOW}
_TIMES = {"time_s", "start_s"}
_EVENT_FIELDS = ("told_s", "end_s", "size", "against", "compared", "agreeing")


def source(tier: str, measurement: str = OBS) -> str:
    """The measurement as InfluxQL names it.

    >>> source("raw")
    '"girouette"."raw"."obs"'
    """
    return f'"{DATABASE}"."{tier}"."{measurement}"'


def fields(tier: str) -> tuple[str, ...]:
    """The fields of a tier's `obs`, without `none`, in the order of its columns.

    >>> fields("raw")
    ('value', 'flag', 'tests', 'score')
    """
    return tuple(name for name in DTYPES[tier].names or () if name != "series" and name not in _TIMES)


def reals(tier: str) -> tuple[str, ...]:
    """The fields that may hold no number: field n has bit n of `none`.

    >>> reals("raw")
    ('value', 'score')
    """
    return tuple(name for name in fields(tier) if DTYPES[tier][name].kind == "f")


def time_of(tier: str) -> str:
    """The column that is a line's time.

    >>> time_of("m1")
    'start_s'
    """
    return next(name for name in DTYPES[tier].names or () if name in _TIMES)


def escaped(text: str) -> str:
    r"""The text as a tag's value; a backslash becomes a slash and what does not print a space, since the protocol cannot hold them.

    >>> escaped("air, 2=b\\")
    'air\\,\\ 2\\=b/'
    """
    clean = "".join(c if c.isprintable() else " " for c in text.replace("\\", "/"))
    return re.sub(r"([,= ])", r"\\\1", clean)


def key(measurement: str, tags: Mapping[str, str]) -> str:
    """Measurement and tags as a line begins; a tag without value is left out.

    >>> key("fleet", {"pilot": "rennes", "device": "air-1", "zone": ""})
    'fleet,device=air-1,pilot=rennes'
    """
    said = (f",{escaped(name)}={escaped(value)}" for name, value in sorted(tags.items()) if value)
    return escaped(measurement) + "".join(said)


def lines(rows: NDArray[np.void], tier: str, keys: Mapping[int, str]) -> Iterable[str]:
    """Each row as a line with a time in seconds, in any order; `keys` says how the lines of a series begin.

    Of several rows for one series and time the last one speaks. Cost: 0.9 us a reading, one format over a flat list.
    """
    rows = _last_words(rows, time_of(tier))
    absent = none_bits(rows, tier)
    for bits in np.unique(absent).tolist():
        some = rows[absent == bits]
        there = [name for name in fields(tier) if name not in reals(tier) or not bits >> reals(tier).index(name) & 1]
        form = f"%s {','.join(f'{name}={_form(rows.dtype[name])}' for name in there)},{NONE}={bits}i %d\n"
        columns = [[keys[s] for s in some["series"].tolist()], *(some[name].tolist() for name in there)]
        columns.append(some[time_of(tier)].tolist())
        yield from (form * len(some) % tuple(chain.from_iterable(zip(*columns, strict=True)))).splitlines()


def event_line(row: np.void) -> str:
    """An event as a line, at its start.

    >>> from gateway.numerics.watch import EVENT
    >>> event_line(np.array([(3, 60, 120, 0, 1, 2.5, 1.0, 4, 0)], EVENT)[0])
    'event,kind=jump,series=3 told_s=120i,end_s=0i,size=2.5,against=1.0,compared=4i,agreeing=0i 60'
    """
    begins = key(EVENTS, {"series": str(row["series"]), "kind": KINDS[row["kind"]]})
    said = [f"{name}={_form(row.dtype[name]) % row[name].item()}" for name in _EVENT_FIELDS]
    return f"{begins} {','.join(said)} {row['start_s']}"


def none_bits(rows: NDArray[np.void], tier: str) -> NDArray[np.int64]:
    """For each row the bits of the fields that hold no number."""
    bits = np.zeros(len(rows), np.int64)
    for n, name in enumerate(reals(tier)):
        bits |= (~np.isfinite(rows[name])).astype(np.int64) << n
    return bits


def rows_of(tier: str, series: int, values: Iterable[list[object]]) -> NDArray[np.void]:
    """Rows from InfluxQL's answer: time in seconds, then `fields(tier)`, then `none`."""
    answered = list(values)
    rows = np.array([(series, *value[:-1]) for value in answered], DTYPES[tier])
    absent = np.array([value[-1] or 0 for value in answered], np.int64)
    if absent.any():
        for n, name in enumerate(reals(tier)):
            rows[name][(absent >> n & 1).astype(np.bool_)] = np.nan
    return rows


def _last_words(rows: NDArray[np.void], at: str) -> NDArray[np.void]:
    """The last row for each series and time."""
    order = np.lexsort((rows[at], rows["series"]))
    ordered = rows[order]
    last = np.ones(len(ordered), np.bool_)
    last[:-1] = (ordered["series"][1:] != ordered["series"][:-1]) | (ordered[at][1:] != ordered[at][:-1])
    return ordered[last]


def _form(dtype: np.dtype[np.generic]) -> str:
    return "%di" if dtype.kind != "f" else "%.9g" if dtype.itemsize == 4 else "%r"
