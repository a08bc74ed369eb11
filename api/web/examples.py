"""Drawn examples of what flags and events say: sensors made up here, judged by the gateway's own code.

`python -m api.web.examples` writes api/web/static/example-*.svg, what is quoted in devices/words/quality.toml, and docs/quality.md
anew; a test holds them equal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from api.web.curve import Curve, Floats
from api.web.plot import BOTTOM, HEIGHT, TOP, WIDE, Frame, levels, plot
from devices.quantity import Quantity, load_quantities
from devices.words import LANGUAGES, say
from gateway.numerics.columns import FAIL, GOOD, READING, SUSPECT, Columns
from gateway.numerics.corrections import BARKJOHN, correct
from gateway.numerics.flags import unpack_tests
from gateway.numerics.params import series_row
from gateway.numerics.reasons import explain
from gateway.numerics.state import fresh
from gateway.numerics.stream import advance
from gateway.numerics.watch import Site, Watch
from gateway.numerics.watch.events import KINDS
from gateway.numerics.watch.telling import told

ROOT = Path(__file__).parent.parent.parent
STATIC = Path(__file__).parent / "static"
PAGE = ROOT / "docs/quality.md"
WORDS = ROOT / "devices/words/quality.toml"
START_S, HOUR_S, DAY_S = 1_780_272_000, 3600, 86_400
"""2026-06-01T00:00:00Z."""
WIDTH = 720
PLACES, DAYS, SLOT_S = 5, 12, 300
MOVED, MOVES, STORM_S = 1, 9.6, 11 * DAY_S + 14 * HOUR_S
NAMES = ("spike", "rate", "flat", "jump", "shared", "corrected")
INK = (
    "text{font:11px sans-serif;fill:#444}.grid{stroke:#ddd}.curve{fill:none;stroke:#0b5563;stroke-width:2;"
    "vector-effect:non-scaling-stroke}.behind{fill:none;stroke:#b9c4c7;stroke-width:1.5;"
    "vector-effect:non-scaling-stroke}.suspect{fill:#b05a00}.fail{fill:#b3261e}"
)


@dataclass(frozen=True, slots=True)
class Example:
    """One drawing, with what the gateway's own code says of it."""

    name: str
    svg: str
    said: Mapping[str, str]
    """By language."""


@cache
def examples() -> Mapping[str, Example]:
    """All of them, by name."""
    made = [_flagged("spike"), _flagged("rate"), _flagged("flat"), *_watched(), _corrected()]
    return {one.name: one for one in made}


def _temperature() -> Quantity:
    return load_quantities()["temperature"]


def _flagged(test: str) -> Example:
    """A day of a temperature each minute, with one fault at two in the afternoon, and what the test says of it."""
    minute, rng = np.arange(1440), np.random.default_rng(7)
    value = np.round(16 - 5 * np.cos(2 * np.pi * (minute - 180) / 1440) + 0.05 * rng.standard_normal(1440), 2)
    at = 14 * 60
    if test == "spike":
        value[at] += 12
    elif test == "rate":
        value[at : at + 90] += 13 * np.exp(-np.arange(90) / 25)
    else:
        value[at:] = value[at]
    quantity = _temperature()
    known = series_row(quantity, [(0, 60.0)], {})
    time_s = START_S + 60 * minute
    rows = advance(fresh(1), np.array([known]), Columns(np.zeros(1440, np.int64), time_s, value)).readings
    hit = [row for row in rows if unpack_tests(int(row["tests"]))[test] in {SUSPECT, FAIL}]
    row = hit[-1] if test == "flat" else max(hit, key=lambda r: int(r["flag"]))
    said = {
        lang: next(r.sentence for r in explain(row, rows, known=known, quantity=quantity, lang=lang) if r.test == test)
        for lang in LANGUAGES
    }
    return Example(test, _drawn(test, time_s, value, rows["flag"].copy(), quantity), said)


def _watched() -> Iterator[Example]:
    """Five places for twelve days: one is moved beside a warm wall, and a storm cools them all."""
    quantity, rng = _temperature(), np.random.default_rng(11)
    count = DAYS * DAY_S // SLOT_S
    time_s = START_S + SLOT_S * np.arange(count)
    day = (time_s - START_S) / DAY_S
    weather = np.cumsum(0.03 * rng.standard_normal(count))
    common = 16 + weather - weather.mean() - 5 * np.cos(2 * np.pi * (day - 0.125))
    storm = time_s >= START_S + STORM_S
    common[storm] -= 9 * (1 - np.exp(-(time_s[storm] - START_S - STORM_S) / 600))
    value = common + 0.08 * rng.standard_normal((PLACES, count)) + np.arange(PLACES)[:, None] * 0.3
    value[MOVED] += np.where(day > MOVES, 2.5, 0.0)
    value = np.round(value, 2)
    found = _events(quantity, time_s, value)
    jump, shared = _largest(found, MOVED, "jump"), _largest(found, 0, "shared")
    last, some = (day >= 8) & (day < 11), (day >= 11.25) & (day < 11.95)
    yield _event("jump", jump, time_s[last], value[MOVED, last], value[[0, 2, 3, 4]][:, last], quantity)
    yield _event("shared", shared, time_s[some], value[0, some], value[1:][:, some], quantity)


def _events(quantity: Quantity, time_s: np.ndarray, value: Floats) -> list[np.void]:
    """The last word on every event."""
    known = np.array([series_row(quantity, [(0, float(SLOT_S))], {})] * PLACES)
    state, watch = fresh(PLACES), Watch()
    watch.know(known, {n: Site(quantity.slug, n, 48.11 + n / 500, -1.68) for n in range(PLACES)})
    found: dict[tuple[int, int, int], np.void] = {}
    for at in range(0, len(time_s), 12):
        part = slice(at, at + 12)
        series = np.tile(np.arange(PLACES), len(time_s[part]))
        columns = Columns(series, np.repeat(time_s[part], PLACES), value[:, part].T.ravel())
        watch.take(advance(state, known, columns).readings)
        for slot in watch.due():
            found |= {(int(row["series"]), int(row["kind"]), int(row["start_s"])): row.copy() for row in slot.events}
    return list(found.values())


def _largest(found: Sequence[np.void], series: int, kind: str) -> np.void:
    """The largest event of a kind, against what it had to exceed."""
    alike = [row for row in found if row["series"] == series and KINDS[row["kind"]] == kind]
    return max(alike, key=lambda row: abs(float(row["size"])) / float(row["against"]))


def _event(name: str, row: np.void, time_s: np.ndarray, value: Floats, others: Floats, quantity: Quantity) -> Example:
    ends = int(row["end_s"]) or int(time_s[-1])
    flag = np.where((time_s >= row["start_s"]) & (time_s <= ends), SUSPECT, GOOD).astype(np.uint8)
    said = {lang: told(row, quantity, lang) for lang in LANGUAGES}
    return Example(name, _drawn(name, time_s, value, flag, quantity, others), said)


def _corrected() -> Example:
    """Two days of particles: as the sensor says in grey, and by Barkjohn's formula, over a damp night."""
    quantity, rng = load_quantities()["pm2_5"], np.random.default_rng(5)
    time_s = START_S + 600 * np.arange(288)
    hour = (time_s - START_S) / HOUR_S
    rows, damp = (_good(time_s) for _ in range(2))
    rows["value"] = np.round(34 + 12 * np.sin(hour / 6) + 2 * rng.standard_normal(288), 1)
    damp["value"] = np.round(72 + 20 * np.cos(2 * np.pi * (hour - 5) / 24), 0)
    made = correct(BARKJOHN, {}, rows, damp)
    said = {lang: say("quality.corrected_said", lang) for lang in LANGUAGES}
    drawn = _drawn("corrected", time_s, made.value, made.flag, quantity, rows["value"][None, :])
    return Example("corrected", drawn, said)


def _good(time_s: np.ndarray) -> np.ndarray:
    """Good READING rows at these times, without values."""
    rows = np.zeros(len(time_s), READING)
    rows["time_s"], rows["flag"], rows["score"] = time_s, GOOD, np.nan
    return rows


def _drawn(
    name: str, time_s: np.ndarray, value: Floats, flag: np.ndarray, quantity: Quantity, others: Floats | None = None
) -> str:
    """A drawing that stands alone: the curve over those of others, and the strip of flags."""
    step_s, end_s = int(time_s[1] - time_s[0]), float(time_s[-1])
    over = value if others is None else np.concatenate([value, *others])
    marked = np.where(flag <= FAIL, flag, 0).astype(np.uint8)
    at_s = time_s.astype(float)
    marks = levels(
        Curve(at_s[:2], np.full(2, over.min()), at_s[:2], np.full(2, over.max()), marked[:2], step_s, ()), "line"
    )
    every_s = DAY_S if end_s - time_s[0] > 2.5 * DAY_S else 8 * HOUR_S if end_s - time_s[0] > DAY_S else 4 * HOUR_S
    when = np.arange(-(-int(time_s[0]) // every_s) * every_s, end_s, every_s)
    said = [f"{s % DAY_S // HOUR_S:g} h" if every_s < DAY_S else f"J{(s - START_S) // DAY_S + 1:g}" for s in when]
    frame = Frame(
        float(time_s[0]), end_s, list(zip(when.tolist(), said, strict=True)),
        [(v, f"{v:g} {quantity.unit_text}" if v == marks[-1] else f"{v:g}") for v in marks],
        say(f"quality.{name}", "fr"), say(f"quality.{name}", "en"), f"example-{name}",
    )  # fmt: skip
    whole = plot(Curve(at_s, value, value, value, marked, step_s, ()), frame, "line")
    behind = "".join(
        f'<path class="behind" d="M{_path(frame, at_s, one)}"/>' for one in ([] if others is None else others)
    )
    whole = re.sub(r'<path class="band"[^>]*/>', behind, whole, count=1)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    return (
        whole.replace(
            f'height="{HEIGHT}" width="100%">',
            f'><style>{INK}</style><rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
            1,
        ).replace("<svg", head, 1)
        + "\n"
    )


def _path(frame: Frame, at_s: Floats, value: Floats) -> str:
    """The points of a curve in the stretched layer."""
    x = np.round((at_s - frame.start_s) / (frame.end_s - frame.start_s) * WIDE, 1)
    low, high = frame.levels[0][0], frame.levels[-1][0]
    y = np.round(BOTTOM - (value - low) / (high - low) * (BOTTOM - TOP), 1)
    return "L".join(f"{a:g},{b:g}" for a, b in zip(x.tolist(), y.tolist(), strict=True))


def page() -> str:
    """docs/quality.md, in French and in English."""
    return "\n".join(line for lang in LANGUAGES for line in _page(lang, examples())).rstrip() + "\n"


def _page(lang: str, made: Mapping[str, Example]) -> Sequence[str]:
    lines = [
        f"# {say('quality.title', lang)}",
        "",
        say("quality.lead", lang),
        "",
        f"## {say('quality.flags', lang)}",
        "",
    ]
    lines += [
        say("quality.flags_text", lang),
        "",
        *(f"- **{n}**: {say(f'pages.flag_{n}', lang)}" for n in (1, 2, 3, 4, 9)),
        "",
    ]
    for name in NAMES:
        if name == "jump":
            lines += [f"## {say('quality.events', lang)}", "", say("quality.events_text", lang), ""]
        if name == "corrected":
            lines += [f"## {say('quality.corrections', lang)}", "", say("quality.corrections_text", lang), ""]
        alt = say(f"quality.{name}", lang)
        lines += [f"### {alt}", "", f"![{alt}](../api/web/static/example-{name}.svg)", ""]
        lines += [f"> {made[name].said[lang]}", "", say(f"quality.{name}_text", lang), ""]
    return lines


def words(text: str) -> str:
    """devices/words/quality.toml with what the gateway says now of the drawings."""
    for one in examples().values():
        told_ = ", ".join(f'{lang} = "{one.said[lang]}"' for lang in LANGUAGES)
        before, after = f"{one.name}_said = ", f"{one.name}_said = {{ {told_} }}"
        text = "".join(after + "\n" if line.startswith(before) else line for line in text.splitlines(keepends=True))
    return text


def write() -> None:
    """Write all of them anew."""
    for one in examples().values():
        (STATIC / f"example-{one.name}.svg").write_text(one.svg, encoding="utf-8")
    WORDS.write_text(words(WORDS.read_text(encoding="utf-8")), encoding="utf-8")
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    write()
