"""Every channel of a recipe is simulated, by a table that the simulator understands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import devices
from devices.recipe import Recipe, load_recipes
from devices.refusal import RecipeError
from devices.signal import KINDS, NUMBERS, read_signals

WAVES = Path(devices.__file__).parent / "sim/waves.py"


def read(folder: Path, text: str) -> object:
    """The signals of the channels `temperature` and `rain`."""
    (folder / "signal.toml").write_text(text, encoding="utf-8")
    return read_signals(folder / "signal.toml", "signal.toml", ["temperature", "rain"])


def test_signals_are_what_is_written(tmp_path: Path) -> None:
    """Numbers that are not written are left to the simulator; they are given in the order of the channels."""
    text = '[rain]\nkind = "rain"\nbase = 2\n[temperature]\nbase = 14.5\nday = 5\n'

    assert read(tmp_path, text) == {"temperature": {"base": 14.5, "day": 5}, "rain": {"base": 2, "kind": "rain"}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[temperature]\nbase = 1\n", "signal.toml (line 1): the channel rain is not simulated; add a table [rain]"),
        ("[temperature]\nbase = 1\n[rain]\nbase = 1\n[snow]\nbase = 1\n", "the recipe has no channel snow"),
        ("[temperature]\nday = 1\n[rain]\nbase = 1\n", "signal.toml (line 1), temperature: base is missing; add it"),
        ("[temperature]\nbase = 1\nwobble = 1\n[rain]\nbase = 1\n", "there is no wobble here"),
        (
            '[temperature]\nbase = 1\nkind = "square"\n[rain]\nbase = 1\n',
            "kind is square; choose among sine, wind, rain",
        ),
        ("[temperature]\nbase = 1\nslow_h = 0\n[rain]\nbase = 1\n", "slow_h must be greater than 0"),
        ('[temperature]\nbase = "warm"\n[rain]\nbase = 1\n', "base must be a number"),
        ("[temperature]\nbase = 1\nlow = 5\nhigh = 4\n[rain]\nbase = 1\n", "low is not below high; exchange them"),
        ("temperature = 1\n[rain]\nbase = 1\n", "temperature must be a table"),
    ],
)
def test_what_does_not_add_up_is_refused_with_a_sentence(tmp_path: Path, text: str, said: str) -> None:
    """The sentence names the table and what to do."""
    with pytest.raises(RecipeError) as refused:
        read(tmp_path, text)

    assert said in str(refused.value)
    assert refused.value.said("fr").startswith("signal.toml")


def test_a_channel_with_a_place_is_asked_for_in_quotes(tmp_path: Path) -> None:
    """`[cellar.temperature]` would be a table in a table: the sentence shows the quotes that TOML wants."""
    (tmp_path / "signal.toml").write_text("", encoding="utf-8")

    with pytest.raises(RecipeError, match=r'add a table \["cellar\.temperature"\]$'):
        read_signals(tmp_path / "signal.toml", "signal.toml", ["cellar.temperature"])


def test_the_simulator_reads_the_same_keys() -> None:
    """Each number and each kind that a signal may have is one that the simulator asks for."""
    asked = set(re.findall(r'signal\.get\("(\w+)"', WAVES.read_text(encoding="utf-8")))

    assert asked == {*NUMBERS, "kind"}
    assert all(f'"{kind}"' in WAVES.read_text(encoding="utf-8") for kind in KINDS)


@pytest.mark.parametrize("recipe", load_recipes().values(), ids=lambda r: r.slug)
def test_a_simulated_day_is_admitted_and_unflagged(recipe: Recipe) -> None:
    """The range of each signal lies within what its quantity admits, and within its thresholds of suspicion."""
    for channel in recipe.channels:
        signal, quantity = recipe.signals[channel.name], recipe.quantities[channel.quantity]
        if signal.get("kind") in {"wind", "rain"}:
            continue
        swing = signal.get("day", 0) + signal.get("slow", 0) + 5 * signal.get("noise", 0)
        low = max(signal["base"] - swing, signal.get("low", quantity.low))
        high = min(signal["base"] + swing, signal.get("high", quantity.high))
        assert quantity.quality.get("suspect_low", quantity.low) <= low, channel.name
        assert high <= quantity.quality.get("suspect_high", quantity.high), channel.name
