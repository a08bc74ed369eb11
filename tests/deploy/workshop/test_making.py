"""Boards made for the atelier, on a real registry."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from wholes import whole

from api.atelier.port import Point, WorkshopError
from deploy.settings import Settings
from deploy.workshop.making import Maker, check_chip, pieces
from devices.flash.micropython import read_whole
from devices.recipe import load_recipes
from gateway.registry import Registry

NOW_S = 1_795_615_200


@pytest.fixture
def maker(tmp_path: Path) -> Iterator[Maker]:
    """A maker of the test's own."""
    registry = Registry(f"sqlite:{tmp_path / 'room.sqlite'}")
    told = Settings(
        store=f"sqlite:{tmp_path / 'room.sqlite'}", board_broker="mqtt://192.0.2.9", public_url="https://a.example"
    )
    yield Maker(told, registry, load_recipes())
    registry.close()


def test_a_chip_of_another_board_is_refused() -> None:
    """With the name of the board that was chosen, and what it would want."""
    check_chip("ESP32-D0WD-V3", "esp32")
    with pytest.raises(WorkshopError, match="ESP32-C6-DevKitC-1"):
        check_chip("ESP32-C61", "c6")


def test_a_demonstration_gets_no_real_board(maker: Maker) -> None:
    """Its page says that all is simulated: a real board goes to a pilot that is none, and there is one afterwards."""
    demo = maker.registry.add_pilot("demo", "Demo", demo=True)
    recipes = [load_recipes()["climate"]]

    first = maker.enrol(recipes, name=None, at=None, expires_s=NOW_S + 60, now_s=NOW_S)
    second = maker.enrol(recipes, name=None, at=Point("Mairie", 48.1, -1.6), expires_s=NOW_S + 60, now_s=NOW_S)
    third = maker.enrol(recipes, name=None, at=None, expires_s=NOW_S + 60, now_s=NOW_S)

    at = {row.id: row for row in maker.registry.places()}
    stand = [at[i.place_id] for i in maker.registry.installations()]
    assert [d.id for d in (first, second, third)] == ["climate-1", "climate-2", "climate-3"]
    assert demo.id not in {place.pilot_id for place in stand}
    assert [(p.name, p.lat, p.lon) for p in stand] == [
        ("Atelier (climate-1)", 0.0, 0.0), ("Mairie", 48.1, -1.6), ("Atelier (climate-3)", 48.1, -1.6),
    ]  # fmt: skip


def test_what_is_tried_beforehand_is_as_long_as_it_could_be(maker: Maker) -> None:
    """Where a stand-in of full length has room, every device has."""
    recipes = maker.chosen(["air", "noise"], "c6")
    made = maker.enrol(recipes, name="a" * 32, at=None, expires_s=NOW_S + 60, now_s=NOW_S)

    tried, real = maker.image(recipes, "c6"), maker.image(recipes, "c6", made)

    assert tried.files == real.files
    assert len(tried.settings["identity"]) >= len(real.settings["identity"])
    assert json.loads(real.settings["identity"])["page"] == f"https://a.example/d/{made.link}"
    made_of = pieces(read_whole(whole("c6"), "c6.bin"), real, 4 << 20)
    assert [piece.name for piece in made_of if piece.secret] == ["nvs"]
