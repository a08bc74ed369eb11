"""Stretches of a curve that are marked, and events: since when, until when, and why, in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from api.bounds import Bounds
from api.catalogue import Shown
from api.events import events
from api.quality import reasons
from api.readings import Readings
from api.web.speech import Speech
from api.web.told import STATES, VERDICTS
from gateway.numerics.sentences import sentence
from gateway.numerics.watch.telling import told, verdict

MOST = 8
"""So many of each are explained, the newest first; the others are in the CSV."""
ROWS = 1_000
NEWS = "news"
Run = tuple[float, float, int]
"""From when to when, in UTC seconds, and the flag."""


@dataclass(frozen=True, slots=True)
class Marked:
    """One stretch of time with what is to be known of it."""

    state: str
    """`good`, `suspect` or `fail`: its colour."""
    when: str
    datetime: str
    word: str
    why: tuple[str, ...]


def flagged(readings: Readings, shown: Shown, runs: Sequence[Run], speech: Speech) -> list[Marked]:
    """Why stretches are marked suspect or rejected, by the last reading of each that is: it knows how long it has lasted."""
    found = []
    for start_s, end_s, flag in list(reversed(runs))[:MOST]:
        row = _first(readings.newest_first(shown, int(start_s), int(end_s), rows=ROWS), flag)
        if row is not None:
            told_ = [_whole(one.sentence) for one in reasons(readings, shown, row, speech.lang) if one.flag == flag]
            why = tuple(told_) or (sentence(row, shown.quantity, speech.lang),)
            when, datetime = _span(speech, int(start_s), end_s)
            found.append(Marked(STATES[flag], when, datetime, speech.word(VERDICTS[flag]), why))
    return found


def happened(readings: Readings, shown: Shown, bounds: Bounds, speech: Speech) -> list[Marked]:
    """Events that began in the bounds, the newest first; those that neighbours share are no fault of the sensor."""
    found = []
    for one in list(reversed(events(readings, shown, bounds)))[:MOST]:
        when, datetime = _span(speech, one.start_s, one.end_s)
        news = verdict(one.row) == NEWS
        word = speech.word("event_news" if news else "event_own")
        text = _whole(told(one.row, shown.quantity, speech.lang))
        found.append(Marked("good" if news else "suspect", when, datetime, word, (text,)))
    return found


def _first(blocks: Iterable[np.ndarray[tuple[int], np.dtype[np.void]]], flag: int) -> np.void | None:
    """The first reading in these blocks with this flag."""
    for block in blocks:
        for at in np.flatnonzero(block["flag"] == flag)[:1]:
            row: np.void = block[at]
            return row
    return None


def _span(speech: Speech, start_s: int, end_s: float | None) -> tuple[str, str]:
    """When it was, as people say it, and its beginning as machines do."""
    start = speech.local(start_s)
    begins = f"{speech.day(start_s)} {start:%H:%M}"
    if end_s is None:
        return speech.word("lasts", when=begins), start.isoformat()
    end = speech.local(end_s)
    until = f"{end:%H:%M}" if end.date() == start.date() else f"{speech.day(end_s)} {end:%H:%M}"
    return f"{begins} – {until}", start.isoformat()


def _whole(text: str) -> str:
    """A sentence, with its capital and its full stop."""
    return f"{text[:1].upper()}{text[1:]}."
