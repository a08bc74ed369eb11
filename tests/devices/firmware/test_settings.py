"""What lies in NVS: who the board is and its networks, beside a configuration that says nothing of one board."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from on_board import run

from devices.image import Identity, build_image, shard_of
from devices.recipe import load_recipes
from devices.simulate import Surroundings, lay_settings, start_board

NETWORK = {"ssid": "Mairie", "password": "côté cour"}
IDENTITY = Identity("b1", shard_of("b1"), "b1", "secret", "10.0.0.2", 8883, period_s=7, wifi=(NETWORK,), batch=6)
LOAD = """
from girouette.loading import ConfigError, load_config
try:
    c = load_config()
    result = [c.device, c.topic, c.broker.host, c.broker.password, c.networks, c.period_s, c.batch, c.recipe]
except ConfigError as error:
    result = str(error)
"""
NO_IDENTITY = "this board has no identity yet: flash it with `girouette flash` or from the page /atelier"


def load(directory: Path, *, settings: Mapping[str, bytes] | None = None, **more: object) -> Any:
    """What the firmware makes of a climate board's files and of these settings, or of its own."""
    image = build_image([load_recipes()["climate"]], IDENTITY)
    lay_settings(image.settings if settings is None else settings, directory)
    return run(LOAD, directory, config={**json.loads(image.files["/config.json"]), **more})


def test_a_board_is_who_nvs_says(tmp_path: Path) -> None:
    """Its period, too, comes before that of the recipe."""
    found = load(tmp_path)

    assert found == ["b1", f"gir/1/{shard_of('b1')}/b1", "10.0.0.2", "secret", [NETWORK], 7, 6, "climate"]


def test_what_an_update_has_set_comes_first(tmp_path: Path) -> None:
    """It is on trial, and has to be what runs: `set` names what the flashed identity has no more say in."""
    found = load(tmp_path, set=["period_s", "wifi", "firmware"], period_s=60, wifi=[])

    assert (found[4], found[5]) == ([], 60)


def test_a_configuration_that_says_everything_needs_no_nvs(tmp_path: Path) -> None:
    """Boards that were flashed before go on; networks that they were told since are known."""
    told = build_image([load_recipes()["climate"]], IDENTITY).told

    assert load(tmp_path, settings={}, **told)[0] == "b1"
    assert load(tmp_path, settings={"wifi": b'[{"ssid":"new","password":""}]'}, **told)[4][0]["ssid"] == "new"


def test_a_board_that_nobody_named_says_what_to_do(tmp_path: Path) -> None:
    """A network alone makes nobody of it."""
    assert load(tmp_path, settings={}) == NO_IDENTITY
    assert load(tmp_path, settings={"wifi": b"[]"}) == NO_IDENTITY


@pytest.mark.parametrize("spoilt", [b"", b"{", b"[]", b"7", b'{"device":"b1"}'])
def test_an_identity_that_is_spoilt_is_refused(tmp_path: Path, spoilt: bytes) -> None:
    """A sentence that says what to do, whatever lies there."""
    assert "flash" in load(tmp_path, settings={"identity": spoilt})


@pytest.mark.slow
def test_a_setting_is_kept_and_read_again(tmp_path: Path) -> None:
    """One of any length that NVS has room for; what was never kept is None."""
    keep = "from girouette.settings import keep_setting\nkeep_setting('wifi', given)"
    read = "from girouette.settings import setting\nresult = [setting('wifi'), setting('identity')]"
    for count in (0, 1, 8, 30):
        networks = [{"ssid": f"réseau {n}", "password": "x" * 63} for n in range(count)]
        run(keep, tmp_path, networks)
        assert run(read, tmp_path) == [networks, None]


def test_what_an_update_sets_is_named(tmp_path: Path) -> None:
    """So that it stays set when the board reads who it is; also what an update before it had set."""
    code = """
import json
from girouette.update import write_config
write_config(given, "new.json")
with open("new.json") as file:
    result = json.load(file)
"""
    found = run(
        code, tmp_path, {"firmware": "x", "ntp": None, "batch": 3}, config={"ntp": "a", "set": ["wifi"], "v": 1}
    )

    assert found == {"v": 1, "firmware": "x", "batch": 3, "set": ["batch", "firmware", "ntp", "wifi"]}


@pytest.mark.slow
def test_without_an_identity_the_light_asks_for_somebody(tmp_path: Path, until: Any) -> None:
    """The board does not restart again and again: it waits, and its console says what to do."""
    recipe = load_recipes()["climate"]
    image = build_image([recipe], IDENTITY)
    nobody = type(image)(image.files, {})
    with start_board(nobody, directory=tmp_path, around=Surroundings(recipe.signals), log=tmp_path / "log") as board:
        until(lambda: NO_IDENTITY in (tmp_path / "log").read_text(), within_s=30, what="the sentence")
        board.kill()
    assert (tmp_path / "log").read_text().count("waiting") == 1
