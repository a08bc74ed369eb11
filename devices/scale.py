"""How well a recipe is proven: bronze, silver or gold, by what lies in its folder `evidence/`.

bronze   simulated and documented: every recipe, since its tests say so
silver   run on a board for a week: `evidence/<board>/*.json`, reports of `girouette bench board` of one board with this recipe
         on a real chip, each step of each in order; two of them a week apart at least, and the board ran all that time: the later
         one says that it has been up for a week, or the diaries in the reports name each of its starts in between
gold     silver, and calibrated against a reference: `evidence/calibration.toml`
"""

from __future__ import annotations

import json
from collections.abc import Container, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

from devices.refusal import RecipeError
from devices.table import read_table

SCALE = ("bronze", "silver", "gold")
WEEK_S = 7 * 86_400
EVIDENCE, CALIBRATION = "evidence", "calibration.toml"
CHIP = "esp32"
"""How MicroPython calls the platform of every ESP32, whatever its letters."""


def earned(folder: Path) -> str:
    """What the evidence in a recipe's folder is worth. Raises RecipeError for a calibration that does not say what it must."""
    if not any(ran_for_a_week(board, folder.name) for board in boards_seen(folder)):
        return SCALE[0]
    return SCALE[2] if calibrated(folder / EVIDENCE / CALIBRATION) else SCALE[1]


def boards_seen(folder: Path) -> list[Path]:
    """The folders of the real boards on which a recipe was seen, one a board."""
    return sorted(f for f in (folder / EVIDENCE).glob("*") if f.is_dir() and reports_of(f, folder.name))


def reports_of(board: Path, slug: str) -> list[Mapping[str, Any]]:
    """A board's reports that are of this recipe and of a real chip, in the order of their times."""
    reports = [json.loads(file.read_text(encoding="utf-8")) for file in board.glob("*.json")]
    return sorted((r for r in reports if of_a_chip(r["steps"].get("who", {}), slug)), key=lambda r: r["time_s"])


def of_a_chip(who: Mapping[str, Any], slug: str) -> bool:
    """Is this a chip of Espressif's with this recipe, alone or beside others? A virtual board says on which system it runs."""
    return who.get("platform") == CHIP and slug in str(who.get("recipe")).split("+")


def ran_for_a_week(board: Path, slug: str) -> bool:
    """Did this board run the recipe for a week, every step of its first and its last report in order?"""
    reports = reports_of(board, slug)
    starts = {boot for r in reports for boot, _cause in r["steps"]["who"].get("starts", ())}
    whole = [r for r in reports if all(step["ok"] for step in r["steps"].values())]
    return any(week_between(first, last, starts) for first, last in combinations(whole, 2))


def week_between(first: Mapping[str, Any], last: Mapping[str, Any], starts: Container[int]) -> bool:
    """Are these two reports of one board that ran for a week between them, up all the time or with every start known?"""
    before, after = first["steps"]["who"], last["steps"]["who"]
    same = all(before.get(key) == after.get(key) is not None for key in ("device", "machine"))
    counted = isinstance(before.get("boot"), int) and isinstance(after.get("boot"), int)
    if not same or not counted or last["time_s"] - first["time_s"] < WEEK_S:
        return False
    known = before["boot"] <= after["boot"] and all(n in starts for n in range(before["boot"] + 1, after["boot"] + 1))
    return known or after.get("uptime_s", 0) >= WEEK_S


def calibrated(file: Path) -> bool:
    """Is there a calibration, and does it say against what, where, when and with which result?"""
    if not file.exists():
        return False
    row = read_table(file, str(file), RecipeError)
    for key in ("reference", "place", "from", "to"):
        row.text(key)
    for key in ("slope", "offset", "spread"):
        row.number(key)
    row.close()
    return True
