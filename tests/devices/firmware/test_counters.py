"""What counts or looks at a contact: passages, movement, electricity, each against its model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from watching import watch


@pytest.mark.slow
def test_passages_are_a_total_that_only_grows(tmp_path: Path) -> None:
    """720 an hour for 64 s are twelve, however often one reads; then nobody passes, and the total stays."""
    read = watch(
        tmp_path, "passages", "passage_counter", [{"passages": 720.0}] * 64 + [{"passages": 0.0}] * 26, period=10
    )

    totals = [found["passages"] for found, _ in read]
    assert totals == sorted(totals)
    assert totals[-1] == totals[-2] == 12
    assert all(fault is None for _, fault in read)


def test_two_closures_of_a_tube_are_one_bicycle(tmp_path: Path) -> None:
    """With `closures = 2` a passage counts once its second wheel is over."""
    [(found, _)] = watch(tmp_path, "passages", "passage_counter", [{"passages": 3600.0}] * 21, period=21, closures=2)

    assert found["passages"] in {9, 10}


@pytest.mark.slow
def test_closures_within_the_quiet_time_are_one_passage(tmp_path: Path) -> None:
    """Ten closures a second, and 300 ms in which nothing counts after one: three a second at the most."""
    [(found, _)] = watch(tmp_path, "passages", "passage_counter", [{"passages": 36000.0}] * 30, period=30)

    assert 70 <= found["passages"] <= 100


@pytest.mark.slow
def test_a_barrier_that_something_stands_in_is_stuck(tmp_path: Path) -> None:
    """After two minutes, not before, since a queue stands too; when it is free the total goes on."""
    standing, free = {"passages": 0.0, "fault": "stands"}, {"passages": 0.0, "fault": "none"}

    read = watch(tmp_path, "passages", "passage_counter", [standing] * 180 + [free] * 60, period=60)

    assert read[0] == ({"passages": 0}, None)
    assert read[2] == ({}, "stuck")
    assert read[3] == ({"passages": 0}, None)


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.0, 40.0, 100.0])
def test_movement_is_a_share_of_the_time(tmp_path: Path, share: float) -> None:
    """After the minute in which the sensor warms up and fires by itself, of which nothing is told."""
    read = watch(tmp_path, "presence", "pir", [{"movement": share}] * 160, period=40)

    assert read[0] == ({}, None)
    assert read[2] == read[3] == ({"movement": pytest.approx(share, abs=5.0)}, None)


@pytest.mark.slow
def test_unbroken_movement_for_half_an_hour_is_a_wire_that_came_off(tmp_path: Path) -> None:
    """The pin is pulled up: without the sensor it is high for ever. Back again, its share comes again."""
    gone, back = {"movement": 20.0, "fault": "stuck"}, {"movement": 20.0, "fault": "none"}

    read = watch(tmp_path, "presence", "pir", [gone] * 2000 + [back] * 200, period=100)

    assert read[10] == ({"movement": 100.0}, None)
    assert read[19] == ({}, "stuck")
    assert read[21] == ({"movement": pytest.approx(20.0, abs=5.0)}, None)


def power(watts: float, **more: Any) -> dict[str, Any]:
    """What the meter's consumers take."""
    return {"power": watts, **more}


@pytest.mark.slow
@pytest.mark.parametrize("watts", [60.0, 900.0, 9000.0])
def test_power_is_that_between_two_pulses(tmp_path: Path, watts: float) -> None:
    """At 60 W a pulse comes each minute: its power is right all the same, within a percent."""
    read = watch(tmp_path, "electricity", "pulse_meter", [power(watts)] * 300, period=60)

    found, fault = read[-1]
    assert fault is None
    assert found["power"] == pytest.approx(watts, rel=0.01)
    assert found["energy"] == pytest.approx(watts * 300 / 3600000, abs=0.0011)


@pytest.mark.slow
def test_power_falls_when_no_pulse_comes(tmp_path: Path) -> None:
    """One pulse in the time since the last would be the most there can be: 60 s after it 60 W, 600 s after it 6 W."""
    read = watch(tmp_path, "electricity", "pulse_meter", [power(3600.0)] * 60 + [power(0.0)] * 600, period=60)

    powers = [found["power"] for found, _ in read]
    assert powers[0] == pytest.approx(3600.0, rel=0.01)
    assert powers[1:] == sorted(powers[1:], reverse=True)
    assert powers[-1] == pytest.approx(6.0, rel=0.02)
    assert read[-1][0]["energy"] == read[1][0]["energy"]


def test_nothing_is_said_of_power_before_the_second_pulse(tmp_path: Path) -> None:
    """A single pulse has no distance; energy is there from the first."""
    read = watch(tmp_path, "electricity", "pulse_meter", [power(60.0)] * 80, period=80)

    assert read == [({"energy": pytest.approx(0.001)}, None)]


@pytest.mark.slow
def test_the_plate_of_the_meter_says_what_a_pulse_is(tmp_path: Path) -> None:
    """At 500 pulses a kWh each is twice as much, in energy and in power."""
    [(found, _)] = watch(tmp_path, "electricity", "pulse_meter", [power(3600.0)] * 60, period=60, pulses_a_kwh=500)

    assert found["power"] == pytest.approx(7200.0, rel=0.01)
    assert found["energy"] == pytest.approx(0.12, abs=0.005)


@pytest.mark.slow
def test_an_output_that_stays_closed_is_stuck(tmp_path: Path) -> None:
    """A pulse lasts a fraction of a second: one of more than ten seconds is a swapped wire."""
    closed, fine = power(100.0, fault="hangs"), power(100.0, fault="none")

    read = watch(tmp_path, "electricity", "pulse_meter", [closed] * 40 + [fine] * 20, period=20)

    assert read[1] == ({}, "stuck")
    assert read[2][1] is None
