"""Recipes: the package's three, those of one's own, and each way in which one does not add up."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from devices.pinout import load_pinouts
from devices.quantity import load_quantities
from devices.recipe import RECIPES, RecipeError, load_recipes, read_folder, read_recipe, told
from devices.scale import SCALE

PART = 'name = { fr = "Carte ESP32", en = "ESP32 board" }'


def test_recipes_come_with_the_package() -> None:
    """Each fits its boards, and they need five kinds of aggregate between them at least."""
    recipes = load_recipes()

    assert {"air", "noise", "weather"} <= set(recipes)
    assert {q.aggregate for r in recipes.values() for q in r.quantities.values()} >= {
        "mean", "circular", "energetic", "max", "counter",
    }  # fmt: skip
    assert recipes["weather"].boards == tuple(load_pinouts())
    assert recipes["air"].boards == tuple(load_pinouts())
    assert all(r.scale in SCALE for r in recipes.values())
    assert [c.name for c in recipes["air"].channels] == ["temperature", "humidity", "pressure", "pm2_5", "pm10"]


def test_the_three_together_fit_no_surprise() -> None:
    """Their channels have different names, so that any of them may share a board."""
    names = [c.name for slug in ("air", "noise", "weather") for c in load_recipes()[slug].channels]

    assert len(set(names)) == len(names)


def test_a_recipe_of_ones_own_joins_the_others(own_recipe: Callable[..., Path]) -> None:
    """A folder of recipes and a recipe's own folder both do; what it says is in both languages."""
    folder = own_recipe()
    cellar = load_recipes([folder])["cellar"]

    assert list(load_recipes([folder.parent])) == [*load_recipes(), "cellar"]
    assert (cellar.name("fr"), cellar.summary("en")) == ("Cave", "Is the cellar damp?")
    assert (cellar.price_eur, cellar.parts[0].name("fr")) == (10, "Carte ESP32")
    assert "cellar" not in load_recipes()


def test_a_quantity_of_ones_own_serves_a_recipe_of_ones_own(own_recipe: Callable[..., Path]) -> None:
    """`quantities.toml` beside the recipes' folders adds what they measure."""
    folder = own_recipe(('"cellar.humidity"', "mould"), signal='["cellar.temperature"]\nbase = 12\n[mould]\nbase = 9\n')
    (folder.parent / "quantities.toml").write_text(
        '[mould]\nname = { fr = "Moisissure", en = "Mould" }\nunit = { wire = "%RH", ucum = "%", text = "%" }\n'
        'aggregate = "mean"\ndigits = 0\ndefinition = "https://example.org/mould"\nadmit = { low = 0, high = 100 }\n',
        encoding="utf-8",
    )

    assert load_recipes([folder.parent])["cellar"].quantities["mould"].name("fr") == "Moisissure"


def test_a_recipe_is_placed_on_another_board() -> None:
    """Pins change with the board, channels do not; a board that it is not meant for is refused."""
    weather = load_recipes()["weather"]

    assert weather.on("s3").channels == weather.channels
    assert weather.on("s3").sensors[0].bus["pin"] == 5
    assert (weather.led, weather.on("esp32").led) == (None, 2)
    assert (weather.rgb, weather.on("s3").rgb, weather.on("esp32").rgb) == (8, 38, None)
    with pytest.raises(
        RecipeError, match="the recipe weather is not meant for the board c3; choose among c6, s3, esp32"
    ):
        replace(weather, boards=("c6", "s3", "esp32")).on("c3")
    with pytest.raises(RecipeError, match="no board is called arduino"):
        weather.on("arduino")


def test_thresholds_of_ones_own_are_kept_by_channel(own_recipe: Callable[..., Path]) -> None:
    """A cellar in another climate says so."""
    quality = 'period_s = 60\nquality = { "cellar.temperature" = { suspect_high = 20 } }'

    assert read_recipe(own_recipe(("period_s = 60", quality)), load_quantities()).quality == {
        "cellar.temperature": {"suspect_high": 20}
    }


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('name = { fr = "Cave", en = "Cellar" }', 'name = { en = "Cellar" }', 'name has no French text; add fr = "..."'),
        ('name = { fr = "Cave", en = "Cellar" }', 'name = { fr = "Cave" }', 'name has no English text; add en = "..."'),
        ('fr = "La cave est-elle humide ?", ', "", "summary has no French text"),
        ("period_s = 60", "", "period_s is missing; add it"),
        ("period_s = 60", "period_s = 0", "period_s is 0; choose a value from 1 to 86400"),
        ("period_s = 60", "period_s = 1.5", "period_s is 1.5; choose a value from 1 to 86400"),
        ("period_s = 60", 'period_s = "60"', "period_s must be a number; write it without quotes"),
        ("period_s = 60", "period_s = 60\nboards = []", "no board is called []; choose among c6, c3, s3, s2, esp32"),
        ("period_s = 60", 'period_s = 60\nboards = ["esp8266"]', "no board is called esp8266"),
        ("period_s = 60", "period_s = 60\nperiod_m = 1", "there is no period_m here; remove it, or choose among"),
        ("period_s = 60", "period_s = 60\nquality = { rain = { suspect_high = 1 } }", "the recipe has no channel rain; remove [quality.rain]"),
        ("period_s = 60", 'period_s = 60\nquality = { "cellar.humidity" = { suspect_high = 500 } }', "suspect_high is outside the bounds of admission"),
        ("period_s = 60", 'period_s = 60\nquality = { "cellar.temperature" = { suspect_high = 70 } }', "suspect_high is not below fail_high"),
        ("period_s = 60", 'period_s = 60\nquality = { "cellar.temperature" = { spike_fail = 1 } }', "spike_suspect is not below spike_fail"),
        ('"2026-11"', '"November"', 'priced is November; write year and month, "2026-11" for instance'),
        ('"2026-11"', '"2026-13"', "priced is 2026-13; write year and month"),
        ("[[sensors]]", "[[sensor]]", "the recipe has no sensor; add a table [[sensors]]"),
        ("[[parts]]", "[[part]]", "the recipe does not say what to buy; add a table [[parts]]"),
        (PART, 'name = { en = "ESP32 board" }', "[[parts]] 1: name has no French text"),
        ("price_eur = 10", "price_eur = -1", "price_eur is -1; choose a value from 0 to 10000"),
        ("price_eur = 10", "", "[[parts]] 1: price_eur is missing"),
        ("price_eur = 10", "count = 0\nprice_eur = 10", "count is 0; choose a value from 1 to 1000"),
        ('"electronics"', '"bakery"', "shop is bakery; choose among electronics, hardware, weather"),
        ("period_s = 60", "period_s = ", "this is not readable TOML (Invalid value (at line 4"),
    ],
)  # fmt: skip
def test_what_does_not_add_up_is_refused_with_a_sentence(
    own_recipe: Callable[..., Path], old: str, new: str, said: str
) -> None:
    """One sentence that begins with the file, says what is wrong and what to do, and has a French twin."""
    folder = own_recipe((old, new))

    with pytest.raises(RecipeError) as refused:
        load_recipes([folder])

    assert said in str(refused.value)
    assert str(refused.value).startswith(f"{folder}/recipe.toml")
    assert refused.value.said("fr") != str(refused.value)
    assert "\n" not in str(refused.value)
    assert not re.search(r"\{\w+\}", refused.value.said("fr"))


def test_a_channel_that_is_written_twice_is_refused(own_recipe: Callable[..., Path]) -> None:
    """The sentence names the second sensor and says how to tell the two apart."""
    second = '[[sensors]]\ndriver = "bme280"\nbus = "i2c"\naddr = 0x77\nchannels = { "cellar.temperature" = "temperature" }\n\n[[parts]]'

    with pytest.raises(RecipeError, match=r"\[\[sensors\]\] 2: the channel cellar.temperature is written twice"):
        load_recipes([own_recipe(("[[parts]]", second))])


def test_a_pin_is_checked_on_every_board_that_the_recipe_is_meant_for(own_recipe: Callable[..., Path]) -> None:
    """Pins that clash on an S3 are refused though the recipe is first of all for an ESP32."""
    pins = 'bus = "i2c"\npins = { s3 = { sda = 19, scl = 9 } }'

    with pytest.raises(RecipeError, match="the pin 19 of the board s3 is needed by the board itself"):
        load_recipes([own_recipe(('bus = "i2c"', pins))])


@pytest.mark.parametrize(
    ("slug", "said"), [("Cellar", "Cellar is not a possible folder name"), ("air", "the recipe air exists already")]
)
def test_a_folder_with_an_impossible_name_is_refused(own_recipe: Callable[..., Path], slug: str, said: str) -> None:
    """A slug is the folder's name: lower case, and one that nobody has yet."""
    with pytest.raises(RecipeError, match=said):
        load_recipes([own_recipe(slug=slug)])


def test_a_folder_without_recipes_or_signals_is_refused(own_recipe: Callable[..., Path], tmp_path: Path) -> None:
    """An empty folder, one that does not exist, and a recipe that nobody can simulate."""
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(RecipeError, match=r"no folder in it has a recipe\.toml"):
            load_recipes([folder])
    (own_recipe() / "signal.toml").unlink()
    with pytest.raises(RecipeError, match=r"cellar/signal\.toml: there is no such file; create it"):
        load_recipes([tmp_path])


def test_a_folder_is_checked_before_it_is_used(own_recipe: Callable[..., Path]) -> None:
    """`girouette recipe check` says in a sentence what each recipe is, in the agent's language, or why it is none."""
    folder = own_recipe()
    (cellar,) = read_folder(folder)

    assert read_folder(folder.parent) == [cellar]
    assert told(cellar, "en") == (
        "cellar: Cellar; channels cellar.temperature, cellar.humidity; every 60 s; 10 € of parts; boards c6, c3, s3, s2, esp32; bronze"
    )
    assert told(cellar, "fr").startswith("cellar : « Cave » ; voies cellar.temperature")
    with pytest.raises(RecipeError, match="the recipe noise exists already"):
        read_folder(own_recipe(slug="noise"))
    assert [r.slug for r in read_folder(RECIPES)] == list(load_recipes())
