"""What half hours tell: distances against a plain search, levels and noises against their definitions."""

from __future__ import annotations

import numpy as np
import pytest

from gateway.numerics.detector.course import FEW, strangeness, unrest, usual
from gateway.numerics.detector.memory import AWAY, BRIEF, KEPT, LONG, SEEN, SPAN


def test_the_nearest_course_of_the_past() -> None:
    """The least distance to any course that ended before the newest one began, of as many as are kept."""
    means = np.random.default_rng(2).normal(size=(3, KEPT)).astype(np.float32)
    courses = np.lib.stride_tricks.sliding_window_view(means.astype(float), SPAN, axis=1)

    wanted = [np.linalg.norm(rows[:-SPAN] - rows[-1], axis=1).min() for rows in courses]

    assert courses.shape[1] - SPAN == SEEN
    np.testing.assert_allclose(strangeness(means), wanted, rtol=1e-5)


def test_what_came_back_is_near() -> None:
    """A day that repeats has no distance, and one that does not has some."""
    day = np.sin(np.arange(KEPT) / 48 * 2 * np.pi).astype(np.float32)
    odd = day.copy()
    odd[-4:] += 1

    assert strangeness(day[None])[0] == pytest.approx(0, abs=1e-5)
    assert strangeness(odd[None])[0] > 1


def test_without_enough_past_there_is_no_course() -> None:
    """NaN until so many courses came before."""
    means = np.full((2, KEPT), np.nan, np.float32)
    means[0, -(2 * SPAN + FEW - 1) :] = 1.0
    means[1, -(2 * SPAN + FEW - 2) :] = 1.0

    assert np.isnan(strangeness(means)).tolist() == [False, True]


def test_the_usual_level_is_that_of_the_day_before() -> None:
    """The newest half hour does not enter; some of the others may be missing."""
    means = np.full((2, KEPT), np.nan, np.float32)
    means[0, -1 - AWAY :] = np.arange(AWAY + 1)
    means[1, -SPAN:] = 1.0

    assert usual(means)[0] == np.arange(AWAY).mean()
    assert np.isnan(usual(means)[1])


def test_noise_is_told_in_octaves() -> None:
    """Whatever its unit, and the same up and down; nothing where nothing moves."""
    noises = np.full((4, BRIEF + LONG), 3.0, np.float32)
    noises[1, LONG:] = 12.0
    noises[2, LONG:] = 0.75
    noises[3] = 0.0

    np.testing.assert_allclose(unrest(noises), [0, 2, 2, 0], atol=0.07)
    np.testing.assert_allclose(unrest(noises * 1000), unrest(noises), atol=1e-6)
    assert np.isnan(unrest(np.full((1, BRIEF + LONG), np.nan, np.float32))[0])
