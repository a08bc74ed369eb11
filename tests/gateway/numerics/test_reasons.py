"""Why a reading was flagged is told with the numbers, made again from what is stored."""

from __future__ import annotations

import doctest
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import gateway.numerics.reasons
from devices.quantity import load_quantities
from devices.words import LANGUAGES, catalogue
from gateway.numerics.columns import Columns
from gateway.numerics.flags import TESTS, pack_tests, unpack_tests
from gateway.numerics.params import params_row
from gateway.numerics.reasons import Reason, by_events, explain, lasting, memory_s
from gateway.numerics.state import fresh
from gateway.numerics.stream import advance
from gateway.numerics.watch import EVENT, KINDS
from tests.gateway.numerics.watch.towns import everything, town, watcher
from tests.gateway.numerics.watch.towns import rows as rows_of

MIDNIGHT_S = 1_795_564_800
TEMPERATURE = load_quantities()["temperature"]


def reasons(
    values: list[float], quality: dict[str, float], *, at: int = -1, lang: str = "fr", every_s: int = 300, **told: Any
) -> dict[str, Reason]:
    """Why the reading `at` was flagged, by test; readings of a temperature from midnight on."""
    known = np.array([params_row(told.get("aggregate", "mean"), every_s, quality)])
    times_s = told.get("times_s", MIDNIGHT_S + every_s * np.arange(len(values)))
    columns = Columns(np.zeros(len(values), np.int64), np.array(times_s), np.array(values, float))
    rows = advance(fresh(1), known, columns).readings
    quantity = replace(TEMPERATURE, aggregate=told.get("aggregate", "mean"))
    return {r.test: r for r in explain(rows[at], rows, known=known[0], quantity=quantity, lang=lang)}


def test_the_examples_of_the_docstrings_are_true() -> None:
    """What the docstrings show is what the functions give."""
    assert doctest.testmod(gateway.numerics.reasons).failed == 0


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("fr", "capteur figé depuis 3 h : 21,4 °C, 37 mesures ; au plus 60 min"),
        ("en", "sensor stuck for 3 h: 21.4 °C, 37 readings; 60 min at most"),
    ],
)
def test_a_flat_line_is_told_with_its_length(lang: str, said: str) -> None:
    """From the first reading that stood still."""
    quality = {"flat_tolerance": 0.25, "flat_step": 0.1, "flat_suspect_s": 3600, "flat_fail_s": 21_600}
    told = reasons([20.0, 20.5, *[21.4, 21.5] * 18, 21.4], quality, lang=lang)

    assert (told["flat"].value, told["flat"].threshold, told["flat"].flag) == (10_800, 3600, 3)
    assert told["flat"].sentence == said


@pytest.mark.parametrize(
    ("value", "flag", "limit", "said"),
    [
        (61.0, 4, 60, "61,0 °C, au-dessus de la limite de 60,0 °C"),
        (-26.0, 3, -25, "-26,0 °C, au-dessous de la limite de -25,0 °C"),
    ],
)
def test_a_value_out_of_range_is_told_with_the_bound(value: float, flag: int, limit: float, said: str) -> None:
    """The one that it crossed, of those that gave the flag."""
    told = reasons([value], {"fail_low": -45, "fail_high": 60, "suspect_low": -25, "suspect_high": 45})["gross"]

    assert (told.flag, told.value, told.threshold, told.sentence) == (flag, value, limit, said)


def test_a_change_and_a_spike_are_told_with_what_was_compared() -> None:
    """The move and its time; the distance from the middle of both neighbours."""
    quality = {"rate_per_s": 0.02, "spike_suspect": 3, "spike_fail": 10}
    told = reasons([20.0, 29.0, 20.0], quality, at=1)

    assert told["rate"].value == pytest.approx(0.03)
    assert told["rate"].sentence == "changement de 9,0 °C en 5 min ; au plus 1,2 °C par minute"
    assert (told["spike"].value, told["spike"].threshold) == (9, 3)
    assert told["spike"].sentence == "écart de 9,0 °C avec la moyenne des mesures voisines ; au plus 3,0 °C"


def test_a_season_is_told_with_its_month() -> None:
    """November here."""
    told = reasons([31.0], {"month_11_low": -15, "month_11_high": 27})["climatology"]

    assert (told.value, told.threshold) == (31, 27)
    assert told.sentence == "31,0 °C, au-dessus de ce qui est usuel ce mois-ci : 27,0 °C"


def test_a_faint_signal_is_told_with_its_range() -> None:
    """Over the four blocks of hours before."""
    values = [20 + 0.1 * (n % 3) for n in range(80)]
    told = reasons(values, {"attenuated_suspect": 0.5, "attenuated_s": 14_400}, lang="en")["attenuated"]

    assert told.value == pytest.approx(0.2)
    assert told.sentence == "a range of 0.20 °C over 4 h; 0.50 °C at least as a rule"


def test_a_counter_that_stands_is_told_as_one() -> None:
    """Not as a sensor."""
    told = reasons([4.0] * 30, {"flat_suspect_s": 7200}, aggregate="counter")

    assert list(told) == ["stuck"]
    assert told["stuck"].sentence == "compteur arrêté depuis 2,4 h : 4,0 °C, 30 mesures ; au plus 2 h"


def test_a_doubtful_clock_is_told_with_the_times() -> None:
    """Three readings within little more than one period."""
    told = reasons([4.0, 4.1, 4.2], {"clock_periods": 1.25}, times_s=MIDNIGHT_S + np.array([0, 120, 300]))["clock"]

    assert (told.value, told.threshold) == (300, 375)
    assert told.sentence == "trois mesures en 5 min ; au moins 6 min attendues : l’horloge a sans doute été changée"


def test_what_others_raised_is_told_without_a_threshold() -> None:
    """With the score where there is one."""
    rows = advance(
        fresh(1),
        np.array([params_row("mean", 60, {})]),
        Columns(np.zeros(1, np.int64), np.array([MIDNIGHT_S]), np.ones(1)),
    ).readings
    rows["tests"], rows["flag"], rows["score"] = pack_tests(neighbours=3, anomaly=3), 3, 0.875
    told = explain(rows[0], rows, known=params_row("mean", 60, {}), quantity=TEMPERATURE, lang="fr")

    assert [(r.test, r.flag) for r in told] == [("neighbours", 3), ("anomaly", 3)]
    assert told[1].sentence == "score de surprise 0,88 sur 1"
    assert math.isnan(told[0].threshold)


def raised(*tests: str) -> list[Reason]:
    """Reasons as `explain` gives them of what the watch raised."""
    return [Reason(test, 3, math.nan, math.nan, "?") for test in tests]


def event(kind: str, start_s: int, end_s: int, size: float = 4.0, against: float = 1.5) -> tuple[Any, ...]:
    """What an EVENT row holds."""
    return (0, start_s, start_s + 300, end_s, KINDS.index(kind), size, against, 4, 0)


def test_what_the_watch_raised_is_told_by_its_event() -> None:
    """The last event of the right kind that covers the reading: its sentence, how large it is, and what it had to exceed."""
    rows = np.array(
        [
            event("drift", 0, 5000, 9.0),  # over before the reading
            event("jump", 5000, 0, -2.5, 0.6),
            event("grown", 6000, 9000),
            event("silence", 6500, 0),  # raises no flag
            event("stuck", 7001, 0),  # begins after it
        ],
        EVENT,
    )
    told = by_events(raised("gross", "neighbours", "anomaly"), 7000, rows, quantity=TEMPERATURE, lang="fr")

    assert told[0] == raised("gross")[0]
    assert (told[1].value, told[1].threshold) == (-2.5, 0.6)
    assert told[1].sentence.startswith(
        "saut de -2,5 °C en moins d’une heure (d’habitude moins de 0,6 °C) ; aucun des 4"
    )
    assert (told[2].value, told[2].threshold) == (4.0, 1.5)
    assert told[2].sentence.startswith("bruit 4,0 fois plus fort que d’habitude (au plus 1,5 fois)")
    assert by_events(raised("anomaly"), 400, rows[4:], quantity=TEMPERATURE, lang="fr") == raised("anomaly")


@pytest.mark.slow
def test_every_flag_of_the_watch_has_an_event_with_its_numbers() -> None:
    """In a town with a stuck and a noisy sensor: each raised reading is told with a size beyond its limit."""
    values = town(1.1, places=3, period_s=120)
    late = len(values) * 4 // 5
    values[late:, 0] = values[late, 0]
    values[late:, 1] += 2 * np.random.default_rng(2).standard_normal(len(values) - late)
    found = everything(watcher(3, period_s=120), rows_of(values, period_s=120))
    events = np.concatenate([one.events for one in found])
    seen = set()
    for row in np.concatenate([one.raised for one in found]):
        last = {(one["start_s"], one["kind"]): one for one in events if one["series"] == row["series"]}
        mine = np.sort(np.array(list(last.values()), EVENT), order="start_s")
        test = TESTS[int(row["test"]) // 4]
        (told,) = by_events(raised(test), int(row["time_s"]), mine, quantity=TEMPERATURE, lang="en")
        assert abs(told.value) > told.threshold > 0
        seen.add((int(row["series"]), test))
    assert {(0, "anomaly"), (1, "anomaly")} <= seen


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("test", TESTS)
def test_every_test_has_a_sentence_even_without_its_neighbours(test: str, lang: str) -> None:
    """A row alone, as after a gap in what is stored."""
    row = advance(
        fresh(1),
        np.array([params_row("mean", 60, {})]),
        Columns(np.zeros(1, np.int64), np.array([MIDNIGHT_S]), np.ones(1)),
    ).readings
    row["tests"] = pack_tests(**{test: 3})
    quality = {
        "fail_high": 0,
        "rate_per_s": 1,
        "spike_fail": 1,
        "flat_suspect_s": 60,
        "month_11_high": 0,
        "clock_periods": 1,
    }
    told = explain(row[0], row[:0], known=params_row("mean", 60, quality), quantity=TEMPERATURE, lang=lang)

    assert [(r.test, unpack_tests(int(row["tests"][0]))[r.test]) for r in told] == [(test, 3)]
    assert told[0].sentence
    assert "{" not in told[0].sentence


def test_memory_is_as_long_as_the_slowest_test() -> None:
    """An hour for neighbours, longer for a flat line, longest for a faint signal."""
    assert memory_s(params_row("mean", 60, {})) == 3600
    assert memory_s(params_row("mean", 60, {"flat_suspect_s": 7200})) == 10_800
    assert memory_s(params_row("mean", 60, {"attenuated_suspect": 1})) == 5 * 21_600 + 3600
    assert lasting(45, "en") == "45 s"
    assert {key for key in catalogue() if key.startswith("reasons.")}
