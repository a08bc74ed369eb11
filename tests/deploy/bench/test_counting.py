"""What counts as found, and what as a false alarm."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deploy.bench.counting import Outcome, Stuck, counted
from deploy.bench.faults import FLAG, Seen
from deploy.bench.folder import Fault, Series
from gateway.numerics.watch import EVENT

NOON = 1_777_636_800
DAY_S = 86_400


def series(name: str, *, at: float = 0.0, days: int = 4) -> Series:
    """A temperature with a reading a minute."""
    time_s = NOON + 60 * np.arange(days * 1440)
    return Series(name, "temperature", 60.0, "air", (48.0, at), time_s, np.zeros(len(time_s)))


def seen(
    flagged: list[tuple[int, int]], told: list[tuple[int, int]], *, flag: int = 3, end_s: int = 0, count: int = 2
) -> Seen:
    """Flags at (series, time_s) among good readings of some series, and events told then."""
    rows = np.zeros(count * 4 * 1440, FLAG)
    rows["series"], rows["flag"] = np.repeat(np.arange(count), 4 * 1440), 1
    rows["came_s"] = NOON + 60 * np.tile(np.arange(4 * 1440), count)
    for number, time_s in flagged:
        rows["flag"][(rows["series"] == number) & (rows["came_s"] == time_s)] = flag
    return Seen(rows, np.array([(n, t - 300, t, end_s, 1, 1.0, 0.5, 0, 0) for n, t in told], EVENT))


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


def test_a_missing_value_is_no_flag() -> None:
    """A 9 finds nothing, is no false flag, and no reading; a 4 is a flag as a 3 is."""
    faults = [Fault("a", "dropout", NOON + DAY_S, NOON + DAY_S + 7200)]
    at = [(0, NOON + DAY_S + 600), (1, NOON + 600)]
    missing, failed = (counted(seen(at, [], flag=flag), TWO, faults) for flag in (9, 4))

    assert (missing.found["dropout"], missing.false_flags, missing.false_alarms) == ((0, 1), 0, 0)
    assert (failed.found["dropout"], failed.false_flags, failed.false_alarms) == ((1, 1), 1, 1)
    assert failed.clean_readings == missing.clean_readings + 1


def test_a_burst_of_flags_that_no_event_covers_is_a_false_alarm() -> None:
    """Flags an hour apart are one alarm, farther apart two; those within an hour of an event are the event's."""
    alone = [(0, NOON + after_s) for after_s in (0, 3600, 7200, 10_860, DAY_S)]
    quiet = counted(seen(alone, []), TWO, [])
    beside = counted(seen(alone, [(0, NOON + 12_000)], end_s=NOON + 13_000), TWO, [])
    elsewhere = counted(seen(alone, [(1, NOON + 12_000)], end_s=NOON + 13_000), TWO, [])

    assert (quiet.false_events, quiet.false_bursts, quiet.false_alarms) == (0, 3, 3)
    assert (beside.false_events, beside.false_bursts, beside.false_alarms) == (1, 2, 3)
    assert (elsewhere.false_events, elsewhere.false_bursts) == (1, 3)
    assert quiet.told()["false_alarms_per_sensor_month"] == quiet.alarms > 0


def test_flags_that_go_on_after_a_fault_are_counted_apart() -> None:
    """An event that was told in the fault covers them, so they are no alarm of their own, but for who counts strictly."""
    faults = [Fault("a", "offset", NOON, NOON + 7200)]
    flags = [(0, NOON + after_s) for after_s in (60, 7200, 10_860, 12_000)]
    outcome = counted(seen(flags, [(0, NOON + 300)], end_s=NOON + 12_000), TWO, faults)

    assert (outcome.false_alarms, outcome.tail_bursts) == (0, 1)
    assert outcome.told()["false_alarms_per_sensor_month"] == 0
    assert outcome.told()["false_alarms_per_sensor_month_with_tails"] == 1 / outcome.sensor_months


def test_a_real_event_is_its_neighbours_too() -> None:
    """Listed for one of three series it exempts all that are near; how long that is, is told."""
    three = [series("a"), series("b", at=0.001), series("far", at=1.0)]
    faults = [Fault("a", "event", NOON + DAY_S, NOON + DAY_S + 3600)]
    told = [(n, NOON + DAY_S + 600) for n in range(3)]

    outcome = counted(seen([], told, count=3), three, faults)

    assert outcome.false_events == 1
    assert outcome.told()["exempt_hours"] == pytest.approx(4, abs=0.1)
    assert outcome.sensor_months == pytest.approx((12 - 4 / 24) / 30, abs=0.01)


def test_a_gap_is_no_time_without_alarms() -> None:
    """Two days without readings do not count; lost readings do."""
    whole = counted(seen([], []), TWO, [])
    some = np.delete(np.arange(4 * 1440), np.r_[100:2980, 3500, 4000:4002])
    gap = counted(seen([], []), [replace(TWO[0], time_s=TWO[0].time_s[some], value=TWO[0].value[some]), TWO[1]], [])

    assert whole.sensor_months == pytest.approx(8 / 30)
    assert gap.sensor_months == pytest.approx(6 / 30, abs=1e-4)


def test_an_empty_series_has_faults_that_nobody_finds() -> None:
    """No reading, no alarm, no time: the fault is missed."""
    none = Seen(np.empty(0, FLAG), np.empty(0, EVENT))
    empty = replace(TWO[0], time_s=np.empty(0, np.int64), value=np.empty(0))

    outcome = counted(none, [empty], [Fault("a", "dropout", NOON, NOON + 3600)])

    assert outcome.told()["found_share"] == 0
    assert outcome.sensor_months == outcome.alarms == outcome.flags == 0


def test_the_worst_of_stuck_sensors_is_told() -> None:
    """By quantity and period, beyond half an hour too, and how many nothing was said of."""
    faults = [
        Fault(name, "stuck", NOON + at_s, NOON + at_s + 7200) for name, at_s in (("a", 0), ("b", 0), ("a", DAY_S))
    ]
    outcome = counted(seen([(0, NOON + 2400)], [(0, NOON + DAY_S + 300)]), TWO, faults)

    assert outcome.stuck == [Stuck("temperature", 60.0, 3, 1, 2400)]
    assert outcome.found == {"stuck": (1, 3)}


def test_the_figures_have_the_names_that_scripts_read() -> None:
    """What was counted is told as shares and rates."""
    outcome = Outcome(
        {"stuck": (1, 2)}, {"stuck": [60]}, false_events=1, false_bursts=2, sensor_months=6.0, false_flags=5, clean_readings=10_000,
    )  # fmt: skip

    told = outcome.told()

    assert {key: told[key] for key in ("found_share", "false_alarms_per_sensor_month", "false_flags_per_10000", "median_delay_s")} == {
        "found_share": 0.5, "false_alarms_per_sensor_month": 0.5, "false_flags_per_10000": 5.0, "median_delay_s": 60.0,
    }  # fmt: skip
    assert told["by_kind"] == {"stuck": {"found": 1, "count": 2, "share": 0.5, "median_delay_s": 60.0}}
    assert Outcome({}, {}).told()["median_delay_s"] is None
