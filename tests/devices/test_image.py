"""The image of a board: golden configurations, the firmware byte for byte, and identities that no board can have."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from devices.image import FIRMWARE, Identity, ImageError, build_image, firmware, firmware_version, shard_of, sources
from devices.quantity import load_quantities
from devices.recipe import Recipe, load_recipes, read_recipe
from devices.refusal import RecipeError

GOLDEN = Path(__file__).parent / "golden"
RECIPES = load_recipes()
AIR_1 = Identity(
    "air-1", "82", "air-1", "secret", "broker.example", 8883, wifi=({"ssid": "Mairie", "password": "côté cour"},)
)


def config_of(*recipes: Recipe, identity: Identity = AIR_1) -> dict[str, Any]:
    """Everything that a board of these recipes and this identity is told."""
    return build_image(recipes, identity).told


@pytest.mark.parametrize("slug", sorted(f.stem.removeprefix("config-") for f in GOLDEN.glob("config-*.json")))
def test_a_recipe_makes_the_configuration_that_is_kept(slug: str) -> None:
    """Everything that a board is told stands in tests/devices/golden; a change of it is a change for boards in drawers."""
    kept = json.loads((GOLDEN / f"config-{slug}.json").read_text(encoding="utf-8"))

    assert config_of(RECIPES[slug]) == kept | {"firmware": firmware_version()}


def test_what_a_board_is_told_is_short_and_utf_8() -> None:
    """It is read into a small heap: no blanks, and accents as they are."""
    image = build_image([RECIPES["air"]], AIR_1)

    assert not any(b": " in raw for raw in (image.files["/config.json"], *image.settings.values()))
    assert "côté cour".encode() in image.settings["wifi"]


def test_the_files_hold_nothing_of_one_board() -> None:
    """They are the same bytes for all boards of a recipe and kind; who a board is, and every secret, is in its settings."""
    one = replace(
        AIR_1, update_key="ab" * 32, period_s=7, batch=None, page="https://girouette.example/d/x", tls_name="b"
    )
    other = replace(AIR_1, device="air-2", shard=shard_of("air-2"), user="air-2", password="other", host="10.0.0.1")
    images = [build_image([RECIPES["air"]], identity) for identity in (one, other)]

    assert images[0].files == images[1].files
    assert images[0].settings["wifi"] == images[1].settings["wifi"]
    assert json.loads(images[0].settings["identity"]).keys() >= {"device", "broker", "update_key", "period_s", "page"}
    assert not any(word in b"".join(images[0].files.values()) for word in (b"air-1/", b"secret", b"Mairie", b"abab"))


def test_a_board_that_knows_no_network_keeps_those_that_it_was_told() -> None:
    """Without networks nothing is said of them: what somebody gave the board by its cable or its own page stays."""
    assert build_image([RECIPES["air"]], replace(AIR_1, wifi=())).settings.keys() == {"identity"}


def test_the_firmware_is_in_the_image_byte_for_byte() -> None:
    """The folder devices/firmware is the board's disk: every Python file of it, compiled, but drivers that no sensor has."""
    image = build_image([RECIPES["noise"]], AIR_1).files
    files = {f"/{f.relative_to(FIRMWARE).as_posix()}" for f in FIRMWARE.rglob("*.py") if "__pycache__" not in f.parts}
    idle = {path for path in files if path.startswith("/girouette/drivers/")} - {"/girouette/drivers/dba_meter.py"}

    assert {path.replace(".mpy", ".py") for path in image} == (files - idle) | {"/config.json"}
    assert all(image[path] == firmware()[path] for path in image if path != "/config.json")
    assert image["/main.py"] == (FIRMWARE / "main.py").read_bytes()
    assert image == build_image([RECIPES["noise"]], AIR_1).files


def test_the_sources_are_what_lies_in_the_folder() -> None:
    """Without its caches, by their paths on the disk."""
    assert sources()["/girouette/app.py"] == (FIRMWARE / "girouette/app.py").read_bytes()
    assert not any("pycache" in path for path in sources())


def test_two_recipes_share_a_board() -> None:
    """Their sensors are joined, the shorter period counts, and they settle on the first board that both are meant for."""
    config = config_of(RECIPES["air"], replace(RECIPES["noise"], period_s=30))

    assert (config["recipe"], config["period_s"]) == ("air+noise", 30)
    assert [s["driver"] for s in config["sensors"]] == ["bme280", "pms5003", "dba_meter"]
    assert config_of(RECIPES["air"], RECIPES["noise"], RECIPES["weather"])["rgb"] == 8


def test_an_identity_may_set_period_board_and_time_server() -> None:
    """What is asked for comes before what the recipe says; without a time server the gateway tells the time."""
    config = config_of(RECIPES["noise"], identity=replace(AIR_1, period_s=2, board="c3", ntp=None))

    assert (config["period_s"], config["ntp"], config["led"], config["rgb"]) == (2, None, 10, 2)
    assert config["sensors"][0]["bus"] == {"kind": "adc", "pin": 0, "full_mv": 2500}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"device": "Air 1"}, "Air 1 is not a possible device name"),
        ({"device": ""}, " is not a possible device name; use 1 to 32"),
        ({"shard": "00"}, "The shard of the device air-1 is 82, not 00"),
        ({"port": 0}, "There is no port 0"),
        ({"port": 65536}, "There is no port 65536"),
        ({"period_s": 0}, "A period of 0 s is not possible"),
        ({"period_s": 86401}, "A period of 86401 s is not possible"),
    ],
)
def test_an_identity_that_no_board_can_have_is_refused(change: dict[str, object], said: str) -> None:
    """One sentence, in both languages."""
    with pytest.raises(ImageError) as refused:
        build_image([RECIPES["air"]], replace(AIR_1, **change))  # type: ignore[arg-type]

    assert said in str(refused.value)
    assert refused.value.said("fr") != str(refused.value)


def test_recipes_that_do_not_go_together_are_refused(own_recipe: Callable[..., Path]) -> None:
    """None at all, two channels of a name, no common board, a board that one is not meant for, a pin that both want."""
    air, noise, weather = (RECIPES[slug] for slug in ("air", "noise", "weather"))
    cellar = read_recipe(own_recipe(), load_quantities())

    with pytest.raises(ImageError, match="An image needs one recipe at least"):
        build_image([], AIR_1)
    with pytest.raises(ImageError, match="The recipes noise and noise both have a channel noise_level"):
        build_image([noise, noise], AIR_1)
    with pytest.raises(ImageError, match=r"No board fits the recipes noise \+ weather together"):
        build_image([replace(noise, boards=("c3",)), replace(weather, boards=("s3",))], AIR_1)
    with pytest.raises(RecipeError, match="the recipe weather is not meant for the board c3"):
        build_image([replace(weather, boards=("s3",))], replace(AIR_1, board="c3"))
    with pytest.raises(RecipeError, match="the I2C address 0x76 is already used by bme280"):
        build_image([air, cellar], AIR_1)


def test_a_device_has_sixty_four_channels_at_most() -> None:
    """More are refused here, since the gateway would."""
    (sensor,) = RECIPES["noise"].sensors
    many = tuple(replace(sensor.channels[0], name=f"p{n}.noise_level") for n in range(65))

    with pytest.raises(ImageError, match="A device has 64 channels at most, and these recipes have 65 together"):
        build_image([replace(RECIPES["noise"], sensors=(replace(sensor, channels=many),))], AIR_1)


def test_the_shard_comes_from_the_name() -> None:
    """`girouette device add` and the image ask the same function."""
    assert AIR_1.shard == shard_of(AIR_1.device)
