"""The formula of simulated signals: the same in the board's interpreter and in CPython, where history is generated."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from on_board import run

from devices.simulate import SIMULATOR

SIGNALS: dict[str, dict[str, Any]] = {
    "sine": {"base": 14.0, "day": 6.0, "peak_h": 15.0, "slow": 2.0, "slow_h": 31.0},
    "wind": {"kind": "wind", "base": 240.0, "day": 40.0, "slow": 90.0, "slow_h": 17.0},
    "rain": {"kind": "rain", "base": 8.0, "slow_h": 9.0},
}
NOON_S = 1_800_014_400
CODE = """
from waves import value_at
signals, longitude, phase, times = given
result = {name: [value_at(signal, t, longitude, phase) for t in times] for name, signal in signals.items()}
"""


@pytest.fixture
def waves() -> ModuleType:
    """The simulator's module, loaded by CPython."""
    module = ModuleType("waves")
    exec((SIMULATOR / "waves.py").read_text(), module.__dict__)  # noqa: S102 - the module's own folder is a board's path
    return module


def test_a_board_and_a_host_simulate_the_same(waves: ModuleType, tmp_path: Path) -> None:
    """Every kind of signal has the same values in both interpreters, to a billionth."""
    times = [NOON_S + 1234.5 * n for n in range(200)]

    on_board = run(CODE, tmp_path, [SIGNALS, -1.68, 0.25, times])

    for name, signal in SIGNALS.items():
        np.testing.assert_allclose(on_board[name], [waves.value_at(signal, t, -1.68, 0.25) for t in times], rtol=1e-9)


def test_a_day_peaks_at_its_hour_of_the_sun(waves: ModuleType) -> None:
    """At 30 degrees east the sun is two hours ahead of UTC: a peak at 15 h falls at 13 h UTC, and the swing is `day`."""
    day_s = np.arange(1_799_971_200, 1_799_971_200 + 86400, 60)
    signal = {"base": 10.0, "day": 5.0, "peak_h": 15.0}

    values = np.array([waves.value_at(signal, t, 30.0, 0.0) for t in day_s])

    assert (day_s[values.argmax()] % 86400) / 3600 == pytest.approx(13.0, abs=0.02)
    assert np.ptp(values) == pytest.approx(10.0, rel=1e-4)
    assert values.mean() == pytest.approx(10.0, abs=1e-6)


def test_wind_turns_round_and_rain_falls_now_and_then(waves: ModuleType) -> None:
    """A direction stays in [0, 360); rain is dry most of the time, never negative and at most `base`."""
    times = np.arange(NOON_S, NOON_S + 10 * 86400, 600)

    wind = np.array([waves.value_at(SIGNALS["wind"], t, 0.0, 0.1) for t in times])
    rain = np.array([waves.value_at(SIGNALS["rain"], t, 0.0, 0.1) for t in times])

    assert wind.min() >= 0
    assert wind.max() < 360
    assert rain.min() == 0
    assert rain.max() == pytest.approx(8.0, rel=1e-3)
    assert 0.6 < (rain == 0).mean() < 0.8


def test_noise_has_its_size_and_stays_within_limits(waves: ModuleType) -> None:
    """White noise of mean 0 and the given standard deviation; `low` and `high` hold; a direction goes round instead."""
    spread = np.array([waves.noisy({"noise": 2.0}, 50.0) for _ in range(4000)])
    held = np.array([waves.noisy({"noise": 2.0, "low": 49.0, "high": 50.5}, 50.0) for _ in range(500)])
    wind = np.array([waves.noisy({"kind": "wind", "noise": 10.0}, 359.0) for _ in range(500)])

    assert spread.mean() == pytest.approx(50.0, abs=0.2)
    assert spread.std() == pytest.approx(2.0, rel=0.1)
    assert (held.min(), held.max()) == (49.0, 50.5)
    assert wind.min() >= 0
    assert wind.max() < 360
    assert (wind < 180).any()


def test_neighbours_have_one_weather(waves: ModuleType) -> None:
    """Devices of a town are a few hundredths of a wave apart, none like another; channels are not in step."""
    phases = [waves.phase_of(f"air-{n}", "temperature") for n in range(64)]

    assert waves.phase_of("air-1", "temperature") == phases[1]
    assert len(set(phases)) == 64
    assert max(phases) - min(phases) < waves.SPREAD
    assert abs(waves.phase_of("air-1", "pressure") - phases[1]) > waves.SPREAD
