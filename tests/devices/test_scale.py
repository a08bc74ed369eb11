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


def report(board: Path, time_s: int, *, ok: bool = True) -> None:
    """A report of `girouette bench board`."""
    board.mkdir(parents=True, exist_ok=True)
    steps = {"who": {"ok": True}, "sensors": {"ok": ok}}
    (board / f"{time_s}.json").write_text(json.dumps({"girouette": "1", "time_s": time_s, "steps": steps}))


def test_no_recipe_of_the_package_claims_more_than_its_evidence() -> None:
    """The loader refuses it; none has been seen on a real board so far."""
    assert all(r.scale == earned(r.folder) for r in load_recipes().values())
    assert all(r.seen == len(boards_seen(r.folder)) for r in load_recipes().values())


def test_silver_is_a_week_on_one_board(tmp_path: Path) -> None:
    """Two reports a week apart are; a week less a second, two boards, and a step that failed are not."""
    board, other = tmp_path / "evidence/one", tmp_path / "evidence/two"
    report(board, 1_800_000_000)
    assert (earned(tmp_path), ran_for_a_week(board)) == ("bronze", False)
    report(board, 1_800_000_000 + WEEK_S - 1)
    report(other, 1_800_000_000 + WEEK_S)
    report(board, 1_800_000_001 + WEEK_S, ok=False)
    assert earned(tmp_path) == "bronze"
    assert boards_seen(tmp_path) == [board, other]
    report(board, 1_800_000_000 + WEEK_S)
    assert earned(tmp_path) == "silver"


def test_gold_is_silver_with_a_calibration(tmp_path: Path) -> None:
    """A calibration alone is worth nothing, and one that leaves out its result is refused."""
    file = tmp_path / "evidence/calibration.toml"
    assert not calibrated(file)
    report(tmp_path / "evidence/one", 0)
    file.write_text(CALIBRATION, encoding="utf-8")
    assert earned(tmp_path) == "bronze"
    report(tmp_path / "evidence/one", WEEK_S)
    assert earned(tmp_path) == SCALE[-1]
    file.write_text(CALIBRATION.replace("slope = 0.94\n", ""), encoding="utf-8")
    with pytest.raises(RecipeError, match="slope is missing"):
        earned(tmp_path)


@pytest.mark.parametrize("scale", SCALE[1:])
def test_a_recipe_that_claims_more_is_refused(own_recipe: Callable[..., Path], scale: str) -> None:
    """The sentence says what it is worth, and what to add."""
    folder = own_recipe(("period_s = 60", f'period_s = 60\nscale = "{scale}"'))

    with pytest.raises(RecipeError, match=f"scale is {scale}, but what lies in evidence/ is worth bronze only"):
        read_recipe(folder, load_quantities())
    report(folder / "evidence/one", 0)
    report(folder / "evidence/one", WEEK_S)
    (folder / "evidence/calibration.toml").write_text(CALIBRATION, encoding="utf-8")
    found = read_recipe(folder, load_quantities())
    assert (found.scale, found.seen) == (scale, 1)
