"""The world of a simulated board: its signals in single precision, its faults in their time, its control file."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest
from on_board import run

CONFIG = {"device": "b1", "sensors": []}
PROBE = """
import time
from world import the_world
result = []
for second in range(given["seconds"]):
    result.append([the_world.value("x"), the_world.offline(), the_world.no_clock(), the_world.silent("bme280")])
    time.sleep_ms(1000)
"""


def probe(directory: Path, faults: list[dict[str, Any]], seconds: int = 10) -> list[list[Any]]:
    """Value, offline, no clock and silence of the bme280, each second."""
    around = {"signals": {"x": {"base": 20.0}}, "faults": faults, "seed": 1}
    read: list[list[Any]] = run(PROBE, directory, {"seconds": seconds}, config=CONFIG, around=around, virtual=True)
    return read


def test_values_are_single_precision(tmp_path: Path) -> None:
    """What a board's sensors meet fits into the four bytes that a board's number has."""
    around = {"signals": {"x": {"base": 20.1}}}

    [[value, *_]] = run(PROBE, tmp_path, {"seconds": 1}, config=CONFIG, around=around, virtual=True)

    assert value == struct.unpack("f", struct.pack("f", 20.1))[0]
    assert value != 20.1


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"kind": "offset", "channel": "x", "size": 5.0}, [20.0] * 3 + [25.0] * 4 + [20.0] * 3),
        ({"kind": "drift", "channel": "x", "per_h": 3600.0}, [20.0] * 3 + [20.0, 21.0, 22.0, 23.0] + [20.0] * 3),
        (
            {"kind": "spike", "channel": "x", "size": 30.0, "every_s": 2.0, "lasts_s": 1.0},
            [20.0] * 3 + [50.0, 20.0, 50.0, 20.0] + [20.0] * 3,
        ),
    ],
)
def test_a_channels_fault_lasts_its_time(tmp_path: Path, fault: dict[str, Any], expected: list[float]) -> None:
    """An offset, a drift and spikes begin `after_s` seconds after power-on and end `for_s` seconds later."""
    read = probe(tmp_path, [{"after_s": 3, "for_s": 4, **fault}])

    assert [value for value, *_ in read] == pytest.approx(expected, abs=0.01)


def test_a_stuck_channel_keeps_its_first_value(tmp_path: Path) -> None:
    """While a channel is stuck it repeats what it had when that began, noise and all; later it moves again."""
    around = {
        "signals": {"x": {"base": 20.0, "noise": 1.0}},
        "faults": [{"kind": "stuck", "channel": "x", "after_s": 3, "for_s": 4}],
        "seed": 1,
    }

    read = run(PROBE, tmp_path, {"seconds": 10}, config=CONFIG, around=around, virtual=True)

    values = [value for value, *_ in read]
    assert len(set(values[3:7])) == 1
    assert len(set(values)) == 7


def test_a_boards_faults_are_told_by_kind(tmp_path: Path) -> None:
    """The network, the time server and one sensor go and come back independently of each other."""
    read = probe(
        tmp_path,
        [
            {"kind": "offline", "after_s": 2, "for_s": 2},
            {"kind": "no-clock", "after_s": 5},
            {"kind": "absent", "sensor": "bme280", "after_s": 7, "for_s": 1},
            {"kind": "absent", "sensor": "pms5003"},
        ],
    )

    assert [second for second, row in enumerate(read) if row[1]] == [2, 3]
    assert [second for second, row in enumerate(read) if row[2]] == [5, 6, 7, 8, 9]
    assert [second for second, row in enumerate(read) if row[3]] == [7]


def test_the_control_file_is_obeyed_while_the_board_runs(tmp_path: Path) -> None:
    """`offline`, `no_clock` and `sampling` are seen when they are written; half a file changes nothing."""
    code = """
import json
import time
from world import the_world

def after(content):
    with open("../control", "w") as file:
        file.write(content)
    time.sleep_ms(500)
    return [the_world.offline(), the_world.no_clock(), the_world.silent("any")]

result = [after(json.dumps(c)) for c in ({}, {"offline": True}, {"no_clock": True}, {"sampling": False})]
result.append(after('{"sampl'))
"""
    read = run(code, tmp_path, config=CONFIG, virtual=True)

    assert read == [
        [False, False, False], [True, False, False], [False, True, False], [False, False, True], [False, False, True],
    ]  # fmt: skip


def test_a_missing_world_is_a_plain_one(tmp_path: Path) -> None:
    """Without signals and faults every quantity is 0 and nothing is wrong, so that any board starts."""
    read = run(PROBE, tmp_path, {"seconds": 1}, config={}, around={}, virtual=True)

    assert json.dumps(read) == "[[0.0, false, false, false]]"
