"""How well a recipe is proven: by its evidence and by nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from devices.quantity import load_quantities
from devices.recipe import RecipeError, load_recipes, read_recipe
from devices.scale import SCALE, WEEK_S, boards_seen, calibrated, earned, ran_for_a_week

CALIBRATION = """reference = "station of the approved body"
place = "rue de Paris"
from = "2026-09-01"
to = "2026-09-15"
slope = 0.94
offset = 1.2
spread = 2.1
"""


WHO = {
    "ok": True, "platform": "esp32", "machine": "Generic ESP32C6 module with ESP32C6", "device": "air-1", "recipe": "air",
    "boot": 4, "uptime_s": 10, "starts": [],
}  # fmt: skip
NOW_S = 1_800_000_000


def report(board: Path, time_s: int, *, ok: bool = True, **who: object) -> None:
    """A report of `girouette bench board`."""
    board.mkdir(parents=True, exist_ok=True)
    steps = {"who": WHO | who, "sensors": {"ok": ok}}
    (board / f"{time_s}.json").write_text(json.dumps({"girouette": "1", "time_s": time_s, "steps": steps}))


def test_no_recipe_of_the_package_claims_more_than_its_evidence() -> None:
    """The loader refuses it; none has been seen on a real board so far."""
    assert all(r.scale == earned(r.folder) for r in load_recipes().values())
    assert all(r.seen == len(boards_seen(r.folder)) for r in load_recipes().values())


def test_silver_is_a_week_on_one_board(tmp_path: Path) -> None:
    """Two reports a week apart are; a week less a second, two boards, and a step that failed are not."""
    recipe = tmp_path / "air"
    board, other = recipe / "evidence/one", recipe / "evidence/two"
    report(board, NOW_S)
    assert (earned(recipe), ran_for_a_week(board, "air")) == ("bronze", False)
    report(board, NOW_S + WEEK_S - 1, boot=5, uptime_s=WEEK_S)
    report(other, NOW_S + WEEK_S, device="air-2", uptime_s=WEEK_S)
    report(board, NOW_S + WEEK_S + 1, ok=False, boot=5, uptime_s=WEEK_S)
    assert earned(recipe) == "bronze"
    assert boards_seen(recipe) == [board, other]
    report(board, NOW_S + WEEK_S, boot=5, uptime_s=WEEK_S)
    assert earned(recipe) == "silver"


CAUSES = [[5, "hard"], [6, "power-on"], [7, "watchdog"]]


@pytest.mark.parametrize(
    ("second", "worth"),
    [
        ({"uptime_s": WEEK_S}, "silver"),
        ({"uptime_s": WEEK_S - 1}, "bronze"),
        ({"starts": CAUSES}, "silver"),
        ({"starts": CAUSES[1:]}, "bronze"),
        ({"uptime_s": WEEK_S, "recipe": "noise+air"}, "silver"),
        ({"uptime_s": WEEK_S, "recipe": "noise"}, "bronze"),
        ({"uptime_s": WEEK_S, "recipe": None}, "bronze"),
        ({"uptime_s": WEEK_S, "platform": "linux"}, "bronze"),
        ({"uptime_s": WEEK_S, "machine": "Generic ESP32S3 module with ESP32S3"}, "bronze"),
        ({"uptime_s": WEEK_S, "device": "air-2"}, "bronze"),
        ({"uptime_s": WEEK_S, "boot": None}, "bronze"),
        ({"starts": CAUSES, "boot": 3}, "bronze"),
    ],
)
def test_a_week_is_one_of_the_same_board_that_ran(tmp_path: Path, second: dict[str, object], worth: str) -> None:
    """The recipe, the real chip, the machine and the device are the same; it was up all week, or every start in between is listed."""
    recipe = tmp_path / "air"
    report(recipe / "evidence/one", NOW_S)
    report(recipe / "evidence/one", NOW_S + WEEK_S, **{"boot": 7, **second})

    assert earned(recipe) == worth


def test_a_virtual_board_is_no_board_on_which_it_was_seen(tmp_path: Path) -> None:
    """Its report says on which system it runs; one that says nothing about it, as of an older bench, is none either."""
    recipe = tmp_path / "air"
    report(recipe / "evidence/one", NOW_S, platform="linux")
    report(recipe / "evidence/one", NOW_S + WEEK_S, platform=None)

    assert boards_seen(recipe) == []


def test_gold_is_silver_with_a_calibration(tmp_path: Path) -> None:
    """A calibration alone is worth nothing, and one that leaves out its result is refused."""
    recipe = tmp_path / "air"
    file = recipe / "evidence/calibration.toml"
    assert not calibrated(file)
    report(recipe / "evidence/one", 0)
    file.write_text(CALIBRATION, encoding="utf-8")
    assert earned(recipe) == "bronze"
    report(recipe / "evidence/one", WEEK_S, uptime_s=WEEK_S)
    assert earned(recipe) == SCALE[-1]
    file.write_text(CALIBRATION.replace("slope = 0.94\n", ""), encoding="utf-8")
    with pytest.raises(RecipeError, match="slope is missing"):
        earned(recipe)


@pytest.mark.parametrize("scale", SCALE[1:])
def test_a_recipe_that_claims_more_is_refused(own_recipe: Callable[..., Path], scale: str) -> None:
    """The sentence says what it is worth, and what to add."""
    folder = own_recipe(("period_s = 60", f'period_s = 60\nscale = "{scale}"'))

    with pytest.raises(RecipeError, match=f"scale is {scale}, but what lies in evidence/ is worth bronze only"):
        read_recipe(folder, load_quantities())
    report(folder / "evidence/one", 0, recipe=folder.name)
    report(folder / "evidence/one", WEEK_S, recipe=folder.name, uptime_s=WEEK_S)
    (folder / "evidence/calibration.toml").write_text(CALIBRATION, encoding="utf-8")
    found = read_recipe(folder, load_quantities())
    assert (found.scale, found.seen) == (scale, 1)
