"""What is found of known faults, and how it is counted."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from deploy.bench.counting import counted
from deploy.bench.faults import watched
from deploy.bench.folder import Fault, Series, load
from deploy.bench.making import make
from deploy.cli import run
from devices.quantity import package_quantities
from devices.recipe import package_recipes

NOON = 1_777_636_800
DAY_S = 86_400


def series(name: str, value: list[float] | None = None, *, days: int = 4) -> Series:
    """A series with a reading a minute."""
    count = days * 1440 if value is None else len(value)
    values = np.zeros(count) if value is None else np.array(value)
    return Series(name, "temperature", 60.0, "air", (48.0, 0.0), NOON + 60 * np.arange(count), values)


@pytest.mark.parametrize("counts", [(0,), (0, 0), (1,), (0, 1), (2, 40)])
def test_short_and_empty_series_are_taken(counts: tuple[int, ...]) -> None:
    """Nothing is seen of them."""
    some = [series(f"s{n}", [20.0] * count) for n, count in enumerate(counts)]

    outcome = watched(some, package_quantities(), {})

    assert len(outcome.flags) == sum(counts)
    assert not len(outcome.events)


def test_a_flag_has_the_time_at_which_its_reading_came() -> None:
    """Where a clock was an hour behind that is not its stamp; a stamp before 1970 is one, too."""
    one, other = series("a", [20.0] * 200), series("b", [20.0] * 200)
    behind = one.time_s.copy()
    behind[100:130] -= 3600

    outcome = watched([replace(one, time_s=behind), replace(other, time_s=other.time_s - 2_000_000_000)], {}, {})

    assert set(outcome.flags["came_s"][outcome.flags["series"] == 0].tolist()) <= set(one.time_s.tolist())
    assert outcome.flags["came_s"][outcome.flags["series"] == 1].max() == other.time_s[-1] - 2_000_000_000


def write(folder: Path, some: list[Series]) -> None:
    """A folder in which the first series is stuck from its 600th reading on."""
    (folder / "series").mkdir()
    rows = [
        {"id": s.name, "quantity": "magic", "period_s": 60, "recipe": "none", "place": [48.0, n]}
        for n, s in enumerate(some)
    ]
    faults = [{"id": "a", "kind": "stuck", "start": str(np.datetime64(NOON + 36_000, "s")), "end": None}]
    for name, told in (("series", rows), ("faults", faults)):
        (folder / f"{name}.json").write_text(json.dumps(told), encoding="utf-8")
    for one in some:
        lines = [f"{np.datetime64(int(t), 's')}Z,{v}" for t, v in zip(one.time_s, one.value, strict=True)]
        (folder / "series" / f"{one.name}.csv").write_text("\n".join(["time,value", *lines]), encoding="utf-8")


@pytest.mark.slow
def test_the_command_says_what_was_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From a folder of somebody else's, of a quantity that nobody knows: its JSON has the share that was found."""
    chance = np.random.default_rng(2)
    values = [(20 + chance.standard_normal(720)).round(2) for _ in range(2)]
    values[0][600:] = values[0][600]
    write(tmp_path, [series("a", values[0].tolist()), series("b", values[1].tolist())])

    assert run(["bench", "faults", str(tmp_path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["found_share"] == 1.0
    assert told["by_kind"]["stuck"]["median_delay_s"] <= 1800
    assert run(["bench", "faults"]) == 2
    assert run(["bench", "faults", str(tmp_path / "none")]) == 1


@pytest.mark.slow
def test_nothing_is_seen_of_a_good_series() -> None:
    """A day of plain noise has no flag of 3 and no event."""
    chance = np.random.default_rng(1)
    quiet = series("a", (15 + 0.05 * chance.standard_normal(1440)).round(2).tolist())

    outcome = watched([quiet], package_quantities(), {})

    assert (outcome.flags["flag"] < 3).all()
    assert not len(outcome.events)


def test_rows_that_come_twice_change_nothing() -> None:
    """Two hours of rows that are sent again leave flags and events as they are."""
    chance = np.random.default_rng(6)
    once, *others = (series(name, (15 + 0.05 * chance.standard_normal(500)).round(2).tolist()) for name in "abc")
    again = np.concatenate([np.arange(400), np.arange(280, 400), np.arange(400, 500)])
    twice = replace(once, time_s=once.time_s[again], value=once.value[again])

    plain, sent_again = (watched([some, *others], {}, {}) for some in (once, twice))
    np.testing.assert_array_equal(plain.flags, sent_again.flags)
    np.testing.assert_array_equal(plain.events, sent_again.events)


PERIODS_S = {"dropout": (60, 120, 300), "stuck": (60, 120, 300), "offset": (60, 120, 300, 600, 900, 1800)}
"""For each kind the periods at which docs/numerics.md says that it is found within half an hour."""


def by_period() -> tuple[list[Series], list[Fault]]:
    """Four places for each kind and period of PERIODS_S, each with one fault of 6 h after four days."""
    chance, some, faults = np.random.default_rng(11), [], []
    for kind, period_s, n in [(kind, p, n) for kind, periods in PERIODS_S.items() for p in periods for n in range(4)]:
        time_s = np.arange(NOON + int(chance.integers(period_s)), NOON + 11 * DAY_S // 2, period_s)
        value = 15 + 5 * np.sin(2 * np.pi * time_s / DAY_S) + 0.1 * chance.standard_normal(len(time_s))
        start_s = NOON + 4 * DAY_S + n * 26_000 + int(chance.integers(3600))
        inside = (time_s >= start_s) & (time_s < start_s + 6 * 3600)
        if kind == "stuck":
            value[inside] = value[~inside & (time_s < start_s)][-1]
        value[inside] += 4 * (kind == "offset")
        kept, name = ~inside | (kind != "dropout"), f"{kind}-{period_s}-{n}"
        where = (48.0, 0.003 * n)
        some.append(Series(name, name[:-2], float(period_s), "", where, time_s[kept], value[kept].round(2)))
        faults.append(Fault(name, kind, start_s, start_s + 6 * 3600))
    return some, faults


@pytest.mark.slow
def test_what_is_found_within_half_an_hour_at_which_period() -> None:
    """All that docs/numerics.md says is: nothing is longer than that, whenever a fault begins between two readings."""
    some, faults = by_period()

    outcome = counted(watched(some, {}, {}), some, faults)

    assert outcome.found == {kind: (4 * len(periods), 4 * len(periods)) for kind, periods in PERIODS_S.items()}


@pytest.mark.slow
def test_the_targets_are_met_on_a_town_that_nobody_tuned_for(tmp_path: Path) -> None:
    """Two weeks of seed 41: 95 % of the faults are found, one false alarm a sensor and month at most, stuck within an hour."""
    quantities, recipes = package_quantities(), package_recipes()
    make(tmp_path / "town", 41, recipes, quantities=quantities, days=14)
    some, faults = load(tmp_path / "town")

    outcome = counted(watched(some, quantities, recipes), some, faults)

    assert outcome.share >= 0.95
    assert outcome.alarms <= 1
    assert outcome.flags <= 10
    assert [one for one in outcome.stuck if one.unseen or not (one.worst_delay_s or 0) < 3600] == []
