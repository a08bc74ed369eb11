"""The atelier's pages, as they are sent."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from api.atelier.pages import allowed, embed, strands
from devices.recipe import load_recipes
from devices.usb import BRIDGES, VENDORS


@pytest.mark.parametrize("path", ["/fr/atelier", "/en/atelier", "/fr/atelier/poste", "/en/atelier/poste"])
def test_a_page_asks_for_nothing_from_elsewhere(room: Any, browse: Callable[..., Any], path: str) -> None:
    """No address of another host is fetched, no script or style stands inside."""
    page = browse(room.app())(path).text

    assert re.findall(r"""(?:src|href|action)="(?:https?:)?//[^"]*""", page) == []
    assert re.findall(r"<script(?! type=\"application/json\"| type=\"module\" src)", page) == []
    assert re.findall(r"<style|style=| on[a-z]+=", page.partition("<script")[0]) == []


def test_the_page_bears_what_its_script_needs(room: Any, browse: Callable[..., Any]) -> None:
    """Mode, language, recipes, words, as JSON that is whole."""
    page = browse(room.app())("/en/atelier").text
    found = re.search(r'<script type="application/json" id="atelier">(.*?)</script>', page, re.DOTALL)

    assert found is not None
    told = json.loads(found[1])
    assert (told["mode"], told["lang"], told["base"]) == ("server", "en", "")
    assert len(told["recipes"]) == len(load_recipes())


def test_every_recipe_is_a_card_with_its_drawing(room: Any, browse: Callable[..., Any]) -> None:
    """And every drawing that the page names is there."""
    here = browse(room.app())
    page = here("/fr/atelier").text

    assert set(re.findall(r'name="recipe" value="([a-z0-9-]+)"', page)) == set(load_recipes())
    drawings = sorted(set(re.findall(r'src="(/atelier/drawings/[^"]+)"', page)))
    assert len(drawings) == sum(len(r.boards) for r in load_recipes().values())
    for address in drawings[::9]:
        assert here(address).text.startswith("<svg"), address
    assert here("/atelier/drawings/air/z9.svg").status_code == 404
    assert here("/atelier/drawings/nothing/c6.svg").status_code == 404


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_without_a_script_the_other_doors_are_there(room: Any, browse: Callable[..., Any], lang: str) -> None:
    """What a browser shows that runs none has the sentence, and each command; so has the panel that the script shows."""
    page = browse(room.app())(f"/{lang}/atelier").text
    without = re.search(r"<noscript>(.*?)</noscript>", page, re.DOTALL)
    panel = re.search(r'<section data-atelier="unsupported".*?</section>', page, re.DOTALL)

    assert without is not None
    assert panel is not None
    assert "JavaScript" in without[1]
    assert {"fr": "Firefox a Web Serial", "en": "Firefox has Web Serial"}[lang] in panel[0]
    for shown in (without[1], panel[0]):
        assert len(re.findall(r"<code>girouette (?:atelier --file|flash|image) [^<]*</code>", shown)) == 3


def test_nothing_ends_the_script_element_early() -> None:
    """Whatever a recipe of somebody's own is called."""
    told = {"name": "</script><script>alert(1)</script><!--", "line": "\u2028"}

    assert "<" not in embed(told)
    assert json.loads(embed(told)) == told


def test_wires_say_where_they_go_on_each_board() -> None:
    """As the drawings do."""
    scl = next(s for s in strands(load_recipes()["air"], "fr") if s.terminal == "SCL")

    assert (scl.module, scl.colour) == ("BME280", "bleu")
    assert scl.pins == {"c6": "7", "c3": "8", "s3": "9", "s2": "9", "esp32": "22"}
    assert any(s.resistor for s in strands(load_recipes()["water-temperature"], "en"))


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_sheet_names_every_policy_and_every_device(room: Any, browse: Callable[..., Any], lang: str) -> None:
    """With the public origin, and the least that has to be allowed."""
    room.public_url = "https://air.example.org/data"
    here = browse(room.app())
    here.enter(room.link())
    page = here(f"/{lang}/atelier/poste").text

    for word in ("DefaultSerialGuardSetting", "SerialAskForUrls", "SerialBlockedForUrls", "SerialAllowUsbDevicesForUrls",
                 "SerialAllowAllPortsForUrls", "VID_303A", "VID_10C4", "VID_1A86", "4d36e978"):  # fmt: skip
        assert word in page, word
    assert [f"{vendor:04X}&{product:04X}" for vendor, product in BRIDGES
            if f"VID_{vendor:04X}" not in page or f"PID_{product:04X}" not in page] == []  # fmt: skip
    assert "https://air.example.org" in page
    assert "air.example.org/data" not in page.partition("it-title")[2].partition("<script")[0]


def test_the_policy_opens_our_boards_to_one_origin_alone() -> None:
    """A list with one entry, of ids in decimal, as browsers read it."""
    (entry,) = json.loads(allowed("https://air.example.org"))

    assert entry["urls"] == ["https://air.example.org"]
    assert {"vendor_id": 0x303A} in entry["devices"]
    assert {"vendor_id": 0x10C4, "product_id": 0xEA60} in entry["devices"]
    assert len(entry["devices"]) == 1 + len(BRIDGES)
    assert all(device.get("product_id") for device in entry["devices"] if device["vendor_id"] != 0x303A)


def test_the_browser_s_window_shows_every_board_that_the_cable_s_command_knows(
    room: Any, browse: Callable[..., Any]
) -> None:
    """By the same table: a board that `girouette flash` finds is not missing from the list that somebody sees."""
    page = browse(room.app())("/fr/atelier").text
    told = json.loads(re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', page, re.DOTALL)[0])

    assert told["usb"] == list(VENDORS)
    assert {vendor for vendor, _ in BRIDGES} < set(told["usb"])
