"""Which device a board is to be: decided by what it is, what was asked for and what the registry knows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deploy.flashing.faults import FlashError
from deploy.flashing.wish import Who, Wish, completed, decide, fitting, wired_as
from devices.image import place, wired
from devices.recipe import load_recipes
from gateway.registry.rows import Device


def device(name: str, recipe: str, stage: str = "atelier", revoked_s: int | None = None) -> Device:
    """A row of the registry."""
    return Device(
        id=name, pilot_id=1, recipe=recipe, shard="00", user=name, password_hash="", added_s=0, stage=stage, period_s=60.0, revoked_s=revoked_s
    )  # fmt: skip


KNOWN = {"climate-1": device("climate-1", "climate"), "both-1": device("both-1", "air+noise")}


def test_a_new_board_becomes_a_new_device_of_the_recipe() -> None:
    """Or the device that is named, with its recipe; without either there is a question."""
    assert decide(None, Wish(slugs=("climate",)), KNOWN) == Who(("climate",), None, keeps=False)
    assert decide(None, Wish(device="both-1"), KNOWN) == Who(("air", "noise"), "both-1", keeps=False)
    with pytest.raises(FlashError, match="girouette recipe list"):
        decide(None, Wish(), KNOWN)


def test_a_device_stays_the_one_that_it_is() -> None:
    """Whether nothing is asked for, itself, or its recipe, in any order."""
    for wish in (Wish(), Wish(device="climate-1"), Wish(slugs=("climate",))):
        assert decide("climate-1", wish, KNOWN) == Who(("climate",), "climate-1", keeps=True)
    assert decide("both-1", Wish(slugs=("noise", "air")), KNOWN).keeps


@pytest.mark.parametrize(
    ("there", "wish", "key"),
    [("strange-1", Wish(), "stranger"), ("climate-1", Wish(device="both-1"), "other_device"),
     ("climate-1", Wish(slugs=("noise",)), "other_recipe")],
)  # fmt: skip
def test_what_may_lose_something_is_asked_first(there: str, wish: Wish, key: str) -> None:
    """Each sentence names `--as-new` and what is erased then; with it, it is done."""
    with pytest.raises(FlashError, match="--as-new") as refused:
        decide(there, wish, KNOWN)

    assert refused.value.key == key
    asked = replace(wish, as_new=True, slugs=wish.slugs or ("climate",))
    assert not decide(there, asked, KNOWN).keeps


@pytest.mark.parametrize("row", [device("old-1", "air", stage="retired"), device("old-1", "air", revoked_s=1)])
def test_who_is_locked_out_is_a_stranger(row: Device) -> None:
    """A retired or revoked device does not come back by being flashed."""
    with pytest.raises(FlashError) as refused:
        decide("old-1", Wish(), {"old-1": row})

    assert refused.value.key == "stranger"


def test_a_chip_has_to_be_one_of_the_recipes() -> None:
    """The sentence names the chip and those that fit; a virtual board without a chip is the first of them, or the one asked for."""
    weather = [replace(load_recipes()["weather"], boards=("c6", "s3", "esp32"))]
    assert fitting(weather, "s3", Wish(), "COM3") == "s3"
    assert fitting(weather, None, Wish(), "COM3") == weather[0].boards[0]
    assert fitting(weather, None, Wish(board="esp32"), "COM3") == "esp32"
    with pytest.raises(FlashError, match="is an ESP32-C3, the recipe weather wants ESP32") as refused:
        fitting(weather, "c3", Wish(), "COM3")
    assert refused.value.key == "wrong_chip"
    with pytest.raises(FlashError, match="is an ESP32-S3"):
        fitting(weather, "s3", Wish(board="esp32"), "COM3")


def test_a_board_that_does_not_name_its_chip_is_known_by_its_wires() -> None:
    """Its configuration says which pins are used; that of no board is none."""
    climate = [load_recipes()["climate"]]
    for board in climate[0].boards:
        told = wired(place(climate, board))
        assert wired_as(climate, {name: told[name] for name in ("sensors", "led", "rgb")}) == board
    assert wired_as(climate, {"led": 99}) is None


def test_an_answer_completes_a_wish() -> None:
    """What was asked at the terminal."""
    assert completed(Wish(), "which_recipe", "air+noise").slugs == ("air", "noise")
    assert completed(Wish(), "no_place", "48.1,-1.7").place == "48.1,-1.7"
