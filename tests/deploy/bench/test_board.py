"""`girouette bench board` against the virtual board: the real mpremote, the real interpreter, a real broker."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.bench.board import STEPS, examine
from deploy.commands.bench import sentence_of
from deploy.faults import AWAY, DONE, REFUSED, CommandError
from devices.image import Identity, build_image, shard_of
from devices.interpreter import have_micropython
from devices.recipe import load_recipes
from devices.scale import CHIP
from devices.simulate import Surroundings
from devices.virtual.terminal import VirtualBoard

pytestmark = pytest.mark.skipif(not have_micropython(), reason="no MicroPython for this machine")
SECRET = "a-password-that-is-told-nowhere"
WIFI = "the-name-of-a-network"


@pytest.fixture
def board(mosquitto: int, tmp_path: Path) -> Iterator[VirtualBoard]:
    """A board with a sensor, which finds its broker; it samples each second."""
    recipe = load_recipes()["climate"]
    wifi = ({"ssid": WIFI, "password": SECRET},)
    identity = Identity("b1", shard_of("b1"), "b1", SECRET, "127.0.0.1", mosquitto, period_s=1, wifi=wifi)
    with VirtualBoard(
        build_image([recipe], identity), directory=tmp_path, around=Surroundings(signals=recipe.signals)
    ) as running:
        yield running


@pytest.mark.slow
def test_a_board_is_examined_and_its_report_keeps_no_secret(
    board: VirtualBoard, girouette: Callable[..., Any], home: Path
) -> None:
    """Every step finds something; what is written names neither the network nor a password."""
    typed = girouette("bench", "board", "--port", board.port, "--for", "40s", "--report", "banc.json")
    report = (home / "banc.json").read_text()
    steps = json.loads(report)["steps"]

    assert typed.code == DONE, typed.out
    assert list(steps) == [*STEPS, "life"]
    assert all(step["ok"] for step in steps.values())
    assert steps["who"]["version"] == "1.29.0" or steps["who"]["version"].startswith("1.")
    assert (steps["who"]["device"], steps["who"]["recipe"]) == ("b1", "climate")
    assert steps["who"]["platform"] != CHIP, "a virtual board says so"
    assert [steps["who"]["boot"], *steps["who"]["starts"]] == [1, [1, "power-on"]]
    assert steps["who"]["uptime_s"] >= 0
    assert steps["wires"]["buses"] == {"i2c 0": {"answering": [0x76], "expected": [0x76]}}
    assert steps["sensors"]["sensors"][0]["values"].keys() == {"temperature", "humidity", "pressure"}
    assert 0 < steps["life"]["sample_s"] <= steps["life"]["pack_s"]
    assert SECRET not in report
    assert WIFI not in report


@pytest.mark.slow
def test_what_fails_is_told_and_the_rest_goes_on(
    board: VirtualBoard, girouette: Callable[..., Any], tmp_path: Path, home: Path
) -> None:
    """A sensor that is not there is named; the disk and the interpreter are measured all the same."""
    config = json.loads((tmp_path / "flash/config.json").read_text())
    config["sensors"][0]["bus"]["addr"] = 0x77
    (tmp_path / "flash/config.json").write_text(json.dumps(config))
    identity = json.loads((tmp_path / "nvs/girouette/identity").read_text())
    identity["broker"]["port"] = 9
    (tmp_path / "nvs/girouette/identity").write_text(json.dumps(identity))

    typed = girouette("bench", "board", "--port", board.port, "--for", "5s")

    assert typed.code == REFUSED
    assert "Board: " in typed.out
    assert "bme280" in typed.out
    assert "the board does" in typed.out or "does the board know" in typed.out
    assert json.loads((home / "banc.json").read_text())["steps"]["life"]["ok"] is False


def test_nobody_at_the_port_is_a_sentence(tmp_path: Path) -> None:
    """A port that is not there ends the bench at once, with the questions to ask."""
    with pytest.raises(CommandError) as refused:
        examine(str(tmp_path / "ttyNONE"))

    assert refused.value.code == AWAY
    assert "cable" in str(refused.value) or "câble" in str(refused.value)


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_every_step_has_its_sentence(lang: str) -> None:
    """What is found, what is missing and what fails are told in both languages, addresses as they are printed on modules."""
    bus = {"ok": True, "buses": {"i2c 0": {"answering": [0x76], "expected": [0x77]}}}
    sensor = {
        "ok": True,
        "sensors": [{"driver": "bme280", "fault": "absent", "values": {}, "read_ms": 1, "held_loop_us": 2}],
    }

    assert "0x76" in sentence_of("wires", bus, lang)
    assert "0x77" in sentence_of("wires", bus, lang)
    assert "absent" in sentence_of("sensors", sensor, lang)
    assert "EHOST" in sentence_of(
        "network", {"ok": True, "joined": True, "broker": False, "broker_error": "EHOST"}, lang
    )
    assert "late" in sentence_of("life", {"ok": False, "why": "late"}, lang)
