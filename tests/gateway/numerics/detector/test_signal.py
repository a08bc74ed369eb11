"""What is looked at of a reading, by aggregate, against the newest reading that was learnt."""

from __future__ import annotations

import numpy as np

from gateway.numerics.detector.memory import fresh
from gateway.numerics.detector.signal import Signal, look
from gateway.numerics.order import Run
from gateway.numerics.params import params_row


def seen(
    aggregate: str, values: list[float], *, learns: list[bool] | None = None, every_s: int = 10
) -> tuple[Signal, np.ndarray]:
    """The signal of one series from a fresh memory, and that memory."""
    run = Run(np.zeros(len(values), np.int64), every_s * np.arange(1, len(values) + 1), np.array(values), np.array([0]))
    memory = fresh(1)
    known = np.array([params_row(aggregate, every_s, {})])
    return look(memory, known, run, np.array(learns or [True] * len(values))), memory


def test_a_value_is_looked_at_as_it_is() -> None:
    """Its move is the distance to the reading before; the first one has none."""
    signal, memory = seen("mean", [20.0, 21.5, 21.0])

    assert signal.value.tolist() == [20.0, 21.5, 21.0]
    np.testing.assert_array_equal(signal.moved, [np.nan, 1.5, 0.5])
    assert (memory["value"][0], memory["value_s"][0], memory["last_s"][0]) == (21.0, 30, 30)


def test_a_direction_is_looked_at_as_its_turns() -> None:
    """The short way round, so that north is no edge."""
    signal, _ = seen("circular", [350.0, 10.0, 355.0])

    np.testing.assert_array_equal(signal.value, [np.nan, 20.0, 15.0])
    assert signal.learns.tolist() == [False, True, True]


def test_a_counter_is_looked_at_as_its_pace() -> None:
    """The increase a second; after a reset it counts from nothing."""
    signal, _ = seen("counter", [5.0, 7.0, 1.0])

    np.testing.assert_array_equal(signal.value, [np.nan, 0.2, 0.1])


def test_what_is_not_learnt_is_compared_and_forgotten() -> None:
    """The reading after it moves from the one before it."""
    signal, memory = seen("mean", [20.0, 99.0, 21.0, 77.0], learns=[True, False, True, False])

    np.testing.assert_array_equal(signal.moved, [np.nan, 79.0, 1.0, 56.0])
    assert memory["value"][0] == 21.0
    assert memory["last_s"][0] == 40


def test_after_a_silence_nothing_moved() -> None:
    """A reading that is no neighbour has no move."""
    signal, _ = seen("mean", [20.0, 30.0], every_s=10)
    assert signal.moved[1] == 10.0

    run = Run(np.zeros(2, np.int64), np.array([0, 7200]), np.array([20.0, 30.0]), np.array([0]))
    far = look(fresh(1), np.array([params_row("mean", 10, {})]), run, np.ones(2, bool))
    assert np.isnan(far.moved[1])
