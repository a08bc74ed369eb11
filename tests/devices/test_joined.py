"""Several recipes on one board: drawn, bought and measured as one."""

from __future__ import annotations

import json
from itertools import combinations

import pytest

from devices.cabling import draw
from devices.image import Identity, ImageError, build_image, shard_of
from devices.joined import bought_once, fits, join, named
from devices.recipe import RecipeError, load_recipes
from devices.wires import wires_of

ALL = load_recipes()


def test_two_recipes_are_one() -> None:
    """Channels of both, the shorter period, what is on both lists bought once, one drawing a board."""
    both = join([ALL["air"], ALL["noise"]])

    assert both.slug == "air+noise"
    assert both.channels == (*ALL["air"].channels, *ALL["noise"].channels)
    assert [p.name_en for p in both.parts].count("USB supply 5 V, 1 A, with cable") == 1
    assert both.price_eur < ALL["air"].price_eur + ALL["noise"].price_eur
    assert "Air extérieur + Bruit" in draw(both)
    assert len(wires_of(both)) == len(wires_of(ALL["air"])) + len(wires_of(ALL["noise"]))
    assert both.on("s3").sensors[2].bus["pin"] == 4


def test_only_boards_with_pins_for_all_are_kept() -> None:
    """Sound and particles fit a C6, not a C3, whose pins they share."""
    both = [ALL["air"], ALL["sound"]]

    assert fits(both, "c6")
    assert not fits(both, "c3")
    assert "c3" not in join(both).boards
    assert join([ALL["noise"], ALL["weather"]]).boards == ("c6", "c3", "s3", "s2", "esp32")


def test_what_does_not_go_together_is_refused() -> None:
    """Two channels of a name."""
    with pytest.raises(ImageError, match="both have a channel temperature"):
        join([ALL["air"], ALL["climate"]])


@pytest.mark.slow
def test_whatever_two_recipes_go_together_make_a_drawing_and_an_image() -> None:
    """Of all pairs, those that are accepted are drawn on their first board, and a board of them can be made."""
    identity = Identity("b1", shard_of("b1"), "b1", "secret", "127.0.0.1", 1883)
    joined = 0
    for pair in combinations(ALL.values(), 2):
        try:
            both = join(pair)
        except (ImageError, RecipeError):
            continue
        joined += 1
        assert draw(both).startswith("<svg")
        assert build_image(pair, identity).files["/config.json"]

    assert joined > 100


def test_a_word_names_one_recipe_or_several() -> None:
    """`air` is air, `air+noise` both; a word that names none is a folder's."""
    assert named("air") is ALL["air"]
    both = named("air+noise")
    assert both is not None
    assert both.slug == "air+noise"
    assert named("air+smell") is None
    assert [p.name_en for p in bought_once(ALL["air"], [ALL["air"]])] == [p.name_en for p in ALL["air"].parts]


def test_several_together_can_be_simulated() -> None:
    """What their sensors meet goes into a file for the simulator."""
    together = named("air+noise")
    assert together is not None
    assert {"noise_level", "temperature"} <= set(json.loads(json.dumps(together.signals)))
