"""Who is near, and what neighbours say together."""

from __future__ import annotations

import numpy as np

from gateway.numerics.watch.neighbours import MOST, RADIUS_M, Site, middle, nearest

NORTH_M = 111_195.0
"""A degree of latitude."""


def test_neighbours_measure_the_same_at_other_places_nearby() -> None:
    """Another quantity, the same place, and what is too far away are no neighbours; the nearest stands first."""
    far = 48.0 + 1.01 * RADIUS_M / NORTH_M
    sites = {
        0: Site("temperature", 1, 48.0, 0.0),
        1: Site("temperature", 1, 48.0, 0.0),
        2: Site("humidity", 2, 48.001, 0.0),
        3: Site("temperature", 3, 48.002, 0.0),
        4: Site("temperature", 4, 48.001, 0.0),
        5: Site("temperature", 5, far, 0.0),
    }

    near = nearest(sites, 7)

    assert near[0].tolist() == [4, 3] + [-1] * (MOST - 2)
    assert near[2].tolist() == [-1] * MOST
    assert near[6].tolist() == [-1] * MOST
    assert 5 in near[3].tolist()


def test_the_middle_of_neighbours_forgets_who_is_silent() -> None:
    """The median is that of the values that are there, of an even number the mean of both in the middle."""
    rows = np.array([[1.0, np.nan, 9.0, 2.0], [4.0, 2.0, np.nan, np.nan], [np.nan] * 4])

    median, count = middle(rows)

    assert np.array_equal(median, [2.0, 3.0, np.nan], equal_nan=True)
    assert count.tolist() == [3, 2, 0]
