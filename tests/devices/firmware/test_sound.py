"""Sound on the board: its A-weighting against IEC 61672-1, its numbers against 32 bits, and its levels against what was heard."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from on_board import run
from sound import (
    CLASS_2,
    LARGEST_CHUNK,
    RATE,
    THIRDS,
    TOP,
    Watched,
    a_weighting_db,
    exact,
    impulse_sums,
    level_db,
    microphone_noise,
    tone,
    weighed_on_board,
    worst_case,
)  # fmt: skip
from watching import watch

FURTHEST = 2**31 - 1


def test_the_reference_is_the_curve_of_the_standard() -> None:
    """The formula gives table 3 of IEC 61672-1 to a tenth of a dB."""
    table = {
        10: -70.4,
        31.5: -39.4,
        63: -26.2,
        125: -16.1,
        250: -8.6,
        500: -3.2,
        1000: 0.0,
        2000: 1.2,
        4000: 1.0,
        8000: -1.1,
    }

    assert {f: round(a_weighting_db(exact(f)), 1) for f in table} == table


def test_weighting_is_within_class_2_at_every_third_octave(tmp_path: Path) -> None:
    """From 10 Hz to 10 kHz the board's filter is within 0.1 dB of the curve, and so within class 2 (and class 1)."""
    sounds = [tone(exact(f), 110.0, 2.0) for f in THIRDS]

    heard = weighed_on_board(tmp_path, sounds, settle=RATE, chunk=240)

    for nominal, (square, _) in zip(THIRDS, heard, strict=True):
        error = level_db(square / RATE) - 110.0 - a_weighting_db(exact(nominal))
        low, high = CLASS_2[nominal]
        assert low <= error <= high
        assert abs(error) < 0.1, nominal


@pytest.mark.slow
def test_levels_are_linear_from_silence_to_pain(tmp_path: Path) -> None:
    """From 35 to 119 dB a tone of 1 kHz reads within 0.08 dB of what it is, at 30 dB within 0.2; class 2 asks for 1.1 dB."""
    levels = [*range(30, 120, 5), 119]

    heard = weighed_on_board(tmp_path, [tone(1000.0, level, 2.0) for level in levels], settle=RATE, chunk=240)

    for level, (square, _) in zip(levels, heard, strict=True):
        assert level_db(square / RATE) == pytest.approx(level, abs=0.08 if level > 30 else 0.2)


@pytest.mark.slow
def test_what_is_rounded_away_is_far_below_the_microphones_own_noise(tmp_path: Path) -> None:
    """Noise of 33 dB(A), as much as the microphone's own, reads within 0.05 dB; nothing at all reads as nothing."""
    noise, nothing = microphone_noise(33.0, 4.0), np.zeros(4 * RATE, np.int64)

    [(loud, _), (silent, _)] = weighed_on_board(tmp_path, [noise, nothing], settle=RATE, chunk=240)

    assert level_db(loud / (3 * RATE)) == pytest.approx(33.0, abs=0.05)
    assert silent == 0


@pytest.mark.slow
@pytest.mark.parametrize(("lasts_s", "expected"), [(0.5, -3.01), (0.2, -6.99), (0.05, -13.01)])
def test_a_burst_counts_for_its_energy(tmp_path: Path, lasts_s: float, expected: float) -> None:
    """A burst of 4 kHz in a second of silence has the LAeq of the steady tone less 10 log10 of its share (5.9)."""
    burst = tone(4000.0, 90.0, 1.0)
    burst[round(lasts_s * RATE) :] = 0

    [(square, _)] = weighed_on_board(tmp_path, [burst])

    assert level_db(square / RATE) - 90.0 - a_weighting_db(4000.0) == pytest.approx(expected, abs=0.15)


def test_no_number_of_the_filter_can_leave_32_bits() -> None:
    """Of any sound whatever: the sum of the impulse response towards each number, at full scale, with its rounding, fits."""
    bounds = {name: greatest * TOP for name, greatest in impulse_sums().items()}
    y = bounds["y4"] + 8
    bounds |= {
        "up up": LARGEST_CHUNK * (y / 1024) ** 2,
        "cross": LARGEST_CHUNK * y / 1024 * 1023,
        "down down": LARGEST_CHUNK * 1023**2,
    }

    assert max(bounds.values()) <= FURTHEST
    assert all(bounds[f"L{n}"] + 2**14 < 2**30 for n in range(1, 5)), "biased by 2^30, they stay above 0"


@pytest.mark.slow
def test_the_worst_sounds_come_near_their_bounds_and_not_beyond(tmp_path: Path) -> None:
    """Full-scale samples of the worst signs, and a constant, reach nine tenths of what is possible; the board is exact on both."""
    worst, constant, bounds = worst_case(), np.full(2000, -8388608), impulse_sums()
    for sound, name in ((worst, "y4"), (constant, "L1")):
        watched = Watched()
        weighed = watched.weigh(sound)
        [(square, peak)] = weighed_on_board(tmp_path, [sound])
        assert max(watched.furthest.values()) <= FURTHEST
        assert 0.9 * TOP < watched.furthest[name] / bounds[name] < 1.001 * TOP
        assert square == int((weighed**2).sum())
        assert peak == TOP


@pytest.mark.slow
def test_the_board_reckons_as_the_reference_does(tmp_path: Path) -> None:
    """Loud noise, in chunks of any size: the sum of squares is that of the 64-bit filter, to the last bit."""
    sound = np.random.default_rng(5).integers(-8388608, 8388608, 2500)

    for chunk in (1, 7, 256, 2000):
        [(square, _)] = weighed_on_board(tmp_path, [sound], chunk=chunk)
        assert square == int((Watched().weigh(sound) ** 2).sum())


# The driver


def test_steady_sound_reads_as_it_is(tmp_path: Path) -> None:
    """A minute at one level: LAeq within 0.02 dB, the three levels of time within their step of 0.2 dB."""
    [(found, fault)] = watch(tmp_path, "sound", "inmp441", [{"noise_level": 61.3}] * 60, period=60)

    assert fault is None
    assert found["laeq"] == pytest.approx(61.3, abs=0.02)
    assert [found[key] for key in ("la10", "la50", "la90")] == pytest.approx([61.3] * 3, abs=0.11)


@pytest.mark.slow
def test_a_street_has_its_levels_of_time(tmp_path: Path) -> None:
    """Vehicles that pass over a hum: LAeq, L10, L50 and L90 are numpy's of the same seconds."""
    seconds = [
        48.0 + 2 * (n % 5) + (22.0 if n % 12 == 3 else 0.0) + (14.0 if n % 12 in (2, 4) else 0.0) for n in range(60)
    ]
    levels = np.repeat(seconds, 2)

    [(found, fault)] = watch(
        tmp_path, "sound", "inmp441", [{"noise_level": x} for x in levels], period=120, sensitivity_dbfs=-26
    )

    assert fault is None
    assert found["laeq"] == pytest.approx(10 * np.log10(np.mean(10 ** (levels / 10))), abs=0.3)
    for key, share in (("la10", 90), ("la50", 50), ("la90", 10)):
        near = [np.percentile(levels, share + d) for d in (-6, 6)]
        assert near[0] - 0.7 <= found[key] <= near[1] + 0.7


@pytest.mark.slow
def test_sensitivity_is_what_the_calibrator_says(tmp_path: Path) -> None:
    """A microphone whose calibrator reads 2 dB too low is given -28 dBFS, and then reads 94 dB."""
    low, right = (
        watch(tmp_path, "sound", "inmp441", [{"noise_level": 92.0}] * 4, period=4, sensitivity_dbfs=dbfs)[0][0]["laeq"]
        for dbfs in (-26, -28)
    )

    assert low == pytest.approx(92.0, abs=0.05)
    assert right == pytest.approx(94.0, abs=0.05)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("trouble", "word"),
    [({"sampling": False}, "absent"), ({"fault": "stuck"}, "stuck"), ({"fault": "saturated"}, "saturated")],
)
def test_a_microphone_tells_what_is_wrong_and_recovers(tmp_path: Path, trouble: dict[str, object], word: str) -> None:
    """Zeros are a missing microphone, one constant a data line that hangs, clipping a sound too loud; each is a word, no level."""
    street = {"noise_level": 60.0, "sampling": True, "fault": "none"}

    read = watch(tmp_path, "sound", "inmp441", [street] * 4 + [street | trouble] * 4 + [street] * 8, period=4)

    assert read[1] == ({}, word)
    assert read[3][1] is None
    assert read[3][0]["laeq"] == pytest.approx(60.0, abs=0.05)


@pytest.mark.slow
def test_a_constant_pressure_is_not_heard(tmp_path: Path) -> None:
    """An offset of a twentieth of full scale, 94 dB, changes nothing: the curve is at 0 there."""
    read = watch(tmp_path, "sound", "inmp441", [{"noise_level": 50.0, "fault": "offset"}] * 4, period=4)

    assert read[0][0]["laeq"] == pytest.approx(50.0, abs=0.05)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_shares_of_time_are_those_of_all_seconds(tmp_path: Path, seed: int) -> None:
    """Of any seconds, each share is within half a step of the level that so many of them reach; then it counts anew."""
    levels = np.random.default_rng(seed).normal(60.0, 8.0 * seed + 0.1, 60 + seed).clip(20.0, 129.9)
    code = """
from girouette.exceeded import Exceeded
seconds = Exceeded()
result = []
for _ in range(2):
    for level in given:
        seconds.add(level)
    result.append(seconds.levels((10, 50, 90)))
    seconds.clear()
result.append(seconds.count)
"""

    first, again, left = run(code, tmp_path, list(levels))

    falling = np.sort(levels)[::-1]
    wanted = [falling[int(np.ceil(len(levels) * share / 100)) - 1] for share in (10, 50, 90)]
    assert first == pytest.approx(wanted, abs=0.1001)
    assert again == first
    assert left == 0
