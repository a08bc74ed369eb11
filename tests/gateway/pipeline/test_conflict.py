"""A conflict is quarantined as what the board that stood there would have said."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from devices.reading import topic_of
from gateway.conflict import conflicts
from gateway.numerics.columns import Columns, no_columns

AT_S = 1_795_615_200


def one(series: int, time_s: int, value: float) -> Columns:
    """One reading."""
    return Columns(np.array([series]), np.array([time_s]), np.array([value]))


def test_it_can_be_admitted_again_as_it_stands(town: Any) -> None:
    """Device, channel, unit, second and value, under the device's topic."""
    series = next(s.id for s in town.registry.series() if s.place_id == 2 and s.channel == "wind_direction")
    [told] = conflicts(town.directory, one(series, AT_S, 271.5), AT_S + 5)

    assert (told.code, told.device, told.ep, told.sq, told.time_s) == ("conflict", "air-1", -1, -1, AT_S + 5)
    assert told.topic == f"{topic_of('air-1')}/obs"
    assert json.loads(told.payload) == [{"bn": "air-1/", "bt": AT_S, "n": "wind_direction", "u": "deg", "v": 271.5}]


def test_it_is_told_of_the_device_that_stood_there_then(town: Any) -> None:
    """After a board was replaced, an old second belongs to the old board."""
    town.registry.retire("air-0", at_s=AT_S)
    town.registry.move("air-1", 1, at_s=AT_S)

    devices = [conflicts(town.directory, one(1, time_s, 20.0), AT_S)[0].device for time_s in (AT_S - 1, AT_S)]
    assert devices == ["air-0", "air-1"]


def test_a_series_that_nobody_fills_is_named_by_its_number(town: Any) -> None:
    """Nothing is lost because the registry knows no better."""
    [told] = conflicts(town.directory, one(900, AT_S, 1.0), AT_S)

    assert (told.device, json.loads(told.payload)[0]["n"]) == ("", "series-900")


def test_nothing_is_nothing(town: Any) -> None:
    """Without conflicts the registry is not asked."""
    assert conflicts(town.directory, no_columns(), AT_S) == []
