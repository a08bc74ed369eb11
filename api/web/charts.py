"""One series over a stretch of time: its plot, what the plot says in words, and the same as a table."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from api.bounds import Bounds
from api.catalogue import Shown
from api.readings import Readings
from api.web.curve import Curve, curve, flagged_runs, together
from api.web.plot import Frame, levels, plot, shape_of
from api.web.speech import NARROW_SPACE, Speech
from api.web.ticks import time_ticks
from gateway.numerics.columns import WIDTHS
from gateway.store.port import Tier

DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Stretch:
    """How much of the past a page shows, from which tier, in steps of how long, and by what its table counts."""

    name: str
    length_s: int
    tier: Tier
    step_s: int
    by_day: bool


STRETCHES: Mapping[str, Stretch] = MappingProxyType(
    {
        "24h": Stretch("24h", DAY_S, "m1", 240, by_day=False),
        "7d": Stretch("7d", 7 * DAY_S, "h1", 3_600, by_day=True),
        "30d": Stretch("30d", 30 * DAY_S, "h1", 7_200, by_day=True),
        "1y": Stretch("1y", 366 * DAY_S, "d1", DAY_S, by_day=True),
    }
)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table under a plot."""

    when: str
    datetime: str
    middle: str
    low: str
    high: str
    complete: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A plot with its words and its table."""

    svg: Markup
    summary: str
    notes: tuple[str, ...]
    rows: tuple[Row, ...]
    caption: str
    runs: tuple[tuple[float, float, int], ...]
    """Stretches that are suspect or failed: from when to when, and the flag."""
    bounds: Bounds


def chart(readings: Readings, shown: Shown, stretch: Stretch, speech: Speech, now_s: float) -> Chart:
    """The chart of one series up to now."""
    end_s = math.ceil(now_s / stretch.step_s) * stretch.step_s
    start_s = end_s - stretch.length_s
    windows = readings.read(shown, start_s, end_s, tier=stretch.tier)
    hours = windows if stretch.tier in {"h1", "d1"} else readings.read(shown, start_s, end_s, tier="h1")
    drawn = curve(
        windows,
        width_s=WIDTHS[stretch.tier],
        step_s=stretch.step_s,
        aggregate=shown.quantity.aggregate,
    )
    made = shown.series.generated_until_s
    summary = _summary(windows, drawn, shown, stretch, speech)
    until = min(made, end_s) if made is not None and made > start_s else None
    frame = _frame(drawn, shown, stretch, speech, (start_s, end_s), summary, until)
    per = speech.word("per_day" if stretch.by_day else "per_hour")
    return Chart(
        svg=Markup(plot(drawn, frame, shape_of(shown.quantity.aggregate))),  # noqa: S704 - every text in it is escaped
        summary=summary,
        notes=tuple(_notes(drawn, shown, speech, until)),
        rows=tuple(_rows(hours, shown, stretch, speech)),
        caption=speech.word("table_of", quantity=speech.name(shown.quantity), step=per),
        runs=tuple(flagged_runs(drawn)),
        bounds=Bounds(start_s, end_s),
    )


def _frame(
    drawn: Curve, shown: Shown, stretch: Stretch, speech: Speech, bounds: tuple[int, int], text: str, until: int | None
) -> Frame:
    start_s, end_s = bounds
    quantity, shape = shown.quantity, shape_of(shown.quantity.aggregate)
    marks = levels(drawn, shape)
    step = marks[1] - marks[0]
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    written = [speech.wind(v) if shape == "dots" else speech.number(v, digits) for v in marks]
    if shape != "dots":
        written[-1] = f"{written[-1]}{NARROW_SPACE}{quantity.unit_text}"
    say_time = {"hour": speech.hour, "day": speech.weekday if stretch.length_s <= 10 * DAY_S else speech.day}
    span = speech.word(f"range_{stretch.name}")
    return Frame(
        start_s=start_s,
        end_s=end_s,
        marks=[(s, say_time[kind](s)) for s, kind in time_ticks(start_s, end_s, speech.zone)],
        levels=list(zip(marks, written, strict=True)),
        title=speech.word("plot_title", quantity=speech.name(quantity), range=span),
        text=text,
        identity=f"plot-{shown.id}",
        made_until_s=until,
        made_label=speech.word("generated"),
    )


def _summary(windows: NDArray[np.void], drawn: Curve, shown: Shown, stretch: Stretch, speech: Speech) -> str:
    quantity, span = shown.quantity, speech.word(f"range_{stretch.name}")
    kept = windows[np.isfinite(windows["value"])]
    if not len(kept):
        return speech.word("summary_none", range=span)
    middle = float(together(kept, np.zeros(1, np.intp), quantity.aggregate)[0])
    high = speech.value(float(np.max(drawn.value)), quantity)
    match shape_of(quantity.aggregate):
        case "bars":
            total, step = speech.value(middle, quantity), _step(stretch, speech)
            text = speech.word("summary_sum", range=span, total=total, high=high, step=step)
        case "dots":
            text = speech.word("summary_direction", range=span, middle=speech.value(middle, quantity))
        case _:
            low, top = (
                speech.value(float(np.min(kept["min"])), quantity),
                speech.value(float(np.max(kept["max"])), quantity),
            )
            trend = speech.word(_trend(drawn, 10.0**-quantity.digits))
            text = speech.word(
                "summary", range=span, low=low, high=top, middle=speech.value(middle, quantity), trend=trend
            )
    gaps = len(drawn.breaks)
    told = {0: "", 1: speech.word("gaps_one")}.get(gaps) if gaps < 2 else speech.word("gaps_some", count=gaps)
    return f"{text} {told}".strip()


def _step(stretch: Stretch, speech: Speech) -> str:
    minutes = stretch.step_s // 60
    return speech.word("per_hours", count=minutes // 60) if minutes >= 60 else speech.word("per_minutes", count=minutes)


def _trend(drawn: Curve, least: float) -> str:
    """Where the last eighth of the stretch stands against the eighth before: a tenth of what it spans, and `least`, count."""
    share = (drawn.time_s - drawn.time_s[-1]) / max(float(drawn.time_s[-1] - drawn.time_s[0]), 1.0)
    last, before = drawn.value[share > -0.125], drawn.value[(share <= -0.125) & (share > -0.25)]
    if not len(last) or not len(before):
        return "trend_flat"
    change, span = float(np.mean(last) - np.mean(before)), float(np.ptp(drawn.value))
    if abs(change) < max(span / 10, least):
        return "trend_flat"
    return "trend_up" if change > 0 else "trend_down"


def _notes(drawn: Curve, shown: Shown, speech: Speech, until: int | None) -> Iterator[str]:
    if shape_of(shown.quantity.aggregate) == "line" and len(drawn):
        yield speech.word("band")
    if flagged_runs(drawn):
        yield speech.word("flagged")
    if until is not None:
        when = f"{speech.day(until)} {speech.local(until):%H:%M}"
        yield speech.word("made_until", when=when)


def _rows(hours: NDArray[np.void], shown: Shown, stretch: Stretch, speech: Speech) -> Iterator[Row]:
    """A row an hour or a local day, newest first."""
    kept = hours[np.isfinite(hours["value"])]
    if not len(kept):
        return
    quantity = shown.quantity
    starts = [speech.local(s) for s in kept["start_s"].tolist()]
    names = [f"{s:%Y-%m-%d}" if stretch.by_day else s.isoformat() for s in starts]
    first = np.array([i for i, n in enumerate(names) if i == 0 or n != names[i - 1]], np.intp)
    values = together(kept, first, quantity.aggregate).tolist()
    lows, highs = np.minimum.reduceat(kept["min"], first).tolist(), np.maximum.reduceat(kept["max"], first).tolist()
    shares = (np.add.reduceat(kept["completeness"], first) / np.diff(np.r_[first, len(kept)])).tolist()
    for at, value, low, high, share in reversed(list(zip(first.tolist(), values, lows, highs, shares, strict=True))):
        when = starts[at]
        yield Row(
            when=speech.weekday(when.timestamp()) if stretch.by_day else f"{speech.day(when.timestamp())} {when:%H:%M}",
            datetime=names[at],
            middle=speech.value(value, quantity),
            low=speech.value(low, quantity),
            high=speech.value(high, quantity),
            complete=f"{speech.number(share * 100, 0)}{NARROW_SPACE}%",
        )
