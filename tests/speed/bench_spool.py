"""What waits on a board's flash: how much fits, how fast it goes in and out, how the flash wears; and a day in which everything fails.

    python tests/speed/bench_spool.py

On the interpreter's real littlefs, with the flash of an ESP32 of 4 MiB (512 blocks for files, 64 of them taken), at one sample a
minute and the longest values that each channel's quantity admits:

    recipes      bytes a sample on flash, and the hours that 512 KiB hold at the least
    wear         erases a day, and the years in which the block that is erased most has 100,000: always online; without a
                 gateway for ever, each sample written alone; restarted each minute without a gateway
    throughput   samples a second in and out on this machine (an ESP32 is some twenty times slower)
    cuts         operations of the flash at which the power was cut, and boots that were not as they must be
    day          what became of the samples of 24 simulated hours (tests/devices/days.py)

Prints one JSON object.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), *(str(ROOT / "tests" / room) for room in ("", "devices", "devices/firmware"))]

from cuts import swept_together  # noqa: E402
from days import live, make_plan  # noqa: E402
from test_power_cuts import SCENARIOS, play  # noqa: E402
from waiting import (  # noqa: E402
    DRAIN,
    FILL,
    MINUTES_A_DAY,
    OFFLINE,
    ONLINE,
    RESTARTS,
    on_flash,
    twelve_widest,
    waiting,
    years,
)

from devices.recipe import load_recipes  # noqa: E402

REGIMES = {
    "online": (ONLINE, 64_000, {}),
    "no_gateway": (OFFLINE, 4 * MINUTES_A_DAY, {"at_once": 1}),
    "restarted_each_minute": (RESTARTS, MINUTES_A_DAY, {}),
}


def main() -> None:
    """Measure, and print one JSON object."""
    recipes = load_recipes()
    widest, air = twelve_widest(recipes), waiting([recipes["air"]])
    samples = {"twelve_widest": widest, **{slug: waiting([recipe]) for slug, recipe in recipes.items()}}
    filled = {slug: measured(FILL, **sample) for slug, sample in samples.items()}
    told = {
        "recipes": {
            slug: {"bytes": round(found["bytes"], 1), "hours": found["least"] // 60} for slug, found in filled.items()
        },
        "wear": {name: wear(code, count, **widest, **more) for name, (code, count, more) in REGIMES.items()},
        "throughput": {
            "append_per_s": filled["air"]["appends_per_s"],
            "drain_per_s": measured(DRAIN, samples=2880, **air)["samples_per_s"],
        },
        "cuts": swept_together(play, SCENARIOS),
        "day": day(),
    }
    sys.stdout.write(json.dumps(told, indent=1) + "\n")


def measured(code: str, **given: Any) -> dict[str, Any]:
    """Run a piece on an empty flash."""
    with tempfile.TemporaryDirectory() as folder:
        return on_flash(code, Path(folder), **given)


def wear(code: str, samples: int, **given: Any) -> dict[str, float]:
    """Erases a day at one sample a minute, and years until a block has had its due."""
    worn = measured(code, samples=samples, **given)
    return {
        "erases_a_day": round(worn["erases"] / samples * MINUTES_A_DAY, 1),
        "years": round(years(worn, samples), 1),
    }


def day() -> dict[str, float]:
    """A day of outages and power cuts."""
    with tempfile.TemporaryDirectory() as folder:
        return live(make_plan(1, hours=24), Path(folder)).figures()


if __name__ == "__main__":
    main()
