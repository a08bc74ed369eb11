"""A generated past follows the formula of the simulator, and comes out of the same numerics."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from deploy.history import Past, history, signal_at, times, values
from devices.quantity import load_quantities
from devices.recipe import load_recipes

SIM = Path(__file__).parent.parent.parent / "devices" / "sim"


def waves() -> ModuleType:
    """The simulator's own formula, which MicroPython and CPython both run."""
    spec = importlib.util.spec_from_file_location("sim_waves", SIM / "waves.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["sim_waves"] = module
    spec.loader.exec_module(module)
    return module


def pasts() -> list[Past]:
    """One past for each channel of each recipe."""
    found, quantities = [], load_quantities()
    for recipe in load_recipes().values():
        for c in recipe.channels:
            q = quantities[c.quantity]
            found.append(
                Past(len(found) + 1, "some-1", c.name, -1.68, recipe.signals[c.name], q.aggregate, q.digits_wire, {})
            )
    return found


@pytest.mark.parametrize("past", pasts(), ids=lambda past: past.channel)
def test_the_signal_is_the_simulators(past: Past) -> None:
    """Both formulas agree within a billionth over a month."""
    module, moments = waves(), times(1_790_000_000, 1_792_592_000, 7200)
    phase = module.phase_of(past.device, past.channel)

    theirs = [module.value_at(past.signal, int(t), past.longitude, phase) for t in moments]

    np.testing.assert_allclose(signal_at(past, moments), theirs, rtol=1e-6, atol=1e-9)


def test_the_same_moments_have_the_same_values() -> None:
    """A past is made anew exactly, within its bounds and digits."""
    moments = times(1_790_000_000, 1_790_100_000)
    for past in pasts():
        made = values(past, moments)
        np.testing.assert_array_equal(made, values(past, moments))
        np.testing.assert_array_equal(made, np.round(made, past.digits))
        assert (made >= past.signal.get("low", -np.inf)).all()


def test_rain_only_grows() -> None:
    """A counter's past never falls."""
    (rain,) = [p for p in pasts() if p.channel == "rain"]

    made = values(rain, times(1_790_000_000, 1_792_592_000))

    assert (np.diff(made) >= 0).all()
    assert made[-1] > 1


def test_a_history_is_one_batch() -> None:
    """Readings in time order a series, each window once, and a state for each series."""
    batch = history(pasts(), 1_790_000_000, 1_790_086_400)

    assert len(batch.readings) == 48 * len(pasts())
    assert set(batch.states) == {p.series for p in pasts()}
    assert len(np.unique(batch.h1[["series", "start_s"]])) == len(batch.h1) >= 24 * len(pasts())
    assert len(history([], 0, 86_400).readings) == 0
