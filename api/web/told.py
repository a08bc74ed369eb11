"""A latest reading as a page tells it: value, age, state, and what its flag means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from api.catalogue import Shown
from api.web.speech import Speech
from gateway.numerics.columns import FAIL, GOOD, MISSING, NOT_EVALUATED, SUSPECT
from gateway.numerics.sentences import sentence

STATES: Mapping[int, str] = {GOOD: "good", NOT_EVALUATED: "good", SUSPECT: "suspect", FAIL: "fail", MISSING: "stale"}
VERDICTS: Mapping[int, str] = {
    GOOD: "state_good",
    NOT_EVALUATED: "state_unknown",
    SUSPECT: "state_suspect",
    FAIL: "state_fail",
    MISSING: "state_missing",
}
SEVERITY = ("good", "stale", "suspect", "fail")


@dataclass(frozen=True, slots=True)
class Told:
    """What a page says of the newest reading of one series."""

    shown: Shown
    name: str
    value: str
    state: str
    """`good`, `suspect`, `fail` or `stale`: a colour, a shape and a word."""
    verdict: str
    meaning: str
    age: str
    time: str
    datetime: str
    stale: bool
    generated: bool


def tell(shown: Shown, row: np.void | None, speech: Speech, now_s: float) -> Told:
    """The words for one series."""
    name = speech.series(shown.quantity, shown.series.channel)
    if row is None:
        nothing = speech.word("none_yet")
        return Told(
            shown, name, "–", "stale", speech.word("state_missing"), nothing, "", "", "", stale=True, generated=False
        )
    time_s, flag = int(row["time_s"]), int(row["flag"])
    age_s = max(0.0, now_s - time_s)
    stale = age_s > shown.stale_after_s
    meaning = sentence(row, shown.quantity, speech.lang)
    made = shown.generated(time_s)
    return Told(
        shown=shown,
        name=name,
        value=speech.value(float(row["value"]), shown.quantity),
        state="stale" if stale else STATES.get(flag, "suspect"),
        verdict=speech.word(VERDICTS.get(flag, "state_suspect")),
        meaning=" ".join([speech.word("stale_long", age=speech.age(age_s)), meaning] if stale else [meaning]),
        age=speech.age(age_s),
        time=speech.moment(time_s, now_s),
        datetime=speech.local(time_s).isoformat(),
        stale=stale,
        generated=made,
    )


def worst(told: Sequence[Told]) -> str:
    """The state of a place: that of its worst reading; stale only where all are."""
    states = [t.state for t in told]
    alive = [s for s in states if s != "stale"]
    return max(alive, key=SEVERITY.index) if alive else "stale"
