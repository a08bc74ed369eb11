"""How rare a size is: against a count by hand, with a margin, and without a scale of its own."""

from __future__ import annotations

import numpy as np
import pytest

from gateway.numerics.detector.halves import Halves
from gateway.numerics.detector.memory import BINS, RANKED
from gateway.numerics.detector.rank import MARGIN, bins, fade, learn

ONE = Halves(np.array([0]), np.array([0]), np.array([0]), np.array([0]))


def filled(sizes: np.ndarray, *, halves: int = 3) -> tuple[np.ndarray, Halves]:
    """A memory that knows sizes, learnt over some half hours."""
    memory = np.zeros(1, RANKED)
    over = Halves(np.array([0]), np.array([halves - 1]), np.zeros(halves, int), np.arange(halves))
    table = np.full((halves, len(sizes)), np.nan)
    table[:-1] = np.nan
    table[0] = sizes
    learn(memory, over, table, late=True)
    return memory, over


def test_the_share_of_the_past_that_was_as_great() -> None:
    """Sizes of other bins count whole, those of its own half."""
    memory, _ = filled(np.repeat([1.0, 4.0, 16.0], [90, 9, 1]))
    past = learn(memory, ONE, np.full((1, 1), -1.0), late=True)
    at = np.zeros(3, np.int64)

    told = past.surprise(np.array([1.0, 4.0, 16.0]), at, least=1)

    np.testing.assert_allclose(told, -np.log10([(10 + 45 + 1) / 101, (1 + 4.5 + 1) / 101, (0.5 + 1) / 101]))


def test_beyond_all_is_rarer_the_farther_it_is() -> None:
    """By its ratio to the greatest, up to a bound; within the margin it is as great."""
    memory, _ = filled(np.array([1.0, 2.0, 8.0]))
    past = learn(memory, ONE, np.full((1, 1), -1.0), late=True)
    sizes = np.array([8.0, 8.0 * (MARGIN - 0.01), 80.0, 8e9])

    told = past.surprise(sizes, np.zeros(4, np.int64), least=1)

    assert told[1] == told[0] < np.log10(4)
    np.testing.assert_allclose(told[2:], np.log10(4) + np.array([1.0, 3.0]))


def test_few_are_no_past() -> None:
    """Nothing is rare while little is known, nor what is no number."""
    memory, _ = filled(np.ones(10))
    past = learn(memory, ONE, np.full((1, 1), -1.0), late=True)

    assert past.surprise(np.array([50.0]), np.zeros(1, np.int64), least=11).tolist() == [0]
    assert past.surprise(np.array([np.nan]), np.zeros(1, np.int64), least=1).tolist() == [0]
    assert past.surprise(np.array([50.0]), np.zeros(1, np.int64), least=10)[0] > 1


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e12])
def test_the_unit_does_not_enter(scale: float) -> None:
    """The same past in another unit is as rare."""
    sizes = np.random.default_rng(1).lognormal(size=200)
    memory, _ = filled(sizes * scale)
    past = learn(memory, ONE, np.full((1, 1), -1.0), late=True)
    plain, _ = filled(sizes)
    wanted = learn(plain, ONE, np.full((1, 1), -1.0), late=True)
    asked, at = np.array([0.0, 0.1, 1.0, 9.0, 99.0]), np.zeros(5, np.int64)

    np.testing.assert_allclose(
        past.surprise(asked * scale, at, least=1), wanted.surprise(asked, at, least=1), atol=0.02
    )


def test_a_half_hour_does_not_know_its_own_sizes() -> None:
    """What is known late counts from the next one on, and what is known when one begins from the next one on too."""
    halves = Halves(np.array([0]), np.array([2]), np.zeros(3, int), np.arange(3))
    sizes = np.array([[1.0, 2.0], [3.0, -1.0], [5.0, 5.0]])

    for late, in_the_end in ((True, 3), (False, 5)):
        memory = np.zeros(1, RANKED)
        past = learn(memory, halves, sizes, late=late)
        assert past.known.tolist() == [0, 2, 3]
        assert past.most.tolist() == [0, 2, 3]
        assert memory["count"].sum() == in_the_end


def test_nothing_is_a_bin_of_its_own() -> None:
    """And every size has a bin."""
    assert bins(np.array([0.0, 1e-300, 1e300]), np.ones(3)).tolist() == [0, 1, BINS - 1]


def test_fading_forgets_what_was_seen_once() -> None:
    """Counts are halved, and the greatest is what is still counted."""
    memory, _ = filled(np.repeat([1.0, 64.0], [40, 1]))
    assert memory["most"][0] == 64

    fade(memory, np.array([0]))

    assert memory["count"].sum() == 20
    assert memory["most"][0] < 1.2
