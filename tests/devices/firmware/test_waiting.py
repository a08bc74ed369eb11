"""How long a board can wait, and how its flash wears meanwhile: bounds on counts, on the real littlefs."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
from waiting import DRAIN, FILL, OFFLINE, ONLINE, on_flash, twelve_widest, waiting, years

from devices.recipe import load_recipes


def test_no_recipe_is_wider_than_twelve_channels_at_their_widest() -> None:
    """What is measured below holds for every recipe, and for any two on one board."""
    recipes = load_recipes()
    most = len(twelve_widest(recipes)["values"])

    assert all(len(waiting([one])["values"]) < most for one in recipes.values())
    assert all(len(waiting(two)["values"]) < most for two in combinations(recipes.values(), 2))


def test_twelve_channels_wait_for_two_days(tmp_path: Path) -> None:
    """In 512 KiB of flash, blocks counted, the newest 2,880 samples are there even just after the oldest segment gave way."""
    filled = on_flash(FILL, tmp_path, **twelve_widest(load_recipes()))

    assert filled["least"] >= 2880
    assert filled["blocks"] <= 128


@pytest.mark.slow
def test_the_flash_outlives_the_board(tmp_path: Path) -> None:
    """Online one counter in 64 samples is written; without a gateway each sample is, alone. Either way for 10 years and more."""
    online = on_flash(ONLINE, tmp_path, samples=6400)
    offline = on_flash(OFFLINE, tmp_path, samples=720, at_once=1, **twelve_widest(load_recipes()))

    assert online["erases"] <= 6400 / 64 / 8, "a counter is a few hundred bytes: a block holds eight and more"
    assert offline["erases"] <= 720 * 1.2, "a sample is one block written anew, and its share of the directory"
    assert years(online, 6400) > 100
    assert years(offline, 720) > 10


@pytest.mark.slow
def test_what_waited_is_cut_into_packs_that_are_full(tmp_path: Path) -> None:
    """A backlog goes out in packs of at most 4 KiB that one more sample would not have fitted into."""
    sample = waiting([load_recipes()["air"]])

    drained = on_flash(DRAIN, tmp_path, samples=1440, **sample)

    assert drained["samples"] == 1440
    assert 3700 < drained["longest"] <= 4096
    assert drained["packs"] <= 1440 * (drained["longest"] / 19 / 3700 + 0.01), "about 19 samples of five channels each"
