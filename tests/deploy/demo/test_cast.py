"""Who plays in the demonstration."""

from __future__ import annotations

import dataclasses

from deploy.demo.cast import cast
from devices.recipe import load_recipes
from devices.words import say


def test_twelve_devices_play_three_recipes() -> None:
    """Each has a place of its own, and what its table names exists."""
    recipes = load_recipes()

    players = cast(recipes)

    assert len(players) == 12
    assert len({p.id for p in players}) == len({p.place for p in players}) == len({p.at for p in players}) == 12
    assert {p.recipe for p in players} == {"air", "noise", "weather"} <= set(recipes)
    for player in players:
        channels = {c.name for c in recipes[player.recipe].channels}
        assert {f["channel"] for f in player.faults if "channel" in f} | set(player.quality) <= channels


def test_one_sticks_one_drifts_one_vanishes_within_ninety_seconds() -> None:
    """What is wrong is told in both languages beside the device."""
    told = [p for p in cast(load_recipes()) if p.told]

    assert {f["kind"] for p in told for f in p.faults} == {"stuck", "drift", "offline"}
    assert all(f["after_s"] < 90 for p in told for f in p.faults)
    assert all("démonstration" in say(f"demo.{p.told}", "fr") for p in told)


def test_a_recipe_of_ones_own_joins_the_twelve() -> None:
    """One device more, under a name that a device may have."""
    recipes = dict(load_recipes())
    recipes["cellar_air"] = dataclasses.replace(recipes["air"], slug="cellar_air", name_fr="Cave")

    (mine,) = [p for p in cast(recipes) if p.recipe == "cellar_air"]

    assert (mine.id, mine.place) == ("mine-cellar-air", "Cave")
