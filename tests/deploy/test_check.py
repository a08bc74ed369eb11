"""`girouette check`: a real board looks at its wiring over a real broker, and a person reads what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deploy.faults import AWAY, DONE, REFUSED
from devices.image import Identity, build_image
from devices.interpreter import have_micropython
from devices.recipe import load_recipes
from devices.simulate import Surroundings, start_board

HERE = ("--place", "48.11,-1.68")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("faults", "code", "said"),
    [
        ([], DONE, "BME280: in order"),
        ([{"kind": "crossed", "board": ""}], REFUSED, "BME280: nobody answers on this I2C bus, but somebody does when"),
    ],
)
def test_a_board_tells_of_its_wires(
    home: Path, mosquitto: int, girouette: Callable[..., Any], faults: list[dict[str, str]], code: int, said: str
) -> None:
    """Two recipes on one board: a sentence a sensor, and what is wrong comes first."""
    if not have_micropython():
        pytest.skip("there is no MicroPython interpreter for this machine: set GIROUETTE_MICROPYTHON")
    told = girouette("device", "add", "--recipe", "air+noise", *HERE, "--json").told
    identity = Identity(told["id"], told["shard"], told["user"], told["password"], "127.0.0.1", mosquitto, period_s=60)
    mine = [load_recipes()["air"], load_recipes()["noise"]]
    around = Surroundings({c: s for r in mine for c, s in r.signals.items()}, faults)
    url = f"mqtt://127.0.0.1:{mosquitto}"
    with start_board(build_image(mine, identity), directory=home / "board", around=around, log=home / "log") as running:
        try:
            typed = girouette("check", told["id"], "--broker", url, "--wait", "60s")
        finally:
            running.kill()

    assert (typed.code, len(typed.out.splitlines())) == (code, 3), typed.out
    assert typed.out.splitlines()[0].startswith(said)


def test_a_device_that_is_not_there_is_told_of(girouette: Callable[..., Any], free_port: Callable[[], int]) -> None:
    """One that nobody registered, and a broker that is not there."""
    away = f"mqtt://127.0.0.1:{free_port()}"
    girouette("device", "add", "--recipe", "noise", *HERE)

    assert girouette("check", "noise-7", "--broker", away).code == REFUSED
    assert girouette("check", "noise-1", "--broker", away).code == AWAY
