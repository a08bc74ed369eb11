"""What is found of known faults, and how it is counted."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from deploy.bench.faults import Outcome, Seen, arrivals, counted, watched
from deploy.bench.folder import Fault, Series
from deploy.cli import run
from devices.quantity import package_quantities
from gateway.numerics.watch import EVENT

NOON = 1_777_636_800
DAY_S = 86_400


def series(name: str, value: list[float] | None = None, *, days: int = 4) -> Series:
    """A series with a reading a minute."""
    count = days * 1440 if value is None else len(value)
    values = np.zeros(count) if value is None else np.array(value)
    return Series(name, "temperature", 60.0, "air", (48.0, 0.0), NOON + 60 * np.arange(count), values)


def seen(flagged: list[tuple[int, int]], told: list[tuple[int, int]], count: int = 4 * 1440) -> Seen:
    """Flags of 3 at (series, time_s) among good readings of two series, and events told then."""
    rows = np.zeros(2 * count, [("series", "i8"), ("time_s", "i8"), ("flag", "u1")])
    rows["series"], rows["flag"] = np.repeat([0, 1], count), 1
    rows["time_s"] = NOON + 60 * np.tile(np.arange(count), 2)
    for number, time_s in flagged:
        rows["flag"][(rows["series"] == number) & (rows["time_s"] == time_s)] = 3
    return Seen(rows, np.array([(n, t - 300, t, 0, 1, 1.0, 0.5, 0, 0) for n, t in told], EVENT))


TWO = [series("a"), series("b")]


def test_a_fault_is_found_by_a_flag_or_an_event_in_time() -> None:
    """Half an hour counts, a minute more does not, but for a drift, which has a day."""
    faults = [Fault("a", "stuck", NOON + 7200, NOON + 10_800), Fault("a", "drift", NOON + DAY_S, NOON + 2 * DAY_S)]
    in_time = counted(seen([(0, NOON + 7200 + 1800)], [(0, NOON + 2 * DAY_S)]), TWO, faults)
    late = counted(seen([(0, NOON + 7200 + 1860)], []), TWO, faults)

    assert in_time.found == {"stuck": (1, 1), "drift": (1, 1)}
    assert in_time.delays_s == {"stuck": [1800], "drift": [DAY_S]}
    assert late.found == {"stuck": (0, 1), "drift": (0, 1)}
    assert in_time.false_alarms == late.false_alarms == 0


def test_what_is_seen_outside_of_faults_is_false() -> None:
    """An hour after a fault still belongs to it; other series and other times do not; a real event counts neither way."""
    faults = [Fault("a", "stuck", NOON, NOON + 3600), Fault("b", "event", NOON + DAY_S, NOON + DAY_S + 3600)]
    told = [(0, NOON + 7200), (0, NOON + 7260), (1, NOON + 600), (1, NOON + DAY_S + 600)]

    outcome = counted(seen([(1, NOON + 300)], told), TWO, faults)

    assert outcome.false_alarms == 2
    assert outcome.false_flags == 1
    assert outcome.found == {"stuck": (0, 1)}


def test_the_figures_have_the_names_that_scripts_read() -> None:
    """What was counted is told as shares and rates."""
    outcome = Outcome({"stuck": (1, 2)}, {"stuck": [60]}, 3, 6.0, 5, 10_000)

    told = outcome.told()

    assert {key: told[key] for key in ("found_share", "false_alarms_per_sensor_month", "false_flags_per_10000", "median_delay_s")} == {
        "found_share": 0.5, "false_alarms_per_sensor_month": 0.5, "false_flags_per_10000": 5.0, "median_delay_s": 60.0,
    }  # fmt: skip
    assert told["by_kind"] == {"stuck": {"found": 1, "count": 2, "share": 0.5, "median_delay_s": 60.0}}
    assert Outcome({}, {}, 0, 0.0, 0, 0).told()["median_delay_s"] is None


def test_a_clock_that_was_wrong_does_not_delay_what_came() -> None:
    """Rows of a clock that ran ahead, or behind, came when the rows around them say."""
    right = np.arange(0, 3000, 60)
    for wrong_s in (7200, -7200):
        times = right.copy()
        times[20:30] += wrong_s

        assert arrivals(times, 60).tolist() == right.tolist()


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
