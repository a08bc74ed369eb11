"""What goes wrong in one place is told as an event of its kind, in time, and of that place only."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from gateway.numerics.params import dated_row, params_row
from gateway.numerics.watch import KINDS, Site
from gateway.numerics.watch.events import ALARM, judge, stuck_limit
from gateway.numerics.watch.memory import OF_UNUSUAL, fresh
from gateway.numerics.watch.signs import look
from gateway.numerics.watch.slots import nothing
from tests.gateway.numerics.watch.towns import BEGIN_S, DAY_S, events, everything, rows, town, watcher

DAYS = 4.0
AT = int(3.5 * 1440)
"""The row at which it goes wrong: at noon of the fourth day."""
Values = NDArray[np.float64]


def offset(values: Values) -> None:
    """Two degrees beside."""
    values[AT:, 0] += 2


def stuck(values: Values) -> None:
    """The same value for ever."""
    values[AT:, 0] = values[AT, 0]


def noisy(values: Values) -> None:
    """Ten times the noise."""
    values[AT:, 0] += 0.5 * np.random.default_rng(5).standard_normal(len(values) - AT)


def calm(values: Values) -> None:
    """A tenth of the noise."""
    smooth = np.convolve(values[:, 0], np.ones(61) / 61, "same")
    values[AT:-40, 0] = (smooth[AT:-40] + 0.1 * (values[AT:-40, 0] - smooth[AT:-40])).round(3)


def spike(values: Values) -> None:
    """One reading five degrees off."""
    values[AT, 0] += 5


def told_of(harm: Callable[[Values], None]) -> NDArray[np.void]:
    """The events of a town in which this happens to the first place."""
    values = town(DAYS)
    harm(values)
    return events(everything(watcher(), rows(values)))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("harm", "kind"), [(offset, "jump"), (stuck, "stuck"), (noisy, "grown"), (calm, "gone"), (spike, "spike")]
)
def test_what_goes_wrong_is_told_within_half_an_hour(harm: Callable[[Values], None], kind: str) -> None:
    """It is told as what it is, of the place where it happens, and neighbours saw nothing of it."""
    told = told_of(harm)
    started_s = BEGIN_S + AT * 60

    assert set(told["series"].tolist()) == {0}
    assert kind in {KINDS[row["kind"]] for row in told if started_s <= row["told_s"] <= started_s + 1800}
    assert (told["told_s"] >= started_s).all()


@pytest.mark.slow
def test_a_silence_is_told_while_others_go_on() -> None:
    """Readings that do not come are an event that begins with the last one."""
    values = rows(town(1.5))
    last_s = BEGIN_S + int(1.2 * DAY_S)
    told = events(everything(watcher(), values[(values["series"] != 0) | (values["time_s"] <= last_s)]))

    assert [KINDS[kind] for kind in told["kind"]] == ["silence"]
    assert told["start_s"].tolist() == [last_s]
    assert told["told_s"][0] - last_s <= 900


@pytest.mark.slow
@pytest.mark.parametrize(("before_s", "after_s"), [(1800, 60), (60, 1800)])
def test_another_period_is_no_silence(before_s: int, after_s: int) -> None:
    """What was expected then counts for then: rare readings of the past are none that are missing, nor many too many."""
    change = int(1.5 * 1440)
    values = town(3)
    picked = np.concatenate([np.arange(0, change, before_s // 60), np.arange(change, len(values), after_s // 60)])
    readings = rows(values)[np.isin(np.repeat(np.arange(len(values)), 4), picked)]
    watch = watcher()
    known = np.array([dated_row("mean", [(0, before_s), (BEGIN_S + change * 60, after_s)], {})] * 4)
    watch.know(known, {n: Site("temperature", n, 48.0 + 0.002 * n, -1.68) for n in range(4)})

    told = events(everything(watch, readings))

    assert [KINDS[kind] for kind in told["kind"]] == []


@pytest.mark.slow
def test_weather_that_all_share_is_no_fault() -> None:
    """A front that passes over all places at once is told of no place as its fault."""
    values = town(DAYS)
    values[AT:] -= np.minimum(np.arange(len(values) - AT) / 10, 4)[:, None]

    told = events(everything(watcher(), rows(values)))

    assert not {KINDS[kind] for kind in told["kind"]} & {"jump", "drift", "gone", "grown", "stuck"}


@pytest.mark.slow
def test_a_drift_is_nobody_elses_because_all_warm_up_in_the_morning() -> None:
    """A place that drifts alone is told so: neighbours that follow the day do not agree with it."""
    values = town(DAYS + 2)
    values[AT:, 0] += 2.4 * np.arange(len(values) - AT) / 1440
    told = events(everything(watcher(), rows(values)))
    drifts = told[(told["kind"] == KINDS.index("drift")) & (told["series"] == 0)]

    assert len(drifts) > 0
    assert (drifts["agreeing"] == 0).all()
    assert (drifts["compared"] > 1).all()


@pytest.mark.slow
def test_an_event_ends_when_all_is_well_again() -> None:
    """An offset of two hours is one event of level, which ends within the hour that changes are looked for in."""
    values = town(DAYS)
    values[AT : AT + 120, 0] += 2
    told = events(everything(watcher(), rows(values)))
    ended = told[(told["kind"] == KINDS.index("jump")) & (told["end_s"] > 0)]

    assert len(ended) == 1
    assert abs(int(ended["end_s"][0]) - (BEGIN_S + (AT + 120) * 60)) <= 3600


def test_repetitions_are_judged_by_how_common_they_are() -> None:
    """A series that often repeats itself may do so for longer, and one that nearly always does is not judged."""
    memory = fresh(3)
    memory["counted"], memory["repeats"] = 1000, [0.01, 0.5, 0.95]

    limit = stuck_limit(memory)

    assert limit[0] < limit[1] < np.inf
    assert np.isinf(limit[2])


def test_a_high_score_is_an_event_by_itself() -> None:
    """What the detector finds very unusual is told even where no sign shows, and a lower score is not."""
    memory, near = fresh(2), np.full((2, 8), -1)
    known, slot = np.array([params_row("mean", 60, {})] * 2), nothing(2, np.zeros(2))
    seen = look(memory, known, near, slot, BEGIN_S)

    fired = judge(memory, known, near, seen=seen, slot=slot, end_s=BEGIN_S, alarm=np.array([ALARM, ALARM - 0.01]))

    assert fired.fires[:, OF_UNUSUAL].tolist() == [True, False]
    assert fired.fires.sum() == 1
