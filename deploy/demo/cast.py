"""Who plays in the demonstration: the rows of `cast.toml`, and a device for each recipe of one's own."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from devices.recipe import Recipe

CENTRE = (48.1172, -1.6778)
"""Rennes: where devices of recipes of one's own stand in a row."""


@dataclass(frozen=True, slots=True)
class Player:
    """One device of the demonstration."""

    id: str
    recipe: str
    place: str
    at: tuple[float, float]
    """Latitude and longitude in degrees (WGS 84)."""
    told: str | None = None
    """What is wrong with it, as `demo.<told>` in the catalogue of words."""
    faults: Sequence[Mapping[str, Any]] = ()
    quality: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Thresholds of the demonstration alone, by channel."""


def cast(recipes: Mapping[str, Recipe]) -> list[Player]:
    """The twelve of `cast.toml`, then one for each recipe that none of them has."""
    table = tomllib.loads(files("deploy.demo").joinpath("cast.toml").read_text(encoding="utf-8"))
    players = [Player(**{**row, "at": tuple(row["at"])}) for row in table["device"]]
    own = sorted(set(recipes) - {player.recipe for player in players} - set(shipped()))
    for number, slug in enumerate(own, 1):
        lat, lon = CENTRE
        players.append(
            Player(f"mine-{slug}"[:32].replace("_", "-"), slug, recipes[slug].name_fr, (lat, lon + number / 500))
        )
    return players


def shipped() -> Sequence[str]:
    """Slugs of the recipes that come with Girouette."""
    return [f.name for f in files("devices").joinpath("recipes").iterdir() if f.is_dir()]
