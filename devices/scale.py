"""How well a recipe is proven: bronze, silver or gold, by what lies in its folder `evidence/`.

bronze   simulated and documented: every recipe, since its tests say so
silver   run on a board for a week: `evidence/<board>/*.json`, reports of `girouette bench board` of one board, the first and
         the last a week apart at least, each step of each in order
gold     silver, and calibrated against a reference: `evidence/calibration.toml`
"""

from __future__ import annotations

import json
from pathlib import Path

from devices.refusal import RecipeError
from devices.table import read_table

SCALE = ("bronze", "silver", "gold")
WEEK_S = 7 * 86_400
EVIDENCE, CALIBRATION = "evidence", "calibration.toml"


def earned(folder: Path) -> str:
    """What the evidence in a recipe's folder is worth. Raises RecipeError for a calibration that does not say what it must."""
    if not any(ran_for_a_week(board) for board in boards_seen(folder)):
        return SCALE[0]
    return SCALE[2] if calibrated(folder / EVIDENCE / CALIBRATION) else SCALE[1]


def boards_seen(folder: Path) -> list[Path]:
    """The folders of the real boards on which a recipe was seen, one a board."""
    return sorted(f for f in (folder / EVIDENCE).glob("*") if f.is_dir() and any(f.glob("*.json")))


def ran_for_a_week(board: Path) -> bool:
    """Do a board's reports reach over a week, every step of each in order?"""
    reports = [json.loads(file.read_text(encoding="utf-8")) for file in board.glob("*.json")]
    times = [r["time_s"] for r in reports if r["steps"] and all(step["ok"] for step in r["steps"].values())]
    return len(times) > 1 and max(times) - min(times) >= WEEK_S


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
